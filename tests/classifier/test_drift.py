"""The stability index is what it should be; a planted shift is found, and chance is not."""

import math
import random
from collections import Counter
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.drift import BANDS, CHANGED, FEWEST, Sample, band_names, drift, stability_index
from classifier.models import TrainingRun

# As a practice's week may be.
USUAL = {"confirm": 0.5, "other": 0.14, "question": 0.12, "cancel": 0.1, "reschedule": 0.1,
         "opt_out": 0.03, "wrong_number": 0.01}  # fmt: skip

mixes = st.dictionaries(st.sampled_from("abcdefg"), st.integers(0, 10_000), min_size=1).filter(
    lambda mix: sum(mix.values()) > 0
)


def drawn(shares: Mapping[str, float], number: int, *, seed: int) -> Counter[str]:
    chosen = random.Random(seed).choices(list(shares), list(shares.values()), k=number)
    return Counter(chosen)


def sample(mix: Mapping[str, int], *, held: int = 0) -> Sample:
    total = sum(mix.values())
    return Sample(total, {"label": mix, "share": {"held": held, "not held": total - held}})


# ---- the index -----------------------------------------------------------------------------


@given(mixes, st.integers(1, 9))
def test_equal_mixes_differ_by_nothing(mix: dict[str, int], times: int) -> None:
    more = {part: times * count for part, count in mix.items()}
    assert stability_index(mix, more) == pytest.approx(0, abs=1e-12)


@given(mixes, mixes)
def test_it_is_the_same_from_either_side_and_never_below_zero(
    one: dict[str, int], other: dict[str, int]
) -> None:
    assert stability_index(one, other) == pytest.approx(stability_index(other, one))
    assert stability_index(one, other) >= 0


@given(st.integers(1, 999), st.integers(1, 999), st.integers(1, 999))
def test_it_grows_with_what_moves(start: int, one: int, other: int) -> None:
    nearer, further = sorted((one, other), key=lambda count: abs(count - start))
    if (nearer - start) * (further - start) < 0 or nearer == further:
        return  # they moved to different sides, or equally far

    def to(count: int) -> float:
        before, after = {"yes": start, "no": 1000 - start}, {"yes": count, "no": 1000 - count}
        return stability_index(before, after)

    # Below half a reading of FEWEST a part counts as empty: there it may stand still.
    assert to(nearer) <= to(further)


def test_its_value_is_the_one_from_the_formula() -> None:
    index = stability_index({"a": 50, "b": 50}, {"a": 80, "b": 20})
    assert index == pytest.approx(0.3 * math.log(1.6) - 0.3 * math.log(0.4))


def test_a_part_that_is_new_or_gone_is_a_number_too() -> None:
    assert 0.05 < stability_index({"a": 1000}, {"a": 970, "b": 30}) < CHANGED
    assert stability_index({"a": 1000}, {"b": 1000}) > 10


def test_nothing_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="nothing"):
        stability_index({"a": 0}, {"a": 1})


# ---- what is said of it --------------------------------------------------------------------


def test_a_planted_shift_is_found_and_put_into_words() -> None:
    shares = USUAL | {"confirm": 0.25, "reschedule": 0.35}
    found = drift(sample(drawn(USUAL, 1000, seed=1)), sample(drawn(shares, 1000, seed=2)))
    assert [(shift.what, shift.part) for shift in found.changed] in (
        [("label", "confirm")],
        [("label", "reschedule")],
    )
    assert "label" in found.words
    assert "→" in found.words


def test_more_texts_held_are_found_though_the_labels_are_the_same() -> None:
    mix = drawn(USUAL, 1000, seed=1)
    found = drift(sample(mix, held=150), sample(mix, held=450))
    assert found.words == f"share held: 15 → 45 % ({found.shifts[0].index:.2f})"
    assert [shift.what for shift in found.shifts] == ["share", "label"]


@pytest.mark.parametrize("seed", range(100))
def test_chance_is_no_shift(seed: int) -> None:
    """With the fewest readings, where chance is largest."""
    one, other = (drawn(USUAL, FEWEST, seed=2 * seed + side) for side in (0, 1))
    found = drift(sample(one, held=100), sample(other, held=110))
    assert found.is_known
    assert not found.changed
    assert found.shifts[0].index < CHANGED / 2
    assert found.words.startswith("no shift")


def test_too_few_on_either_side_say_nothing() -> None:
    many, few = sample({"confirm": 9000}), sample({"cancel": FEWEST - 1})
    for found in (drift(many, few), drift(few, many)):
        assert not found.is_known
        assert not found.changed
        assert found.words.startswith("too few to tell")
        assert f"{FEWEST - 1} " in found.words


def test_the_words_fit_into_a_trainings_reason() -> None:
    """With the longest label that a reading can have, and everything changed at once."""
    label, other, bands = "x" * 50, "y" * 50, band_names()
    one, two = (
        Sample(1000, {"label": {name: 1000}, "confidence": {band: 1000}, "share": {held: 1000}})
        for name, band, held in ((label, bands[1], "held as unsure"), (other, bands[2], "surely"))
    )
    found = drift(one, two)
    assert len(found.changed) == 3
    room = TrainingRun._meta.get_field("because").max_length
    assert room is not None
    assert len(found.words) <= room


def test_there_is_a_name_for_every_band() -> None:
    assert len(set(band_names())) == len(BANDS) + 1
