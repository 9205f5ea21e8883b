"""The labelling game."""

from django.apps import AppConfig


class LabelgameConfig(AppConfig):
    name = "labelgame"
    verbose_name = "Game"
