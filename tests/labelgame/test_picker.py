"""What is asked next, and of whom."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from classifier import examples
from labelgame import actions, picker
from labelgame.models import GameSettings, Offer, Player, Poll
from labelgame.models.polls import Kind
from labelgame.upkeep.polls import free_expired

from .conftest import NOW, Asked, a_player, a_stack
from .playing import MINUTE, answers, card_of, dice, poll_of, says

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def dealt(player: Player, *, cards: int = 1) -> list[Poll]:
    with dice():
        return [offer.poll for offer in actions.hand(player=player, now=NOW, cards=cards)]


def only(part: str) -> None:
    """The mix of this part alone."""
    shares = {f"{name}_share": float(name == part) for name in GameSettings().mix}
    GameSettings.objects.update_or_create(pk=1, defaults=shares)


def test_doubt_asks_first_where_the_model_is_torn(alice: Player, asked: Asked) -> None:
    only("doubt")
    asked("see you at the usual place", sure=0.9)
    torn = asked("well I could come perhaps", sure=0.3)
    assert dealt(alice)[0].example == torn


@pytest.mark.parametrize("part", ["doubt", "rarity"])
def test_each_question_has_its_turn(alice: Player, asked: Asked, part: str) -> None:
    """However much more torn the model is in one of them."""
    only(part)
    a_stack(asked, 12)
    Poll.objects.filter(question="tone").update(doubt=0.9, rarity=0.9)
    Poll.objects.filter(question="intent").update(doubt=0.1, rarity=0.1)
    questions = [poll.question for poll in dealt(alice, cards=10)]
    assert 7 <= questions.count("intent") <= 9  # four of five, as the settings have it


def test_the_first_question_has_as_many_turns_as_the_operator_says(
    alice: Player, asked: Asked
) -> None:
    only("doubt")
    GameSettings.objects.update(primary_share=0.2)
    a_stack(asked, 12)
    questions = [poll.question for poll in dealt(alice, cards=10)]
    assert 1 <= questions.count("intent") <= 3


def test_disagreement_asks_where_people_are_divided(alice: Player, asked: Asked) -> None:
    only("disagreement")
    asked("well I could come perhaps", sure=0.3)
    divided = asked("see you at the usual place", sure=0.9)
    Poll.objects.filter(example=divided, question="intent").update(disagreement=0.4)
    assert dealt(alice)[0] == poll_of(divided)


def test_rarity_asks_for_what_the_model_lacks(alice: Player, asked: Asked) -> None:
    only("rarity")
    asked("well I could come perhaps", sure=0.3)
    rare = asked("there is no such person here", guess="wrong_number", sure=0.9)
    Poll.objects.filter(guess="wrong_number").update(rarity=0.8)
    assert dealt(alice)[0] == poll_of(rare)


def test_old_labels_are_asked_again_by_how_little_they_are_believed(
    alice: Player, asked: Asked
) -> None:
    only("relabel")
    asked("well I could come perhaps", sure=0.3)
    old = asked("see you at the usual place", sure=0.9)
    Poll.objects.filter(example=old, question="intent").update(relabel=0.9)
    assert dealt(alice)[0] == poll_of(old)


def test_the_random_share_takes_what_is_kept_apart_first(alice: Player, asked: Asked) -> None:
    only("random")
    for number in range(5):
        asked(f"well I could come perhaps {number}")
    apart = asked("the one that was drawn by lot", drawn=True)
    assert dealt(alice)[0].example == apart


def test_doubt_never_asks_about_what_is_kept_apart(alice: Player, asked: Asked) -> None:
    """Else only its doubtful part would settle, and measure."""
    asked("the one that was drawn by lot", drawn=True, sure=0.2)
    assert not picker.candidates("doubt", alice, "intent").exists()


def test_nobody_sees_an_example_twice(alice: Player, asked: Asked) -> None:
    seen = asked("see you at the usual place")
    says(alice, seen, "confirm")
    other = asked("could we make it friday then")
    assert dealt(alice)[0].example == other


def test_its_other_question_comes_when_nothing_else_is_left(alice: Player, asked: Asked) -> None:
    seen = asked("see you at the usual place")
    says(alice, seen, "confirm")
    assert dealt(alice) == [poll_of(seen, "tone")]


def test_nothing_is_left_once_both_are_answered(alice: Player, asked: Asked) -> None:
    seen = asked("see you at the usual place")
    says(alice, seen, "confirm")
    says(alice, seen, "neutral", question="tone")
    assert dealt(alice) == []


def test_a_pulled_example_is_dealt_to_nobody(alice: Player, asked: Asked) -> None:
    named = asked("this one names somebody in it")
    examples.pull(example=named, by="pia", reason="a name", now=NOW)
    assert dealt(alice) == []


def test_a_card_is_handed_to_no_more_people_than_it_asks_for(asked: Asked) -> None:
    asked("see you at the usual place")
    hands = [dealt(a_player(f"p{number}"), cards=2) for number in range(5)]
    given = [poll for hand in hands for poll in hand]
    assert len(given) == 4  # two questions, two answers each
    assert all(given.count(poll) == 2 for poll in given)


def test_what_nobody_answered_goes_to_somebody_else(alice: Player, asked: Asked) -> None:
    bea = a_player("bea")
    example = asked("see you at the usual place")
    Poll.objects.filter(example=example).update(wanted=1)
    Poll.objects.filter(example=example, question="tone").update(state=Poll.State.CLOSED)
    [card] = actions.hand(player=alice, now=NOW)
    assert dealt(bea) == []
    free_expired(now=card.expires_at)
    assert dealt(bea) == [card.poll]


def test_no_hidden_check_comes_when_nothing_else_is_left(alice: Player, check: Poll) -> None:
    """Whoever waits for cards would know it for what it is."""
    with dice(gold=True):
        assert actions.hand(player=alice, now=NOW) == []


def test_hidden_checks_come_when_the_dice_say_so(alice: Player, asked: Asked, check: Poll) -> None:
    asked("see you at the usual place")
    with dice(gold=True):
        [card] = actions.hand(player=alice, now=NOW, cards=1)
    assert (card.poll, card.kind) == (check, Kind.GOLD)
    check.gold.refresh_from_db()
    assert check.gold.times_shown == 1


def test_the_reserve_is_never_shown(alice: Player, check: Poll) -> None:
    check.gold.is_reserve = True
    check.gold.save(update_fields=["is_reserve"])
    with dice(gold=True):
        assert actions.hand(player=alice, now=NOW) == []


def test_a_card_comes_back_once_after_twenty_others(alice: Player, asked: Asked) -> None:
    stack = a_stack(asked, 22)
    for number, example in enumerate(stack):
        says(alice, example, "confirm", now=NOW + number * MINUTE)
    with dice(repeat=True):
        [card] = actions.hand(player=alice, now=NOW + 30 * MINUTE, cards=1)
        assert card.kind == Kind.REPEAT
        assert card.poll.example in stack[:2]
        answers(alice, card, "confirm", now=NOW + 30 * MINUTE)
        again = actions.hand(player=alice, now=NOW + 31 * MINUTE, cards=1)
    assert again[0].poll != card.poll


def test_a_card_in_hand_is_not_dealt_again(alice: Player, asked: Asked) -> None:
    example = asked("see you at the usual place")
    card_of(alice, poll_of(example))
    hand = actions.hand(player=alice, now=NOW)
    assert len({offer.poll for offer in hand}) == len(hand)


def test_what_a_card_costs_does_not_grow_with_what_waits(alice: Player, asked: Asked) -> None:
    costs = []
    for number in (3, 30):
        a_stack(asked, number)
        Offer.objects.all().delete()
        with CaptureQueriesContext(connections["default"]) as queries, dice():
            actions.hand(player=alice, now=NOW, cards=1)
        costs.append(len(queries))
    assert costs[1] <= costs[0]


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_no_two_get_the_last_vote(asked: Asked) -> None:
    example = asked("see you at the usual place")
    players = [a_player(f"p{number}") for number in range(8)]

    def ask(player: Player) -> list[int]:
        try:
            return [poll.pk for poll in dealt(player, cards=2)]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        given = [pk for hand in pool.map(ask, players) for pk in hand]
    for poll in Poll.objects.filter(example=example):
        assert given.count(poll.pk) == poll.taken == 2


@pytest.mark.django_db(transaction=True)
def test_many_hands_at_once_never_wait_for_each_other_in_a_circle(
    asked: Asked, check: Poll
) -> None:
    """One has the check and wants the card that the other has, who wants the check."""
    GameSettings.objects.update_or_create(pk=1, defaults={"gold_share": 0.3})
    a_stack(asked, 20)
    players = [a_player(f"p{number}") for number in range(8)]

    def ask(player: Player) -> int:
        try:
            return len(actions.hand(player=player, now=NOW, cards=6))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, players)) == [6] * 8
