"""The practice level: its cards are the guide's, it is passed by eight of ten, and asked again."""

from pathlib import Path

import pytest

from classifier.taxonomy import STARTER_TAXONOMY, Taxonomy, load_taxonomy, parse_taxonomy
from labelgame.practice import (
    CARDS,
    PASS,
    SHIPPED,
    PracticeError,
    cards_from_examples,
    fingerprint,
    is_passed,
    load_practice,
    practice_cards,
)

SMALL = """
[topic]
asks = "What is it about?"
[topic.labels.news]
title = "News"
meaning = "Of the world."
emoji = "N"
hotkey = "1"
examples = ["a", "b", "c"]
[topic.labels.sport]
title = "Sport"
meaning = "Of the field."
emoji = "S"
hotkey = "2"
examples = ["d", "e", "f"]
"""


@pytest.fixture(scope="module")
def taxonomy() -> Taxonomy:
    return load_taxonomy(STARTER_TAXONOMY)


def test_ten_cards_ask_both_questions_and_no_single_key_passes(taxonomy: Taxonomy) -> None:
    cards = load_practice(SHIPPED, taxonomy)
    assert len(cards) == CARDS == 10
    assert {card.question for card in cards} == {"intent", "tone"}
    for label in {card.label for card in cards}:
        assert not is_passed([label] * CARDS, cards)


# Each as docs/labels.md settles it.
HARD = [
    ("👍 I can't make it", "cancel"),
    ("no problem, see you then", "confirm"),
    ("yes I need to cancel", "cancel"),
    ("yes", "cancel"),
    ("cancel, and do you have anything [date]?", "reschedule"),
    ("who is this? stop texting me", "opt_out"),
    ("running 10 minutes late", "other"),
    ("oh great, another two hour wait, can't wait", "negative"),
    ("sorry, can't make it", "neutral"),
    ("leave me the hell alone", "hostile"),
]


def test_the_hard_pairs_are_among_them(taxonomy: Taxonomy) -> None:
    assert [(card.text, card.label) for card in load_practice(SHIPPED, taxonomy)] == HARD


def test_every_reason_is_one_sentence(taxonomy: Taxonomy) -> None:
    for card in load_practice(SHIPPED, taxonomy):
        assert card.why.endswith(".")
        assert ". " not in card.why


def test_eight_of_ten_pass_and_seven_do_not(taxonomy: Taxonomy) -> None:
    cards = practice_cards(taxonomy)
    right = [card.label for card in cards]
    assert is_passed(["none"] * (CARDS - PASS) + right[CARDS - PASS :], cards)
    assert not is_passed(["none"] * (CARDS - PASS + 1) + right[CARDS - PASS + 1 :], cards)
    with pytest.raises(ValueError, match="zip"):
        is_passed(right[:-1], cards)


def test_another_taxonomy_is_practised_on_its_own_examples() -> None:
    topics = parse_taxonomy(SMALL, file="small.toml")
    cards = practice_cards(topics)
    assert cards == cards_from_examples(topics)
    assert [(card.text, card.label) for card in cards] == [
        ("a", "news"), ("d", "sport"), ("b", "news"), ("e", "sport"), ("c", "news"), ("f", "sport"),
    ]  # fmt: skip
    assert cards[0].why == "News: Of the world."
    assert is_passed(["news", "sport", "news", "sport", "news", "news"], cards)
    assert not is_passed(["news", "sport", "news", "sport", "other", "news"], cards)


# ---- asked again ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "to"),
    [
        ("Of the field.", "Of the field and the pool."),
        ("What is it about?", "What is the main matter?"),
        ("[topic.labels.sport]", "[topic.labels.sports]"),
    ],
)
def test_another_meaning_asks_for_practice_again(change: str, to: str) -> None:
    before, after = (
        parse_taxonomy(text, file="small.toml") for text in (SMALL, SMALL.replace(change, to))
    )
    assert fingerprint(before) != fingerprint(after)


@pytest.mark.parametrize(
    ("change", "to"),
    [('emoji = "S"', 'emoji = "⚽"'), ('hotkey = "2"', 'hotkey = "9"'), ('["d",', '["g",'),
     ("Of the field.", "Of  the field."), ('title = "Sport"', 'title = "Sports"')],
)  # fmt: skip
def test_another_look_does_not(change: str, to: str) -> None:
    before, after = (
        parse_taxonomy(text, file="small.toml") for text in (SMALL, SMALL.replace(change, to))
    )
    assert fingerprint(before) == fingerprint(after)


def test_a_new_order_of_precedence_is_another_meaning() -> None:
    ordered = SMALL.replace("[topic]\n", '[topic]\nprecedence = ["sport", "news"]\n')
    one, other = (parse_taxonomy(text, file="small.toml") for text in (SMALL, ordered))
    assert fingerprint(one) != fingerprint(other)


# ---- a wrong file --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "to", "says"),
    [
        ('label = "confirm"', 'label = "agree"', "card 2 `label` must be one of confirm"),
        ('question = "tone"', 'question = "mood"', "card 8 `question` must be one of intent, tone"),
        ('text = "yes"\n', 'text = " "\n', "card 4 has no `text`"),
        ('text = "yes"\n', "", "card 4 must have these keys"),
        ('text = "yes"\n', 'text = "yes"\nhint = "no"\n', "card 4 must have these keys"),
        ('text = "yes"\n', "text = 1\n", "card 4 has no `text`"),
        ("[[cards]]", "[[others]]", "exactly 10"),
        ("[[cards]]", "[[cards]", "cannot be read"),
    ],
)
def test_a_wrong_file_is_refused_with_its_card_and_key(
    taxonomy: Taxonomy, tmp_path: Path, change: str, to: str, says: str
) -> None:
    wrong = tmp_path / "practice.toml"
    wrong.write_text(SHIPPED.read_text().replace(change, to, 1))
    with pytest.raises(PracticeError) as error:
        load_practice(wrong, taxonomy)
    assert str(wrong) in str(error.value)
    assert says in str(error.value)


def test_a_missing_file_says_what_to_give(taxonomy: Taxonomy, tmp_path: Path) -> None:
    with pytest.raises(PracticeError, match="Give the path"):
        load_practice(tmp_path / "none.toml", taxonomy)
