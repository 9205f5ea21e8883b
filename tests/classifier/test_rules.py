"""What is decided before any model, and what a model is given instead of a reaction."""

import pytest

from classifier.data import Row
from classifier.readings import Pair
from classifier.rules import apply, left_to_models
from classifier.taxonomy import Taxonomy, parse_taxonomy

from .test_taxonomy import SMALL

REMINDER = "Do you need to cancel your visit tomorrow?"


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("STOP", "opt_out"),
        ("opt-out", "opt_out"),
        ("Cancel", "cancel"),
        ("HELP", "question"),
        ("START", "other"),
        (f"Questioned “{REMINDER}”", "question"),
        (f"Laughed at “{REMINDER}”", "other"),
        (f"Removed a like from “{REMINDER}”", "other"),
        (f"Reacted with a sticker to “{REMINDER}”", "other"),
    ],
)
def test_a_rule_decides(taxonomy: Taxonomy, text: str, intent: str) -> None:
    labels = apply(Pair(REMINDER, text), taxonomy).labels
    assert labels is not None
    assert labels["intent"] == intent


@pytest.mark.parametrize(
    ("text", "read_as"),
    [
        ("Liked “{}”", "yes"),
        ("Loved “{}”", "yes ❤️"),
        ("Disliked “{}”", "no"),
        ("👍 to “{}”", "yes"),
    ],
)
def test_a_reaction_is_read_as_its_answer_to_the_reminder(
    taxonomy: Taxonomy, text: str, read_as: str
) -> None:
    ruled = apply(Pair("", text.format(REMINDER)), taxonomy)
    assert (ruled.labels, ruled.pair) == (None, Pair(REMINDER, read_as))


def test_words_of_their_own_reach_the_model_untouched(taxonomy: Taxonomy) -> None:
    pair = Pair(REMINDER, " STOP PLEASE ")
    assert apply(pair, taxonomy).pair == pair


def test_another_job_without_rules_reads_keywords_as_words() -> None:
    taxonomy = parse_taxonomy(SMALL, file="small.toml")
    assert apply(Pair("", "STOP"), taxonomy).labels is None


def test_models_train_only_on_what_reaches_them(taxonomy: Taxonomy) -> None:
    rows = [
        Row("", "STOP", {"intent": "opt_out", "tone": None}),
        Row(REMINDER, f"Liked “{REMINDER}”", {"intent": "cancel", "tone": "neutral"}),
        Row(REMINDER, "yes", {"intent": "cancel", "tone": "neutral"}),
    ]
    assert [row.pair for row in left_to_models(rows, taxonomy)] == [Pair(REMINDER, "yes")]
