"""A Nod that came with a part of its rows: a copy of the code whose starter set is smaller.

Nothing in Nod says how much of the starter set to use, and nothing should. So the copy differs in
its data files alone, and every process started in it, whatever it is, knows no more rows than that.
"""

import shutil
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from random import Random

from django.conf import settings

from classifier.data import STARTER_FOLDER, starter_files

CODE = ("config", "classifier", "webhooks", "labelgame", "manage.py")


@dataclass(frozen=True, slots=True)
class Shipped:
    code: Path
    held_back: Path  # the rows that it came without, as JSON lines
    rows: int  # that it came with


def ship(folder: Path, *, rows: int | None, share: float, seed: int) -> Shipped:
    """Into `folder`. `rows`: of the starter set, so many are used at all; None: all. `share`: of
    these, so many are shipped.
    """
    code = folder / "code"
    for name in CODE:
        copy(Path(settings.BASE_DIR) / name, code / name)
    lines = [
        (path.name, line)
        for path in starter_files()
        for line in path.read_text(encoding="utf-8-sig").splitlines()
        if line.strip()
    ]
    Random(seed).shuffle(lines)
    used = lines[:rows]
    shipped, held_back = used[: round(share * len(used))], used[round(share * len(used)) :]
    write_starter_set(code / STARTER_FOLDER.relative_to(settings.BASE_DIR), shipped)
    rest = folder / "held_back.jsonl"
    rest.write_text("".join(f"{line}\n" for _, line in held_back), encoding="utf-8")
    return Shipped(code, rest, len(shipped))


def copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)


def write_starter_set(folder: Path, lines: list[tuple[str, str]]) -> None:
    of_file: dict[str, list[str]] = defaultdict(list)
    for name, line in lines:
        of_file[name].append(line)
    for path in folder.glob("*.jsonl"):
        path.write_text("".join(f"{line}\n" for line in of_file[path.name]), encoding="utf-8")
