"""No player's word is more than a stated part of what a model learns of a label."""

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelgame.rules.capping import weights_under_cap

Parts = list[dict[str, float]]


def amounts(parts: Sequence[Mapping[str, float]], cap: float) -> tuple[dict[str, float], float]:
    """What each player keeps of one label, found without the weights of the others' examples: of
    examples that are each one player's or nobody's.
    """
    weights = weights_under_cap(parts, ["x"] * len(parts), [1.0] * len(parts), cap=cap)
    of: dict[str, float] = defaultdict(float)
    for example, weight in zip(parts, weights, strict=True):
        for player in example:
            of[player] += weight
    return of, sum(weights)


players = st.sampled_from("abcdef")
alone: st.SearchStrategy[Parts] = st.lists(
    st.one_of(st.just({}), st.builds(lambda name: {name: 1.0}, players)), min_size=1, max_size=60
)
shared: st.SearchStrategy[Parts] = st.lists(
    st.dictionaries(players, st.floats(0.1, 3), max_size=3), min_size=1, max_size=40
)
caps = st.floats(0.05, 1)


@given(alone, caps)
def test_nobody_is_above_the_cap_where_that_is_possible(parts: Parts, cap: float) -> None:
    kept, total = amounts(parts, cap)
    names = {name for example in parts for name in example}
    if len(names) * cap >= 1 or {} in parts:
        assert all(amount <= cap * total * (1 + 1e-6) for amount in kept.values())
    else:
        assert max(kept.values()) == pytest.approx(min(kept.values()))


@given(shared, caps)
def test_weights_are_shares(parts: Parts, cap: float) -> None:
    weights = weights_under_cap(parts, ["x"] * len(parts), [1.0] * len(parts), cap=cap)
    assert all(0 < weight <= 1 for weight in weights)


@given(alone, caps)
def test_whoever_is_below_the_cap_keeps_everything(parts: Parts, cap: float) -> None:
    kept, _ = amounts(parts, cap)
    had = {name: sum(name in example for example in parts) for name in kept}
    most = max(kept.values(), default=0.0)
    for name, amount in kept.items():
        assert amount == pytest.approx(min(had[name], most))


@given(alone, caps)
def test_no_more_is_taken_than_the_cap_asks_for(parts: Parts, cap: float) -> None:
    kept, total = amounts(parts, cap)
    had = {name: sum(name in example for example in parts) for name in kept}
    lowered = [name for name in kept if kept[name] < had[name] * (1 - 1e-9)]
    if len(kept) * cap >= 1 or {} in parts:
        assert all(kept[name] == pytest.approx(cap * total) for name in lowered)


@given(shared, caps, st.randoms())
def test_the_order_of_examples_does_not_matter(
    parts: Parts, cap: float, dice: random.Random
) -> None:
    order = dice.sample(range(len(parts)), len(parts))
    weights = weights_under_cap(parts, ["x"] * len(parts), [1.0] * len(parts), cap=cap)
    again = weights_under_cap(
        [parts[at] for at in order], ["x"] * len(parts), [1.0] * len(parts), cap=cap
    )
    assert again == [weights[at] for at in order]


def test_a_busy_player_is_held_at_a_third() -> None:
    parts = [{"busy": 1.0}] * 90 + [{"a": 1.0}] * 10 + [{"b": 1.0}] * 10
    weights = weights_under_cap(parts, ["x"] * 110, [1.0] * 110, cap=1 / 3)
    assert weights == pytest.approx([1 / 9] * 90 + [1.0] * 20)


def test_labels_are_capped_each_for_itself() -> None:
    parts = [{"a": 1.0}, {"a": 1.0}, {"b": 1.0}, {"a": 1.0}, {"b": 1.0}]
    weights = weights_under_cap(parts, ["x", "x", "x", "y", "y"], [1.0] * 5, cap=0.5)
    assert weights == pytest.approx([0.5, 0.5, 1, 1, 1])


def test_an_example_of_two_keeps_the_part_of_the_one_below_the_cap() -> None:
    parts = [{"a": 1.0}] * 8 + [{"a": 2.0, "b": 2.0}] + [{"b": 1.0}, {"c": 1.0}]
    weights = weights_under_cap(parts, ["x"] * len(parts), [1.0] * len(parts), cap=0.5)
    assert weights[8] == pytest.approx((1 + weights[0]) / 2)


def test_nobodys_examples_count_and_stay_whole() -> None:
    parts: Parts = [{}] * 20 + [{"a": 1.0}] * 80
    weights = weights_under_cap(parts, ["x"] * 100, [1.0] * 100, cap=0.5)
    assert weights == pytest.approx([1.0] * 20 + [0.25] * 80)


def test_examples_count_by_their_amounts() -> None:
    parts = [{"a": 1.0}] * 2 + [{"b": 1.0}] * 4 + [{}] * 2
    amounts = [6.0] * 2 + [1.0] * 4 + [2.0] * 2
    weights = weights_under_cap(parts, ["x"] * 8, amounts, cap=0.5)
    assert weights == pytest.approx([8 / 12] * 2 + [1.0] * 6)


def test_too_few_players_for_the_cap_are_equal() -> None:
    parts = [{"a": 1.0}] * 30 + [{"b": 1.0}] * 10
    kept, _ = amounts(parts, 0.34)
    assert kept == pytest.approx({"a": 10, "b": 10})
    assert weights_under_cap([{"a": 1.0}] * 3, ["x"] * 3, [1.0] * 3, cap=0.34) == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("cap", [0, -0.1, 1.1])
def test_a_cap_that_is_no_share_is_refused(cap: float) -> None:
    with pytest.raises(ValueError, match="above 0 and up to 1"):
        weights_under_cap([], [], [], cap=cap)


def test_no_examples_have_no_weights() -> None:
    assert weights_under_cap([], [], [], cap=0.34) == []
