"""A version folder exists whole or not at all, and a damaged one is refused."""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from classifier.versions import (
    STALE_DRAFT_SECONDS,
    WEIGHTS,
    DamagedVersion,
    new_version,
    open_version,
    version_names,
)

NOW = datetime(2026, 5, 3, 14, 10, tzinfo=UTC)


def write_one(models_dir: Path, weights: bytes = b"weights") -> Path:
    with new_version(models_dir, now=NOW) as draft:
        (draft.path / WEIGHTS).write_bytes(weights)
        (draft.path / "tokenizer").mkdir()
        (draft.path / "tokenizer" / "words.txt").write_text("words")
    return models_dir / draft.name


def test_a_version_is_named_by_time_and_weights_and_opens(tmp_path: Path) -> None:
    path = write_one(tmp_path)
    assert path.name.startswith("20260503T141000-")
    assert open_version(path).digest.startswith(path.name.split("-")[1])
    assert version_names(tmp_path) == [path.name]


def test_an_error_while_writing_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), new_version(tmp_path, now=NOW):
        pass  # nothing was written, so there are no weights to name the version by
    assert list(tmp_path.iterdir()) == []


def test_a_kill_in_the_middle_of_writing_leaves_no_version(tmp_path: Path) -> None:
    script = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from classifier.versions import WEIGHTS, new_version
with new_version(Path(sys.argv[1]), now=datetime.now(UTC)) as draft:
    (draft.path / WEIGHTS).write_bytes(b"half")
    os.kill(os.getpid(), signal.SIGKILL)
"""
    env = os.environ | {"PYTHONPATH": os.getcwd()}
    killed = subprocess.run([sys.executable, "-c", script, str(tmp_path)], env=env)
    assert killed.returncode == -signal.SIGKILL
    assert version_names(tmp_path) == []


def test_what_a_kill_left_is_swept_away_a_day_later(tmp_path: Path) -> None:
    for name, age in (("old", STALE_DRAFT_SECONDS + 60), ("young", 60)):
        (tmp_path / f".draft-{name}").mkdir()
        os.utime(tmp_path / f".draft-{name}", times=(time.time() - age,) * 2)
    write_one(tmp_path)
    assert [path.name for path in tmp_path.glob(".draft-*")] == [".draft-young"]


@pytest.mark.parametrize("file", [WEIGHTS, "tokenizer/words.txt", "manifest.json"])
def test_a_changed_or_missing_file_is_found(tmp_path: Path, file: str) -> None:
    path = write_one(tmp_path)
    (path / file).write_bytes(b"other")
    with pytest.raises(DamagedVersion, match="train a new version"):
        open_version(path)
    (path / file).unlink()
    with pytest.raises(DamagedVersion):
        open_version(path)
