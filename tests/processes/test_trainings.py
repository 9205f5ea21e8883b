"""Trainings in processes of their own: killed with -9 they go on where they were and end with the
same weights, and two that start at the same moment are one."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import pytest
import torch

from classifier.training.checkpoint import FOLDER
from classifier.training.config import TrainingConfig
from classifier.versions import open_version, version_names
from tests.classifier.test_taxonomy import SMALL
from tests.processes.installation import ROOT, Installation, eventually
from tests.tiny import write_tiny_base

pytestmark = [pytest.mark.processes, pytest.mark.database, pytest.mark.timeout(900)]

ROWS = 6000  # some ten seconds of training for a tiny model: time for checkpoints, and for kills
LONG_AGO = "2020-01-01 00:00:00"
ASK = """
from django.utils import timezone
from classifier.models import TrainingRun
from classifier.trainings import request_training
reason = TrainingRun.Reason.ASKED
print(request_training(reason=reason, by="a test", now=timezone.now()).pk)
"""
# Says that it is ready, waits for the word, and then asks and takes up at once.
START = f"""
import sys, django
django.setup()
from django.core.management import call_command
from classifier.management.commands.train import Command
print("ready", flush=True)
sys.stdin.readline()
{ASK}
call_command(Command(), "--waiting")
"""


class Place(NamedTuple):
    """Of a training, as its checkpoint has it."""

    epoch: int
    step: int


@pytest.fixture
def school(tmp_path: Path) -> Iterator[Installation]:
    """An installation that learns two labels, tiny base model and all; not started."""
    nod = Installation(tmp_path / "nod")
    nod.extra = {
        "BASE_MODEL": str(write_tiny_base(tmp_path / "base")),
        "TAXONOMY_FILE": str(tmp_path / "taxonomy.toml"),
        "ROWS_DIR": str(tmp_path / "rows"),
        "CHECKPOINT_SECONDS": "1",
        "SEE_TO_TRAINING_SECONDS": "1",
    }
    (tmp_path / "taxonomy.toml").write_text(SMALL)
    (tmp_path / "rows").mkdir()
    # Odd or even is hard to see, so that no epoch is the last word.
    rows = [
        {"text": f"about number {number}", "topic": ("news", "sport")[number % 2]}
        for number in range(ROWS)
    ]
    (tmp_path / "rows" / "own.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    nod.manage("migrate", "-v0")
    yield nod
    nod.stop()
    for left in psutil.Process().children():  # a test that failed half-way
        if "train" in left.cmdline() or START in left.cmdline():
            left.kill()


def models_of(nod: Installation) -> Path:
    return nod.folder / "models"


def only_run(nod: Installation) -> dict[str, Any]:
    [run] = runs(nod)
    return run


def runs(nod: Installation) -> list[dict[str, Any]]:
    names = ("state", "attempts", "rows_done", "rows_total", "error", "version_id")
    found = nod.rows(f"SELECT {', '.join(names)} FROM classifier_trainingrun ORDER BY id")
    return [dict(zip(names, row, strict=True)) for row in found]


def is_over(nod: Installation) -> bool:
    return only_run(nod)["state"] not in ("waiting", "running")


def place_of(nod: Installation) -> Place | None:
    """Of the last checkpoint; None while there is none."""
    files = list((models_of(nod) / FOLDER).glob("*.pt"))
    if not files:
        return None
    saved = torch.load(files[0], weights_only=True)
    return Place(saved["epoch"], saved["step"])


def rows_at(place: Place, run: dict[str, Any]) -> int:
    """Learnt from until there, of all epochs'."""
    config = TrainingConfig()
    rows_an_epoch = int(run["rows_total"]) // config.epochs
    return (place.epoch - 1) * rows_an_epoch + min(rows_an_epoch, place.step * config.batch_rows)


def goes_on(nod: Installation, before: Place | None) -> Place:
    """Wait for another checkpoint than the one before."""

    def is_written() -> bool:
        assert not is_over(nod), "over too soon to prove anything"
        return place_of(nod) not in (None, before)

    eventually(is_written, seconds=240, what=f"no checkpoint after {before}: {only_run(nod)}")
    place = place_of(nod)
    assert place is not None
    return place


def let_the_lease_run_out(nod: Installation) -> None:
    nod.execute(f"UPDATE classifier_trainingrun SET heartbeat_at = '{LONG_AGO}'")


def train_waiting(nod: Installation) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "manage.py", "train", "--waiting"], cwd=ROOT, env=nod.env
    )


def assert_sound(nod: Installation, *, versions: int = 1) -> list[Any]:
    """Every version is whole and is the one its row says; (weights, epochs) of each."""
    folders = version_names(models_of(nod))
    registered = nod.rows("SELECT name, digest, verdict FROM classifier_modelversion ORDER BY name")
    assert [name for name, _, _ in registered] == folders
    assert len(folders) == versions
    opened = [open_version(models_of(nod) / name) for name in folders]
    assert [version.digest for version in opened] == [digest for _, digest, _ in registered]
    assert all(verdict for _, _, verdict in registered)
    assert not list((models_of(nod) / FOLDER).glob("*.pt")), "the checkpoint has done its work"
    return [(version.digest, version.report["training"]["epochs"]) for version in opened]


def test_a_training_killed_twice_goes_on_and_ends_with_the_same_weights(
    school: Installation,
) -> None:
    school.run_code(ASK)
    place = None
    for _ in range(2):
        training = train_waiting(school)
        reached = goes_on(school, before=place)
        run = only_run(school)
        training.kill()
        assert training.wait() == -9
        if place is not None:  # what it says first, after its first step, is where it went on
            assert run["rows_done"] >= rows_at(place, run)
            assert reached > place
        place = reached
        let_the_lease_run_out(school)
    before = only_run(school)["rows_done"]
    training = train_waiting(school)
    said = set()
    while training.poll() is None:
        said.add(only_run(school)["rows_done"])
        time.sleep(0.2)
    run = only_run(school)
    assert run["attempts"] == 3
    assert place is not None
    assert min(said - {before}) >= rows_at(place, run)
    run = only_run(school)
    assert (run["state"], run["error"]) == ("finished", "")
    assert_sound(school)

    school.run_code(ASK)
    assert train_waiting(school).wait() == 0
    killed, undisturbed = assert_sound(school, versions=2)
    assert killed == undisturbed


def test_a_running_installation_takes_up_what_its_killed_processes_left(
    school: Installation,
) -> None:
    school.start()
    school.run_code(ASK)
    place = goes_on(school, before=None)
    school.process("train --waiting").kill()  # as the kernel does when memory runs out
    let_the_lease_run_out(school)

    further = goes_on(school, before=place)
    assert further > place
    training = school.process("train --waiting")
    school.process("training@").kill()
    _, alive = psutil.wait_procs([training], timeout=30)
    assert not alive, "a training outlived its worker"
    let_the_lease_run_out(school)

    eventually(lambda: is_over(school), seconds=400, what=f"{only_run(school)}")
    run = only_run(school)
    assert (run["state"], run["attempts"], run["error"]) == ("finished", 3, "")
    assert_sound(school)


def test_two_that_start_at_the_same_moment_do_one_training(school: Installation) -> None:
    def started() -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", START],
            cwd=ROOT,
            env={**school.env, "DJANGO_SETTINGS_MODULE": "config.settings"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    both = [started(), started()]
    for process in both:
        assert process.stdin is not None
        process.stdin.write("now\n")
        process.stdin.flush()
    said = [process.communicate()[0].strip() for process in both]
    assert said[0] == said[1], "they were given the same run"
    run = only_run(school)
    assert (run["state"], run["attempts"]) == ("finished", 1)
    assert_sound(school)
