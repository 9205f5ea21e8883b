"""Nod's folder is for its owner alone."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.folders import private_folder


@pytest.fixture(autouse=True)
def the_usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_folder_is_its_owners_alone(tmp_path: Path) -> None:
    private_folder(tmp_path / "on" / "disk" / "var")
    assert mode(tmp_path / "on" / "disk" / "var") == 0o700


@pytest.mark.parametrize("before", [0o755, 0o777, 0o750])
def test_a_folder_that_others_could_read_is_closed(before: int, tmp_path: Path) -> None:
    var = tmp_path / "var"
    var.mkdir()
    var.chmod(before)
    (var / "nod.sqlite3").touch()
    private_folder(var)
    assert mode(var) == 0o700
    assert (var / "nod.sqlite3").exists()


def test_a_folder_that_belongs_to_everybody_stays_as_it_is(tmp_path: Path) -> None:
    shared = tmp_path / "tmp"
    shared.mkdir()
    shared.chmod(0o1777)
    private_folder(shared)
    assert mode(shared) == 0o1777


def test_a_folder_of_somebody_else_stays_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o755)
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
    private_folder(tmp_path)
    assert mode(tmp_path) == 0o755
