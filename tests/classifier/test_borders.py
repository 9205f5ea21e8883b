"""Which rows are a pair, and on which border."""

import pytest

from classifier.borders import pairs_per_border, share_most_words
from classifier.data import Row
from classifier.taxonomy import Taxonomy

CLEANING = "Your cleaning is on Tuesday at 2. Can you still make it?"


def a_row(text: str, intent: str | None, prompt: str = CLEANING) -> Row:
    return Row(prompt, text, {"intent": intent, "tone": None})


def borders(rows: list[Row], taxonomy: Taxonomy) -> dict[tuple[str, str], int]:
    pairs = pairs_per_border(rows, taxonomy.primary)
    return {border: count for border, count in pairs.items() if count}


def test_replies_of_the_same_words_and_different_intents_are_a_pair(taxonomy: Taxonomy) -> None:
    rows = [
        a_row("Can’t do Friday", "cancel"),
        a_row("can't do friday, what else have you got", "reschedule"),
        a_row("friday it is", "confirm"),
    ]
    assert borders(rows, taxonomy) == {("cancel", "reschedule"): 1}


def test_a_border_has_one_name_whichever_row_comes_first(taxonomy: Taxonomy) -> None:
    rows = [
        a_row("i am not coming", "cancel"),
        a_row("I am coming", "confirm"),
        a_row("oh I am coming", "confirm"),
    ]
    assert borders(rows, taxonomy) == {("confirm", "cancel"): 2}


@pytest.mark.parametrize(
    "other",
    [
        a_row("we will be there as well", "confirm"),
        a_row("we will not be there", "cancel", "Another reminder"),
        a_row("we will not be there", None),
        a_row("late again, are you? never mind", "cancel"),
    ],
    ids=["the same intent", "another reminder", "no label", "other words"],
)
def test_what_is_no_pair(other: Row, taxonomy: Taxonomy) -> None:
    assert borders([a_row("we will be there", "confirm"), other], taxonomy) == {}


def test_rows_without_a_reminder_and_reactions_make_no_pairs(taxonomy: Taxonomy) -> None:
    rows = [
        a_row(f"Liked “{CLEANING}”", "confirm"),
        a_row(f"Disliked “{CLEANING}”", "cancel"),
        a_row("stop the texts", "opt_out", ""),
        a_row("don't stop the texts", "other", ""),
    ]
    assert borders(rows, taxonomy) == {}


def test_every_border_is_named_also_where_no_pair_is(taxonomy: Taxonomy) -> None:
    assert len(pairs_per_border([], taxonomy.primary)) == 7 * 6 / 2


@pytest.mark.parametrize(
    ("one", "other", "share"),
    [
        ("no", "no i am out", False),  # one word is everybody's
        ("no thanks", "no thanks to you i am late", True),
        ("i am out", "i come out later", True),
        ("am i out of it", "i come out later", False),  # two of four
    ],
)
def test_most_words_of_the_shorter_reply_stand_in_the_other(
    one: str, other: str, share: bool
) -> None:
    words, others = frozenset(one.split()), frozenset(other.split())
    assert share_most_words(words, others) is share
    assert share_most_words(others, words) is share
