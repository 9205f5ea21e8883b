"""How well does masking find what it should? Texts with planted identifiers, and a count. Pure but
for reading the file.

A row is `{"text": "{name:Dana} here, call {phone:07700 900123}"}`, with the reminder in `prompt` if
there is one: what stands in braces has to be hidden, everything else should stay. A row that holds
nothing to hide counts how much is masked for nothing.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from classifier.data import DATA_FOLDER, DataError
from classifier.masking import KINDS, Chip, masked, names_of

FOLDER = DATA_FOLDER / "masking"
TUNED_ON = FOLDER / "tuned_on.jsonl"  # the rules were written with these in sight
HELD_OUT = FOLDER / "held_out.jsonl"  # these were measured with, and their misses looked at once
UNSEEN = FOLDER / "unseen.jsonl"  # these came last: no rule and no list was changed for them
SHIPPED = (TUNED_ON, HELD_OUT, UNSEEN)
_MARK = re.compile(r"\{(\w+):([^{}]*)\}")

# What is asked of the rules: the lowest share that has to be found, by kind.
FLOORS = {"phone": 0.99, "number": 0.99, "email": 0.99, "link": 0.99, "name": 0.95}


@dataclass(frozen=True, slots=True)
class Planted:
    text: str  # without the marks
    chips: tuple[Chip, ...]  # where they stood


@dataclass(frozen=True, slots=True)
class PlantedRow:
    prompt: Planted
    text: Planted


@dataclass(frozen=True, slots=True)
class Miss:
    kind: str
    words: str
    text: str  # as masking left it


@dataclass(slots=True)
class Recall:
    planted: Counter[str] = field(default_factory=Counter)  # kind -> identifiers
    hidden: Counter[str] = field(default_factory=Counter)  # every letter and figure under a chip
    named: Counter[str] = field(default_factory=Counter)  # and under a chip of the right kind
    misses: list[Miss] = field(default_factory=list)
    words: int = 0  # that identify nobody
    lost: list[Miss] = field(default_factory=list)  # of those, masked all the same
    clean: int = 0  # texts that hold nothing to hide
    spoilt: int = 0  # of those, with a word masked


def planted(marked: str) -> Planted:
    parts: list[str] = []
    chips: list[Chip] = []
    at = length = 0
    for mark in _MARK.finditer(marked):
        if mark[1] not in KINDS:
            raise DataError(f"{mark[1]!r} is no kind of chip. Use one of {', '.join(KINDS)}.")
        parts += [marked[at : mark.start()], mark[2]]
        length += mark.start() - at
        chips.append(Chip(mark[1], length, length + len(mark[2])))
        length += len(mark[2])
        at = mark.end()
    return Planted("".join([*parts, marked[at:]]), tuple(chips))


def planted_rows(path: Path) -> list[PlantedRow]:
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            row = json.loads(line)
            rows.append(PlantedRow(planted(row.get("prompt", "")), planted(row["text"])))
        except (ValueError, KeyError, TypeError, AttributeError) as exc:
            raise DataError(
                f"{path.name}:{number}: {exc}. A row is"
                ' {"text": "{name:Dana} here", "prompt": "optional"}.'
            ) from exc
    return rows


def recall_of(rows: Iterable[PlantedRow], *, on_row: Callable[[], object] = lambda: None) -> Recall:
    recall = Recall()
    for row in rows:
        known = names_of(row.prompt.text)
        for part in (row.prompt, row.text):
            if part.text:
                _count(part, known, recall)
        on_row()
    return recall


def _count(part: Planted, known: Iterable[str], recall: Recall) -> None:
    outcome = masked(part.text, known_names=list(known))
    kinds = {at: chip.kind for chip in outcome.found for at in range(chip.start, chip.end)}
    for chip in part.chips:
        words = part.text[chip.start : chip.end]
        recall.planted[chip.kind] += 1
        if all(at in kinds for at in range(chip.start, chip.end) if part.text[at].isalnum()):
            recall.hidden[chip.kind] += 1
            recall.named[chip.kind] += kinds.get(chip.start) == chip.kind
        else:
            recall.misses.append(Miss(chip.kind, words, outcome.text))
    for start, end in _other_words(part):
        recall.words += 1
        if (kind := kinds.get(start)) is not None:
            recall.lost.append(Miss(kind, part.text[start:end], outcome.text))
    if not part.chips:
        recall.clean += 1
        recall.spoilt += bool(outcome.found)


def _other_words(part: Planted) -> Iterator[tuple[int, int]]:
    inside = {at for chip in part.chips for at in range(chip.start, chip.end)}
    for word in re.finditer(r"\w+", part.text):
        if word.start() not in inside:
            yield word.span()
