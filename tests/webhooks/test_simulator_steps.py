"""What the simulator's pages say, in words and pictures. No database, no page."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.taxonomy import current_taxonomy
from webhooks import outcomes
from webhooks.models import Decision
from webhooks.policy import Reason
from webhooks.simulator.scores import percent, scores_of, threshold_of
from webhooks.simulator.sendings import OUTCOMES
from webhooks.simulator.steps import pieces_of, seconds
from webhooks.story import bars

INTENT = current_taxonomy().primary
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0.0, "0\u202f%"),
        (0.0099, "<1\u202f%"),
        (0.01, "1\u202f%"),
        (0.42, "42\u202f%"),
        (0.99, "99\u202f%"),
        (0.9901, ">99\u202f%"),
        (1.0, "100\u202f%"),
    ],
)
def test_a_percentage_never_claims_certainty(share: float, words: str) -> None:
    assert percent(share) == words


def test_every_label_keeps_its_place_whatever_its_score() -> None:
    one = scores_of(INTENT, bars({name: i / 28 for i, name in enumerate(INTENT.label_names, 1)}))
    other = scores_of(INTENT, bars(dict.fromkeys(INTENT.label_names, 1 / 7)))
    assert [score.label for score in one] == [score.label for score in other] == [*INTENT.labels]


def test_an_unread_text_has_an_empty_bar_for_every_label() -> None:
    scores = scores_of(INTENT, [])
    assert [score.label.name for score in scores] == [*INTENT.label_names]
    assert not any(score.share or score.is_first for score in scores)


def test_a_label_that_the_taxonomy_has_forgotten_goes_by_its_name() -> None:
    scores = scores_of(INTENT, bars({"confirm": 0.2, "maybe": 0.8}))
    assert [(score.label.title, score.is_first) for score in scores] == [
        ("Will come", False),
        ("maybe", True),
    ]


def test_only_the_best_bar_is_marked_with_the_threshold() -> None:
    scores = scores_of(INTENT, bars({"confirm": 0.9, "cancel": 0.1}), acts_from=0.8)
    assert [(score.label.name, score.mark) for score in scores] == [
        ("confirm", "80%"),
        ("cancel", ""),
    ]


@pytest.mark.parametrize("reason", Reason)
def test_a_threshold_is_shown_only_where_one_was_asked_about(reason: Reason) -> None:
    threshold = threshold_of(Decision(label="cancel", reason=reason, threshold=0.93))
    asked = reason in (Reason.SURE, Reason.UNSURE)
    assert threshold == (0.93 if asked else None)


def test_every_outcome_has_words() -> None:
    assert OUTCOMES.keys() == {outcome.name for outcome in outcomes.ALL}


@given(json_values)
def test_coloured_pieces_are_the_json_again(value: object) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=2)
    assert "".join(piece for _, piece in pieces_of(text)) == text


def test_pieces_tell_keys_from_strings() -> None:
    pieces = [(kind, piece) for kind, piece in pieces_of('{"a": "b: c", "n": -1.5e3, "x": null}')]
    assert [piece for piece in pieces if piece[0] != "rest"] == [
        ("key", '"a"'),
        ("string", '"b: c"'),
        ("key", '"n"'),
        ("number", "-1.5e3"),
        ("key", '"x"'),
        ("word", "null"),
    ]


def test_a_clock_that_went_back_takes_no_time() -> None:
    assert seconds(NOON, NOON - timedelta(seconds=1)) == "0.00\u202fs"
