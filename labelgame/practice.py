"""The practice level: ten explained cards before answers count. `practice.toml`, read and checked.

Another taxonomy has other labels, which the shipped cards cannot explain. Then the labels' own
examples are the cards, and their meanings the reasons.
"""

import hashlib
import json
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import chain, islice, zip_longest
from pathlib import Path
from typing import Any

from classifier.taxonomy import Question, Taxonomy

SHIPPED = Path(__file__).with_name("practice.toml")

CARDS = 10
PASS = 8  # right of ten: two slips are human, three say that the borders are not yet known


class PracticeError(ValueError):
    """The practice cards cannot be used. The message names the file, the card and what to do."""


class OtherTaxonomy(PracticeError):
    """The cards are sound, but ask for a question or a label that this taxonomy lacks."""


@dataclass(frozen=True, slots=True)
class PracticeCard:
    question: str
    prompt: str
    text: str
    label: str
    why: str


def practice_cards(taxonomy: Taxonomy) -> tuple[PracticeCard, ...]:
    """The shipped cards where this taxonomy has all their labels, else cards of its own."""
    try:
        return load_practice(SHIPPED, taxonomy)
    except OtherTaxonomy:
        return cards_from_examples(taxonomy)


def load_practice(path: Path, taxonomy: Taxonomy) -> tuple[PracticeCard, ...]:
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise PracticeError(
            f"{path}: cannot be read ({exc}). Give the path of a UTF-8 TOML file."
        ) from exc
    cards = tables.get("cards")
    if not isinstance(cards, list) or len(cards) != CARDS:
        raise PracticeError(f"{path}: must hold exactly {CARDS} [[cards]].")
    return tuple(
        _card(table, taxonomy, f"{path}: card {number}") for number, table in enumerate(cards, 1)
    )


def cards_from_examples(taxonomy: Taxonomy) -> tuple[PracticeCard, ...]:
    """The first example of each label, then the second of each, until there are ten."""
    of_labels = [
        [
            PracticeCard(question.name, "", text, label.name, f"{label.title}: {label.meaning}")
            for text in label.examples
        ]
        for question in taxonomy.questions
        for label in question.labels
    ]
    in_turn = chain.from_iterable(zip_longest(*of_labels))
    return tuple(islice((card for card in in_turn if card is not None), CARDS))


def is_passed(answers: Sequence[str], cards: Sequence[PracticeCard]) -> bool:
    """`answers`: one for each card, in order. Fewer cards than ten ask for the same share."""
    right = sum(answer == card.label for answer, card in zip(answers, cards, strict=True))
    return right * CARDS >= PASS * len(cards)


def fingerprint(taxonomy: Taxonomy) -> str:
    """Of what the labels mean. Kept with a passed practice: another one, and it is asked again.

    Emoji, keys, titles and examples may change without that: they teach, they do not decide.
    """
    meanings = [_meaning_of(question) for question in taxonomy.questions]
    said = json.dumps(meanings, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def _meaning_of(question: Question) -> list[Any]:
    labels = sorted((label.name, " ".join(label.meaning.split())) for label in question.labels)
    return [question.name, question.asks, list(question.precedence), labels]


def _card(table: Any, taxonomy: Taxonomy, where: str) -> PracticeCard:
    names = [field.name for field in fields(PracticeCard)]
    if not isinstance(table, dict) or set(table) != set(names):
        raise PracticeError(f"{where} must have these keys and no others: {', '.join(names)}.")
    for name in names:
        if not isinstance(table[name], str) or not (table[name].strip() or name == "prompt"):
            raise PracticeError(f'{where} has no `{name}`: add {name} = "…".')
    card = PracticeCard(**table)
    question = taxonomy.question(card.question)
    if question is None:
        names = taxonomy.question_names
        raise OtherTaxonomy(f"{where} `question` must be one of {', '.join(names)}.")
    if card.label not in question.label_names:
        raise OtherTaxonomy(f"{where} `label` must be one of {', '.join(question.label_names)}.")
    return card
