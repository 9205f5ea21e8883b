"""The background's entry points: each takes its nudge and makes one call.

`train_waiting` runs in the training worker; `see_to_training` is sent by the scheduler and quick.
"""

from celery import shared_task
from django.utils import timezone

from classifier import trainings


@shared_task
def train_waiting() -> None:
    """Do the training that waits, if there is one."""
    if trainings.has_work(now=timezone.now()):
        trainings.do_in_a_process()


@shared_task
def see_to_training() -> None:
    """Ask for a training that is due, and nudge for one whose nudge or worker was lost."""
    now = timezone.now()
    if (due := trainings.why_train(now=now)) is not None:
        reason, because = due
        trainings.request_training(reason=reason, because=because, by="scheduler", now=now)
    elif trainings.has_work(now=now):
        trainings.nudge()
