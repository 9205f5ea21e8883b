"""The background's entry points, all sent by the scheduler: each makes one call.

`see_to_game` runs in the delivery worker, `read_again` in the reading worker, which has the model
loaded, the others in the training worker. What takes a minute
and half a gigabyte does so in a process of its own that steps aside for whoever reads texts.
"""

from celery import shared_task
from django.utils import timezone

from labelgame import background
from labelgame.upkeep import rereading


@shared_task
def see_to_game() -> None:
    """Open, settle and take back cards."""
    background.see_to_game(now=timezone.now())


@shared_task
def read_again() -> None:
    """What another model read that waits to be asked, a little at a time."""
    rereading.read_for_a_while()


@shared_task
def weigh() -> None:
    """Look at players and credit versions; weigh all answers anew, if enough have come."""
    background.weigh_if_worth_it(now=timezone.now())


@shared_task
def look_again() -> None:
    """Ask again about labels that a model does not believe."""
    background.in_a_process("weigh", "--look-again")
