"""What an operator sees of people: who they are, when they came last, and signs of play without
reading. How often somebody is right is their own business, and on no page but theirs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Subquery

from labelgame.accounts import WORDS
from labelgame.models import Answer, Player
from labelgame.models.accounts import PlayerQuerySet
from labelgame.pages.words import ago, weight_words
from labelgame.rules.fairplay import Kind


@dataclass(frozen=True)
class Person:
    player: Player
    seen: str  # when they signed in or answered last
    checked: str  # when their answers were looked at last; empty: never

    @property
    def weight(self) -> str:
        return weight_words(self.player.weight)

    @property
    def signs(self) -> list[str]:
        """Those that take weight, in words."""
        aside = self.player.signs_set_aside
        return [each["words"] for each in self.player.signs if each["kind"] not in aside]


@dataclass(frozen=True)
class FoundSign:
    kind: Kind
    words: Sequence[str]  # once for each time; none: it was set aside earlier and is gone by now
    weight: str  # what it leaves, or would
    is_set_aside: bool

    @property
    def title(self) -> str:
        return WORDS[self.kind].capitalize()


def with_last_answer(players: PlayerQuerySet) -> PlayerQuerySet:
    answers = Answer.objects.filter(player=OuterRef("pk")).newest_first()
    return players.select_related("team", "user").annotate(
        answered_at=Subquery(answers.values("given_at")[:1])
    )


def least_weight_first(players: PlayerQuerySet) -> PlayerQuerySet:
    """About these an operator may have to do something; the others come by name."""
    return players.order_by("weight", "name", "pk")


def person(player: Player, *, now: datetime) -> Person:
    """Of a row that came by `with_last_answer`."""
    answered_at: datetime | None = player.answered_at  # type: ignore[attr-defined]  # annotated
    came = [at for at in (player.user.last_login, answered_at) if at is not None]
    return Person(
        player,
        seen=f"seen {ago(max(came), now)}" if came else "never seen",
        checked=ago(player.checked_at, now) if player.checked_at else "",
    )


def signs_of(player: Player) -> list[FoundSign]:
    found: Mapping[str, list[Any]] = {
        kind: [sign for sign in player.signs if sign["kind"] == kind] for kind in Kind
    }
    return [
        FoundSign(
            kind,
            [sign["words"] for sign in found[kind]],
            weight_words(min((sign["remains"] for sign in found[kind]), default=1.0)),
            kind in player.signs_set_aside,
        )
        for kind in Kind
        if found[kind] or kind in player.signs_set_aside
    ]
