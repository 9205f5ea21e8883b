"""What the game does by itself: polls, checks, weights, credits."""

from datetime import timedelta
from io import StringIO
from typing import Any
from unittest import mock

import pytest
from django.apps import apps
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.db.models import Model
from django.test.utils import CaptureQueriesContext

from classifier import examples
from classifier.models import Example, ExampleLabel, ModelVersion
from labelgame import actions, background, picker
from labelgame.consensus import Consensus, run
from labelgame.models import (
    Answer,
    GameSettings,
    Gold,
    Offer,
    Player,
    PlayerSkill,
    Poll,
    QuestionState,
    Ruling,
)
from labelgame.models.polls import Kind
from labelgame.upkeep import gold, incidents, polls, watching, weighing
from labelgame.upkeep.crediting import share_out

from .conftest import NOW, Asked, a_player, a_stack
from .playing import MINUTE, card_of, file_says, poll_of, says, settles

pytestmark = [pytest.mark.django_db, pytest.mark.database]

REPLY = "see you at the usual place"


# ---- polls ---------------------------------------------------------------------------------


def test_every_question_is_asked_of_a_new_example_once(asked: Asked) -> None:
    example = asked(REPLY)
    assert polls.open_polls(now=NOW) == 0
    assert sorted(example.polls.values_list("question", flat=True)) == ["intent", "tone"]


def test_what_a_file_settled_already_is_not_asked(asked: Asked) -> None:
    example = asked(REPLY)
    Poll.objects.all().delete()
    settlement = examples.Settlement(example, "intent", "confirm", 1.0, by="import")
    examples.settle(settlement=settlement, now=NOW)
    polls.open_polls(now=NOW)
    assert example.polls.get().question == "tone"


def test_what_a_file_labels_later_is_asked_no_more(alice: Player, asked: Asked) -> None:
    labelled, other = asked(REPLY), asked("we will all be there then")
    file_says(labelled, "confirm")
    file_says(labelled, "neutral", question="tone")
    background.see_to_game(now=NOW)
    assert set(labelled.polls.values_list("state", flat=True)) == {"settled"}
    held = actions.hand(player=alice, now=NOW, cards=10)
    assert {card.poll.example for card in held} == {other}


def test_what_a_file_labelled_stays_so_when_its_card_is_put_back(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, meanwhile = asked(REPLY), asked("we will all be there then")
    file_says(before, "confirm")
    polls.settle_given(now=NOW)
    for example in (before, meanwhile):
        actions.pull_example(example=example, by="pia", now=NOW)
    file_says(meanwhile, "confirm")
    monkeypatch.setattr(polls, "OVERLAP", 0)  # their labels were seen long ago
    polls.settle_given(now=NOW)
    for example in (before, meanwhile):
        examples.put_back(example=example)
    polls.reopen_put_back(now=NOW)
    assert polls.settle_given(now=NOW) == 0
    for example in (before, meanwhile):
        poll = poll_of(example)
        assert (poll.state, poll.settled_as, poll.method) == ("settled", "confirm", "import")
        assert poll_of(example, "tone").state == Poll.State.OPEN


def test_labels_of_files_cost_no_queries_once_they_were_seen(asked: Asked) -> None:
    costs = []
    stack = a_stack(asked, 12)
    for some in (stack[:2], stack[2:]):
        for example in some:
            file_says(example, "confirm")
        background.see_to_game(now=NOW)
        with CaptureQueriesContext(connection) as queries:
            background.see_to_game(now=NOW)
        costs.append(len(queries))
    assert costs[0] == costs[1]


def test_in_an_older_copy_of_the_database_new_labels_are_seen(asked: Asked) -> None:
    cache.set("labelgame.newest_label_seen", 10**9)
    file_says(asked(REPLY), "confirm")
    assert polls.settle_given(now=NOW) == 1


def test_what_the_admin_pulled_is_closed_and_opens_again_when_it_is_put_back(
    asked: Asked,
) -> None:
    example = asked(REPLY)
    examples.pull(example=example, by="pia", reason="a name", now=NOW)
    assert polls.close_pulled(now=NOW) == 2
    examples.put_back(example=example)
    assert polls.reopen_put_back(now=NOW) == 2
    assert set(example.polls.values_list("state", flat=True)) == {"open"}


def test_what_a_reviewer_said_stands_when_a_card_is_put_back(
    asked: Asked, alice: Player, robin: Player
) -> None:
    example = asked(REPLY)
    given = says(alice, example, "confirm")
    poll = poll_of(example)
    actions.rule(poll=poll, by=robin, label="confirm", reason=Ruling.Reason.GAP, now=NOW)
    actions.pull_example(example=example, by="pia", now=NOW)
    given.refresh_from_db()
    assert given.points == 10
    examples.put_back(example=example)
    polls.reopen_put_back(now=NOW)
    given.refresh_from_db()
    assert (poll_of(example).state, poll_of(example).settled_as) == ("settled", "confirm")
    assert given.points == 10


def test_a_check_that_is_taken_out_costs_nobody_and_is_a_check_when_it_is_put_back(
    alice: Player, check: Poll
) -> None:
    given = says(alice, check.example, "confirm", kind=Kind.GOLD)
    actions.pull_example(example=check.example, by="pia", now=NOW)
    actions.close_round(round_=given.round, now=NOW)
    given.refresh_from_db()
    assert given.points == 0
    examples.put_back(example=check.example)
    polls.reopen_put_back(now=NOW)
    given.refresh_from_db()
    assert (given.rule, given.points) == ("gold_wrong", -given.wrong_costs)
    check.refresh_from_db()
    assert (check.state, check.settled_as) == ("settled", "cancel")


def test_a_card_that_ran_out_is_kept_for_a_late_answer_and_then_forgotten(
    alice: Player, asked: Asked
) -> None:
    card = card_of(alice, poll_of(asked(REPLY)))
    assert polls.free_expired(now=card.expires_at) == 1
    assert polls.free_expired(now=card.expires_at) == 0
    assert Offer.objects.count() == 1
    polls.free_expired(now=NOW + timedelta(days=8))
    assert Offer.objects.count() == 0


def test_what_the_model_lacks_becomes_rarer(asked: Asked) -> None:
    rare, plain = asked("no such person", guess="wrong_number"), asked(REPLY)
    polls.weigh_rarity(question="intent", lacking={"wrong_number": 0.7, "confirm": 0.0}, alike={})
    assert (poll_of(rare).rarity, poll_of(plain).rarity) == (0.7, 0.0)
    polls.weigh_rarity(question="intent", lacking={}, alike={})
    assert poll_of(rare).rarity == 0.0


def test_what_the_newest_version_fails_at_is_asked_first(asked: Asked) -> None:
    alike = asked("no", prompt="Have we got the wrong number for Dana?", guess="wrong_number")
    plain = asked(REPLY, guess="wrong_number")
    failed = {"prompt": "Is this the wrong number for Ines?", "text": "no this is Ines"}
    failed |= {"found": "wrong_number"}
    report = {"must_pass": {"rows": 163, "failed": [failed]}}
    ModelVersion.objects.create(name="v1", folder="v1", created_at=NOW, report=report)
    background.weigh_rarity()
    before, after = poll_of(alike).rarity, poll_of(plain).rarity
    assert before > after > 0
    assert poll_of(alike, question="tone").rarity == poll_of(plain, question="tone").rarity
    background.weigh_rarity()
    assert poll_of(alike).rarity == before
    # The next version reads it rightly.
    ModelVersion.objects.create(name="v2", folder="v2", created_at=NOW + MINUTE, report={})
    background.weigh_rarity()
    assert poll_of(alike).rarity == poll_of(plain).rarity == after


def test_what_was_mistaken_for_the_same_is_asked_whatever_shares_more_words(
    asked: Asked,
) -> None:
    wanted = asked("i love getting these", prompt="", guess="opt_out")
    for number in range(incidents.EACH_OF_ALL + 5):
        asked(f"yes, and coming please{' now' * number}", prompt="", guess="confirm")
    failed = {"prompt": "", "text": "yes, and keep the texts coming please", "found": "opt_out"}
    report = {"must_pass": {"rows": 163, "failed": [failed]}}
    ModelVersion.objects.create(name="v1", folder="v1", created_at=NOW, report=report)
    assert poll_of(wanted).pk in incidents.cards_alike()
    # However sure the model was, and however much it doubts others.
    with mock.patch.object(incidents, "LOOKED_AT", 3):
        Poll.objects.exclude(pk=poll_of(wanted).pk).update(doubt=0.9)
        Poll.objects.filter(pk=poll_of(wanted).pk).update(doubt=0.0)
        assert poll_of(wanted).pk in incidents.cards_alike()
    Poll.objects.filter(pk=poll_of(wanted).pk).update(guess="confirm")
    assert poll_of(wanted).pk not in incidents.cards_alike()


def test_what_somebody_says_was_read_wrongly_is_asked_first(alice: Player, asked: Asked) -> None:
    stack = a_stack(asked, 5)
    contested = asked(REPLY, sure=0.99, contested=True)
    assert polls.ask_contested(now=NOW) == 1
    assert polls.ask_contested(now=NOW) == 0
    first = picker.candidates("disagreement", alice, "intent").first()
    assert first == poll_of(contested)
    for name in ("bea", "cem"):
        says(a_player(name), contested, "confirm")
    settles()
    assert poll_of(contested).settled_as == "confirm"
    assert polls.ask_contested(now=NOW) == 0
    assert all(poll_of(each).disagreement == 0 for each in stack)


# ---- checks --------------------------------------------------------------------------------


def test_checks_are_planted_once_from_the_shipped_rows(db: None) -> None:
    planted = gold.plant(now=NOW)
    assert planted == Gold.objects.count()
    for label in ("confirm", "cancel", "opt_out", "wrong_number"):
        assert Gold.objects.filter(question="intent", label=label).count() == gold.PLANTED
    assert gold.plant(now=NOW) == 0
    assert not polls.open_polls(now=NOW)  # nothing about them is asked


def test_checks_are_planted_in_a_few_statements_because_others_want_to_write(db: None) -> None:
    with CaptureQueriesContext(connection) as asked:
        planted = gold.plant(now=NOW)
    kept = [each["sql"] for each in asked if each["sql"].startswith('INSERT INTO "labelgame_')]
    assert planted > 50
    assert len(kept) < 10


def test_a_card_that_was_asked_already_becomes_a_check(db: None) -> None:
    gold.plant(now=NOW)
    checks = set(Gold.objects.values_list("poll__example", "question", "label"))
    Gold.objects.all().delete()
    Poll.objects.update(state="open", settled_as="", settled_at=None, probability=None)
    assert gold.plant(now=NOW) == len(checks)
    assert set(Gold.objects.values_list("poll__example", "question", "label")) == checks
    assert not Poll.objects.exclude(state="settled").exists()


def test_checks_grow_from_what_everybody_agreed_on(asked: Asked) -> None:
    agreed, divided = asked(REPLY), asked("could be, could be not")
    Poll.objects.filter(question="intent").update(wanted=3)
    for name, label in (("bea", "confirm"), ("cem", "confirm"), ("dan", "cancel")):
        player = a_player(name)
        says(player, agreed, "confirm")
        says(player, divided, label)
    settled = {"state": "settled", "settled_as": "confirm", "settled_at": NOW, "probability": 0.995}
    Poll.objects.filter(question="intent").update(**settled)
    assert gold.grow(now=NOW) == 1
    assert Gold.objects.get().poll == poll_of(agreed)


@pytest.fixture
def agreed_by_three(asked: Asked) -> tuple[Poll, list[Player]]:
    """A check that grew from three players who agreed, and they."""
    example = asked(REPLY)
    poll = poll_of(example)
    Poll.objects.filter(pk=poll.pk).update(wanted=3)
    three = [a_player(name) for name in ("bea", "cem", "dan")]
    for player in three:
        says(player, example, "cancel")
    settles()
    Poll.objects.filter(pk=poll.pk).update(probability=0.995)
    assert gold.grow(now=NOW + MINUTE) == 1
    return poll_of(example), three


def lose_their_weight(players: list[Player], poll: Poll) -> None:
    Player.objects.filter(pk__in=[player.pk for player in players]).update(weight=0)
    Poll.objects.filter(pk=poll.pk).update(due_at=NOW + 2 * MINUTE)


def test_a_check_ends_with_the_agreement_that_it_grew_from(
    alice: Player, agreed_by_three: tuple[Poll, list[Player]]
) -> None:
    poll, three = agreed_by_three
    given = says(alice, poll.example, "confirm", kind=Kind.GOLD)
    actions.close_round(round_=given.round, now=NOW + MINUTE)
    given.refresh_from_db()
    assert given.rule == "gold_wrong"
    held = card_of(a_player("eve"), poll, kind=Kind.GOLD)
    lose_their_weight(three, poll)
    settles(NOW + 2 * MINUTE)
    assert poll_of(poll.example).state == Poll.State.OPEN
    assert not Gold.objects.in_use().exists()
    given.refresh_from_db()
    held.refresh_from_db()
    assert (given.rule, given.points, given.kind) == ("waiting", 0, Kind.LATE)
    assert held.kind == Kind.LATE


def test_who_was_right_against_such_a_check_is_paid_when_the_card_settles_so(
    alice: Player, agreed_by_three: tuple[Poll, list[Player]]
) -> None:
    poll, three = agreed_by_three
    given = says(alice, poll.example, "confirm", kind=Kind.GOLD)
    lose_their_weight(three, poll)
    settles(NOW + 2 * MINUTE)
    for name in ("eve", "finn"):
        Poll.objects.filter(pk=poll.pk).update(wanted=5)
        says(a_player(name), poll.example, "confirm", now=NOW + 3 * MINUTE)
    settles(NOW + 4 * MINUTE)
    assert poll_of(poll.example).settled_as == "confirm"
    actions.close_round(round_=given.round, now=NOW + 5 * MINUTE)
    given.refresh_from_db()
    assert (given.settled_as, given.points > 0) == ("confirm", True)


def test_what_players_are_divided_about_after_all_is_no_check(
    alice: Player, agreed_by_three: tuple[Poll, list[Player]]
) -> None:
    poll, three = agreed_by_three
    given = says(alice, poll.example, "confirm", kind=Kind.GOLD)
    actions.close_round(round_=given.round, now=NOW + MINUTE)
    GameSettings.objects.filter(pk=GameSettings.current().pk).update(most_votes=3)
    for player, label in zip(three, ("cancel", "question", "other"), strict=True):
        Answer.objects.filter(player=player).update(label=label)
    Poll.objects.filter(pk=poll.pk).update(due_at=NOW + 2 * MINUTE)
    settles(NOW + 2 * MINUTE)
    assert poll_of(poll.example).state == Poll.State.REVIEW
    given.refresh_from_db()
    assert (given.rule, given.points) == ("waiting", 0)
    actions.pull_example(example=poll.example, by="pia", now=NOW + 3 * MINUTE)
    examples.put_back(example=poll.example)
    polls.reopen_put_back(now=NOW + 4 * MINUTE)
    assert poll_of(poll.example).state == Poll.State.OPEN


def test_a_check_that_settles_otherwise_is_none_any_more(
    alice: Player, agreed_by_three: tuple[Poll, list[Player]]
) -> None:
    poll, three = agreed_by_three
    given = says(alice, poll.example, "confirm", kind=Kind.GOLD)
    actions.close_round(round_=given.round, now=NOW + MINUTE)
    Answer.objects.filter(player__in=three).update(label="question")  # as a full run may find
    Poll.objects.filter(pk=poll.pk).update(due_at=NOW + 2 * MINUTE)
    settles(NOW + 2 * MINUTE)
    assert poll_of(poll.example).settled_as == "question"
    given.refresh_from_db()
    assert (given.rule, given.settled_as) == ("wrong", "question")
    assert not Gold.objects.in_use().exists()


def test_one_in_five_of_a_reviewers_picks_is_kept_in_reserve(asked: Asked) -> None:
    robin = a_player("robin", role=Player.Role.REVIEWER)
    for example in a_stack(asked, 11):
        actions.rule(
            poll=poll_of(example),
            by=robin,
            label="confirm",
            reason=Ruling.Reason.GAP,
            make_gold=True,
            now=NOW,
        )
    assert Gold.objects.in_use().count() == 9
    assert Gold.objects.in_reserve().count() == 2


def test_what_everybody_agreed_on_is_a_check_and_tells_the_run_nothing(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would judge the run by what the run itself had made of it."""
    told = told_to_the_run(monkeypatch)
    play(asked, [a_player(name) for name in ("bea", "cem", "dan", "eve")], cards=12)
    agreed = {"state": "settled", "settled_as": "confirm", "settled_at": NOW, "probability": 0.995}
    Poll.objects.filter(question="intent", answers__label="confirm").exclude(
        answers__label="cancel"
    ).exclude(answers__label="question").update(**agreed)
    assert gold.grow(now=NOW) == Gold.objects.in_use().count() == 4
    weighing.weigh_everything(now=NOW + MINUTE, anyway=True)
    assert told == [{}]
    assert QuestionState.objects.get(question="intent").reserve == {"right": 0, "of": 0}


# ---- the full run --------------------------------------------------------------------------


def play(asked: Asked, players: list[Player], cards: int = 30) -> list[Example]:
    """Everybody answers all of it, the last one always with one key."""
    stack = a_stack(asked, cards)
    Poll.objects.filter(question="intent").update(wanted=len(players))
    for number, example in enumerate(stack):
        truth = ("confirm", "cancel", "question")[number % 3]
        for player in players[:-1]:
            says(player, example, truth)
        says(players[-1], example, "confirm")
    return stack


def test_a_full_run_says_how_everybody_answers(asked: Asked) -> None:
    players = [a_player(name) for name in ("bea", "cem", "dan", "eve")]
    play(asked, players)
    assert background.weigh(now=NOW + MINUTE, anyway=True)
    state = QuestionState.objects.get(question="intent")
    assert state.answers == 120
    assert sum(state.priors.values()) == pytest.approx(1.0)
    skills = {skill.player.name: skill.confusion for skill in PlayerSkill.objects.all()}
    assert sorted(skills) == ["Bea", "Cem", "Dan", "Eve"]
    for confusion in skills.values():
        assert sum(confusion["cancel"].values()) == pytest.approx(1.0, abs=1e-6)
    assert skills["Bea"]["cancel"]["cancel"] > 0.7


def told_to_the_run(monkeypatch: pytest.MonkeyPatch) -> list[dict[Any, str]]:
    """Fills as runs come."""
    told: list[dict[Any, str]] = []

    def noting(*args: Any, gold: dict[Any, str], **facts: Any) -> Consensus:
        told.append(gold)
        return run(*args, gold=gold, **facts)

    monkeypatch.setattr(weighing, "run", noting)
    return told


def test_the_reserve_judges_the_run_that_was_not_told_it(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = play(asked, [a_player(name) for name in ("bea", "cem", "dan", "eve")], cards=12)
    told = told_to_the_run(monkeypatch)
    # Everybody but Eve says confirm, cancel, question in turn; of one, a reviewer knows better.
    for example, label, is_reserve in (
        (stack[0], "confirm", False),
        (stack[1], "cancel", True),
        (stack[2], "other", True),
    ):
        Gold.objects.create(
            poll=poll_of(example),
            question="intent",
            label=label,
            source=Gold.Source.REVIEWER,
            is_reserve=is_reserve,
            created_at=NOW,
        )
    weighing.weigh_everything(now=NOW + MINUTE, anyway=True)
    assert told == [{poll_of(stack[0]).pk: "confirm"}]
    assert QuestionState.objects.get(question="intent").reserve == {"right": 1, "of": 2}


def test_it_runs_again_only_when_enough_is_new(asked: Asked) -> None:
    play(asked, [a_player(name) for name in ("bea", "cem", "dan", "eve")], cards=10)
    assert background.weigh(now=NOW + MINUTE)
    assert not background.weigh(now=NOW + 2 * MINUTE)
    assert not weighing.is_worth_it(question="intent")


def test_what_would_settle_otherwise_now_is_weighed_again(asked: Asked) -> None:
    players = [a_player(name) for name in ("bea", "cem", "dan", "eve")]
    stack = play(asked, players, cards=12)
    settles()
    Poll.objects.filter(example=stack[1], question="intent").update(settled_as="other")
    weighing.weigh_everything(now=NOW + MINUTE, anyway=True)
    settles(NOW + 2 * MINUTE)
    assert poll_of(stack[1]).settled_as == "cancel"


# ---- fair play and shares ------------------------------------------------------------------


def test_who_answers_faster_than_anybody_can_read_loses_weight_quietly(
    alice: Player, asked: Asked
) -> None:
    for example in a_stack(asked, 40):
        says(alice, example, "confirm", milliseconds=90)
    assert watching.check_players(now=NOW + MINUTE) == [alice]
    alice.refresh_from_db()
    assert alice.weight < 0.1
    assert alice.signs[0]["kind"] == "too_fast"
    assert watching.check_players(now=NOW + 2 * MINUTE) == []  # nothing new


def test_who_has_stopped_is_looked_at_again_once_their_cards_settle(
    alice: Player, asked: Asked
) -> None:
    given = [says(alice, example, "confirm") for example in a_stack(asked, 40)]
    assert watching.check_players(now=NOW + MINUTE) == []  # nothing shows yet
    Answer.objects.filter(pk__in=[each.pk for each in given]).update(
        settled_as="cancel", settled_at=NOW + MINUTE
    )
    assert watching.check_players(now=NOW + 2 * MINUTE) == [alice]
    alice.refresh_from_db()
    assert [sign["kind"] for sign in alice.signs] == ["one_key"]


def test_a_sign_that_was_set_aside_takes_no_weight(alice: Player, asked: Asked) -> None:
    alice.signs_set_aside = ["too_fast"]
    alice.save(update_fields=["signs_set_aside"])
    for example in a_stack(asked, 40):
        says(alice, example, "confirm", milliseconds=90)
    watching.check_players(now=NOW + MINUTE)
    alice.refresh_from_db()
    assert (alice.weight, len(alice.signs)) == (1.0, 1)


def test_who_contradicts_themselves_on_what_comes_back_is_seen(alice: Player, asked: Asked) -> None:
    for number, example in enumerate(a_stack(asked, 12)):
        says(alice, example, "confirm")
        card = card_of(alice, poll_of(example), kind=Kind.REPEAT)
        actions.answer(
            player=alice,
            card=card.public_id,
            label="cancel" if number else "confirm",
            milliseconds=4000,
            now=NOW + MINUTE,
        )
    watching.check_players(now=NOW + 2 * MINUTE)
    alice.refresh_from_db()
    assert [sign["kind"] for sign in alice.signs] == ["contradicts"]


def test_who_copies_one_of_two_of_the_same_name_is_seen(asked: Asked) -> None:
    copied, namesake, copier = (a_player(name) for name in ("bea", "bea2", "cem"))
    Player.objects.filter(pk=namesake.pk).update(name=copied.name)
    for example in a_stack(asked, 15):
        Poll.objects.filter(example=example).update(wanted=3)
        says(copied, example, "cancel")
        says(namesake, example, "confirm")
        says(copier, example, "cancel", now=NOW + MINUTE)
        Poll.objects.filter(example=example).update(
            state="settled", settled_as="confirm", settled_at=NOW
        )
        Answer.objects.filter(example=example).update(settled_as="confirm")
    watching.check_players(now=NOW + 2 * MINUTE)
    copier.refresh_from_db()
    words = [sign["words"] for sign in copier.signs if sign["kind"] == "copied"]
    assert words == ["made 15 of Bea (bea)'s 15 mistakes in the same way, later"]


def test_of_too_few_players_nobody_is_capped(asked: Asked, no_files: None) -> None:
    """Two would lose nearly everything to a third one who played little."""
    bea, cem, dan = (a_player(name) for name in ("bea", "cem", "dan"))
    for number, example in enumerate(a_stack(asked, 10)):
        says(bea, example, "confirm")
        says(cem if number else dan, example, "confirm")
    settles()
    Example.objects.update(split="train")
    assert share_out() == 0


def test_what_ships_with_nod_is_nobodys_part(asked: Asked) -> None:
    bea, *others = (a_player(name) for name in ("bea", "cem", "dan", "eve", "fay"))
    for number, example in enumerate(a_stack(asked, 10)):
        says(bea, example, "confirm")
        says(others[number % 4], example, "confirm")
    settles()
    Example.objects.update(split="train")
    assert share_out() == 0


@pytest.fixture
def no_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """A label is what players said of it, and nothing else."""
    monkeypatch.setattr("labelgame.upkeep.crediting.rows_of_files", lambda taxonomy: [])


def test_no_player_has_too_large_a_part_of_a_label(asked: Asked, no_files: None) -> None:
    GameSettings.objects.create(pk=1, most_of_a_label=0.3)
    bea, *others = (a_player(name) for name in ("bea", "cem", "dan", "eve", "fay"))
    for number, example in enumerate(a_stack(asked, 30)):
        says(bea if number < 20 else others[number % 2], example, "confirm")
        says(others[2 + number % 2], example, "confirm")
    settles()
    Example.objects.update(split="train")
    share_out()
    labels = ExampleLabel.objects.standing().of_question("intent")
    of_bea = {str(answer.pk) for answer in bea.answers.all()}
    # The other's half of a card stays whole; what is taken off is taken off hers.
    hers = sum(each.weight - 0.5 for each in labels if of_bea & set(each.answers))
    assert hers / sum(each.weight for each in labels) == pytest.approx(0.3, abs=0.01)
    assert all(each.weight == 1.0 for each in labels if not of_bea & set(each.answers))


# ---- the whole -----------------------------------------------------------------------------


def everything() -> dict[str, list[dict[str, object]]]:
    """Every row of the game and of the dataset."""
    models: list[type[Model]] = [*apps.get_app_config("labelgame").get_models()]
    models += [Example, ExampleLabel]
    return {model.__name__: list(model._base_manager.order_by("pk").values()) for model in models}


def test_seeing_to_the_game_again_changes_nothing(alice: Player, asked: Asked) -> None:
    settled, divided, leaky = asked(REPLY), asked("well perhaps so"), asked("it is Bob here")
    people = [alice, a_player("bea")]
    for player, other in zip(people, ("confirm", "other"), strict=True):
        says(player, settled, "confirm")
        says(player, divided, other)
    card_of(alice, poll_of(leaky))
    examples.pull(example=leaky, by="pia", reason="a name", now=NOW)
    later = NOW + timedelta(hours=1)  # every card in hand has run out
    background.see_to_game(now=later)
    seen_to = everything()
    assert poll_of(settled).settled_as == "confirm"
    assert poll_of(divided).wanted == 3
    assert poll_of(leaky).state == Poll.State.CLOSED
    assert not Offer.objects.filter(released_at=None).exists()
    background.see_to_game(now=later + MINUTE)
    assert everything() == seen_to


def test_weighing_by_hand_says_what_was_weighed(asked: Asked) -> None:
    play(asked, [a_player(name) for name in ("bea", "cem", "dan", "eve")], cards=3)
    said = StringIO()
    call_command("weigh", stdout=said)
    assert "--anyway" in said.getvalue()
    call_command("weigh", "--anyway", stdout=said)
    assert "intent: 12 answers" in said.getvalue()


def test_the_full_run_has_a_process_of_its_own_and_only_if_it_is_worth_it(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []
    monkeypatch.setattr(background, "in_a_process", started.append)
    play(asked, [a_player(name) for name in ("bea", "cem", "dan", "eve")], cards=5)
    assert not background.weigh_if_worth_it(now=NOW + MINUTE)
    monkeypatch.setattr(weighing, "MORE", 20)
    assert background.weigh_if_worth_it(now=NOW + MINUTE)
    assert started == ["weigh"]


def test_what_the_taxonomy_asks_no_more_is_asked_of_nobody(alice: Player, asked: Asked) -> None:
    example = asked(REPLY)
    Poll.objects.filter(example=example, question="tone").update(question="weather")
    weather = poll_of(example, "weather")
    card_of(alice, weather)
    background.see_to_game(now=NOW)
    weather.refresh_from_db()
    assert weather.state == Poll.State.CLOSED
    assert not weather.offers.filter(released_at=None).exists()
    assert weather not in [card.poll for card in actions.hand(player=alice, now=NOW)]
    Offer.objects.all().delete()
    Poll.objects.filter(question="tone").delete()
    Poll.objects.filter(pk=weather.pk).update(question="tone")  # it is asked again
    background.see_to_game(now=NOW)
    assert poll_of(example, "tone").state == Poll.State.OPEN
