"""Examples from and to files: JSON lines or CSV, of any size, a batch at a time.

Importing twice imports once: a row is known by its file and line and by the words it folds into, so
the same command goes on where a killed one was. Every line is checked before the first is taken.
What is exported is masked, can be imported again, and opens in a spreadsheet as words: no cell of
it is a formula.
"""

import csv
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import Any, TextIO
from uuid import UUID

from django.db.models import Prefetch

from classifier.data import DataError, Row, row_of
from classifier.examples import IMPORT, Arrival, Settlement, add_examples, settle_all
from classifier.files import csv_rows, jsonl_rows
from classifier.models import Example, ExampleLabel, ExampleSource
from classifier.models.examples import ExampleQuerySet
from classifier.taxonomy import Taxonomy
from classifier.text import normalise

BATCH = 200  # rows of one transaction: some tenths of a second, in which SQLite writes nothing else
FORMATS = (".jsonl", ".csv")
OURS = "example"  # the column that a file of ours has: its cells are guarded
# A cell that begins with one of these is taken for a formula by some spreadsheet or other (OWASP,
# "CSV Injection"). An apostrophe before it says that it is words; so one stands before words that
# begin with an apostrophe themselves, and taking one away always gives back what was there.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "'")

Values = dict[str, Any]


# ---- in ------------------------------------------------------------------------------------


@dataclass
class Imported:
    rows: int = 0
    examples: set[int] = field(default_factory=set)
    labelled: set[int] = field(default_factory=set)
    # "file:line" of rows whose label is not that of an earlier row which folds into the same
    # example. The earlier one stands.
    contradictions: list[str] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class Line:
    row: Row
    where: str
    times: int
    kept_apart: bool
    votes: Mapping[str, int]  # question -> how many
    methods: Mapping[str, str]
    example: UUID | None  # that it was exported from, perhaps here


def import_file(
    path: Path,
    *,
    taxonomy: Taxonomy,
    now: datetime,
    on_progress: Callable[[int], object] = lambda position: None,
) -> Imported:
    """Rows with a label arrive settled, rows without one open. `on_progress` is told the bytes done
    of twice the file's size: it is read once to check it and once to take it.

    Raises DataError, and has imported nothing, where a line cannot be used.
    """
    for _, position in _lines(path, taxonomy):
        on_progress(position)
    done, size = Imported(), path.stat().st_size
    said: dict[tuple[int, str], str] = {}  # what this file settled: example, question -> label
    lines = _lines(path, taxonomy)
    while batch := list(islice(lines, BATCH)):
        _import([line for line, _ in batch], done, said, now=now)
        on_progress(size + batch[-1][1])
    return done


def _import(
    lines: Sequence[Line], done: Imported, said: dict[tuple[int, str], str], *, now: datetime
) -> None:
    here = _exported_here(lines)
    new = [line for line in lines if line not in here]
    arrivals = [
        Arrival(
            pair=line.row.pair,
            source=ExampleSource.Kind.IMPORT,
            reference=line.where,
            received_at=now,
            drawn=line.kept_apart,
            times=line.times,
        )
        for line in new
    ]
    of = here | dict(zip(new, add_examples(arrivals=arrivals, now=now), strict=True))
    settlements = []
    for line in lines:
        example = of[line]
        done.rows += 1
        done.examples.add(example.pk)
        for question, label in line.row.labels.items():
            if label is None:
                continue
            if (first := said.setdefault((example.pk, question), label)) != label:
                done.contradictions.append(f"{line.where}: {question} {label}, before {first}")
            done.labelled.add(example.pk)
            settlements.append(_settlement(example, question, label, line))
    first_of = {(each.example.pk, each.question): each for each in reversed(settlements)}
    settled = [each for key, each in first_of.items() if each.label == said[key]]
    settle_all(settlements=settled, now=now)


def _exported_here(lines: Sequence[Line]) -> dict[Line, Example]:
    """An example that comes back to where it was exported has not been seen once more; a label that
    was corrected in the file counts.
    """
    ids = [line.example for line in lines if line.example]
    known = {each.public_id: each for each in Example.objects.filter(public_id__in=ids)}
    return {
        line: example
        for line in lines
        if line.example and (example := known.get(line.example)) is not None
        if (example.prompt, example.text) == (line.row.prompt, line.row.text)
    }


def _settlement(example: Example, question: str, label: str, line: Line) -> Settlement:
    shares = line.row.shares.get(question, {})
    return Settlement(
        example=example,
        question=question,
        label=label,
        probability=shares.get(label, 0.0) if shares else 1.0,
        probabilities=shares,
        votes=line.votes.get(question, 0),
        method=line.methods.get(question, IMPORT),
        by=IMPORT,
    )


def _lines(path: Path, taxonomy: Taxonomy) -> Iterator[tuple[Line, int]]:
    """Each with the bytes read by then."""
    with path.open("rb") as raw, TextIOWrapper(raw, encoding="utf-8-sig", newline="") as text:
        counted = _Counted(text)
        rows = (csv_rows if path.suffix.lower() == ".csv" else jsonl_rows)(counted, path)
        try:
            for values, _ in rows:
                if path.suffix.lower() == ".csv":
                    values = _from_cells(values, where=f"{path}:{counted.number}")
                where = f"{path.name}:{counted.number}"
                yield _line(values, taxonomy, file=path, where=where), raw.tell()
        except UnicodeDecodeError as exc:
            raise DataError(f"{path}: is not UTF-8 ({exc}). Convert it to UTF-8 first.") from exc


class _Counted:
    """Lines, and which one was handed out last: a row of CSV may take several."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.number = 0
        self._lines = iter(lines)

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self.number += 1
            yield line


def _line(values: Values, taxonomy: Taxonomy, *, file: Path, where: str) -> Line:
    place = f"{file.parent / where}"
    row = row_of(values, taxonomy, where=place)
    if not normalise(row.text).strip():
        raise DataError(f"{place}: `text` is empty. Remove the row.")
    for name, words in (("text", row.text), ("prompt", row.prompt)):
        if not _can_be_kept(words):
            raise DataError(
                f"{place}: `{name}` holds a character that is none (NUL, half an emoji). Remove it."
            )
    questions = taxonomy.question_names
    kept_apart = values.get("kept_apart", False)
    if not isinstance(kept_apart, bool):
        raise DataError(f"{place}: `kept_apart` must be true or false. Correct or remove it.")
    return Line(
        row,
        where,
        times=_number(values, "times_seen", 1, place, least=1),
        kept_apart=kept_apart,
        votes={name: _number(values, f"{name}_votes", 0, place, least=0) for name in questions},
        methods={
            name: str(values[f"{name}_method"])[:40]
            for name in questions
            if values.get(f"{name}_method")
        },
        example=_uuid(values.get(OURS)),
    )


def _uuid(value: Any) -> UUID | None:
    """None for what is somebody else's id."""
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _can_be_kept(words: str) -> bool:
    try:
        words.encode()
    except UnicodeEncodeError:  # JSON can say half an emoji, no database can
        return False
    return "\x00" not in words  # PostgreSQL's strings end there


def _number(values: Values, name: str, usual: int, where: str, *, least: int) -> int:
    number = values.get(name, usual)
    if not isinstance(number, int) or isinstance(number, bool) or not least <= number < 2**31:
        raise DataError(
            f"{where}: `{name}` must be a whole number from {least}. Correct or remove it."
        )
    return number


def _from_cells(cells: Values, *, where: str) -> Values:
    """A row of CSV as a line of JSON has it: an empty cell is none, but for the texts."""
    ours = OURS in cells
    values: Values = {}
    for name, cell in cells.items():
        words = cell[1:] if ours and cell[:1] == "'" and cell[1:2] in _FORMULA else cell
        if name in ("text", "prompt"):
            values[name] = words
        elif words.strip():
            values[name] = _value(name, words.strip(), where)
    return values


def _value(name: str, words: str, where: str) -> Any:
    if name.endswith(("_probabilities", "_votes")) or name in ("times_seen", "kept_apart"):
        try:
            return json.loads(words.lower() if name == "kept_apart" else words)
        except ValueError as exc:
            raise DataError(f"{where}: `{name}` cannot be read ({exc}). Correct it.") from exc
    return words


# ---- out -----------------------------------------------------------------------------------


def export_file(
    path: Path,
    examples: ExampleQuerySet,
    *,
    taxonomy: Taxonomy,
    on_progress: Callable[[int], object] = lambda rows: None,
) -> int:
    """How many there were. The file appears under its name when it is whole."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    rows = 0
    try:
        with draft.open("w", encoding="utf-8", newline="") as out:
            write = _writer(path, out, taxonomy)
            for values in exported(examples, taxonomy):
                write(values)
                rows += 1
                on_progress(rows)
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    return rows


def exported(examples: ExampleQuerySet, taxonomy: Taxonomy) -> Iterator[Values]:
    """The oldest batch first, each as a line of a data file. Nothing that was pulled."""
    standing = Prefetch("labels", ExampleLabel.objects.standing(), to_attr="standing")
    rows = examples.showable().order_by("pk").prefetch_related(standing)
    for example in rows.iterator(chunk_size=BATCH):
        labels = {label.question: label for label in example.standing}  # type: ignore[attr-defined]
        values: Values = {
            OURS: str(example.public_id),
            "prompt": example.prompt,
            "text": example.text,
        }
        for question in taxonomy.questions:
            values |= _said(question.name, labels.get(question.name))
        yield values | {
            "times_seen": example.times_seen,
            "split": example.split,
            "kept_apart": example.kept_apart,
            "state": example.state,
        }


def _said(question: str, label: ExampleLabel | None) -> Values:
    return {
        question: label.label if label else None,
        f"{question}_probability": label.probability if label else None,
        f"{question}_probabilities": (label.probabilities or None) if label else None,
        f"{question}_votes": label.votes if label else 0,
        f"{question}_method": label.method if label else None,
        f"{question}_by": label.by if label else None,
    }


def _writer(path: Path, out: TextIO, taxonomy: Taxonomy) -> Callable[[Values], object]:
    if path.suffix.lower() != ".csv":
        return lambda values: out.write(json.dumps(values, ensure_ascii=False) + "\n")
    said = [name for question in taxonomy.questions for name in _said(question.name, None)]
    columns = [OURS, "prompt", "text", *said, "times_seen", "split", "kept_apart", "state"]
    table = csv.DictWriter(out, fieldnames=columns, lineterminator="\n")
    table.writeheader()
    return lambda values: table.writerow({name: _cell(values[name]) for name in columns})


def _cell(value: Any) -> Any:
    if isinstance(value, bool | dict):
        value = json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
