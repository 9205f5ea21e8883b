"""Files of replies -> the same files with readings, a chunk at a time.

Every row comes back, in order, with everything it had. The result is written beside its place and
renamed, so a file under OUT's name is always complete, and IN and OUT may be the same file.
"""

import csv
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from classifier.data import DataError, pair_of, parse_object
from classifier.reader import Reader
from classifier.readings import Pair, Reading

CHUNK = 2_000  # rows in memory at a time: enough to sort by length, a few MB at most
LARGEST_FIELD = 10_000_000  # characters; csv's own limit of 131,072 would stop at one odd row

Row = dict[str, Any]
Rows = Iterator[tuple[Row, Pair]]


def read_file(
    source: Path, target: Path, *, reader: Reader, on_progress: Callable[[int, int], object]
) -> int:
    """Reads `source` (.csv or .jsonl) into `target`; returns how many rows there were.

    `on_progress` is told the bytes and the rows read so far.
    """
    open_rows, write_chunk = FORMATS[source.suffix.lower()]
    count = 0
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with (
            source.open("rb") as raw,
            TextIOWrapper(raw, encoding="utf-8-sig", newline="") as lines,
            open(handle, "w", encoding="utf-8", newline="") as out,
        ):
            rows = open_rows(lines, source)
            while chunk := list(islice(rows, CHUNK)):
                readings = reader.read([pair for _, pair in chunk])
                read = [(row, reading) for (row, _), reading in zip(chunk, readings, strict=True)]
                write_chunk(out, read, count == 0)
                count += len(chunk)
                on_progress(raw.tell(), count)
            out.flush()
            os.fsync(out.fileno())
        os.chmod(name, 0o644)  # mkstemp's 0600 is for secrets; this is the operator's file
        os.replace(name, target)
    except UnicodeDecodeError as exc:
        raise DataError(f"{source}: is not UTF-8 ({exc}). Convert it to UTF-8 first.") from exc
    finally:
        Path(name).unlink(missing_ok=True)
    return count


def jsonl_rows(lines: TextIO, source: Path) -> Rows:
    for number, line in enumerate(lines, start=1):
        if line.strip():
            row = parse_object(line, where=f"{source}:{number}")
            yield row, pair_of(row, where=f"{source}:{number}")


def write_jsonl(out: TextIO, read: list[tuple[Row, Reading]], first: bool) -> None:
    for row, reading in read:
        out.write(json.dumps(row | {"reading": reading.as_dict()}, ensure_ascii=False) + "\n")


def csv_rows(lines: TextIO, source: Path) -> Rows:
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


def write_csv(out: TextIO, read: list[tuple[Row, Reading]], first: bool) -> None:
    flat = [row | csv_columns(reading.as_dict()) for row, reading in read]
    writer = csv.DictWriter(out, fieldnames=list(flat[0]), lineterminator="\n")
    if first:
        writer.writeheader()
    writer.writerows(flat)


def csv_columns(reading: Mapping[str, Any]) -> dict[str, Any]:
    """`reading_intent`, …; scores as JSON in one column, because labels are data."""
    return {
        f"reading_{key}": json.dumps(value) if isinstance(value, dict) else value
        for key, value in reading.items()
    }


FORMATS: Mapping[
    str,
    tuple[
        Callable[[TextIO, Path], Rows], Callable[[TextIO, list[tuple[Row, Reading]], bool], None]
    ],
] = {
    ".csv": (csv_rows, write_csv),
    ".jsonl": (jsonl_rows, write_jsonl),
}
