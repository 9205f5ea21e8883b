"""The demo's secrets: made once, for their owner alone, however many processes start at once."""

import json
import multiprocessing
import os
import stat
from pathlib import Path

import pytest

from config.demo_secrets import DemoSecrets, demo_secrets


def test_they_are_made_once_and_kept(tmp_path: Path) -> None:
    assert demo_secrets(tmp_path) == demo_secrets(tmp_path)


def test_two_installations_have_different_ones(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    one, other = demo_secrets(tmp_path / "a"), demo_secrets(tmp_path / "b")
    assert not set(vars(one).values()) & set(vars(other).values())


def test_they_are_long_enough_not_to_be_guessed(tmp_path: Path) -> None:
    made = demo_secrets(tmp_path)
    assert len(made.secret_key) >= 50
    assert len(made.password) >= 12
    assert len(made.signing_key) >= 32
    assert len(made.api_key) >= 40


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_only_their_owner_can_read_them(umask: int, tmp_path: Path) -> None:
    before = os.umask(umask)
    try:
        demo_secrets(tmp_path)
    finally:
        os.umask(before)
    [file] = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_nothing_else_is_left_behind(tmp_path: Path) -> None:
    demo_secrets(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["demo_secrets.json"]


def test_a_draft_that_a_killed_process_left_is_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / f"demo_secrets.{os.getpid()}").write_text("half of")
    assert isinstance(demo_secrets(tmp_path), DemoSecrets)


def _make(folder: str) -> str:
    return json.dumps(vars(demo_secrets(Path(folder))))


def test_processes_that_start_at_once_have_the_same(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        made = pool.map(_make, [str(tmp_path)] * 16)
    assert len(set(made)) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["demo_secrets.json"]
