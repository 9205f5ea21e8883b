"""Which part of the mix a card comes from."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelgame.rules.mix import part_at

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
