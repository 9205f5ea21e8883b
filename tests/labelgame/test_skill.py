"""Accuracy with its interval, and no number below a few answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.intervals import wilson
from labelgame.rules.scoring import CANT_TELL, NOT_YET, PULLED, SKIP
from labelgame.rules.skill import FEWEST, Accuracy, skill

LABELS = ("confirm", "cancel", "other")


def test_accuracy_is_counted_overall_and_by_what_the_card_is() -> None:
    pairs = [("confirm", "confirm")] * 12 + [("confirm", "cancel")] * 3 + [("cancel", "cancel")] * 9
    found = skill(pairs, LABELS)
    assert found.overall == Accuracy(21, 24)
    assert found.labels == {
        "confirm": Accuracy(12, 12),
        "cancel": Accuracy(9, 12),
        "other": Accuracy(0, 0),
    }
    assert found.labels["cancel"].interval == tuple(wilson(9, 12))


def test_below_a_few_answers_there_is_no_number() -> None:
    few = Accuracy(FEWEST - 1, FEWEST - 1)
    assert (few.share, few.interval) == (None, None)
    assert few.words == "1 more settled answer to a number"
    assert Accuracy(0, 0).words == f"{FEWEST} more settled answers to a number"
    assert Accuracy(9, 10).words == "90 % of 10 (60 to 98 %)"


@pytest.mark.parametrize("nothing", [CANT_TELL, SKIP, NOT_YET, PULLED])
def test_what_is_no_label_is_neither_right_nor_wrong(nothing: str) -> None:
    pairs = [(nothing, "confirm"), ("confirm", nothing), (nothing, nothing)]
    assert skill(pairs, LABELS).overall == Accuracy(0, 0)


@given(st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from(LABELS))))
def test_the_labels_add_up_and_every_share_is_inside_its_interval(
    pairs: list[tuple[str, str]],
) -> None:
    found = skill(pairs, LABELS)
    assert sum(part.answers for part in found.labels.values()) == found.overall.answers
    assert sum(part.right for part in found.labels.values()) == found.overall.right
    for part in (found.overall, *found.labels.values()):
        if part.interval is not None and part.share is not None:
            low, high = part.interval
            assert 0 <= low <= part.share <= high <= 1
