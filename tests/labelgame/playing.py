"""Players at work, for tests that are about what follows."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from unittest import mock
from uuid import uuid4

from django.db.models import F

from classifier.examples import IMPORT, Settlement, settle
from classifier.models import Example
from labelgame import actions
from labelgame.models import Answer, Offer, Player, Poll
from labelgame.models.polls import Kind
from labelgame.upkeep.settling import settle_due

from .conftest import NOW

MINUTE = timedelta(minutes=1)


def poll_of(example: Example, question: str = "intent") -> Poll:
    return Poll.objects.get(example=example, question=question)


def card_of(player: Player, poll: Poll, *, kind: Kind = Kind.VOTE, now: datetime = NOW) -> Offer:
    """This very card in their hand, whatever the picker would have dealt."""
    if kind is Kind.VOTE:
        assert Poll.objects.with_room().filter(pk=poll.pk).update(taken=F("taken") + 1)
    return Offer.objects.create(
        player=player, poll=poll, kind=kind, made_at=now, expires_at=now + 5 * MINUTE
    )


def says(
    player: Player,
    example: Example,
    label: str,
    *,
    question: str = "intent",
    kind: Kind = Kind.VOTE,
    now: datetime = NOW,
    milliseconds: int = 4000,
) -> Answer:
    card = card_of(player, poll_of(example, question), kind=kind, now=now)
    return actions.answer(
        player=player, card=card.public_id, label=label, milliseconds=milliseconds, now=now
    )


def answers(player: Player, offer: Offer, label: str, *, now: datetime = NOW) -> Answer:
    return actions.answer(
        player=player, card=offer.public_id, label=label, milliseconds=4000, now=now
    )


def file_says(example: Example, label: str, *, question: str = "intent") -> None:
    """What an import brings of an example that is here already."""
    said = Settlement(example, question, label, 1.0, method=IMPORT, by=IMPORT)
    settle(settlement=said, now=NOW)


def settles(now: datetime = NOW + MINUTE) -> int:
    """What the background does a minute later."""
    return settle_due(now=now)


@contextmanager
def dice(*, gold: bool = False, repeat: bool = False) -> Iterator[None]:
    """The chance that no player can foresee, foreseen."""
    rolled = (0.0 if gold else 1.0, 0.0 if repeat else 1.0)
    with mock.patch("labelgame.actions.roll", return_value=rolled):
        yield


def unknown_card() -> Offer:
    return Offer(public_id=uuid4())
