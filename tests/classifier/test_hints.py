"""Days and times as they were sent: what masking finds, and what it leaves standing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.hints import MOST, hints_in
from classifier.masking import masked


@pytest.mark.parametrize(
    ("text", "hints"),
    [
        ("can we do Thursday at 4 instead?", {"day": ["Thursday"], "time": ["4"]}),
        ("can we do 4 instead", {"time": ["4"]}),
        ("thurs 5th March, 2:30pm or fri after 3", {
            "day": ["thurs 5th March", "fri"], "time": ["2:30pm", "3"],
        }),
        ("move it to the 14th, half past 3", {"day": ["the 14th"], "time": ["half past 3"]}),
        ("podemos cambiarlo al jueves a las 4?", {"day": ["jueves"], "time": ["4"]}),
        ("fri or fri", {"day": ["fri"]}),
        ("not tues, thurs is better", {"day": ["tues", "thurs"]}),  # a hint, not a wish
        ("some other time please", {}),
        ("need to do 2 people", {}),
        ("can you do 30 min later", {}),
        ("about 10% less", {}),
        ("sunny monday's child", {"day": ["monday"]}),
        ("", {}),
    ],
)  # fmt: skip
def test_what_a_text_names(text: str, hints: dict[str, list[str]]) -> None:
    assert hints_in(text) == hints


def test_of_a_list_of_days_a_few_are_told() -> None:
    days = " ".join(f"{day} May," for day in range(1, 20))
    assert len(hints_in(days)["day"]) == MOST


@given(st.text(max_size=200))
def test_hints_are_pieces_of_the_text(text: str) -> None:
    assert all(words in text for found in hints_in(text).values() for words in found)


@pytest.mark.parametrize("text", ["the 14th at 2:30pm", "can we do 3/20, 10-11am?", "lunes 3"])
def test_what_masking_takes_for_a_date_or_a_time_is_a_hint(text: str) -> None:
    chips = [chip for chip in masked(text).found if chip.kind in ("date", "time")]
    assert chips
    told = [words for found in hints_in(text).values() for words in found]
    assert sorted(text[chip.start : chip.end] for chip in chips) == sorted(told)
