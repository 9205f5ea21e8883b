"""Which texts are one example, what it weighs, how doubtful it is."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.folding import (
    MOST_WEIGHT,
    NO_MATTER,
    UNREAD_DOUBT,
    doubt_of,
    fold_key,
    kind_of,
    weight_of,
)
from classifier.readings import Pair

TUESDAY = "Riverside Dental: see you [date] at [time]?"


@pytest.mark.parametrize("reply", ["Yes", "yes!!", "YES.", " yes "])
def test_a_short_reply_written_otherwise_is_the_same_example(reply: str) -> None:
    assert fold_key(Pair(TUESDAY, reply)) == fold_key(Pair(TUESDAY, "yes"))


def test_a_short_reply_to_another_reminder_is_another_example() -> None:
    assert fold_key(Pair(TUESDAY, "yes")) != fold_key(Pair("Your car is ready, [name].", "yes"))


def test_a_telling_reply_is_one_example_under_all_reminders_of_a_kind() -> None:
    garage = "City Garage: see you on [date]?"
    reply = "I'll be there, thank you!"
    assert fold_key(Pair(TUESDAY, reply)) == fold_key(Pair(garage, reply))


@pytest.mark.parametrize(
    "other",
    [
        "Do you need to cancel your visit on [date]?",
        "We can offer you an earlier time. Shall we move you?",
        "Is this still the right number for [name]?",
        "Do you want to keep getting our texts?",
        "",
    ],
)
def test_a_telling_reply_under_another_kind_of_reminder_is_another_example(other: str) -> None:
    reply = "yes that works for me"
    assert fold_key(Pair(TUESDAY, reply)) != fold_key(Pair(other, reply))


@pytest.mark.parametrize("reply", ["👍👍", "☑️", "😂", "✅✅", "👎🏽👎🏽", ":) :)"])
def test_emoji_alone_answer_one_reminder(reply: str) -> None:
    """Though a model is told “thumbs up thumbs up”."""
    asks, offers = "Are you coming on Friday?", "You come at 9 on Friday, yes?"
    assert kind_of(asks) == kind_of(offers) == "come?"
    assert fold_key(Pair(asks, reply)) != fold_key(Pair(offers, reply))


def test_reminders_that_name_no_matter_have_nothing_in_common() -> None:
    here, given_away = "Will you be there on Friday?", "Should we give your slot to somebody else?"
    assert kind_of(here) == kind_of(given_away) == NO_MATTER
    reply = "yes please do that"
    assert fold_key(Pair(here, reply)) != fold_key(Pair(given_away, reply))


def test_to_name_a_matter_is_not_to_ask_about_it() -> None:
    assert kind_of("Reply C to cancel.") == "cancel"
    assert kind_of("Shall we cancel?") == "cancel?"


def test_a_reminder_that_names_no_matter_is_not_like_no_reminder() -> None:
    assert (kind_of("Happy birthday!"), kind_of("")) == ("-", "")


@given(st.text(), st.text())
def test_folding_never_fails_and_knows_its_own(prompt: str, text: str) -> None:
    key = fold_key(Pair(prompt, text))
    assert len(key) == 64
    assert key == fold_key(Pair(prompt, text + " "))


def test_what_came_once_weighs_one_and_what_came_often_has_a_limit() -> None:
    assert weight_of(1) == 1.0
    assert weight_of(10_000) == MOST_WEIGHT


@given(st.integers(1, 10**6))
def test_what_came_more_often_never_weighs_less(times: int) -> None:
    assert weight_of(times) <= weight_of(times + 1)


def test_doubt_is_the_lead_that_is_missing() -> None:
    assert doubt_of({"confirm": 1.0, "cancel": 0.0}) == 0.0
    assert doubt_of({"confirm": 0.5, "cancel": 0.5, "other": 0.0}) == 1.0
    assert doubt_of({"confirm": 0.6, "cancel": 0.4}) == pytest.approx(0.8)


def test_what_nobody_read_stands_in_the_middle_and_a_model_gone_wrong_is_all_doubt() -> None:
    assert doubt_of({}) == UNREAD_DOUBT
    assert doubt_of({"confirm": math.nan, "cancel": math.nan}) == 1.0
