"""The screen after a round: points, checks, what changed, what the model lacks."""

from datetime import timedelta

import pytest

from classifier.examples import Settlement, settle
from classifier.models import Example, ModelVersion
from labelgame import actions
from labelgame.models import GameSettings, Player, Poll, Round
from labelgame.models.polls import Kind
from labelgame.needs import GOOD, missions_now, needs
from labelgame.pages.roundend import summary
from tests.labelgame.conftest import NOW, Asked, a_player, a_stack, signed_in
from tests.labelgame.playing import MINUTE, says, settles

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def round_of(player: Player) -> Round:
    return Round.objects.get(player=player)


def labelled(example: Example, label: str) -> None:
    settlement = Settlement(example=example, question="intent", label=label, probability=0.97)
    settle(settlement=settlement, now=NOW)


def test_points_that_wait_are_told_from_points_that_stand(
    alice: Player, robin: Player, asked: Asked
) -> None:
    settled, open_ = a_stack(asked, 2)
    says(alice, settled, "cancel")
    says(robin, settled, "cancel")
    says(alice, open_, "confirm")
    settles()
    found = summary(round_of(alice))
    assert (found.points_booked, found.points_waiting, found.settled) == (20, 10, 1)
    assert found.sentence.startswith("1 example settled; next, 99 more for ")


def test_a_hidden_check_is_booked_at_the_rounds_end_and_counts_as_no_example(
    alice: Player, check: Poll
) -> None:
    says(alice, check.example, "cancel", kind=Kind.GOLD)
    before = summary(round_of(alice))
    actions.close_round(round_=round_of(alice), now=NOW)
    after = summary(round_of(alice))
    assert (before.checks, after.checks_right, after.checks, after.settled) == (0, 1, 1, 0)
    assert after.points_booked == 10


def test_every_card_is_a_tile_of_what_came_of_it(
    alice: Player, robin: Player, asked: Asked
) -> None:
    right, waits, skipped = a_stack(asked, 3)
    for player in (alice, robin):
        says(player, right, "confirm")
    says(alice, waits, "confirm", now=NOW + MINUTE)
    says(alice, skipped, "-", now=NOW + 2 * MINUTE)
    settles()
    tiles = summary(round_of(alice)).tiles
    assert [tile.outcome for tile in tiles] == ["right", "waits", "none"]
    assert [tile.label.title for tile in tiles] == ["Will come", "Will come", "Skip"]


def test_the_page_says_it_and_offers_another_round(alice: Player, asked: Asked) -> None:
    says(alice, a_stack(asked, 1)[0], "confirm")
    actions.close_round(round_=round_of(alice), now=NOW)
    path = f"/play/round/{round_of(alice).public_id}/"
    html = signed_in(alice).get(path).content.decode()
    assert "Round done" in html
    assert "points still to settle" in html
    assert "Another round" in html
    assert signed_in(a_player("dora")).get(path).status_code == 404


def test_undo_is_offered_for_a_moment(alice: Player, asked: Asked) -> None:
    says(alice, a_stack(asked, 1)[0], "confirm")
    actions.close_round(round_=round_of(alice), now=NOW)
    path = f"/play/round/{round_of(alice).public_id}/"
    assert "the last answer" not in signed_in(alice).get(path).content.decode()


# ---- what the model lacks --------------------------------------------------------------------


def test_a_need_counts_labels_that_stand_and_what_the_live_model_scores(asked: Asked) -> None:
    first, second, pulled = a_stack(asked, 3)
    for example, label in ((first, "cancel"), (second, "cancel"), (pulled, "cancel")):
        labelled(example, label)
    labelled(second, "confirm")
    actions.pull_example(example=pulled, by="robin", now=NOW)
    scores = {"cancel": {"f1": 0.81, "support": 40}, "opt_out": {"f1": 0.0, "support": 0}}
    on_the_test_set = {"cancel": {"f1": 0.93, "support": 70}}  # which chooses nothing
    report = {
        "questions": {"intent": {"labels": on_the_test_set}},
        "validation": {"intent": {"labels": scores}},
    }
    ModelVersion.objects.create(name="v1", state="live", created_at=NOW, report=report)
    found = {need.label: need for need in needs(GameSettings.current())}
    assert (found["cancel"].settled, found["cancel"].score, found["cancel"].goal) == (1, 0.81, GOOD)
    assert (found["confirm"].settled, found["opt_out"].score) == (1, None)


def test_missions_are_three_at_most_and_can_be_switched_off(asked: Asked) -> None:
    assert [mission.words for mission in missions_now()] == [
        "100 more for will not come",
        "100 more for will come",
        "100 more for no more texts",
    ]
    GameSettings.objects.update(missions_on=False)
    assert missions_now() == []


def test_a_mission_number_is_counted_once_a_minute_at_most(
    asked: Asked, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    missions_now()
    with django_assert_num_queries(1):  # type: ignore[operator]
        missions_now()


def test_a_week_later_it_is_the_same_round(alice: Player, robin: Player, asked: Asked) -> None:
    """What settles later is on the same page later."""
    [example] = a_stack(asked, 1)
    says(alice, example, "cancel")
    assert summary(round_of(alice)).points_booked == 0
    says(robin, example, "cancel", now=NOW + timedelta(days=7))
    settles(NOW + timedelta(days=7, minutes=1))
    assert summary(round_of(alice)).points_booked == 20
