"""`manage.py demo`: the demo business, its line, endpoint and log-in. `make run` calls it."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from config.demo_secrets import demo_secrets
from webhooks.demo import make_demo


class Command(BaseCommand):
    help = "Make the demo business. Only in the demo profile (without SECRET_KEY)."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError(
                "SECRET_KEY is set, so this is no demo: make your business in the admin."
            )
        make_demo(
            known=demo_secrets(Path(settings.VAR_DIR)),
            base_url=settings.PUBLIC_BASE_URL,
            now=timezone.now(),
        )
