"""Files of replies -> the same files with readings, a chunk at a time.

Every row comes back, in order, with everything it had. The result is written beside its place and
renamed (classifier/partial.py), so a file under OUT's name is always complete, and IN and OUT may
be the same file. What a killed run had safely written is not read again: the same command goes on
after it, and what comes out is byte for byte what an undisturbed run makes. For that, a chunk is
read by itself, and a file is finished with the model that it was begun with.
"""

import csv
import hashlib
import json
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from io import StringIO, TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import Any, Self

from classifier.data import DataError, pair_of, parse_object
from classifier.partial import Partial, partial_of
from classifier.reader import Reader
from classifier.readings import Pair

CHUNK = 2_000  # rows in memory at a time: enough to sort by length, a few MB at most
LARGEST_FIELD = 10_000_000  # characters; csv's own limit of 131,072 would stop at one odd row

Row = dict[str, Any]
Rows = Iterator[tuple[Row, Pair]]
Readings = list[dict[str, Any]]  # each as `Reading.as_dict` makes it


@dataclass(frozen=True, slots=True)
class Chunk:
    rows: list[Row]
    pairs: list[Pair]
    first: int  # row of IN, counted from 1
    digest: str  # of every line of IN up to its last row
    position: int  # bytes of IN taken by then


# Chunks in, the same chunks with their readings out, in order: here, or on other machines.
Read = Generator[tuple[Chunk, Readings], None, None]
Through = Callable[[Iterator[Chunk]], Read]


@dataclass(frozen=True, slots=True)
class Plan:
    """How a file is read: with which model, and where."""

    model: str
    through: Through


def read_file(
    source: Path,
    target: Path,
    *,
    plan: Callable[[str], Plan],
    say: Callable[[str], object],
    on_progress: Callable[[int, int], object],
    afresh: bool = False,
) -> int:
    """Reads `source` (.csv or .jsonl) into `target`; returns how many rows there were.

    `plan` is asked once, with the model that the rows kept from a killed run were read with, or
    with nothing. `on_progress` is told the bytes and the rows read so far.
    """
    lines_of = FORMATS[source.suffix.lower()][1]
    with partial_of(target) as partial, ExitStack() as opened:
        try:
            rows = _go_on(source, partial, opened, say=say, afresh=afresh)
            chosen = plan(partial.model)
            if not partial.mark.rows:
                partial.begin(model=chosen.model, chunk=CHUNK)
            done = opened.enter_context(closing(chosen.through(rows.chunks())))
            for chunk, readings in done:
                read = list(zip(chunk.rows, readings, strict=True))
                written = lines_of(read, partial.mark.rows == 0)
                partial.keep(written, rows=len(read), digest=chunk.digest)
                on_progress(chunk.position, partial.mark.rows)
            partial.finish()
        except UnicodeDecodeError as exc:
            raise DataError(f"{source}: is not UTF-8 ({exc}). Convert it to UTF-8 first.") from exc
        finally:
            if partial.mark.rows and not partial.finished:
                say(f"{partial.mark.rows} rows are kept: the same command goes on after them.")
    return partial.mark.rows


def _go_on(
    source: Path, partial: Partial, opened: ExitStack, *, say: Callable[[str], object], afresh: bool
) -> "Source":
    """`source` after the rows that are kept, if they still stand there as they were read."""
    rows = opened.enter_context(Source(source))
    if not afresh:
        partial.take_up(chunk=CHUNK)
    if not partial.mark.rows:
        return rows
    rows.skip(partial.mark.rows)
    if rows.digest == partial.mark.digest:
        say(f"Going on after the {partial.mark.rows} rows that a run before this one read.")
        return rows
    say(
        f"Beginning again: {source} was changed in the {partial.mark.rows} rows that were read,"
        " and every row of a result belongs to the same file."
    )
    partial.begin(model="", chunk=CHUNK)
    return opened.enter_context(Source(source))


def here(reader: Reader) -> Plan:
    """Read in this process."""

    def through(chunks: Iterator[Chunk]) -> Read:
        for chunk in chunks:
            yield chunk, readings_of(chunk.pairs, reader)

    return Plan(reader.name, through)


def readings_of(pairs: list[Pair], reader: Reader) -> Readings:
    return [reading.as_dict() for reading in reader.read(pairs)]


class Source:
    """IN, open; its lines are hashed as its rows are taken."""

    def __init__(self, path: Path) -> None:
        self._raw = path.open("rb")
        self._lines = TextIOWrapper(self._raw, encoding="utf-8-sig", newline="")
        self._hash = hashlib.sha256()
        self._rows = FORMATS[path.suffix.lower()][0](self._hashed(), path)
        self._taken = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._lines.close()

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()

    def skip(self, rows: int) -> None:
        """Take so many rows, or all if there are fewer, for nothing but their digest."""
        deque(islice(self._rows, rows), maxlen=0)
        self._taken += rows

    def chunks(self) -> Iterator[Chunk]:
        while taken := list(islice(self._rows, CHUNK)):
            rows, pairs = [row for row, _ in taken], [pair for _, pair in taken]
            yield Chunk(rows, pairs, self._taken + 1, self.digest, self._raw.tell())
            self._taken += len(taken)

    def _hashed(self) -> Iterator[str]:
        for line in self._lines:
            self._hash.update(line.encode())
            yield line


def jsonl_rows(lines: Iterable[str], source: Path) -> Rows:
    for number, line in enumerate(lines, start=1):
        if line.strip():
            row = parse_object(line, where=f"{source}:{number}")
            yield row, pair_of(row, where=f"{source}:{number}")


def jsonl_lines(read: list[tuple[Row, dict[str, Any]]], first: bool) -> bytes:
    return b"".join(_json_line(row | {"reading": reading}) for row, reading in read)


def _json_line(row: Row) -> bytes:
    try:
        return json.dumps(row, ensure_ascii=False).encode() + b"\n"
    except UnicodeEncodeError:  # half an emoji, which JSON can say and UTF-8 cannot
        return json.dumps(row).encode() + b"\n"


def csv_rows(lines: Iterable[str], source: Path) -> Rows:
    csv.field_size_limit(LARGEST_FIELD)
    table = csv.DictReader(lines, strict=True)
    try:
        columns = table.fieldnames or []
        if "text" not in columns:
            raise DataError(
                f"{source}: has no column `text` (it has: {', '.join(columns) or 'nothing'})."
                " Name the replies' column text, and the reminders' prompt."
            )
        for row in table:
            where = f"{source}:{table.line_num}"
            if None in row or None in row.values():
                raise DataError(f"{where}: has not as many fields as the first line. Correct it.")
            yield row, pair_of(row, where=where)
    except csv.Error as exc:
        raise DataError(f"{source}:{table.line_num}: is not CSV ({exc}). Correct it.") from exc


def csv_lines(read: list[tuple[Row, dict[str, Any]]], first: bool) -> bytes:
    flat = [row | csv_columns(reading) for row, reading in read]
    out = StringIO(newline="")
    writer = csv.DictWriter(out, fieldnames=list(flat[0]), lineterminator="\n")
    if first:
        writer.writeheader()
    writer.writerows(flat)
    return out.getvalue().encode()


def csv_columns(reading: Mapping[str, Any]) -> dict[str, Any]:
    """`reading_intent`, …; scores as JSON in one column, because labels are data; tags, too."""
    return {
        f"reading_{key}": json.dumps(value) if isinstance(value, dict | list) else value
        for key, value in reading.items()
    }


FORMATS: Mapping[
    str,
    tuple[
        Callable[[Iterable[str], Path], Rows],
        Callable[[list[tuple[Row, dict[str, Any]]], bool], bytes],
    ],
] = {
    ".csv": (csv_rows, csv_lines),
    ".jsonl": (jsonl_rows, jsonl_lines),
}
