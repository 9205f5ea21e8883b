"""The background's entry points: each takes its nudge and makes one call.

`train_waiting` runs in the training worker; `see_to_training` is sent by the scheduler and quick;
`read_chunk` runs in workers of the queue `files`, wherever they are (classifier/distributed.py).
"""

import socket
import time
from typing import Any

from celery import shared_task
from django.utils import timezone

from classifier import distributed, trainings
from classifier.files import readings_of
from classifier.reader import reader_of
from classifier.readings import Pair
from classifier.versions import DamagedVersion
from config.celery import Answered


@shared_task
def train_waiting() -> None:
    """Do the training that waits, if there is one."""
    if trainings.has_work(now=timezone.now()):
        trainings.do_in_a_process()


@shared_task
def see_to_training() -> None:
    """Ask for a training that is due, and nudge for one whose nudge or worker was lost."""
    now = timezone.now()
    trainings.end_abandoned(now=now)
    if (due := trainings.why_train(now=now)) is not None:
        reason, because = due
        trainings.request_training(reason=reason, because=because, by="scheduler", now=now)
    elif trainings.has_work(now=now):
        trainings.nudge()


@shared_task(base=Answered, ignore_result=False, track_started=True)
def read_chunk(*, pairs: list[tuple[str, str]], model: str) -> dict[str, Any]:
    """Read a part of somebody's file, with this version and no other."""
    try:
        reader = reader_of(model)
    except DamagedVersion as exc:
        return {"refused": f"{socket.gethostname()}: {exc}"}
    return {"readings": readings_of([Pair(*pair) for pair in pairs], reader)}


@shared_task
def forget_abandoned_chunks() -> None:
    """Let no text lie in Redis that nobody waits for any more."""
    distributed.forget_abandoned(now=time.time())
