"""manage.py served "2026-05-03 14:10": which model version read then, and who put it there?"""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from classifier.models import Serving


class Command(BaseCommand):
    help = "Say which model version served at a moment, since when, promoted by whom and why."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("moment", help="such as “2026-05-03 14:10”; UTC unless it says else")

    def handle(self, *args: Any, **options: Any) -> None:
        moment = moment_of(options["moment"])
        serving = Serving.objects.at(moment).select_related("version").first()
        when = f"{moment:%Y-%m-%d %H:%M %Z}"
        if serving is None:
            self.stdout.write(f"No version was live at {when}: the baseline read.")
            return
        until = f"{serving.ended_at:%Y-%m-%d %H:%M}" if serving.ended_at else "now"
        self.stdout.write(
            f"{serving.version.name} served at {when} (from {serving.started_at:%Y-%m-%d %H:%M} to"
            f" {until}), put live by {serving.by}: {serving.reason}."
        )


def moment_of(words: str) -> datetime:
    try:
        moment = parse_datetime(words)
    except ValueError:
        moment = None
    if moment is None:
        raise CommandError(f"{words!r} is no moment. Write it as “2026-05-03 14:10”.")
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)
