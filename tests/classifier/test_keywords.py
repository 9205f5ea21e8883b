"""The carriers' words, and what only looks like them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.keywords import STOP_WORDS, Keyword, keyword_of


@pytest.mark.parametrize(
    ("text", "keyword"),
    [
        *((word, Keyword.STOP) for word in sorted(STOP_WORDS)),
        ("cancel", Keyword.CANCEL),
        ("START", Keyword.START),
        ("unstop", Keyword.START),
        ("Help", Keyword.HELP),
        ("info", Keyword.HELP),
        ("  Stop.\n", Keyword.STOP),
        ("“STOP”", Keyword.STOP),
        ("*stop!*", Keyword.STOP),
        ("stop\u200b", Keyword.STOP),
        ("Stop  all", Keyword.STOP),
        ("OPT-OUT", Keyword.STOP),
        ("ＳＴＯＰ", Keyword.STOP),
    ],
)
def test_a_whole_message_of_one_keyword_is_that_keyword(text: str, keyword: Keyword) -> None:
    assert keyword_of(text) is keyword


@pytest.mark.parametrize(
    "text",
    [
        "STOP PLEASE",
        "please cancel",
        "C",
        "cancel my appt",
        "cancel?",
        "help?",
        "YES",
        "",
        "…",
        "stops",
    ],
)
def test_anything_else_is_left_to_the_model(text: str) -> None:
    assert keyword_of(text) is None


@given(st.text(st.characters(), max_size=40))
def test_no_string_raises(text: str) -> None:
    keyword_of(text)


def test_a_long_text_is_no_keyword() -> None:
    assert keyword_of("stop" * 5_000) is None
    assert keyword_of("!" * 10_000) is None
