"""What a card's answers say together, what trains after it, and what they earn."""

from datetime import datetime, timedelta

import pytest

from classifier import examples
from classifier.models import Example, ExampleLabel
from labelgame import actions
from labelgame.models import (
    Answer,
    Booking,
    GameSettings,
    Player,
    PlayerSkill,
    Poll,
    QuestionState,
    Ruling,
    WeekPoints,
)
from labelgame.models.polls import Kind
from labelgame.rules.scoring import CANT_TELL, SKIP
from labelgame.upkeep import relabelling, shifts
from labelgame.upkeep.polls import free_expired, settle_given
from labelgame.upkeep.relabelling import ask_again
from labelgame.upkeep.shifts import Watch
from labelgame.upkeep.weighing import weigh_everything

from .conftest import NOW, Asked, a_player, a_stack
from .playing import MINUTE, answers, card_of, file_says, poll_of, says, settles

pytestmark = [pytest.mark.django_db, pytest.mark.database]

REPLY = "see you at the usual place"
GAP = Ruling.Reason.GAP


def label_of(example: Example, question: str = "intent") -> ExampleLabel | None:
    return example.labels.standing().of_question(question).first()


def crowd(*names: str) -> list[Player]:
    return [a_player(name) for name in names]


def test_two_who_agree_settle_it(asked: Asked) -> None:
    example = asked(REPLY)
    given = [says(player, example, "confirm") for player in crowd("bea", "cem")]
    assert settles() == 1
    label = label_of(example)
    assert label is not None
    assert (label.label, label.votes, label.by) == ("confirm", 2, "consensus")
    assert sorted(label.answers) == sorted(str(answer.pk) for answer in given)
    assert label.probabilities["confirm"] == pytest.approx(label.probability, abs=0.02)
    example.refresh_from_db()
    assert example.state == Example.State.SETTLED


def test_nothing_is_weighed_while_it_can_be_undone(asked: Asked) -> None:
    example = asked(REPLY)
    for player in crowd("bea", "cem"):
        says(player, example, "confirm")
    assert settles(NOW + timedelta(seconds=5)) == 0


def test_two_who_are_divided_ask_a_third(asked: Asked) -> None:
    example = asked(REPLY)
    bea, cem, dan = crowd("bea", "cem", "dan")
    says(bea, example, "confirm")
    says(cem, example, "cancel")
    settles()
    poll = poll_of(example)
    assert (poll.state, poll.wanted, poll.votes) == (Poll.State.OPEN, 3, 2)
    assert poll.disagreement > 0.4
    assert label_of(example) is None
    says(dan, example, "cancel", now=NOW + MINUTE)
    settles(NOW + 2 * MINUTE)
    assert (poll_of(example).probability or 0) > 0.5


def test_at_the_cap_a_reviewer_is_asked_and_nothing_trains(asked: Asked) -> None:
    GameSettings.objects.create(pk=1, most_votes=2)
    example = asked(REPLY)
    for player, label in zip(crowd("bea", "cem"), ("confirm", "cancel"), strict=True):
        says(player, example, label)
    settles()
    assert (poll_of(example).state, poll_of(example).why_review) == ("review", "split")
    example.refresh_from_db()
    assert example.state == Example.State.REVIEW


def test_answers_of_somebody_without_weight_settle_nothing(asked: Asked) -> None:
    example = asked(REPLY)
    for player in crowd("bea", "cem"):
        Player.objects.filter(pk=player.pk).update(weight=0.0)
        says(player, example, "confirm")
    settles()
    assert poll_of(example).state == Poll.State.OPEN


def test_a_player_known_to_confuse_two_labels_is_believed_less(asked: Asked) -> None:
    bea, cem = crowd("bea", "cem")
    for player in (bea, cem):
        confusion = {truth: {"confirm": 0.9} for truth in ("confirm", "cancel", "question")}
        PlayerSkill.objects.create(
            player=player, question="intent", answers=50, confusion=confusion
        )
    example = asked(REPLY)
    for player in (bea, cem):
        says(player, example, "confirm")
    settles()
    assert poll_of(example).state == Poll.State.OPEN


def test_nobody_can_tell_is_an_outcome_and_trains_nothing(asked: Asked) -> None:
    example = asked(REPLY)
    given = [says(player, example, CANT_TELL) for player in crowd("bea", "cem")]
    settles()
    assert poll_of(example).settled_as == CANT_TELL
    assert label_of(example) is None
    given[0].refresh_from_db()
    assert (given[0].rule, given[0].points) == ("cant_tell_right", 5)


def test_a_pulled_example_settles_no_more(asked: Asked) -> None:
    example = asked(REPLY)
    given = [says(player, example, "confirm") for player in crowd("bea", "cem")]
    actions.pull_card(player=given[0].player, card=given[0].public_id, now=NOW)
    settles()
    assert label_of(example) is None


# ---- points --------------------------------------------------------------------------------


def test_being_right_pays_and_being_right_against_the_model_pays_double(asked: Asked) -> None:
    bea, cem = crowd("bea", "cem")
    for text, guess in ((REPLY, "confirm"), ("oh well another day perhaps", "other")):
        example = asked(text, guess=guess)
        says(bea, example, "confirm")
        says(cem, example, "confirm")
    settles()
    assert sorted(bea.answers.values_list("points", flat=True)) == [10, 20]
    assert WeekPoints.objects.get(player=bea).points == 30


def test_a_wrong_answer_costs_what_it_cost_when_it_was_given(asked: Asked) -> None:
    example = asked(REPLY)
    bea, robin = crowd("bea", "robin")
    wrong = says(bea, example, "cancel")
    actions.rule(poll=poll_of(example), by=robin, label="confirm", reason=GAP, now=NOW)
    wrong.refresh_from_db()
    assert (wrong.rule, wrong.points) == ("wrong", -wrong.wrong_costs)
    assert wrong.points == -28


def test_weighing_it_again_books_nothing_twice(asked: Asked) -> None:
    example = asked(REPLY)
    for player in crowd("bea", "cem"):
        says(player, example, "confirm")
    settles()
    Poll.objects.update(due_at=NOW)
    settles(NOW + 2 * MINUTE)
    assert Booking.objects.count() == 2
    assert ExampleLabel.objects.count() == 1


# ---- reviewers -----------------------------------------------------------------------------


def test_a_reviewer_stands_above_any_consensus(asked: Asked, robin: Player) -> None:
    example = asked(REPLY)
    actions.rule(poll=poll_of(example), by=robin, label="other", reason=GAP, now=NOW)
    Poll.objects.update(due_at=NOW)
    settles()
    label = label_of(example)
    assert label is not None
    assert (label.label, label.by, label.reason) == ("other", "robin", "the guide does not say")


def test_a_contest_that_is_upheld_books_the_difference_now(asked: Asked, robin: Player) -> None:
    example = asked(REPLY)
    bea, cem, dan = crowd("bea", "cem", "dan")
    Poll.objects.filter(example=example).update(wanted=3)
    mine = says(bea, example, "cancel")
    for player in (cem, dan):
        says(player, example, "confirm")
    Poll.objects.filter(example=example, question="intent").update(due_at=None)
    actions.rule(poll=poll_of(example), by=robin, label="confirm", reason=GAP, now=NOW)
    mine.refresh_from_db()
    contest = actions.contest(player=bea, answer=mine, words="they say not", now=NOW)
    later = NOW + timedelta(days=7)
    actions.rule(
        poll=poll_of(example), by=robin, label="cancel", reason=Ruling.Reason.MISTAKE, now=later
    )
    contest.refresh_from_db()
    assert contest.state == "upheld"
    assert list(bea.weeks.order_by("week").values_list("points", flat=True)) == [-28, 48]


def test_only_a_wrong_answer_of_ones_own_can_be_contested_and_once(
    asked: Asked, robin: Player
) -> None:
    example = asked(REPLY)
    bea, cem = crowd("bea", "cem")
    right, wrong = says(bea, example, "confirm"), says(cem, example, "cancel")
    actions.rule(poll=poll_of(example), by=robin, label="confirm", reason=GAP, now=NOW)
    for answer in (right, wrong):
        answer.refresh_from_db()
    for player, answer in ((bea, right), (bea, wrong)):
        with pytest.raises(actions.CannotContest):
            actions.contest(player=player, answer=answer, words="", now=NOW)
    actions.contest(player=cem, answer=wrong, words="", now=NOW)
    with pytest.raises(actions.CannotContest):
        actions.contest(player=cem, answer=wrong, words="", now=NOW)


def test_neither_a_skip_nor_what_was_pulled_can_be_contested(asked: Asked, robin: Player) -> None:
    example = asked(REPLY)
    bea, cem = crowd("bea", "cem")
    skipped, wrong = says(bea, example, SKIP), says(cem, example, "cancel")
    actions.rule(poll=poll_of(example), by=robin, label="confirm", reason=GAP, now=NOW)
    actions.pull_example(example=example, by="pia", now=NOW)
    for player, answer in ((bea, skipped), (cem, wrong)):
        answer.refresh_from_db()
        with pytest.raises(actions.CannotContest):
            actions.contest(player=player, answer=answer, words="", now=NOW)


def test_a_ruling_can_make_a_hidden_check_and_a_later_one_unmakes_it(
    asked: Asked, robin: Player
) -> None:
    poll = poll_of(asked(REPLY))
    actions.rule(poll=poll, by=robin, label="confirm", reason=GAP, make_gold=True, now=NOW)
    assert poll.gold.label == "confirm"
    actions.rule(poll=poll, by=robin, label="cancel", reason=GAP, now=NOW)
    poll.gold.refresh_from_db()
    assert poll.gold.retired_at == NOW


# ---- asked again ---------------------------------------------------------------------------


def test_an_old_label_is_asked_again_and_stands_until_somebody_disagrees(asked: Asked) -> None:
    example = asked(REPLY)
    for player in crowd("bea", "cem"):
        says(player, example, "confirm")
    settles()
    assert ask_again(doubts={example.pk: 0.9}, question="intent", now=NOW) == 1
    assert poll_of(example).relabel == 0.9
    assert label_of(example) is not None
    for day, player in enumerate(crowd("dan", "eve"), start=1):
        assert label_of(example) is not None
        ask_again(doubts={example.pk: 0.9}, question="intent", now=NOW)
        says(player, example, "cancel", now=NOW + timedelta(days=day))
        settles(NOW + timedelta(days=day) + MINUTE)
    assert label_of(example) is None
    assert poll_of(example).state == Poll.State.OPEN
    assert Player.objects.get(name="Bea").weeks.get().points == 0


# ---- late, and out of the way ----------------------------------------------------------------


def test_what_is_answered_after_its_card_settled_is_booked(asked: Asked) -> None:
    """A card lay open over lunch, and the others were quicker."""
    example = asked(REPLY)
    bea, cem, dan = crowd("bea", "cem", "dan")
    late = card_of(bea, poll_of(example))
    free_expired(now=late.expires_at)
    for player in (cem, dan):
        says(player, example, "confirm")
    settles()
    given = answers(bea, late, "confirm", now=NOW + 6 * MINUTE)
    assert given.kind == Kind.LATE
    settles(NOW + 7 * MINUTE)
    given.refresh_from_db()
    assert (given.points, given.waiting) == (10, 0)
    assert poll_of(example).votes == 2


def test_an_answer_that_comes_after_a_ruling_is_booked_by_it(asked: Asked, robin: Player) -> None:
    example = asked(REPLY)
    [bea] = crowd("bea")
    card = card_of(bea, poll_of(example))
    actions.rule(poll=poll_of(example), by=robin, label="other", reason=GAP, now=NOW)
    given = answers(bea, card, "other")
    settles()
    given.refresh_from_db()
    assert (given.settled_as, given.waiting) == ("other", 0)
    assert given.points > 0


def test_a_label_that_there_is_no_more_says_nothing(asked: Asked) -> None:
    example = asked(REPLY)
    QuestionState.objects.create(
        question="intent", method="mace", priors={"confirm": 0.5, "abolished": 0.5},
        wrong_costs=28, cant_tell_costs=1, computed_at=NOW,
    )  # fmt: skip
    bea, cem, dan = crowd("bea", "cem", "dan")
    given = says(bea, example, "cancel")
    Answer.objects.filter(pk=given.pk).update(label="abolished")
    says(cem, example, "confirm")
    settles()
    says(dan, example, "confirm")
    settles()
    label = label_of(example)
    assert label is not None
    assert (label.label, label.votes) == ("confirm", 2)
    assert "abolished" not in label.probabilities


def test_a_card_that_cannot_be_settled_keeps_no_other_waiting(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = asked(REPLY), asked("we will all be there then")
    for player in crowd("bea", "cem"):
        says(player, bad, "confirm")
        says(player, good, "confirm")
    settle = examples.settle

    def fails(*, settlement: examples.Settlement, now: datetime) -> ExampleLabel | None:
        if settlement.example == bad:
            raise ValueError("something nobody thought of")
        return settle(settlement=settlement, now=now)

    monkeypatch.setattr(examples, "settle", fails)
    assert settles() == 1
    assert label_of(good) is not None
    monkeypatch.undo()
    assert settles() == 1  # it is tried again
    assert label_of(bad) is not None


# ---- labels out of files ---------------------------------------------------------------------


def test_an_imported_label_is_asked_about_for_the_first_time(asked: Asked) -> None:
    example = asked(REPLY)
    Poll.objects.all().delete()
    imported = examples.Settlement(example, "intent", "cancel", 1.0, by=examples.IMPORT)
    examples.settle(settlement=imported, now=NOW)
    assert ask_again(doubts={example.pk: 0.9}, question="intent", now=NOW) == 1
    poll = poll_of(example)
    assert (poll.state, poll.wanted, poll.relabel) == ("open", 2, 0.9)
    before = label_of(example)
    assert before is not None
    assert before.label == "cancel"  # it stands until players say otherwise
    for player in crowd("bea", "cem"):
        says(player, example, "confirm")
    settles()
    after = label_of(example)
    assert after is not None
    assert (after.label, after.by) == ("confirm", "consensus")


def test_a_label_that_comes_while_players_are_asked_settles_the_card(asked: Asked) -> None:
    example = asked(REPLY)
    bea, cem, dan = crowd("bea", "cem", "dan")
    wrong, right = says(bea, example, "confirm"), says(cem, example, "cancel")
    in_hand = card_of(dan, poll_of(example, "tone"))
    Poll.objects.filter(example=example, question="intent").update(wanted=3)
    held = card_of(dan, poll_of(example))
    file_says(example, "cancel")
    assert settle_given(now=NOW + MINUTE) == 1
    poll = poll_of(example)
    assert (poll.state, poll.settled_as, poll.method) == ("settled", "cancel", "import")
    for given in (wrong, right):
        given.refresh_from_db()
    assert (wrong.points, right.points) == (-wrong.wrong_costs, 20)  # the model had it wrong, too
    assert cem.weeks.get().points == 20
    held.refresh_from_db()
    in_hand.refresh_from_db()
    assert held.released_at is not None
    assert in_hand.released_at is None
    assert poll_of(example, "tone").state == Poll.State.OPEN


def test_what_a_file_settled_no_late_answer_and_no_full_run_unsettles(asked: Asked) -> None:
    example = asked(REPLY)
    players = crowd("bea", "cem")
    cards = [card_of(player, poll_of(example)) for player in players]
    file_says(example, "cancel")
    settle_given(now=NOW)
    late = [answers(player, card, "confirm") for player, card in zip(players, cards, strict=True)]
    assert {given.kind for given in late} == {Kind.LATE}
    settles()
    for given in late:
        given.refresh_from_db()
    assert [given.points for given in late] == [-given.wrong_costs for given in late]
    Answer.objects.update(kind=Kind.VOTE)  # as if all of them had come before the file
    weigh_everything(now=NOW + 2 * MINUTE, anyway=True)
    assert poll_of(example).due_at is None
    label = label_of(example)
    assert label is not None
    assert (label.label, label.by) == ("cancel", "import")
    assert poll_of(example).settled_as == "cancel"


def test_a_doubted_label_of_a_file_is_asked_about_until_players_have_said(asked: Asked) -> None:
    example = asked(REPLY)
    file_says(example, "cancel")
    settle_given(now=NOW)
    assert ask_again(doubts={example.pk: 0.9}, question="intent", now=NOW) == 1
    assert settle_given(now=NOW) == 0
    poll = poll_of(example)
    assert (poll.state, poll.wanted, poll.relabel) == ("open", 2, 0.9)
    for player in crowd("bea", "cem"):
        says(player, example, "confirm")
    settles()
    label = label_of(example)
    assert label is not None
    assert (label.label, label.by) == ("confirm", "consensus")


def test_a_file_full_of_one_label_holds_no_players_up(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shifts, "BEFORE", 20)
    monkeypatch.setattr(shifts, "RECENT", 12)
    stack = a_stack(asked, 32)
    said = [("confirm", NOW - MINUTE)] * 20 + [("opt_out", NOW)] * 12
    for example, (label, when) in zip(stack, said, strict=True):
        settled = Poll.objects.filter(example=example, question="intent")
        settled.update(state="settled", settled_as=label, settled_at=when)
    assert Watch.begin(now=NOW).holds("intent", "opt_out")
    Poll.objects.filter(settled_as="opt_out").update(method=examples.IMPORT)
    assert not Watch.begin(now=NOW).holds("intent", "opt_out")


def test_the_least_believed_are_asked_first(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relabelling, "MOST", 1)
    plain, doubted = asked(REPLY), asked("we will all be there then")
    for player in crowd("bea", "cem"):
        says(player, plain, "confirm")
        says(player, doubted, "confirm")
    settles()
    doubts = {plain.pk: 0.2, doubted.pk: 0.9}
    assert ask_again(doubts=doubts, question="intent", now=NOW) == 1
    assert poll_of(doubted).relabel == 0.9
