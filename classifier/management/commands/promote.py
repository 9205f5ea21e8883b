"""manage.py promote: put a version live by hand; one that the gate has not passed for a reason."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from classifier import actions
from classifier.models import ModelVersion
from classifier.versions import DamagedVersion


class Command(BaseCommand):
    help = "Put a model version live, and retire the one before it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="of a model version, as the admin lists it")
        parser.add_argument(
            "--although", default="", metavar="REASON",
            help="why it should serve although the gate refused it or never judged it",
        )  # fmt: skip
        parser.add_argument("--by", default="manage.py promote", help="who did it, for the record")

    def handle(self, *args: Any, **options: Any) -> None:
        version = ModelVersion.objects.filter(name=options["name"]).first()
        if version is None:
            names = ModelVersion.objects.newest_first().values_list("name", flat=True)[:5]
            known = ", ".join(names) or "none yet: run `manage.py train`"
            raise CommandError(f"No version is named {options['name']!r}. The newest: {known}.")
        try:
            actions.promote(
                version=version,
                by=options["by"],
                now=timezone.now(),
                although=options["although"],
            )
        except actions.NotPassed as exc:
            raise CommandError(f'{exc} In the shell: --although "…".') from exc
        except DamagedVersion as exc:
            raise CommandError(str(exc)) from exc
        self.stdout.write(f"{version.name} is live.")
