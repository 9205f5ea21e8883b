"""From a model version back to the labels it learnt, and on to the answers they rest on; and from
an example to the versions that learnt it.

A version's folder holds the ids of the labels, which never change (`ExampleLabel`), a line each. A
file rather than a table: it is hashed with the weights that it explains and comes and goes with
them, a training of a hundred thousand labels is 1.4 MB in it and no row in the database, and it is
searched at the speed of memory.
"""

import hashlib
import mmap
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from classifier.data import Row, Split
from classifier.models import Example, ExampleLabel, ModelVersion

FILE = "labels.txt"  # in the version's folder
FETCHED = 500  # ids per query: SQLite takes at most some thousands


def write(folder: Path, data: Split) -> dict[str, Any]:
    """The ids in `folder`; what the version's report says of them."""
    lines = [*_lines(data.train, "learnt"), *_lines(data.validation, "validated")]
    content = "".join(sorted(lines, key=lambda line: int(line.split()[0]))).encode()
    (folder / FILE).write_bytes(b"\n" + content)
    examples = {row.extra["example"] for row in data.train if "example" in row.extra}
    return {
        "examples": len(examples),
        "labels": len(lines),
        "labels_digest": hashlib.sha256(b"\n" + content).hexdigest(),
    }


def _lines(rows: Iterable[Row], what: str) -> Iterator[str]:
    for row in rows:
        for label in row.extra.get("labels", ()) if "example" in row.extra else ():
            yield f"{label} {what}\n"


def labels_behind(version: ModelVersion, *, validated: bool = False) -> Iterator[ExampleLabel]:
    """What it learnt, each with the ids of its answers; or what its epoch was chosen by."""
    wanted = "validated" if validated else "learnt"
    ids = iter(pk for pk, what in _entries(version.path / FILE) if what == wanted)
    while some := list(islice(ids, FETCHED)):
        labels = ExampleLabel.objects.filter(pk__in=some).select_related("example")
        yield from labels.order_by("pk")


def versions_that_learnt(example: Example) -> list[ModelVersion]:
    """The newest first."""
    labels = list(example.labels.values_list("pk", "settled_at"))
    if not labels:
        return []
    since = min(settled_at for _, settled_at in labels)
    versions = ModelVersion.objects.filter(created_at__gte=since).newest_first()
    return [each for each in versions if _names(each.path / FILE, [pk for pk, _ in labels])]


def _entries(file: Path) -> Iterator[tuple[int, str]]:
    if not file.exists():  # a version of before there were examples
        return
    with file.open(encoding="ascii") as lines:
        for line in lines:
            if line.strip():
                pk, what = line.split()
                yield int(pk), what


def _names(file: Path, labels: Iterable[int]) -> bool:
    try:
        with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, prot=mmap.PROT_READ) as ids:
            return any(ids.find(f"\n{label} learnt\n".encode()) >= 0 for label in labels)
    except OSError:  # no such file: of before there were examples, or taken away with its folder
        return False
