"""A result in the making, kept beside its place under a hidden name until it is whole.

Two files. `.OUT.part` holds what was written, `.OUT.journal` how much of it counts: with which
model it was begun and, a line for each chunk that lies safely on the disk, how far that chunk goes.
Whatever kills the writer, at any line, the next one goes on after the last such chunk. The journal
holds no texts, and its lock, which the kernel lets go of, keeps a second writer out.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from classifier.data import DataError

FORMAT = 2  # of the journal, and of what a reading is written as
OWNER_ONLY = 0o600  # it holds people's texts and may lie there for long
READABLE = 0o644  # the finished file is the operator's own


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a chunk goes."""

    rows: int = 0
    size: int = 0  # bytes of the result
    digest: str = ""  # of every line of IN that was taken for it


class Partial:
    """Begin it or go on with it, `keep` chunk after chunk, `finish`."""

    def __init__(self, target: Path, journal: BinaryIO, part: BinaryIO) -> None:
        self.target = target
        self.model = ""  # that the kept rows were read with; empty: nothing is kept
        self.mark = Mark()
        self.finished = False
        self._journal, self._part = journal, part

    def take_up(self, *, chunk: int) -> None:
        """Go on after what counts, if it was begun with chunks of this size."""
        lines = self._journal.read().split(b"\n")[:-1]  # a line that a kill tore has no end
        try:
            header, *marks = (json.loads(line) for line in lines)
            model, mark = header["model"], Mark(**marks[-1])
            same = (header["format"], header["chunk"]) == (FORMAT, chunk)
        except (ValueError, TypeError, LookupError):  # nothing was kept, or a power cut tore it
            return
        if same and self._part.seek(0, os.SEEK_END) >= mark.size:
            self.model, self.mark = model, mark
            _cut(self._journal, sum(len(line) + 1 for line in lines))
            _cut(self._part, mark.size)

    def begin(self, *, model: str, chunk: int) -> None:
        """With nothing kept, whatever lay there."""
        self.model, self.mark = model, Mark()
        _cut(self._journal, 0)
        _cut(self._part, 0)
        self._note({"format": FORMAT, "chunk": chunk, "model": model})

    def keep(self, written: bytes, *, rows: int, digest: str) -> None:
        """Once this returns, these rows are never read again."""
        self._part.write(written)
        self._part.flush()
        os.fsync(self._part.fileno())  # before the journal says so
        self.mark = Mark(self.mark.rows + rows, self.mark.size + len(written), digest)
        self._note(asdict(self.mark))

    def finish(self) -> None:
        """Put it in its place, in one step."""
        part = hidden(self.target, "part")
        os.fchmod(self._part.fileno(), READABLE)
        os.replace(part, self.target)
        self.finished = True

    def _note(self, line: dict[str, object]) -> None:
        self._journal.write(json.dumps(line).encode() + b"\n")
        self._journal.flush()


@contextmanager
def partial_of(target: Path) -> Iterator[Partial]:
    """What is kept of `target`, ours alone. Without a single whole chunk nothing is left behind."""
    with _locked(hidden(target, "journal")) as journal, _open(hidden(target, "part")) as part:
        partial = Partial(target, journal, part)
        try:
            yield partial
        finally:
            if partial.finished or not partial.mark.rows:
                hidden(target, "part").unlink(missing_ok=True)
                hidden(target, "journal").unlink()


def hidden(target: Path, kind: str) -> Path:
    return target.with_name(f".{target.name}.{kind}")


def _locked(path: Path) -> BinaryIO:
    while True:
        file = _open(path)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            file.close()
            raise DataError(
                f"{path}: another classify is writing this result. Wait for it, or stop it."
            ) from exc
        if path.exists() and os.path.samestat(path.stat(), os.fstat(file.fileno())):
            return file
        file.close()  # its owner finished, and removed it, between our opening and our lock


def _open(path: Path) -> BinaryIO:
    return open(os.open(path, os.O_RDWR | os.O_CREAT, OWNER_ONLY), "r+b")


def _cut(file: BinaryIO, size: int) -> None:
    file.seek(size)
    file.truncate()
