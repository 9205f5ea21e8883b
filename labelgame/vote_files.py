"""Files of answers in, files of labels out: task,worker,label to task,label,probability.

CSV or JSON lines, by the ending. A line that cannot be used stops the reading and is named: half a
file makes labels that look like those of a whole one. What is written appears under its name when
it is whole, and opens in a spreadsheet as words: no cell of it is a formula.
"""

import csv
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import Any, TextIO

from classifier.data import DataError, parse_object
from labelgame.aggregation.votes import Votes
from labelgame.consensus import Consensus

FORMATS = (".csv", ".jsonl")
VOTES = ("task", "worker", "label")
GOLD = ("task", "label")
OUT = ("task", "label", "probability")

MOST_LABELS = 100  # different ones; more are texts, and every worker has a matrix of all of them
_EVERY = 20_000  # lines between two words about how far it is
# As in classifier/example_files.py. A plain number is none of them: -1 is a label in many a file.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "'")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")

Progress = Callable[[int], object]  # is told the bytes read so far


def read_votes(path: Path, *, on_progress: Progress = lambda position: None) -> Votes:
    votes = Votes.of_rows(_three(_rows(path, VOTES, on_progress)))
    if len(votes.label_names) > MOST_LABELS:
        raise DataError(
            f"{path}: has {len(votes.label_names)} different labels, and {MOST_LABELS} is the most."
            " Are they in the column `label`?"
        )
    return votes


def read_gold(path: Path) -> dict[str, str]:
    gold: dict[str, str] = {}
    for where, (task, label) in _rows(path, GOLD):
        if gold.setdefault(task, label) != label:
            raise DataError(
                f"{where}: task {task} is {label} here and {gold[task]} before. Remove one of them."
            )
    return gold


def write_labels(path: Path, consensus: Consensus) -> int:
    """How many tasks there are."""
    with whole(path) as out:
        if path.suffix.lower() == ".csv":
            table = csv.writer(out, lineterminator="\n")
            table.writerow(OUT)
            for task, label, probability in consensus.rows():
                table.writerow([_cell(str(task)), _cell(label), f"{probability:.6f}"])
        else:
            for task, label, probability in consensus.rows():
                row = dict(zip(OUT, (task, label, round(probability, 6)), strict=True))
                out.write(json.dumps(row, ensure_ascii=False) + "\n")
    return len(consensus.tasks)


@contextmanager
def whole(path: Path) -> Iterator[TextIO]:
    """A file that appears under its name when all of it is written."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with draft.open("w", encoding="utf-8", newline="") as out:
            yield out
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _three(rows: Iterable[tuple[str, Sequence[str]]]) -> Iterator[tuple[str, str, str]]:
    for _, (task, worker, label) in rows:
        yield task, worker, label


def _rows(
    path: Path, columns: Sequence[str], on_progress: Progress = lambda position: None
) -> Iterator[tuple[str, Sequence[str]]]:
    """Each with "file:line"."""
    read = _csv_rows if path.suffix.lower() == ".csv" else _jsonl_rows
    with path.open("rb") as raw, TextIOWrapper(raw, encoding="utf-8-sig", newline="") as lines:
        try:
            for number, (line, values) in enumerate(read(lines, path, columns)):
                if not all(values):
                    empty = columns[[bool(value) for value in values].index(False)]
                    raise DataError(
                        f"{path}:{line}: `{empty}` is empty. Fill it or remove the row."
                    )
                yield f"{path}:{line}", values
                if number % _EVERY == 0:
                    on_progress(raw.tell())
        except UnicodeDecodeError as exc:
            raise DataError(f"{path}: is not UTF-8 ({exc}). Convert it to UTF-8 first.") from exc


def _csv_rows(
    lines: Iterable[str], path: Path, columns: Sequence[str]
) -> Iterator[tuple[int, list[str]]]:
    table = csv.reader(lines, strict=True)  # a DictReader takes twice the time of a million rows
    try:
        header = next(table, [])
        if missing := [name for name in columns if name not in header]:
            raise DataError(
                f"{path}: has no column `{missing[0]}` (it has: {', '.join(header) or 'nothing'})."
                f" The first line must name the columns {', '.join(columns)}."
            )
        places = [header.index(name) for name in columns]
        for row in table:
            if len(row) == len(header):
                yield table.line_num, [row[place].strip() for place in places]
            elif row:
                where = f"{path}:{table.line_num}"
                raise DataError(f"{where}: has not as many fields as the first line. Correct it.")
    except csv.Error as exc:
        raise DataError(f"{path}:{table.line_num}: is not CSV ({exc}). Correct it.") from exc


def _jsonl_rows(
    lines: Iterable[str], path: Path, columns: Sequence[str]
) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(lines, start=1):
        if line.strip():
            row = parse_object(line, where=f"{path}:{number}")
            yield number, [_word(row, name, f"{path}:{number}") for name in columns]


def _word(row: Mapping[str, Any], name: str, where: str) -> str:
    """Numbers are taken as they are written: a task 7 of one file is the task "7" of another."""
    value = row.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise DataError(f"{where}: has no `{name}` that is a word or a number. Correct it.")
    try:
        return str(value).strip().encode().decode()
    except UnicodeEncodeError as exc:  # JSON can say half an emoji, no file can
        raise DataError(f"{where}: `{name}` holds half a character. Correct it.") from exc


def _cell(words: str) -> str:
    if words.startswith(_FORMULA) and not _NUMBER.fullmatch(words):
        return f"'{words}"
    return words
