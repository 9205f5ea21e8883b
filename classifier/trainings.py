"""Trainings, in the background and by `manage.py train`: asked for, taken up, watched, finished.

The row is the truth: a task is only a nudge. At most one training waits or runs, and the database
holds that. Who trains gives signs of life and holds a lock (classifier/holding.py); when either
stops, the run is taken up again and goes on from its checkpoint. A run of the shell is taken up by
nobody: the same command begins another one and goes on from the same checkpoint. No transaction is
open while a model trains.
"""

import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from classifier import holding
from classifier.data import DataError
from classifier.dataset import number_of_rows, rows_to_learn
from classifier.models import ModelVersion, TrainingRun
from classifier.taxonomy import TaxonomyError, current_taxonomy
from classifier.versions import BadExport, DamagedVersion
from config.processes import manage

log = logging.getLogger(__name__)

STOPPED, FAILED = TrainingRun.State.STOPPED, TrainingRun.State.FAILED

MOST_ATTEMPTS = 4  # a run that killed its worker so often will kill the next one, too
# A run without a sign of life for so long has lost its worker. Every stage gives one as it begins;
# the longest, exporting the graphs, takes a minute or two where nobody else wants the machine.
LEASE = timedelta(minutes=10)
SIGN_OF_LIFE_SECONDS = 2.0
# The broker hands a task to a second worker after its visibility timeout (config/settings.py),
# which therefore is longer.
LONGEST_TRAINING_SECONDS = 6 * 3600


class Stopped(Exception):
    """Somebody stopped this training, or another process took it over."""


class OneIsUnderWay(Exception):
    """A training runs or waits, and there is one at a time. Says whose, and what to do."""


def request_training(
    *, reason: TrainingRun.Reason, because: str = "", by: str, now: datetime
) -> TrainingRun:
    """The training that will be done: a new one, or the one that already waits or runs."""
    end_abandoned(now=now)
    try:
        with transaction.atomic():
            run = TrainingRun.objects.create(
                reason=reason, because=because, requested_by=by, requested_at=now
            )
    except IntegrityError:
        unfinished = TrainingRun.objects.unfinished().first()
        if unfinished is None:  # it ended this very moment
            return request_training(reason=reason, because=because, by=by, now=now)
        return unfinished
    transaction.on_commit(nudge)
    return run


def nudge() -> None:
    """Tell a training worker; if that fails, the scheduler tells it again."""
    from classifier.tasks import train_waiting  # tasks import this module

    with suppress(Exception):  # Redis away: kombu raises what its transports raise
        train_waiting.apply_async(retry=False)


def stop_training(*, run: TrainingRun, by: str, now: datetime) -> bool:
    """Whether there was something to stop. A running one notices at its next sign of life."""
    return bool(
        TrainingRun.objects.unfinished()
        .filter(pk=run.pk)
        .update(state=TrainingRun.State.STOPPED, finished_at=now, error=f"Stopped by {by}.")
    )


def begin(*, by: str, now: datetime, in_its_place: bool) -> TrainingRun:
    """A run that this process does by itself, not for the worker; let_go when it has ended.

    `in_its_place`: what it does is also what a training that waits was asked for; then it does
    that one. Raises OneIsUnderWay.
    """
    end_abandoned(now=now)
    if in_its_place and (run := take_up(now=now)) is not None:
        return run
    holder = holding.take_hold()
    try:
        with transaction.atomic():
            return TrainingRun.objects.create(
                state=TrainingRun.State.RUNNING, reason=TrainingRun.Reason.BY_HAND,
                requested_by=by, requested_at=now, started_at=now, heartbeat_at=now,
                attempts=1, holder=holder, stage="reading the rows",
            )  # fmt: skip
    except IntegrityError:
        holding.let_go(holder)
    if (other := TrainingRun.objects.unfinished().first()) is None:  # it ended this very moment
        return begin(by=by, now=now, in_its_place=in_its_place)
    raise OneIsUnderWay(_whose(other, now=now))


def _whose(run: TrainingRun, *, now: datetime) -> str:
    asked = f"asked for by {run.requested_by}"
    if run.started_at is None or _takeable(now).filter(pk=run.pk).exists():
        return (
            f"A training waits for its worker, {asked} on {run.requested_at:%d %B, %H:%M} UTC."
            " There is one at a time: do it with `manage.py train --waiting`, or stop it in the"
            " admin."
        )
    return (
        f"A training runs since {run.started_at:%d %B, %H:%M} UTC, {asked}, in the process"
        f" {run.holder or 'of another machine'}; {run.percent} % is learnt. There is one at a time:"
        " wait until it has ended, or stop it in the admin."
    )


def end_abandoned(*, now: datetime) -> None:
    """Runs of the shell whose process ended without a word: nobody takes them up."""
    _lost(TrainingRun.objects.running().by_hand(), now).update(
        state=FAILED,
        finished_at=now,
        stage="",
        error="Its process ended. Give the command again: it goes on from its last checkpoint.",
    )


def has_work(*, now: datetime) -> bool:
    return _takeable(now).exists()


def take_up(*, now: datetime) -> TrainingRun | None:
    """The run to do now, ours by one conditional UPDATE; None if there is none to take."""
    run = _takeable(now).first()
    if run is None:
        return None
    holder = holding.take_hold()
    won = (
        _takeable(now)
        .filter(pk=run.pk, attempts=run.attempts)
        .update(
            state=TrainingRun.State.RUNNING,
            started_at=run.started_at or now,
            heartbeat_at=now,
            attempts=models.F("attempts") + 1,
            holder=holder,
            stage="reading the rows",
        )
    )
    if not won:
        holding.let_go(holder)
        return None
    holding.sweep()
    run.refresh_from_db()
    if run.attempts > MOST_ATTEMPTS:
        sentence = f"Its worker died {MOST_ATTEMPTS} times; see the worker's log, then ask again."
        finish(run, FAILED, now=now, error=sentence)
        return None
    return run


def do_in_a_process() -> None:
    if not manage("train", "--waiting", seconds=LONGEST_TRAINING_SECONDS):
        log.error("A training took longer than %s hours.", LONGEST_TRAINING_SECONDS // 3600)


def do(run: TrainingRun) -> None:
    """Train, judge, promote; whatever happens is written into the run."""
    # Imported when needed: torch takes seconds and memory that other processes do without.
    from classifier.training.config import TrainingConfig, base_model_from
    from classifier.training.run import train_version

    # Nobody waits for this call: what is raised was written into the run.
    with suppress(Exception), accounted_for(run):
        taxonomy = current_taxonomy()
        # As `why_train` counts them, and before: what settles meanwhile is new to this version.
        given = number_of_rows(taxonomy)
        rows = rows_to_learn(taxonomy)
        outcome = train_version(
            rows=rows,
            taxonomy=taxonomy,
            config=TrainingConfig(base_model=base_model_from(settings.BASE_MODEL)),
            by=run.requested_by,
            now=timezone.now(),
            lineage={"run": run.pk, "reason": run.get_reason_display(), "rows_given": given},
            quiet=True,
            on_progress=signs_of_life(run),
            on_stage=signs_of_stages(run),
        )
        version = outcome.candidate if outcome is not None else None
        finish(run, TrainingRun.State.FINISHED, now=timezone.now(), version=version)


@contextmanager
def accounted_for(run: TrainingRun) -> Iterator[None]:
    """However the block ends, the run says how, and this process holds it no longer."""
    try:
        yield
    except Stopped:
        raise
    except KeyboardInterrupt:
        finish(run, STOPPED, now=timezone.now(), error="Stopped by Ctrl-C.")
        raise
    except (DataError, TaxonomyError, DamagedVersion, BadExport, OSError) as exc:
        finish(run, FAILED, now=timezone.now(), error=str(exc))
        raise
    except Exception as exc:
        # The run has to say that it failed, and of what kind. Its words may hold texts and stay out
        # of the log.
        log.error("Training %s failed: %s", run.pk, type(exc).__name__)
        sentence = f"{type(exc).__name__}. Run `manage.py train` to see where."
        finish(run, FAILED, now=timezone.now(), error=sentence)
        raise
    finally:
        holding.let_go(run.holder)


def signs_of_life(run: TrainingRun) -> Callable[[object], None]:
    """What a training calls as it learns. Raises Stopped if the run is ours no more."""
    last = 0.0

    def on_progress(progress: object) -> None:
        nonlocal last
        if time.monotonic() - last < SIGN_OF_LIFE_SECONDS:
            return
        last = time.monotonic()
        done, total = progress.done, progress.total  # type: ignore[attr-defined]
        stage = "training" if done < total else "writing and judging the version"
        _beat(run, rows_done=done, rows_total=total, stage=stage)

    return on_progress


def signs_of_stages(run: TrainingRun) -> Callable[[str], None]:
    """What it calls as each stage after that begins. Raises Stopped as well."""

    def on_stage(stage: str) -> None:
        _beat(run, stage=stage)

    return on_stage


def _beat(run: TrainingRun, **facts: object) -> None:
    ours = TrainingRun.objects.running().filter(pk=run.pk, attempts=run.attempts)
    if not ours.update(heartbeat_at=timezone.now(), **facts):
        raise Stopped


def step_aside() -> None:
    """Training takes what nobody else wants: reading goes first, whatever it costs the training."""
    os.nice(19 - os.nice(0))
    if hasattr(os, "SCHED_IDLE"):
        with suppress(OSError):  # some containers forbid it
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def replaceable(*, now: datetime) -> ModelVersion | None:
    """The live version, if the scheduler may ask for its successor."""
    live = ModelVersion.objects.live().first()
    return live if live is not None and _may_ask(live, now=now) else None


def _may_ask(version: ModelVersion, *, now: datetime) -> bool:
    """Not while a training waits or runs, nor soon after the last one or after this version."""
    if TrainingRun.objects.unfinished().exists():
        return False
    last = TrainingRun.objects.in_the_background().newest_first().first()
    since = max(filter(None, (version.created_at, last.requested_at if last else None)))
    return now - since >= timedelta(hours=settings.RETRAIN_AT_MOST_EVERY_HOURS)


def why_train(*, now: datetime) -> tuple[TrainingRun.Reason, str] | None:
    """Is a training due by what lies in the dataset and by age, and why? The very first one is
    nobody's but `make run`'s, in sight.

    What has changed in the texts that come in, webhooks knows (webhooks/drift.py).
    """
    if (hurried := _hurried()) is not None:
        return TrainingRun.Reason.FIRST, f"{hurried.name} was trained in a hurry"
    live = ModelVersion.objects.live().first()
    # Not the live one: of the same rows a candidate that was refused would be made once more.
    newest = ModelVersion.objects.of_the_dataset().newest_first().first() or live
    if newest is None:
        return None
    latest = live or newest  # where all were refused none is live, and new rows are what helps
    if not _may_ask(latest, now=now):
        return None
    given = newest.report.get("training", {}).get("rows_given")
    if given is not None:
        more = number_of_rows(current_taxonomy()) - given
        if more >= settings.RETRAIN_AFTER_ROWS:
            because = f"{more} rows more than {newest.name} learnt from"
            return TrainingRun.Reason.NEW_EXAMPLES, because
    if now - newest.created_at >= timedelta(days=settings.RETRAIN_AFTER_DAYS):
        age = now - latest.created_at
        return TrainingRun.Reason.AGE, f"{latest.name} is {age.days} days old"
    return None


def _hurried() -> ModelVersion | None:
    """The newest version, if it is one that a first start made within minutes, to have any at all,
    and nobody has asked for its thorough successor yet.
    """
    newest = ModelVersion.objects.newest_first().first()
    if newest is None or not newest.report.get("training", {}).get("hurried"):
        return None
    asked = TrainingRun.objects.in_the_background().filter(requested_at__gte=newest.created_at)
    return None if asked.exists() else newest


def _takeable(now: datetime) -> models.QuerySet[TrainingRun]:
    runs = TrainingRun.objects.unfinished().in_the_background()
    return runs.waiting() | _lost(runs.running(), now)


def _lost(runs: models.QuerySet[TrainingRun], now: datetime) -> models.QuerySet[TrainingRun]:
    """Those whose process has ended, or gave no sign of life for too long."""
    ended = [name for name in runs.values_list("holder", flat=True) if holding.has_ended(name)]
    return runs.filter(
        models.Q(heartbeat_at=None)
        | models.Q(heartbeat_at__lt=now - LEASE)
        | models.Q(holder__in=ended)
    )


def finish(
    run: TrainingRun,
    state: TrainingRun.State,
    *,
    now: datetime,
    error: str = "",
    version: ModelVersion | None = None,
) -> None:
    ours = TrainingRun.objects.running().filter(pk=run.pk, attempts=run.attempts)
    ours.update(state=state, finished_at=now, error=error, version=version, stage="")
