"""At most three missions, the weakest label first, and what changed because of a player."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelgame.rules.missions import (
    MOST,
    Gain,
    Mission,
    Need,
    missions,
    what_changed,
    what_yours_did,
)

WRONG_PERSON = Need("intent", "wrong_number", "Wrong person", 340, 400, score=0.71, goal=0.85)
OPT_OUT = Need("intent", "opt_out", "No more texts", 100, 400, score=0.84, goal=0.85)
OTHER = Need("intent", "other", "Something else", 200, 400, score=0.84, goal=0.85)
HOSTILE = Need("tone", "hostile", "Attacking", 399, 400, score=0.9, goal=0.8)
CONFIRM = Need("intent", "confirm", "Will come", 4000, 400, score=0.95, goal=0.9)
BADLY_READ = Need("intent", "complaint", "Complains", 450, 200, score=0.3, goal=0.9)


def test_the_weakest_labels_come_first_and_three_at_most() -> None:
    found = missions([CONFIRM, HOSTILE, OTHER, OPT_OUT, WRONG_PERSON])
    assert found == [
        Mission("intent", "wrong_number", 60, "60 more for wrong person"),
        Mission("intent", "opt_out", 300, "300 more for no more texts"),
        Mission("intent", "other", 200, "200 more for something else"),
    ]


def test_a_label_without_a_score_is_as_far_as_can_be() -> None:
    unread = replace(HOSTILE, score=None)
    assert missions([WRONG_PERSON, unread])[0].label == "hostile"


def test_where_nothing_is_lacking_there_is_no_mission() -> None:
    assert missions([CONFIRM]) == []
    assert missions([replace(CONFIRM, score=None)]) == []  # nobody can say that it is badly read


def test_a_label_that_has_its_examples_and_is_read_badly_wants_as_many_again() -> None:
    found = missions([WRONG_PERSON, CONFIRM, BADLY_READ])
    assert [mission.words for mission in found] == [
        "150 more for complains",
        "60 more for wrong person",
    ]
    assert replace(BADLY_READ, settled=600).asked == 200


def test_a_title_of_capitals_keeps_them() -> None:
    assert missions([replace(HOSTILE, title="SMS spam")])[0].words == "1 more for SMS spam"


@given(
    st.lists(
        st.builds(
            Need,
            question=st.sampled_from(["intent", "tone"]),
            label=st.sampled_from("abcd"),
            title=st.just("A"),
            settled=st.integers(0, 500),
            wanted=st.integers(0, 500),
            score=st.none() | st.floats(0, 1),
            goal=st.floats(0, 1),
        ),
        unique_by=lambda need: (need.question, need.label),
    )
)
def test_every_mission_asks_for_something_and_the_order_of_the_labels_is_nothing(
    needs: list[Need],
) -> None:
    found = missions(needs)
    assert len(found) <= MOST
    assert all(mission.more > 0 for mission in found)
    assert found == missions(needs[::-1])
    assert bool(found) == any(need.asked for need in needs)


@pytest.mark.parametrize(
    ("settled", "needs", "words"),
    [
        (3, [WRONG_PERSON, OPT_OUT],
         "3 examples settled; next, 60 more for wrong person."),
        (1, [CONFIRM], "1 example settled; there are enough examples for now."),
        (1, [BADLY_READ], "1 example settled; next, 150 more for complains."),
        (0, [OTHER], "Your answers are kept; next, 200 more for something else."),
    ],
)  # fmt: skip
def test_a_round_ends_with_what_changed(settled: int, needs: list[Need], words: str) -> None:
    assert what_changed(settled, needs) == words


def test_a_player_reads_what_their_labels_did() -> None:
    gains = [Gain(OTHER, 0.70, 0.71), Gain(WRONG_PERSON, 0.70, 0.73)]
    assert what_yours_did(42, "12", gains) == (
        "42 labels of yours are in model 12; recall of wrong person +3 points."
    )
    assert what_yours_did(1, "12") == "1 label of yours is in model 12."


def test_a_loss_is_not_put_on_a_players_labels() -> None:
    assert (
        what_yours_did(42, "12", [Gain(OTHER, 0.7, 0.6)]) == "42 labels of yours are in model 12."
    )


def test_without_labels_in_it_a_version_is_not_theirs() -> None:
    assert "the next one" in what_yours_did(0, "12", [Gain(OTHER, 0.1, 0.9)])
