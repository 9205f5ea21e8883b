"""The labelling game: who is asked what, answers, consensus, points (see docs/journey.md)."""
