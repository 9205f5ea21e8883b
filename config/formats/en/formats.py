"""How times are written on every page: 23 Nov 2026, 18:32 (UTC, like everything in Nod)."""

DATE_FORMAT = "j M Y"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = "j M Y, H:i"
