"""manage.py shadow NAME: what would this model version have decided otherwise of late?"""

from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from classifier.models import ModelVersion
from classifier.trainings import step_aside
from classifier.versions import DamagedVersion
from webhooks import shadow


class Command(BaseCommand):
    help = (
        "Have a model version read the texts of the last day, and print those that would have been"
        " decided otherwise. What is printed is kept for the admin, too. --verbosity 0 prints none."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="of a model version, as the admin lists it")
        parser.add_argument(
            "--step-aside", action="store_true", help="take only what others leave of the machine"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        version = ModelVersion.objects.filter(name=options["name"]).first()
        if version is None:
            raise CommandError(
                f"No version is named {options['name']!r}. The admin lists them under “Model"
                " versions”."
            )
        if options["step_aside"]:
            step_aside()
        is_silent = options["verbosity"] == 0
        try:
            with tqdm(unit="text", disable=is_silent) as bar:

                def move(done: int, total: int) -> None:
                    bar.total = total
                    bar.update(done - bar.n)

                run = shadow.make(version=version, now=timezone.now(), on_progress=move)
        except DamagedVersion as exc:
            raise CommandError(str(exc)) from exc
        if not is_silent:
            self.stdout.write(as_list(shadow.turns_of(run)))
            self.stdout.write(f"By {run.version}, {run.words}.")


def as_list(turns: Sequence[shadow.Turn]) -> str:
    """A heading for each turn, and a paragraph for each of its texts."""
    lines: list[str] = []
    for turn in turns:
        lines.append(f"{' '.join(turn.was)} → {' '.join(turn.would).strip()}: {len(turn.changes)}")
        for change in turn.changes:
            message, reading = change.decision.message, change.decision.reading
            assert reading is not None  # only what was read is compared
            prompt = message.reminder.body if message.reminder else "–"
            lines += [
                f"  {message.received_at:%Y-%m-%d %H:%M}  {reading.confidence:.2f} by"
                f" {reading.model_version} → {change.confidence:.2f}",
                f"    reminder: {prompt}",
                f"    reply:    {message.body}",
            ]
        lines.append("")
    return "\n".join(lines)
