"""What each kind of simulated person says, and how fast."""

from random import Random

import pytest

from labelgame.rules.scoring import CANT_TELL
from labelgame.simulation.people import Card, Kind, Person, card_of, crowd_of, lie, reply

LABELS = ("confirm", "cancel", "question", "other")
CARD = Card(LABELS, "confirm", "other", 0.0, 6)


def share_of(person: Person, label: str, card: Card = CARD) -> float:
    dice = Random(1)
    return sum(reply(person, card, dice).label == label for _ in range(2000)) / 2000


def test_honest_people_are_right_as_often_as_they_are_made_to_be() -> None:
    for right in (0.75, 0.9, 0.97):
        share = share_of(Person("Ana", Kind.HONEST, right=right), "confirm")
        assert share == pytest.approx(0.99 * right, abs=0.02)  # and skip one in a hundred


def test_a_hard_card_misleads_them_towards_the_same_label() -> None:
    hard = Card(LABELS, "confirm", "other", 3.0, 6)
    ana = Person("Ana", Kind.HONEST, right=0.9)
    assert share_of(ana, "other", hard) > share_of(ana, "confirm", hard)
    assert share_of(ana, "other", hard) > 3 * share_of(ana, "cancel", hard)


def test_a_liar_is_never_right_and_always_says_the_same() -> None:
    assert share_of(Person("Lia", Kind.LIAR), lie(CARD)) == 1.0
    lies = [lie(Card(LABELS, label, "other", 0.0, 6)) for label in LABELS]
    assert sorted(lies) == sorted(LABELS)
    assert all(said != truth for said, truth in zip(lies, LABELS, strict=True))


def test_one_key_presses_the_commonest_label_first() -> None:
    assert share_of(Person("Kim", Kind.ONE_KEY, key=0), "confirm") == 1.0
    assert share_of(Person("Kim", Kind.ONE_KEY, key=5), "cancel") == 1.0


def test_haste_answers_sooner_than_the_card_can_be_read() -> None:
    hasty, honest = Person("Hal", Kind.HASTY, right=0.6), Person("Ana", Kind.HONEST, right=0.9)
    dice = Random(1)
    assert max(reply(hasty, CARD, dice).milliseconds for _ in range(200)) < 500 + 60 * CARD.words
    assert min(reply(honest, CARD, dice).milliseconds for _ in range(200)) > 500 + 60 * CARD.words


@pytest.mark.parametrize(("players", "honest"), [(30, 22), (15, 9), (12, 8), (5, 5)])
def test_the_honest_are_always_more_than_the_others(players: int, honest: int) -> None:
    people = crowd_of(players, Random(1))
    assert len(people) == players
    assert sum(person.kind is Kind.HONEST for person in people) == honest


def test_a_card_is_taken_for_what_borders_on_it() -> None:
    cards = [card_of(labels=LABELS, truth="cancel", words=3, dice=Random(at)) for at in range(50)]
    assert {card.looks_like for card in cards} == {"other"}  # it has no reschedule here
    untold = card_of(labels=LABELS, truth=None, words=3, dice=Random(1))
    assert untold.truth == CANT_TELL
