"""`manage.py doctor`: is this installation sound? Says what to do; exit code 1 if it is not."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.doctor import examine
from webhooks.models import Line


class Command(BaseCommand):
    help = "Say whether this installation is sound, and what to do where it is not."
    requires_system_checks = []  # they are findings, not a reason to find nothing

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--line", metavar="ADDRESS", help="only this line, such as +15005550010"
        )
        parser.add_argument(
            "--offline", action="store_true", help="post nothing to the lines' public addresses"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        wrong = 0
        for finding in examine(lines=_lines(options["line"]), offline=options["offline"]):
            self.stdout.write(f"{'✓' if finding.is_well else '✗'} {finding.words}")
            wrong += not finding.is_well
        if wrong:
            raise CommandError(f"{wrong} of these {'needs' if wrong == 1 else 'need'} mending.")


def _lines(address: str | None) -> list[Line] | None:
    if address is None:
        return None
    lines = list(Line.objects.filter(address=address).order_by("pk"))
    if not lines:
        raise CommandError(f"No line has the address {address}: the admin lists them.")
    return lines
