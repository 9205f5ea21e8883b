"""Registers the system checks of the installation."""

from django.apps import AppConfig


class NodConfig(AppConfig):
    name = "config"
    verbose_name = "Nod"

    def ready(self) -> None:
        from config import checks  # noqa: F401  registers them; needs the app registry
