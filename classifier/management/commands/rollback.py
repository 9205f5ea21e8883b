"""manage.py rollback: the version before the live one serves again, thresholds and all."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from classifier import actions


class Command(BaseCommand):
    help = "Take the live model version back: the one that served before it goes live again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--by", default="manage.py rollback", help="who did it, for the record")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            version = actions.roll_back(by=options["by"], now=timezone.now())
        except actions.NothingToRollBackTo as exc:
            raise CommandError(str(exc)) from exc
        self.stdout.write(f"{version.name} is live again.")
