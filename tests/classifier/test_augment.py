"""Retyped as phones do it: other letters, the same answer."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.readings import Pair
from classifier.training.augment import (
    augmented,
    with_typo,
    without_apostrophes,
    without_punctuation,
)


@given(st.text(max_size=60), st.integers(0, 2**32))
def test_the_same_dice_retype_the_same_way_and_no_text_breaks_it(text: str, seed: int) -> None:
    once = augmented(Pair("reminder", text), random.Random(seed))
    assert once == augmented(Pair("reminder", text), random.Random(seed))


def test_a_typo_changes_one_word_and_keeps_its_first_letter() -> None:
    words = ["tomorrow", "morning", "works", "great"]
    for seed in range(50):
        typed = with_typo(" ".join(words), random.Random(seed)).split()
        changed = [(old, new) for old, new in zip(words, typed, strict=True) if old != new]
        assert len(changed) <= 1
        assert all(old[0] == new[0] and abs(len(old) - len(new)) <= 1 for old, new in changed)


@pytest.mark.parametrize("text", ["no", "yes", "ok", "👍", "2:30", ""])
def test_a_word_that_a_typo_would_turn_into_another_is_left(text: str) -> None:
    assert all(with_typo(text, random.Random(seed)) == text for seed in range(20))


def test_a_short_reply_never_loses_its_reminder_or_question_mark() -> None:
    dice = random.Random(1)
    assert all(augmented(Pair("Coming?", "what?"), dice).prompt for _ in range(100))
    assert all("?" in without_punctuation("where?", dice) for _ in range(20))


def test_apostrophes_go_in_both_forms() -> None:
    assert without_apostrophes("can't won’t", random.Random(1)) == "cant wont"
