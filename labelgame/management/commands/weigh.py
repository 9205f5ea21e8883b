"""manage.py weigh: weigh all answers anew, as the background does by itself."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from classifier.trainings import step_aside
from labelgame import background
from labelgame.models import QuestionState
from labelgame.upkeep import relabelling


class Command(BaseCommand):
    help = (
        "Weigh all answers of the game anew: the method, each player's skill, what a mistake costs,"
        " and what settles otherwise now. Only if a tenth more answers have come, unless --anyway."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--anyway", action="store_true", help="however few have come")
        parser.add_argument(
            "--look-again", action="store_true",
            help="also ask again about labels that a model does not believe",
        )  # fmt: skip

        parser.add_argument(
            "--step-aside", action="store_true", help="take only what others leave of the machine"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["step_aside"]:
            step_aside()
        now = timezone.now()
        if background.weigh(now=now, anyway=options["anyway"]):
            for state in QuestionState.objects.order_by("question"):
                self.stdout.write(
                    f"{state.question}: {state.answers} answers, weighed by {state.method}."
                )
        else:
            self.stdout.write("Too little is new; --anyway weighs all the same.")
        if options["look_again"]:
            asked = relabelling.look_again(now=now)
            self.stdout.write(f"{asked} old labels are asked about again.")
