"""When a card settles, when one more player is asked, when a reviewer is."""

from hypothesis import given
from hypothesis import strategies as st

from labelgame.rules.redundancy import MOST_TIMES_THE_CAP, Next, Step, next_step


def step(
    share: float,
    *,
    votes: int = 2,
    heard: int | None = None,
    weight: float | None = None,
    most: int = 7,
) -> Next:
    return next_step(
        {"confirm": share, "cancel": 1 - share},
        votes=votes,
        heard=votes if heard is None else heard,
        weight=votes if weight is None else weight,
        first=2,
        most=most,
        target=0.95,
    )


def test_two_who_agree_settle_a_card() -> None:
    assert step(0.97) == Next(Step.SETTLE, "confirm", 0.97)


def test_two_who_are_divided_ask_for_one_more() -> None:
    assert step(0.6).step is Step.ASK


def test_one_is_not_enough_however_sure() -> None:
    assert step(0.999, votes=1).step is Step.ASK


def test_one_and_one_who_is_not_listened_to_are_not_two() -> None:
    assert step(0.97, heard=1, weight=1.0).step is Step.ASK


def test_at_the_cap_a_reviewer_decides() -> None:
    assert step(0.6, votes=7).step is Step.REVIEW


def test_answers_that_weigh_nothing_do_not_use_up_the_cap() -> None:
    assert step(0.6, votes=7, weight=4.0).step is Step.ASK


def test_nobody_is_asked_without_end() -> None:
    assert step(0.6, votes=14, weight=0.0).step is Step.REVIEW


@given(
    share=st.floats(0, 1),
    votes=st.integers(0, 60),
    weight=st.floats(0, 60),
    most=st.integers(2, 15),
)
def test_it_never_asks_beyond_twice_the_cap(
    share: float, votes: int, weight: float, most: int
) -> None:
    found = step(share, votes=votes, weight=weight, most=most)
    assert not (found.step is Step.ASK and votes >= most * MOST_TIMES_THE_CAP)
    assert found.step is not Step.SETTLE or found.probability >= 0.95
    assert 0 <= found.disagreement <= 0.5
