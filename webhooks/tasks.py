"""The background's entry points: each takes its nudge and makes one call, again until it says 0.

`read_waiting` runs in the reading worker, `deliver_due` and `add_examples` in the delivery worker
(several threads), the others are sent by the scheduler: `shadow_newest` to the training worker.
"""

import time
from typing import Any

from celery import shared_task
from celery.signals import worker_ready
from django.utils import timezone

from classifier.models import TrainingRun
from classifier.reader import live_reader
from classifier.trainings import request_training
from classifier.unfamiliar import identifier
from config.processes import manage
from webhooks import actions, delivery, drift, examples, incidents, shadow, waiting
from webhooks.nudges import Work, nudge, taken

TURN_SECONDS = 2.0


@worker_ready.connect
def load_model(sender: Any, **_: Any) -> None:
    """The reading worker loads what it reads with when it starts, not when a text waits for it."""
    if "reading" in sender.app.amqp.queues.consume_from:
        live_reader()
        identifier()


@shared_task
def read_waiting() -> None:
    """Read and decide every waiting message."""
    taken(Work.READING)
    while actions.read_waiting():
        pass


@shared_task
def deliver_due() -> None:
    """Send every due delivery; while there is one, ask another thread to help. After a while it
    queues up again: what else the worker has to do must not wait for the end of a backlog.
    """
    taken(Work.DELIVERY)
    began = time.monotonic()
    while (claimed := delivery.claim_due()) is not None:
        nudge(Work.DELIVERY)
        delivery.deliver(claimed)
        if time.monotonic() - began > TURN_SECONDS:
            nudge(Work.DELIVERY)
            return


@shared_task
def add_examples() -> None:
    """Put into the dataset every message that is due as an example."""
    taken(Work.EXAMPLES)
    while examples.add_due(now=timezone.now()):
        pass


@shared_task
def sweep() -> None:
    """Nudge for whatever lies waiting, because its own nudge may have been lost; and hand lines
    the texts that came at the moment when they were added.
    """
    actions.route_waiting()
    if waiting.has_waiting_messages():
        nudge(Work.READING)
    if delivery.has_due():
        nudge(Work.DELIVERY)
    if examples.has_due():
        nudge(Work.EXAMPLES)


@shared_task
def look_for_drift() -> None:
    """Ask for a training when what comes in is not what the live version was met with at first."""
    now = timezone.now()
    if (changed := drift.why_train(now=now)) is not None:
        request_training(reason=TrainingRun.Reason.DRIFT, because=changed, by="scheduler", now=now)


@shared_task
def look_for_incidents() -> None:
    """Have people asked about texts like those that the newest version must read and does not."""
    if incidents.collect(now=timezone.now()):
        nudge(Work.EXAMPLES)


@shared_task
def shadow_newest() -> None:
    """Have the newest version say what it would have decided otherwise: once, in a process of its
    own that steps aside for whoever reads texts, and prints none of them into a log.
    """
    if (version := shadow.due()) is not None:
        options = ("--step-aside", "--verbosity", "0")
        manage("shadow", version.name, *options, seconds=shadow.LONGEST_SECONDS)
