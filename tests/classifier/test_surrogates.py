"""Surrogates stand where chips stood, and masking takes them for what they stand for."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.masking import CHIP, KINDS, masked
from classifier.readings import Pair
from classifier.surrogates import surrogate, unmasked

MASKED = Pair(
    "Hi [name], your cut is on [date] at [time]. Move it at [link] or call [phone].",
    "this is [name] from [address], can we do [date] at [time]? ref [number], mail [email]",
)


@given(st.text(max_size=60), st.text(max_size=60), st.integers(0, 2**32))
def test_the_same_dice_give_the_same_words(prompt: str, text: str, seed: int) -> None:
    pair = Pair(f"[date] {prompt}", f"{text} [name]")
    once = unmasked(pair, random.Random(seed))
    assert once == unmasked(pair, random.Random(seed))
    assert not CHIP.search(once.prompt + once.text)


def test_a_pair_without_chips_comes_back_as_it_is() -> None:
    pair = Pair("See you [soon]", "ok, [surname]")
    assert unmasked(pair, random.Random(1)) == pair


@pytest.mark.parametrize("seed", range(200))
def test_what_training_reads_is_what_masking_would_mask(seed: int) -> None:
    """The two sides are held together: a surrogate that masking does not know would teach words
    for which no chip would ever be shown."""
    raw = unmasked(MASKED, random.Random(seed))
    assert masked(raw.prompt).text == MASKED.prompt
    assert masked(raw.text).text == MASKED.text


@pytest.mark.parametrize("kind", KINDS)
def test_there_are_many_surrogates_of_every_kind(kind: str) -> None:
    assert len({surrogate(kind, random.Random(seed)) for seed in range(100)}) > 30


def test_a_name_of_the_reminder_often_comes_again_in_the_reply() -> None:
    pairs = [
        unmasked(Pair("Hi [name]", "who is [name]?"), random.Random(seed)) for seed in range(100)
    ]
    same = sum(pair.prompt[3:].lower() == pair.text[7:-1].lower() for pair in pairs)
    assert 30 < same < 70


def test_a_text_in_small_letters_stays_so() -> None:
    for seed in range(50):
        text = unmasked(Pair("", "its [name], can we do [date]"), random.Random(seed)).text
        assert text == text.lower()
