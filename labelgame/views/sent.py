"""What a browser sends, made of words. Pure."""

from uuid import UUID

# Longer ones are no number of ours, and Python refuses to make one of some thousands.
MOST_DIGITS = 15


def number_of(words: str) -> int | None:
    """None: they are no whole number from 0 on."""
    is_number = words.isascii() and words.isdecimal() and len(words) <= MOST_DIGITS
    return int(words) if is_number else None


def uuid_of(words: str) -> UUID | None:
    try:
        return UUID(words)
    except ValueError:
        return None
