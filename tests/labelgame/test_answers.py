"""What becomes of an answer: kept once, counted once, undone, late, or about a card gone."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections, transaction

from labelgame import actions
from labelgame.background import see_to_game
from labelgame.models import Answer, Booking, Offer, Player, Poll, Round
from labelgame.models.polls import Kind
from labelgame.rules.scoring import CANT_TELL, SKIP
from labelgame.upkeep.polls import free_expired

from .conftest import NOW, Asked, a_player, a_stack
from .playing import MINUTE, answers, card_of, dice, poll_of, says, settles, unknown_card

pytestmark = [pytest.mark.django_db, pytest.mark.database]

REPLY = "see you at the usual place"


def test_an_answer_waits_until_its_card_settles(alice: Player, asked: Asked) -> None:
    given = says(alice, asked(REPLY), "confirm")
    assert (given.rule, given.points, given.waiting) == ("waiting", 0, 10)
    assert not given.guess_shown
    assert given.guess == "confirm"


def test_the_same_card_sent_again_is_answered_the_same(alice: Player, asked: Asked) -> None:
    card = card_of(alice, poll_of(asked(REPLY)))
    first = answers(alice, card, "confirm")
    assert answers(alice, card, "cancel") == first
    assert Answer.objects.get().label == "confirm"
    assert poll_of(first.example).votes == 1


@pytest.mark.django_db(transaction=True)
def test_twenty_copies_at_once_are_one_answer(alice: Player, asked: Asked) -> None:
    card = card_of(alice, poll_of(asked(REPLY)))

    def send(_: int) -> int:
        try:
            return answers(alice, card, "confirm").pk
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(send, range(20)))) == 1
    assert poll_of(card.poll.example).votes == 1
    assert Round.objects.get().answered == 1


def test_a_card_that_was_never_theirs_is_unknown(
    alice: Player, charlie: Player, asked: Asked
) -> None:
    card = card_of(alice, poll_of(asked(REPLY)))
    for offer in (card, unknown_card()):
        with pytest.raises(actions.UnknownCard):
            answers(charlie, offer, "confirm")


def test_a_label_of_another_question_is_unknown(alice: Player, asked: Asked) -> None:
    card = card_of(alice, poll_of(asked(REPLY)))
    with pytest.raises(actions.UnknownLabel):
        answers(alice, card, "neutral")
    assert Offer.objects.filter(pk=card.pk).exists()


def test_a_skip_is_kept_and_gives_its_room_to_somebody_else(alice: Player, asked: Asked) -> None:
    example = asked(REPLY)
    given = says(alice, example, SKIP)
    poll = poll_of(example)
    assert (given.rule, poll.taken, poll.votes) == ("skipped", 0, 0)


def test_cant_tell_is_an_answer(alice: Player, asked: Asked) -> None:
    example = asked(REPLY)
    assert says(alice, example, CANT_TELL).waiting == 5
    assert poll_of(example).votes == 1


def test_an_answer_that_comes_late_still_counts_while_there_is_room(
    alice: Player, asked: Asked
) -> None:
    example = asked(REPLY)
    card = card_of(alice, poll_of(example))
    free_expired(now=card.expires_at + MINUTE)
    assert poll_of(example).taken == 0
    assert answers(alice, card, "confirm", now=NOW + 20 * MINUTE).kind == Kind.VOTE
    assert poll_of(example).taken == 1


def test_one_that_comes_when_there_is_none_is_kept_and_paid_but_does_not_count(
    alice: Player, asked: Asked
) -> None:
    example = asked(REPLY)
    card = card_of(alice, poll_of(example))
    free_expired(now=card.expires_at + MINUTE)
    for name in ("bea", "cem"):
        says(a_player(name), example, "confirm", now=NOW + 10 * MINUTE)
    late = answers(alice, card, "confirm", now=NOW + 11 * MINUTE)
    assert late.kind == Kind.LATE
    assert poll_of(example).votes == 2
    settles(NOW + 12 * MINUTE)
    late.refresh_from_db()
    assert late.points == 10


def test_an_answer_about_a_pulled_card_is_refused(alice: Player, asked: Asked) -> None:
    card = card_of(alice, poll_of(asked(REPLY)))
    actions.pull_card(player=alice, card=card.public_id, now=NOW)
    with pytest.raises(actions.PulledCard):
        answers(alice, card, "confirm")


def test_one_click_takes_a_card_out_of_every_hand(
    alice: Player, charlie: Player, asked: Asked
) -> None:
    example = asked("this is Bob Example speaking")
    cards = [card_of(player, poll_of(example)) for player in (alice, charlie)]
    assert actions.pull_card(player=alice, card=cards[0].public_id, now=NOW)
    for player, card in zip((alice, charlie), cards, strict=True):
        assert not actions.still_open(player=player, cards=[card.public_id])
        assert actions.hand(player=player, now=NOW) == []
    assert set(example.polls.values_list("state", flat=True)) == {Poll.State.CLOSED}


def test_what_waits_earns_nothing_once_its_card_was_pulled(alice: Player, asked: Asked) -> None:
    example = asked(REPLY)
    mine = says(alice, example, "confirm")
    actions.pull_card(player=alice, card=mine.public_id, now=NOW + 2 * MINUTE)
    mine.refresh_from_db()
    assert (mine.points, mine.waiting, mine.rule) == (0, 0, "pulled")


def test_pulling_a_settled_card_changes_nobodys_points_nor_does_putting_it_back(
    alice: Player, asked: Asked
) -> None:
    example = asked(REPLY)
    poll = poll_of(example)
    Poll.objects.filter(pk=poll.pk).update(wanted=4)
    wrong = says(alice, example, "cancel")
    for name in ("bea", "cem", "dan"):
        says(a_player(name), example, "confirm")
    settles()
    earned = dict(poll.answers.values_list("pk", "points"))
    assert earned[wrong.pk] == -wrong.wrong_costs
    actions.pull_card(player=alice, card=wrong.public_id, now=NOW + 2 * MINUTE)
    assert dict(poll.answers.values_list("pk", "points")) == earned
    actions.put_back_card(player=alice, card=wrong.public_id, now=NOW + 3 * MINUTE)
    assert dict(poll.answers.values_list("pk", "points")) == earned
    settles(NOW + 4 * MINUTE)
    assert poll_of(example).settled_as == "confirm"
    assert dict(poll.answers.values_list("pk", "points")) == earned
    assert Booking.objects.count() == len(earned)


def test_an_answer_of_somebody_who_has_to_practise_again_does_not_count(
    alice: Player, asked: Asked
) -> None:
    example = asked(REPLY)
    card = card_of(alice, poll_of(example))
    Player.objects.filter(pk=alice.pk).update(practised_for="earlier")
    alice.refresh_from_db()
    given = answers(alice, card, "confirm")
    poll = poll_of(example)
    assert (given.kind, poll.votes, poll.taken) == (Kind.LATE, 0, 0)


# ---- rounds --------------------------------------------------------------------------------


def test_a_round_is_ten_cards_and_skips_are_cards(alice: Player, asked: Asked) -> None:
    for number, example in enumerate(a_stack(asked, 10)):
        given = says(alice, example, SKIP if number == 3 else "confirm")
    given.round.refresh_from_db()
    assert given.round.answered == 10
    assert given.round.finished_at == NOW
    assert says(alice, asked("one more for the road then"), "confirm").round != given.round


def test_no_more_cards_are_dealt_than_the_round_needs(alice: Player, asked: Asked) -> None:
    stack = a_stack(asked, 12)
    for example in stack[:9]:
        says(alice, example, "confirm")
    with dice():
        assert len(actions.hand(player=alice, now=NOW, cards=2)) == 1


def test_hidden_checks_are_booked_at_the_end_of_the_round(
    alice: Player, asked: Asked, check: Poll
) -> None:
    given = says(alice, check.example, "cancel", kind=Kind.GOLD)
    assert given.points == 0
    assert poll_of(check.example).votes == 0
    actions.close_round(round_=given.round, now=NOW)
    given.refresh_from_db()
    assert (given.rule, given.points) == ("gold_right", 10)
    assert alice.weeks.get().points == 10


def test_a_round_that_was_left_for_a_day_ends_and_its_checks_are_booked(
    alice: Player, check: Poll, asked: Asked
) -> None:
    given = says(alice, check.example, "confirm", kind=Kind.GOLD)
    says(alice, asked(REPLY), "confirm", now=NOW + 60 * MINUTE)
    actions.begin_round(player=a_player("bea"), now=NOW)  # nothing was answered in it
    see_to_game(now=NOW + timedelta(days=1))
    assert Round.objects.filter(finished_at=None).count() == 2
    see_to_game(now=NOW + timedelta(days=1, hours=1))
    assert Round.objects.get(finished_at=None).answered == 0
    given.refresh_from_db()
    assert given.rule == "gold_wrong"


def test_two_windows_share_one_round(alice: Player) -> None:
    assert actions.begin_round(player=alice, now=NOW) == actions.begin_round(player=alice, now=NOW)


# ---- undo ----------------------------------------------------------------------------------


def test_undo_gives_the_card_back(alice: Player, asked: Asked) -> None:
    example = asked(REPLY)
    says(alice, example, "confirm")
    card = actions.undo(player=alice, now=NOW)
    assert card is not None
    assert (poll_of(example).votes, poll_of(example).taken) == (0, 1)
    assert Round.objects.get().answered == 0
    with dice():
        assert actions.hand(player=alice, now=NOW)[0] == card
    assert answers(alice, card, "cancel").label == "cancel"
    assert Answer.objects.standing().get().label == "cancel"


def test_a_card_taken_back_lies_on_top_of_the_hand(alice: Player, asked: Asked) -> None:
    a_stack(asked, 3)
    with dice():
        first, _ = actions.hand(player=alice, now=NOW, cards=2)
        answers(alice, first, CANT_TELL)
        actions.hand(player=alice, now=NOW, cards=2)
        actions.undo(player=alice, now=NOW)
        assert actions.hand(player=alice, now=NOW, cards=2)[0].poll == first.poll


def test_undo_sent_twice_takes_back_one_answer(alice: Player, asked: Asked) -> None:
    first, second = [says(alice, example, "confirm") for example in a_stack(asked, 2)]
    card = actions.undo(player=alice, card=second.public_id, now=NOW)
    assert card is not None
    assert actions.undo(player=alice, card=second.public_id, now=NOW) == card
    assert Answer.objects.standing().get() == first
    assert (Round.objects.get().answered, alice.played_days.get().answers) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_undo_sent_twice_at_once_takes_back_one_answer(alice: Player, asked: Asked) -> None:
    before, example = a_stack(asked, 2)
    first = says(alice, before, "confirm")
    says(a_player("bea"), example, "confirm")
    last = says(alice, example, "confirm")

    def undo() -> Offer | None:
        try:
            return actions.undo(player=alice, card=last.public_id, now=NOW)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        with transaction.atomic():
            Poll.objects.select_for_update().get(pk=last.poll_id)
            copies = [pool.submit(undo) for _ in range(2)]
            time.sleep(0.3)  # both have read the answer, and wait for the card's row
        assert {copy.result() for copy in copies} == {Offer.objects.get(player=alice)}
    assert Answer.objects.standing().get(player=alice) == first
    poll = poll_of(example)
    assert (poll.votes, poll.taken) == (1, 2)


def test_undo_of_an_answer_that_another_followed_takes_back_neither(
    alice: Player, asked: Asked
) -> None:
    first, _ = [says(alice, example, "confirm") for example in a_stack(asked, 2)]
    assert actions.undo(player=alice, card=first.public_id, now=NOW) is None
    assert Answer.objects.standing().count() == 2


def test_undo_sent_again_leaves_the_new_answer_alone(alice: Player, asked: Asked) -> None:
    given = says(alice, asked(REPLY), "confirm")
    card = actions.undo(player=alice, card=given.public_id, now=NOW)
    assert card is not None
    answers(alice, card, "cancel")
    assert actions.undo(player=alice, card=given.public_id, now=NOW) is None
    assert Answer.objects.standing().get().label == "cancel"


def test_undo_sent_again_shows_no_card_that_was_pulled(alice: Player, asked: Asked) -> None:
    given = says(alice, asked(REPLY), "confirm")
    actions.undo(player=alice, card=given.public_id, now=NOW)
    actions.pull_card(player=alice, card=given.public_id, now=NOW)
    assert actions.undo(player=alice, card=given.public_id, now=NOW) is None


def test_undo_opens_a_round_that_just_ended(alice: Player, asked: Asked) -> None:
    for example in a_stack(asked, 10):
        given = says(alice, example, "confirm")
    assert actions.undo(player=alice, now=NOW) is not None
    given.round.refresh_from_db()
    assert (given.round.answered, given.round.finished_at) == (9, None)


def test_a_check_at_a_rounds_end_is_not_undone_nor_is_the_card_before_it(
    alice: Player, asked: Asked, check: Poll
) -> None:
    """It is booked, and told, with the round."""
    for example in a_stack(asked, 9):
        says(alice, example, "confirm")
    says(alice, check.example, "confirm", kind=Kind.GOLD)
    assert actions.undo(player=alice, now=NOW) is None
    assert not Answer.objects.exclude(undone_at=None).exists()


def test_undo_reaches_back_over_a_round_of_which_all_was_taken_back(
    alice: Player, asked: Asked
) -> None:
    for example in a_stack(asked, 10):
        given = says(alice, example, "confirm")
    says(alice, asked("and one of the next round"), "confirm")
    for _ in range(2):
        assert actions.undo(player=alice, now=NOW) is not None
    assert actions.open_round(player=alice) == given.round
    assert given.round.given.standing().count() == 9


def test_who_has_seen_the_guess_and_answers_again_is_known_to_have_seen_it(
    alice: Player, asked: Asked
) -> None:
    says(alice, asked(REPLY), "confirm")
    card = actions.undo(player=alice, now=NOW)
    assert card is not None
    assert answers(alice, card, "cancel").guess_shown


def test_what_is_answered_anew_after_the_guess_settles_nothing_and_gets_no_bonus(
    alice: Player, asked: Asked
) -> None:
    """Their room is somebody else's, who is asked blindly."""
    example = asked(REPLY, guess="question")
    says(alice, example, "confirm")
    card = actions.undo(player=alice, now=NOW)
    assert card is not None
    again = answers(alice, card, "cancel")
    poll = poll_of(example)
    assert (again.kind, poll.votes, poll.taken) == (Kind.LATE, 0, 0)
    for name in ("bea", "cem"):
        says(a_player(name), example, "cancel")
    assert settles() == 1
    again.refresh_from_db()
    assert (again.rule, again.points) == ("right", 10)
    assert {each.rule for each in poll.answers.counting()} == {"beat_the_model"}
    assert set(Answer.objects.standing().blind()) == set(poll.answers.counting())


def test_answering_anew_what_the_model_had_said_earns_nothing(
    alice: Player, asked: Asked, check: Poll
) -> None:
    """Else anything, undo and the guess would be worth as much as reading."""
    example = asked(REPLY, guess="cancel")
    Poll.objects.filter(pk=check.pk).update(guess=check.gold.label)
    says(alice, example, "confirm")
    card = actions.undo(player=alice, now=NOW)
    assert card is not None
    again = answers(alice, card, "cancel")
    assert again.waiting == 0
    for name in ("bea", "cem"):
        says(a_player(name), example, "cancel")
    assert settles() == 1
    again.refresh_from_db()
    assert (again.rule, again.points) == ("after_the_guess", 0)
    says(alice, check.example, "?", kind=Kind.GOLD)
    card = actions.undo(player=alice, now=NOW)
    assert card is not None
    again = answers(alice, card, check.gold.label)
    actions.close_round(round_=again.round, now=NOW)
    again.refresh_from_db()
    assert (again.rule, again.points) == ("after_the_guess", 0)


def test_where_no_guess_was_said_an_answer_given_anew_counts(alice: Player, asked: Asked) -> None:
    example = asked(REPLY, guess=None)
    says(alice, example, "confirm")
    Poll.objects.update(guess="question")  # a model has read it since
    card = actions.undo(player=alice, now=NOW)
    assert card is not None
    assert answers(alice, card, "cancel").kind == Kind.VOTE
    assert poll_of(example).votes == 1


def test_an_answer_given_after_the_guess_is_nobodys_majority(alice: Player, asked: Asked) -> None:
    example = asked(REPLY, guess="cancel")
    for player in (alice, a_player("bea")):
        says(player, example, "confirm")
        card = actions.undo(player=player, now=NOW)
        assert card is not None
        answers(player, card, "confirm")
    given = [says(a_player(name), example, "cancel") for name in ("cem", "dan")]
    assert settles() == 1
    for each in given:
        each.refresh_from_db()
        assert (each.settled_as, each.rule) == ("cancel", "right")


def test_a_check_that_is_answered_anew_says_nothing_of_the_player(
    alice: Player, check: Poll
) -> None:
    says(alice, check.example, "confirm", kind=Kind.GOLD)
    card = actions.undo(player=alice, now=NOW)
    assert card is not None
    assert answers(alice, card, "cancel").kind == Kind.GOLD
    assert not Answer.objects.standing().blind().exists()


@pytest.mark.django_db(transaction=True)
def test_a_card_that_ran_out_while_its_answer_waited_takes_room_again(
    alice: Player, asked: Asked
) -> None:
    card = card_of(alice, poll_of(asked(REPLY)))

    def send() -> Answer:
        try:
            return answers(alice, card, "confirm")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Poll.objects.select_for_update().get(pk=card.poll_id)
            given = pool.submit(send)
            time.sleep(0.3)  # it waits for the card's row
            free_expired(now=card.expires_at)
        assert given.result().kind == Kind.VOTE
    poll = Poll.objects.get(pk=card.poll_id)
    assert (poll.taken, poll.votes) == (1, 1)


def test_what_has_settled_is_not_undone(alice: Player, asked: Asked) -> None:
    example = asked(REPLY)
    says(alice, example, "confirm")
    says(a_player("bea"), example, "confirm")
    settles()
    assert actions.undo(player=alice, now=NOW + timedelta(seconds=5)) is None


def test_an_undone_skip_takes_its_room_again(alice: Player, asked: Asked) -> None:
    example = asked(REPLY)
    says(alice, example, SKIP)
    actions.undo(player=alice, now=NOW)
    assert poll_of(example).taken == 1


def test_an_undone_skip_whose_room_is_gone_lies_in_the_hand_all_the_same(
    alice: Player, asked: Asked
) -> None:
    example = asked(REPLY)
    says(alice, example, SKIP)
    for name in ("bea", "cem"):
        says(a_player(name), example, "confirm")
    offer = actions.undo(player=alice, now=NOW)
    assert offer in Offer.objects.in_hand(NOW).filter(player=alice)
    assert offer is not None
    assert answers(alice, offer, "confirm").kind == Kind.LATE
    assert (poll_of(example).taken, poll_of(example).votes) == (2, 2)


def test_a_card_taken_back_twice_lies_in_the_hand(alice: Player, asked: Asked) -> None:
    example = asked(REPLY)
    says(alice, example, "confirm")
    first = actions.undo(player=alice, now=NOW)
    assert first is not None
    assert answers(alice, first, "cancel").kind == Kind.LATE
    second = actions.undo(player=alice, now=NOW)
    assert second in Offer.objects.in_hand(NOW).filter(player=alice)
    with dice():
        assert second in actions.hand(player=alice, now=NOW)


def test_there_is_nothing_to_undo_after_a_while(alice: Player, asked: Asked) -> None:
    says(alice, asked(REPLY), "confirm")
    assert actions.undo(player=alice, now=NOW + MINUTE) is None
