"""Whose words may be shown: names, numbers, dates and the like become chips. Pure.

A text goes through here before any player sees it (invariant 7), and before it is kept as an
example. A chip keeps its kind, so that “can we do [date]” can still be judged. What has a form is
found by `identifiers.py`, names by `names.py`; this module puts the two together.

A chip that already stands in a text is a wall: what stands on either side of it is looked at by
itself, again and again until nothing new is found. So masking a masked text changes nothing.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from classifier.identifiers import Found, identifiers
from classifier.names import names, words_of
from classifier.readings import Pair

# In the order of the documents. Sums of money stay: a price is of the business, and “212?? you said
# 160” without it is no longer the complaint that it is.
KINDS = ("name", "phone", "email", "link", "address", "date", "time", "number")
CHIP = re.compile(rf"\[(?:{'|'.join(KINDS)})\]")


@dataclass(frozen=True, slots=True)
class Chip:
    kind: str  # one of KINDS
    start: int  # in the text as it came, which the chip stands for from here
    end: int  # up to here

    @property
    def words(self) -> str:
        return f"[{self.kind}]"


@dataclass(frozen=True, slots=True)
class Masked:
    text: str
    found: tuple[Chip, ...]  # in the order of the text; without those that stood in it before


def masked(text: str, *, known_names: Collection[str] = ()) -> Masked:
    """`known_names`: full names or parts of them, masked wherever they stand."""
    known = frozenset(word for name in known_names for word in words_of(name))
    walls = [(wall.start(), wall.end()) for wall in CHIP.finditer(text)]
    found: list[Chip] = []
    while new := list(_found(text, walls, known)):
        found += new
        walls = sorted([*walls, *((chip.start, chip.end) for chip in new)])
    found.sort(key=lambda chip: chip.start)
    parts, at = [], 0
    for chip in found:
        parts += [text[at : chip.start], chip.words]
        at = chip.end
    return Masked("".join([*parts, text[at:]]), tuple(found))


def masked_pair(pair: Pair, *, known_names: Collection[str] = ()) -> Pair:
    """Both texts masked, the names of the reminder wherever they stand in either: “who is dana?”
    under “Hi Dana, …”.
    """
    known = [*known_names, *names_of(pair.prompt, known_names=known_names)]
    return Pair(
        masked(pair.prompt, known_names=known).text, masked(pair.text, known_names=known).text
    )


def names_of(text: str, *, known_names: Collection[str] = ()) -> list[str]:
    """As they stand in the text."""
    found = masked(text, known_names=known_names).found
    return [text[chip.start : chip.end] for chip in found if chip.kind == "name"]


def _found(text: str, walls: list[tuple[int, int]], known: frozenset[str]) -> Iterator[Chip]:
    """One look at what stands between the walls: first what has a form, then the names in what
    that leaves.
    """
    for start, end in _between(walls, len(text)):
        formed = identifiers(text[start:end])
        yield from _placed(formed, start)
        for left, right in _between([(each.start, each.end) for each in formed], end - start):
            yield from _placed(names(text[start + left : start + right], known), start + left)


def _between(walls: list[tuple[int, int]], length: int) -> Iterator[tuple[int, int]]:
    at = 0
    for start, end in walls:
        if at < start:
            yield at, start
        at = end
    if at < length:
        yield at, length


def _placed(found: list[Found], offset: int) -> Iterator[Chip]:
    for each in found:
        yield Chip(each.kind, each.start + offset, each.end + offset)
