"""Which days and times a text names, in its own words: hints for whoever finds another time. Pure.

Nothing acts on them. They are what masking takes for a date or a time (classifier/identifiers.py),
and what masking leaves standing because it gives nobody away: a bare weekday, and a lone hour where
the word before it makes it one (“do 4”, “after 3”). No calendar is asked: whether “thursday” is
this one or the next, and “4” in the afternoon, is for people.
"""

import re

from classifier.identifiers import WEEKDAYS, Found, identifiers

KINDS = {"date": "day", "time": "time"}
MOST = 5  # of a kind: a text that names more of them is no wish

_WEEKDAY = re.compile(rf"\b(?:{WEEKDAYS})\b", re.I)
_LONE_HOUR = re.compile(
    r"(?:(?<=\bat )|(?<=\bdo )|(?<=\bby )|(?<=\bto )|(?<=\bafter )|(?<=\bbefore )|(?<=\baround )"
    r"|(?<=\babout )|(?<=\blas ))(?:1[0-2]|[1-9])\b(?![:.,]?\d| ?%|[/-])"
    r"(?! (?:people|of (?:us|them)|kids|min|hours?|days?|weeks?|months?|years?|more|other))",
    re.I,
)


def hints_in(text: str) -> dict[str, list[str]]:
    """`day` and `time`, as they were sent and in that order; what is not named is missing."""
    found = [each for each in identifiers(text) if each.kind in KINDS]
    found += _beside(_WEEKDAY, "date", text, found)
    found += _beside(_LONE_HOUR, "time", text, found)
    hints: dict[str, dict[str, None]] = {}
    for each in sorted(found, key=lambda each: each.start):
        hints.setdefault(KINDS[each.kind], {})[text[each.start : each.end]] = None
    return {kind: list(words)[:MOST] for kind, words in sorted(hints.items())}


def _beside(form: re.Pattern[str], kind: str, text: str, found: list[Found]) -> list[Found]:
    """What the form matches outside of what is found already."""
    return [
        Found(kind, match.start(), match.end())
        for match in form.finditer(text)
        if not any(each.start < match.end() and match.start() < each.end for each in found)
    ]
