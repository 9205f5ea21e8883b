"""manage.py demo_cards: something to play with, for the demo."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from labelgame import demo


class Command(BaseCommand):
    help = "Add the demo's replies to the game, once. `make run` does it in the demo profile."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError(
                "Only the demo has made-up cards: in production they are your own texts."
            )
        if not demo.has_cards():
            self.stdout.write(f"{demo.make_cards(now=timezone.now())} cards to play with.")
