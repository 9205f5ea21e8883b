"""The one normalisation: what a model sees of a text."""

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from classifier.text import fold, normalise

any_text = st.text(st.characters(), max_size=80)  # lone surrogates and control characters included


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("Yeah 👍 I’m gonna be   there", "yeah thumbs up i'm gonna be there"),
        ("👎", "thumbs down"),
        ("👍🏽", "thumbs up"),
        ("🤷🏾‍♂️ idk", "shrugging idk"),
        ("🙅‍♀️", "gesturing no"),
        ("1️⃣", "1"),
        ("see you then :)", "see you then smiling face"),
        ("at 3:00)", "at 3:00)"),
        ("sooooo goooood", "so~ good~"),
        ("yesss!!!!!!!", "yes~!!!"),
        ("WHERE ARE YOU GUYS", "^ where are you guys"),
        ("YES", "yes"),
        ("C", "c"),
        ("𝗬𝗲𝘀 ＯＫ", "yes ok"),
        ("a\u200bb\u202ec\x00", "abc"),
        ("line\none\ttwo", "line one two"),
        ("“quoted” ‘so’ it`s", "\"quoted\" 'so' it's"),
        ("\ud800lone", "lone"),
        ("", ""),
    ],
)
def test_a_text_becomes_what_a_model_can_tell_apart(text: str, normal: str) -> None:
    assert normalise(text) == normal


@given(any_text)
@example("ŉ‴")
@example("🇺\u200b🇸")
@example("1\u200b\u20e3")
@example("no~~~~")
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


@given(any_text)
def test_nothing_invisible_is_left(text: str) -> None:
    assert all(char.isprintable() for char in normalise(text))


@given(any_text)
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_case_punctuation_and_apostrophes_do_not_make_another_answer() -> None:
    assert fold("Yes, I'll be there!!") == fold("yes ill be there") == "yes ill be there"
    assert fold("???") == "???"  # nothing but marks: they are the answer


@pytest.mark.parametrize("text", ["a" * 10_000, "👍" * 10_000, "🏽\u200d" * 5_000, '~!"' * 3_000])
def test_a_very_long_text_takes_no_time(text: str) -> None:
    started = time.perf_counter()
    normalise(text)
    assert time.perf_counter() - started < 1.0
