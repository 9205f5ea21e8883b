"""The game's settings: their change, on record, and what they make of a hundred cards."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import models, transaction

from labelgame.accounts import record
from labelgame.models import GameSettings, Player

# Part of the mix -> the field's words on the settings page.
MIX = {
    "doubt": "doubt_share",
    "disagreement": "disagreement_share",
    "rarity": "rarity_share",
    "relabel": "relabel_share",
    "random": "random_share",
}


@transaction.atomic
def change(
    *, settings: GameSettings, fields: Collection[str], by: Player, now: datetime
) -> list[str]:
    """Keep these fields as they stand on `settings`; their names as people read them."""
    names = [_words(field) for field in fields]
    if not names:
        return []
    settings.changed_at, settings.changed_by = now, by.user.get_username()
    settings.save(update_fields=[*fields, "changed_at", "changed_by"])
    record(settings, f"Changed {', '.join(names)}.", by=by, now=now)
    return names


@dataclass(frozen=True)
class Part:
    """Of a hundred cards that a player gets."""

    key: str
    name: str
    cards: float
    before: float  # cards that the parts to its left take up

    @property
    def x(self) -> str:
        return f"{self.before:.2f}"

    @property
    def width(self) -> str:
        return f"{self.cards:.2f}"

    @property
    def words(self) -> str:
        return "<1" if 0 < self.cards < 0.5 else f"{self.cards:.0f}"


def of_a_hundred(settings: GameSettings) -> Sequence[Part]:
    """As labelgame/picker.py deals: checks first, then what comes back, then the mix."""
    checks = settings.gold_share
    again = (1 - checks) * settings.repeat_share
    rest = 1 - checks - again
    total = sum(settings.mix.values()) or 1.0
    shares = {"checks": ("hidden checks", checks), "again": ("cards that come back", again)}
    for key, field in MIX.items():
        shares[key] = (_words(field), rest * settings.mix[key] / total)
    parts: list[Part] = []
    before = 0.0
    for key, (name, share) in shares.items():
        parts.append(Part(key, name, 100 * share, before))
        before += 100 * share
    return parts


def _words(field: str) -> str:
    """What the settings page calls it."""
    column = GameSettings._meta.get_field(field)
    assert isinstance(column, models.Field)
    return str(column.verbose_name)
