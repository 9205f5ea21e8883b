"""How times and weights are said on the desk's pages."""

from datetime import datetime, timedelta

from django.utils.timesince import timesince


def ago(at: datetime, now: datetime) -> str:
    """By its largest unit: whether it was three weeks or three weeks and two days helps nobody."""
    if now - at < timedelta(minutes=1):
        return "just now"
    return f"{timesince(at, now, depth=1)} ago"


def weight_words(weight: float) -> str:
    """Of what a player says."""
    if weight >= 1:
        return "counts in full"
    percent = round(100 * weight)
    return f"counts {percent}\u202f%" if percent else "does not count"
