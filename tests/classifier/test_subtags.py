"""What else a reply says: each tag where it belongs, none where it does not, whatever is typed."""

import time
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.reader import Reader
from classifier.readings import Pair
from classifier.scoring import Scores
from classifier.subtags import (
    DATA_CORRECTION,
    FRUSTRATION,
    OTHER,
    PREFERENCE,
    TAGGED,
    TAGS,
    WRONG_NUMBER,
    has_tags,
    tags_of,
)
from classifier.taxonomy import Taxonomy, TaxonomyError, parse_taxonomy


def tags(text: str, label: str = OTHER, tone: str | None = "neutral") -> tuple[str, ...]:
    return tags_of(Pair("See you at 2?", text), label=label, tone=tone)


@pytest.mark.parametrize(
    "text",
    [
        "text me in the mornings please",
        "call instead",
        "Email is better!",
        "Can somebody ring me?",
        "don't ring, text",
        "I’d prefer an email",
        "mejor por whatsapp",
        "Llámeme",
        "en español por favor",
    ],
)
def test_how_to_reach_somebody_is_a_preference(text: str) -> None:
    assert tags(text) == (PREFERENCE,)


@pytest.mark.parametrize(
    "text",
    ["I'll call you later", "missed your call", "call me crazy", "te llamo luego", "good morning",
     "🤙", "thanks for the email", "I prefer the blue one", "mornings are hard with the kids"],
)  # fmt: skip
def test_a_call_that_nobody_asks_for_is_none(text: str) -> None:
    assert tags(text) == ()


@pytest.mark.parametrize(
    "text",
    ["my new number is 555-0142", "It's Dana, not Diana", "es Yesenia, no Jessenia",
     "I moved, new address is 14 Elm St", "I'm no longer with that practice",
     "nos mudamos", "it's spelled with a y"],
)  # fmt: skip
def test_what_stands_wrong_in_the_records_is_a_correction(text: str) -> None:
    assert tags(text) == (DATA_CORRECTION,)


@pytest.mark.parametrize(
    "text",
    ["he moved out two years ago", "please update your records", "she changed her number",
     "ya no trabaja aquí", "my late husband had this phone"],
)  # fmt: skip
def test_a_stranger_knows_what_to_correct_too(text: str) -> None:
    assert tags(text, WRONG_NUMBER) == (DATA_CORRECTION,)


@pytest.mark.parametrize(
    "text",
    ["wrong number", "I'm Dana not Diana", "my name is Kowalski", "new phone who dis",
     "this isn't her number any more", "call my brother, he might know"],
)  # fmt: skip
def test_a_stranger_corrects_nothing_by_being_one_and_prefers_nothing(text: str) -> None:
    assert tags(text, WRONG_NUMBER) == ()


@pytest.mark.parametrize(
    "text",
    ["third time you text me", "THIS IS RIDICULOUS", "I've told you twice", "estoy harta de esto"],
)
def test_plain_words_of_somebody_who_has_had_enough_need_no_tone(text: str) -> None:
    assert FRUSTRATION in tags(text, tone=None)
    assert FRUSTRATION not in tags(text, tone="positive")


@pytest.mark.parametrize(
    ("text", "tone", "label", "expected"),
    [
        ("bellends", "hostile", OTHER, True),  # an attack is always at us
        ("still waiting", "negative", OTHER, True),
        ("still waiting", "neutral", OTHER, False),
        ("my head hurts", "negative", OTHER, False),  # unhappy, not with us
        ("no Gill here", "negative", WRONG_NUMBER, True),
        ("no Gill here, she died", "negative", WRONG_NUMBER, False),
        ("third time lucky", "neutral", OTHER, False),
    ],
)
def test_the_tone_is_evidence(text: str, tone: str, label: str, expected: bool) -> None:
    assert (FRUSTRATION in tags(text, label, tone)) is expected


def test_tags_stand_in_one_order_however_they_are_said() -> None:
    text = "third time: my new number is 555-0142, please text me there"
    assert tags(text) == (PREFERENCE, DATA_CORRECTION, FRUSTRATION) == tuple(TAGS)


@pytest.mark.parametrize("label", ["confirm", "cancel", "reschedule", "question", "opt_out"])
def test_other_labels_carry_none(label: str) -> None:
    assert tags("third time you text me, call instead", label, "hostile") == ()


@given(st.text(max_size=300), st.sampled_from(sorted(TAGGED)))
def test_any_text_gets_tags_of_the_list(text: str, label: str) -> None:
    assert set(tags(text, label, "negative")) <= set(TAGS)


@pytest.mark.parametrize(
    "text", ["a" * 10_000, "call " * 2_000, "i moved " * 1_250, "its " + "ab" * 4_000 + " not ba"]
)
def test_the_longest_text_takes_no_time(text: str) -> None:
    began = time.perf_counter()
    tags(text, OTHER, "negative")
    assert time.perf_counter() - began < 1


class Told:
    """A scorer that reads every text as it was told to."""

    name = "told"
    thresholds: dict[str, float]

    def __init__(self, taxonomy: Taxonomy, **labels: str) -> None:
        self.taxonomy, self.labels, self.thresholds = taxonomy, labels, {}

    def scores(self, pairs: Sequence[Pair]) -> list[Scores]:
        return [
            {
                question: {name: float(name == self.labels[question]) for name in names}
                for question, names in self.taxonomy.label_names.items()
            }
            for _ in pairs
        ]


def test_a_reading_carries_the_tags_of_its_label_and_tone(taxonomy: Taxonomy) -> None:
    [reading] = Reader(Told(taxonomy, intent="other", tone="hostile")).read([Pair("", "gits")])
    assert reading.as_dict()["tags"] == [FRUSTRATION]
    [reading] = Reader(Told(taxonomy, intent="cancel", tone="hostile")).read([Pair("", "gits")])
    assert reading.as_dict()["tags"] == []


def test_the_words_that_a_reaction_quotes_are_not_the_persons(taxonomy: Taxonomy) -> None:
    reader = Reader(Told(taxonomy, intent="other", tone="neutral"))
    [reading] = reader.read([Pair("", "Laughed at “Call instead”")])
    assert reading.tags == ()


TOPICS = """
[{question}]
asks = "What is it?"
{labels}
"""
LABEL = """
[{question}.labels.{name}]
title = "{name}"
meaning = "{name}"
emoji = "x"
hotkey = "{key}"
examples = ["a", "b", "c"]
"""


def another(question: str, *names: str) -> str:
    labels = "".join(
        LABEL.format(question=question, name=name, key=key) for key, name in enumerate(names)
    )
    return TOPICS.format(question=question, labels=labels)


def test_another_taxonomy_has_none() -> None:
    taxonomy = parse_taxonomy(another("topic", "news", "other", "wrong_number"), file="t")
    assert not has_tags(taxonomy)
    assert not has_tags(parse_taxonomy(another("intent", "buy", "other"), file="t"))
    [reading] = Reader(Told(taxonomy, topic="other")).read([Pair("", "call instead")])
    assert reading.as_dict()["tags"] == []


def test_one_label_more_takes_none_away(taxonomy: Taxonomy) -> None:
    more = another("intent", *taxonomy.primary.label_names, "late")
    assert has_tags(taxonomy)
    assert has_tags(parse_taxonomy(more, file="t"))


def test_a_further_question_cannot_hide_a_key_of_readings() -> None:
    both = another("topic", "news", "other") + another("tags", "yes", "no")
    with pytest.raises(TaxonomyError, match=r"\[tags\] is a key of readings"):
        parse_taxonomy(both, file="t")
