"""Which part of the mix a card comes from, and which question has its turn."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelgame.rules.mix import in_turn, part_at

MIX = {"doubt": 0.4, "disagreement": 0.3, "rarity": 0.15, "relabel": 0.0, "random": 0.15}


def test_the_parts_are_dealt_in_the_same_order_every_time() -> None:
    first = [part_at(MIX, number) for number in range(5)]
    assert first == ["doubt", "disagreement", "doubt", "random", "disagreement"]


def test_every_ten_cards_hold_about_their_share_of_each_part() -> None:
    for start in range(0, 1000, 10):
        dealt = Counter(part_at(MIX, number) for number in range(start, start + 10))
        assert 3 <= dealt["doubt"] <= 5
        assert 2 <= dealt["disagreement"] <= 4
        assert dealt["relabel"] == 0


@given(st.dictionaries(st.sampled_from("abcde"), st.floats(0, 1), min_size=1))
def test_over_many_cards_each_part_has_its_share(mix: dict[str, float]) -> None:
    total = sum(mix.values())
    if total < 1e-6:
        return
    dealt = Counter(part_at(mix, number) for number in range(2000))
    for part, share in mix.items():
        assert abs(dealt[part] / 2000 - share / total) < 0.01


def test_a_mix_of_nothing_says_what_to_do() -> None:
    with pytest.raises(ValueError, match="settings page"):
        part_at({"doubt": 0.0}, 1)


# ---- turns ----------------------------------------------------------------------------------


@given(
    st.lists(st.text(), min_size=1, max_size=5, unique=True),
    st.floats(0.05, 0.95),
    st.integers(0, 10**9),
)
def test_every_question_is_there_once(names: list[str], share: float, number: int) -> None:
    assert sorted(in_turn(names, share, number)) == sorted(names)


@given(st.integers(1, 5), st.floats(0.05, 0.95))
def test_over_many_cards_the_first_has_its_share_and_the_others_like_parts_of_the_rest(
    others: int, share: float
) -> None:
    names = [str(number) for number in range(others + 1)]
    dealt = Counter(in_turn(names, share, number)[0] for number in range(2000))
    assert abs(dealt["0"] / 2000 - share) < 0.01
    for name in names[1:]:
        assert abs(dealt[name] / 2000 - (1 - share) / others) < 0.01


def test_the_questions_fall_evenly_within_each_part_of_the_mix() -> None:
    """Else one part would only ever ask the one, and another the other."""
    cards = [(part_at(MIX, n), in_turn(["intent", "tone"], 0.75, n)[0]) for n in range(1000)]
    for part in ("doubt", "disagreement", "rarity", "random"):
        dealt = Counter(question for of, question in cards if of == part)
        assert 0.7 < dealt["intent"] / dealt.total() < 0.8


def test_a_single_question_always_has_its_turn() -> None:
    assert {in_turn(["intent"], 0.05, number)[0] for number in range(20)} == {"intent"}
