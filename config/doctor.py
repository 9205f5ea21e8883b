"""`manage.py doctor`: is this installation sound? One finding after another, each in a sentence
that says what to do. It changes nothing, and Nod need not run: that it does not is a finding.
"""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import redis
from celery import current_app
from django.conf import settings
from django.core import checks
from django.db import Error as DatabaseError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from kombu.exceptions import OperationalError

from classifier.models import ModelVersion, TrainingRun
from classifier.trainings import LEASE
from classifier.versions import DamagedVersion, open_version
from config import overview
from config.redis import client
from webhooks import waiting
from webhooks.addresses import inbound_url
from webhooks.models import Line, Message
from webhooks.probe import probe

LEAST_ROOM = 1_000_000_000  # bytes: a training of the bundled model takes half of it
SECONDS_TO_ANSWER = 2.0  # an idle worker takes a few milliseconds


@dataclass(frozen=True)
class Finding:
    is_well: bool
    words: str


def examine(*, lines: Iterable[Line] | None = None, offline: bool = False) -> Iterator[Finding]:
    """Everything, or only some lines. `offline`: nothing is posted to their public addresses."""
    if lines is not None:
        yield from (of_line(line, offline=offline) for line in lines)
        return
    yield from of_settings()
    database = of_database()
    yield database
    queue = of_queue()
    yield queue
    yield from map(of_folder, (Path(settings.VAR_DIR), Path(settings.MODELS_DIR)))
    if not database.is_well:
        return  # all that follows stands in it
    yield of_model()
    if queue.is_well:
        yield from of_workers()
    yield from map(of_figure, (overview.waiting(), overview.endpoints()))
    yield from of_lines(offline=offline)


# ---- the ground ----------------------------------------------------------------------------


def of_settings() -> Iterator[Finding]:
    """As strictly as the start judges them (config/run.py)."""
    worst = checks.ERROR if settings.DEMO else checks.WARNING
    found = [
        Finding(False, f"{message.msg} {message.hint or ''}".strip())
        for message in checks.run_checks(include_deployment_checks=not settings.DEMO)
        if message.level >= worst and not message.is_silenced()
    ]
    profile = "demo" if settings.DEMO else "production"
    yield from found or [Finding(True, f"The settings are sound, for {profile}.")]


def of_database() -> Finding:
    name = str(connection.settings_dict["NAME"])
    where = connection.settings_dict["HOST"]
    called = f"{connection.display_name} database {name}{f' at {where}' if where else ''}"
    if connection.vendor == "sqlite" and not Path(name).exists():  # connecting would make it
        return Finding(False, f"There is no {called} yet: `make run` makes it.")
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        return Finding(
            False,
            f"The {called} does not answer ({type(error).__name__}): is it running, and is "
            "DATABASE_URL right?",
        )
    if missing:
        return Finding(
            False,
            f"The {called} lacks {len(missing)} migrations: stop Nod and start it with `make run`, "
            "which applies them.",
        )
    return Finding(True, f"The {called} answers and is up to date.")


def of_queue() -> Finding:
    if settings.REDIS_URL:
        called = f"Redis at {urlsplit(settings.REDIS_URL).hostname or 'a socket'}"
        remedy = "is it running, and is REDIS_URL right?"
    else:
        called, remedy = "Nod's own Redis", "it runs while `make run` does."
    try:
        client(settings.REDIS_URL, Path(settings.VAR_DIR)).ping()
    except redis.RedisError as error:
        return Finding(False, f"{called} does not answer ({type(error).__name__}): {remedy}")
    return Finding(True, f"{called} answers.")


def of_folder(folder: Path) -> Finding:
    """What is not there yet is made in the folder above it."""
    there = next(each for each in (folder, *folder.parents) if each.exists())
    if not os.access(there, os.W_OK):
        return Finding(
            False, f"{there} cannot be written to: give it to the user that Nod runs as."
        )
    room = shutil.disk_usage(there).free
    words = f"{room / 1e9:.1f} GB are free for {folder}"
    if room < LEAST_ROOM:
        return Finding(False, f"Only {words}: make room, or a training fails half-way.")
    return Finding(True, f"{words}.")


# ---- what reads ----------------------------------------------------------------------------


def of_model() -> Finding:
    live = ModelVersion.objects.live().first()
    if live is None:
        return Finding(
            True, "The baseline reads, for no model is live: `manage.py train` makes one."
        )
    try:
        open_version(live.path, digest=live.digest)
    except DamagedVersion as error:
        return Finding(
            False,
            f"Model version {live.name} is live but damaged. {error} Meanwhile `manage.py rollback`"
            " lets the one before it read.",
        )
    return Finding(True, f"Model version {live.name} reads; its files are whole.")


def of_workers() -> Iterator[Finding]:
    """One that runs its tasks itself does not answer while it is at one: its work shows instead."""
    at_it: dict[str, Callable[[], bool]] = {
        "reading": _is_reading,
        "delivery": lambda: False,  # has threads for its tasks and answers besides
        "training": _is_training,
    }
    heard = queues_served()
    for queue, is_busy in at_it.items():
        if queue in heard:
            yield Finding(True, f"The {queue} worker answers.")
        elif is_busy():
            yield Finding(True, f"The {queue} worker is at work.")
        else:
            yield Finding(
                False,
                f"No {queue} worker answers: does `make run` still run? (A busy one may be late: "
                "ask again in a minute.)",
            )


def queues_served() -> set[str]:
    """The queues that workers take from, on whatever machine: those that answer in time."""
    try:
        answers = current_app.control.inspect(timeout=SECONDS_TO_ANSWER).active_queues()
    except (redis.RedisError, OperationalError):
        return set()
    return {queue["name"] for queues in (answers or {}).values() for queue in queues}


def _is_reading() -> bool:
    since = timezone.now() - waiting.lease()
    return Message.objects.waiting().filter(claimed_at__gte=since).exists()


def _is_training() -> bool:
    since = timezone.now() - LEASE
    return TrainingRun.objects.running().filter(heartbeat_at__gte=since).exists()


def of_figure(figure: overview.Figure) -> Finding:
    return Finding(figure.is_well, f"{figure.value} {figure.about}. {figure.hint}")


# ---- lines ---------------------------------------------------------------------------------


def of_lines(*, offline: bool) -> Iterator[Finding]:
    lines = Line.objects.order_by("pk")
    if not lines:
        yield Finding(False, "There is no line, so no text can come: add one in the admin.")
    yield from (of_line(line, offline=offline) for line in lines)


def of_line(line: Line, *, offline: bool) -> Finding:
    called = f"Line {line.address}: the provider calls and signs {inbound_url(line.provider)}"
    if offline:
        return Finding(True, f"{called} (not tried).")
    probed = probe(line)
    return Finding(probed.holds, f"{called}; {probed.words}")
