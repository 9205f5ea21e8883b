"""The labelling game."""

from typing import Any

from django.apps import AppConfig


class LabelgameConfig(AppConfig):
    name = "labelgame"
    verbose_name = "Game"

    def ready(self) -> None:
        # Models are there only now.
        from classifier.dataset import rows_are_wanted

        rows_are_wanted.connect(share_out)


def share_out(**sent: Any) -> None:
    """Before every training: no player may be the voice of a label, nor of one that has just
    settled.
    """
    from labelgame.upkeep.crediting import share_out

    share_out()
