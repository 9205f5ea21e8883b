"""Telling a worker that there may be something to do. A nudge may be lost: the rows are the truth
and the sweep finds what a lost nudge left.

Nudges are folded: while one is queued that no worker has taken yet, another would say nothing new.
The mark of a queued nudge is removed when its task starts, before it looks at the rows, so a row
committed after that look has a nudge of its own.
"""

import logging
import time
from contextlib import suppress
from enum import StrEnum
from functools import cache
from pathlib import Path

import redis
from celery import current_app
from django.conf import settings
from kombu.exceptions import OperationalError

from config.redis import client

logger = logging.getLogger(__name__)

QUEUED_MILLISECONDS = 5_000  # a mark that outlives its nudge (a killed worker) is forgotten by then
BREATHER_SECONDS = 2.0  # after a failure, so that a dead Redis does not slow every request


class Work(StrEnum):
    """What may have to be done, by the name of the task that does it (webhooks/tasks.py)."""

    READING = "webhooks.tasks.read_waiting"
    DELIVERY = "webhooks.tasks.deliver_due"
    EXAMPLES = "webhooks.tasks.add_examples"


@cache
def _redis() -> redis.Redis:
    return client(settings.REDIS_URL, Path(settings.VAR_DIR))


_silent_until = 0.0


def nudge(work: Work) -> None:
    """Queue the work unless it is queued already. Never raises, never waits long."""
    global _silent_until  # one number for the process; a race costs one attempt more
    if time.monotonic() < _silent_until:
        return
    try:
        if _redis().set(_mark(work), 1, nx=True, px=QUEUED_MILLISECONDS):
            current_app.send_task(work.value)
    except (redis.RedisError, OperationalError) as error:
        _silent_until = time.monotonic() + BREATHER_SECONDS
        logger.warning("No nudge, the sweep will find it: %s", type(error).__name__)


def taken(work: Work) -> None:
    """Its task has started: what happens from now on needs a new nudge."""
    with suppress(redis.RedisError):  # the mark is gone with the server, or runs out by itself
        _redis().delete(_mark(work))


def _mark(work: Work) -> str:
    return f"nod:nudged:{work}"
