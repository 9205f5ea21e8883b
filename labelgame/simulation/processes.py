"""The loop with the real processes: web, workers, scheduler, an embedded Redis, as `make run` has
them. Texts are posted to the webhook; what becomes of them is theirs alone.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import models, transaction
from django.db.models import F
from django.utils import timezone

from classifier import trainings
from classifier.data import Row
from classifier.models import Example, TrainingRun
from config.processes import die_with_parent
from labelgame.actions import CARDS
from labelgame.models import Poll
from labelgame.simulation.crowd import Crowd, Seat
from labelgame.simulation.loop import DAY, BrokeOff, answers_so_far, over
from labelgame.simulation.texting import Phones

# Of the processes under test: a scheduler in a hurry, so that waiting for it takes seconds.
SETTINGS = {
    "TRAIN_AT_START": "0",  # the first model is there
    "SWEEP_SECONDS": "2",
    "LOOK_FOR_INCIDENTS_SECONDS": "20",
    "SEE_TO_GAME_SECONDS": "2",
    "SEE_TO_TRAINING_SECONDS": "5",
    "WEIGH_SECONDS": "30",
}
READY_SECONDS = 180.0
READ_SECONDS = 900.0  # for a step's texts
QUIET_SECONDS = 8.0  # without a new example: all have been added
NOTHING_LEFT_SECONDS = 60.0  # nobody was dealt a card for so long
TRAINED_SECONDS = 3 * 3600.0
# Their times are set back when a day passes.
OURS = ("classifier", "webhooks", "labelgame")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def started(var_dir: Path) -> Iterator[str]:
    """All processes, ready; the address of the web."""
    log = var_dir / "run.log"
    with log.open("ab") as out:
        parent = subprocess.Popen(
            [sys.executable, "-m", "config.run"],
            cwd=settings.BASE_DIR,
            stdout=out,
            stderr=subprocess.STDOUT,
            # Told to stop by the kernel when this process is killed, and then stops its own.
            preexec_fn=lambda: die_with_parent(signal.SIGTERM),  # noqa: PLW1509  one system call
        )
    base_url = f"http://127.0.0.1:{settings.PORT}"

    def is_ready() -> bool:
        if parent.poll() is not None:
            raise BrokeOff(f"Nod did not start:\n{log.read_text(errors='replace')[-2000:]}")
        return "Nod is ready" in log.read_text(errors="replace")

    try:
        wait_for(is_ready, seconds=READY_SECONDS, what="Nod is not ready")
        yield base_url
    finally:
        with suppress(ProcessLookupError):
            os.kill(parent.pid, signal.SIGTERM)
        parent.wait()


@dataclass
class Running:
    """A Nod that runs; people play in this process, on its database, as its web process does."""

    crowd: Crowd
    base_url: str

    def __post_init__(self) -> None:
        self._phones = Phones(self.base_url, Path(settings.VAR_DIR))

    def receive(self, rows: Sequence[Row]) -> None:
        for row in rows:
            self._phones.answer(row.prompt, row.text)
        wait_for(self._all_read, seconds=READ_SECONDS, what="texts lie unread")
        examples, since = -1, time.monotonic()
        while time.monotonic() - since < QUIET_SECONDS:
            if (now := Example.objects.count()) != examples:
                examples, since = now, time.monotonic()
            time.sleep(0.5)

    def play(self, answers: int) -> None:
        goal, last = answers_so_far(self.crowd) + answers, time.monotonic()
        seats = list(self.crowd.seats)
        while answers_so_far(self.crowd) < goal and time.monotonic() - last < NOTHING_LEFT_SECONDS:
            self.crowd.dice.shuffle(seats)
            before = self.crowd.answers
            for seat in seats:
                self._play_round(seat, goal=goal)
            if self.crowd.answers > before:
                last = time.monotonic()
            else:
                time.sleep(1)
        wait_for(
            lambda: not Poll.objects.due().exists(),
            seconds=READ_SECONDS,
            what="answers lie unweighed",
        )

    def learn(self) -> TrainingRun | None:
        before = TrainingRun.objects.count()
        a_day_passes()
        # Asked as the scheduler asks; whichever of the two is first, it has the same answer.
        due = trainings.why_train(now=timezone.now())
        if due is None and TrainingRun.objects.count() == before:
            return None

        def is_over() -> bool:
            runs = TrainingRun.objects.all()
            return runs.count() > before and not runs.unfinished().exists()

        wait_for(is_over, seconds=TRAINED_SECONDS, what="no training came to an end")
        return over(TrainingRun.objects.latest("pk"))

    def _play_round(self, seat: Seat, *, goal: int) -> None:
        for _ in range(CARDS):
            if answers_so_far(self.crowd) >= goal:
                return
            answer = seat.play_card(self.crowd.known, now=timezone.now())
            if answer is None:
                return
            self.crowd.on_answer(answer)

    def _all_read(self) -> bool:
        with suppress(urllib.error.URLError, OSError, ValueError):
            address = f"{self.base_url}/healthz"
            with urllib.request.urlopen(address, timeout=10) as told:  # noqa: S310  our own
                return bool(json.load(told)["oldest_waiting_seconds"] == 0)
        return False


@transaction.atomic
def a_day_passes() -> None:
    """Everything that has happened, happened a day earlier. No clock of a process is touched."""
    for app in OURS:
        for model in apps.get_app_config(app).get_models():
            moments = [
                field.name
                for field in model._meta.concrete_fields
                if isinstance(field, models.DateTimeField)
            ]
            if moments:
                model._base_manager.update(**{name: F(name) - DAY for name in moments})


def wait_for(holds: Callable[[], bool], *, seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise BrokeOff(f"After {seconds:.0f} s {what}.")
        time.sleep(0.5)
