"""`manage.py simulate "yes" --from +1… --to +1…`: text a running Nod, really signed."""

import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from webhooks.demo import LINE
from webhooks.models import Decision, Line
from webhooks.simulator.client import NotReached, send_text
from webhooks.simulator.scenes import SCENES


class Command(BaseCommand):
    help = "Post a really signed text to a running Nod and show what becomes of it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("text")
        parser.add_argument("--from", dest="sender", default=SCENES[0].person)
        parser.add_argument("--to", default=LINE, help="the line's address")
        parser.add_argument("--url", default=settings.PUBLIC_BASE_URL, help="where Nod runs")
        parser.add_argument(
            "--wait", type=float, default=20, help="seconds to wait for the decision (20)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        line = Line.objects.simulated().filter(address=options["to"]).first()
        if line is None:
            raise CommandError(
                f"No simulated line has the address {options['to']}. Add one in the admin with "
                "“is simulated” ticked: texts to real lines come from real phones only."
            )
        try:
            sent = send_text(
                line=line, sender=options["sender"], body=options["text"], base_url=options["url"]
            )
        except NotReached as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{sent.provider_id}: answered {sent.status}")
        if not sent.accepted:
            raise CommandError("Nod did not take it.")
        self._show(sent.provider_id, seconds=options["wait"])

    def _show(self, provider_id: str, *, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        decided = Decision.objects.select_related("reading", "message").filter(
            message__provider_id=provider_id
        )
        while (decision := decided.first()) is None:
            if time.monotonic() > deadline:
                self.stdout.write("kept; no decision yet: is the reading worker running?")
                return
            time.sleep(0.1)
        if decision.reading is not None:
            for label, score in decision.reading.result["scores"].items():
                self.stdout.write(f"  {label:<14} {score:6.1%} {'█' * round(score * 30)}")
            self.stdout.write(
                f"  tone {decision.reading.tone}, by {decision.reading.model_version}"
            )
        self.stdout.write(
            f"decision: {decision.action} {decision.label} ({decision.reason}), "
            f"reminder: {decision.message.match}"
        )
        if decision.also:
            self.stdout.write(f"  also: {decision.also}")
        for kind, words in decision.hints.items():
            self.stdout.write(f"  {kind}: {', '.join(words)}")
