"""What gives a person away by its form: mails, links, numbers, dates, times, addresses. Pure."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Found:
    kind: str
    start: int
    end: int


_FORMS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("email", re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)*")),
    ("link", re.compile(r"\b(?:https?://|www\.)\S*[\w/]")),
    ("phone", re.compile(r"(?<![\w£$€])\+?\(?\d(?:[ ().-]{0,2}\d){6,14}(?!\w)")),
)


def identifiers(text: str) -> list[Found]:
    """In the order of the text; no two of them overlap."""
    found: list[Found] = []
    for kind, form in _FORMS:
        for match in form.finditer(text):
            if not any(each.start < match.end() and match.start() < each.end for each in found):
                found.append(Found(kind, match.start(), match.end()))
    return sorted(found, key=lambda each: each.start)
