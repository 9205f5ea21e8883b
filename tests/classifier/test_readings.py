"""The object that everybody gets for a text."""

import json
from dataclasses import replace

import pytest

from classifier.readings import Reading, Unfamiliar, reading_from_scores, sentiment_of

SCORES = {
    "intent": {"confirm": 0.75, "cancel": 0.25},
    "tone": {"positive": 0.5, "neutral": 0.25, "negative": 0.15, "hostile": 0.1},
}


def test_a_reading_has_exactly_the_promised_keys() -> None:
    reading = reading_from_scores(SCORES, primary="intent", model="m1").as_dict()
    assert list(reading) == [
        "intent", "confidence", "scores", "tone", "tone_scores", "sentiment", "model", "unfamiliar",
        "tags",
    ]  # fmt: skip
    assert (reading["intent"], reading["confidence"], reading["tone"]) == (
        "confirm",
        0.75,
        "positive",
    )


def test_sentiment_is_positive_less_negative_and_hostile() -> None:
    assert sentiment_of(SCORES["tone"]) == pytest.approx(0.25)


def test_another_job_has_no_tone_and_no_sentiment() -> None:
    reading = reading_from_scores({"topic": {"news": 1.0}}, primary="topic", model="m1")
    assert (reading.intent, reading.tone, reading.sentiment) == ("news", None, None)


def test_further_questions_get_keys_of_their_own() -> None:
    scores = SCORES | {"urgent": {"yes": 0.9, "no": 0.1}}
    reading = reading_from_scores(scores, primary="intent", model="m1").as_dict()
    assert reading["urgent"] == "yes"
    assert reading["urgent_scores"] == {"yes": 0.9, "no": 0.1}


@pytest.mark.parametrize("unfamiliar", [None, *Unfamiliar])
def test_what_is_kept_is_read_back(unfamiliar: Unfamiliar | None) -> None:
    reading = reading_from_scores(SCORES, primary="intent", model="m1", unfamiliar=unfamiliar)
    kept = json.loads(json.dumps(reading.as_dict()))
    assert Reading.from_dict(kept) == reading
    del kept["unfamiliar"]  # as it was kept by versions before
    assert Reading.from_dict(kept).unfamiliar is None


@pytest.mark.parametrize(
    ("scores", "second"),
    [
        ({"confirm": 0.5, "cancel": 0.2, "other": 0.3}, ("other", 0.3)),
        ({"confirm": 1.0, "cancel": 0.0}, ("cancel", 0.0)),
        ({"confirm": 1.0}, ("", 0.0)),
    ],
)
def test_the_second_label_comes_next(scores: dict[str, float], second: tuple[str, float]) -> None:
    reading = reading_from_scores({"intent": scores}, primary="intent", model="m1")
    assert reading.second == second


def test_of_scores_that_are_no_numbers_the_second_is_another_label() -> None:
    scores = {"intent": dict.fromkeys(("confirm", "cancel"), float("nan"))}
    reading = reading_from_scores(scores, primary="intent", model="m1")
    assert reading.second[0] != reading.intent


def test_a_reading_that_was_kept_comes_back() -> None:
    reading = replace(
        reading_from_scores(SCORES | {"urgent": {"yes": 1.0}}, primary="intent", model="m1"),
        tags=("frustration",),
    )
    assert Reading.from_dict(json.loads(json.dumps(reading.as_dict()))) == reading


def test_what_was_kept_before_there_were_tags_has_none() -> None:
    kept = reading_from_scores(SCORES, primary="intent", model="m1").as_dict()
    del kept["tags"]
    assert Reading.from_dict(kept).tags == ()
