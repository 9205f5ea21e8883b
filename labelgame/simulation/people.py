"""Simulated players: what each would answer to a card, and how long they take. Pure, given dice.

Honest people err where the labels border on each other, and hard cards mislead many of them in the
same way: errors that fell independently would flatter any way of putting answers together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import exp, log
from random import Random
from typing import NamedTuple

from labelgame.rules.scoring import CANT_TELL, SKIP


class Kind(StrEnum):
    HONEST = "honest"
    RANDOM = "random"  # any key, without looking
    ONE_KEY = "one key"  # always the same one
    HASTY = "hasty"  # looks, but faster than one can read
    LIAR = "liar"  # looks, and gives a wrong label on purpose


# Of thirty players. Smaller crowds have one of each as long as there is room.
OF_THIRTY = {Kind.RANDOM: 3, Kind.ONE_KEY: 3, Kind.HASTY: 1, Kind.LIAR: 1}
LEAST_RIGHT, MOST_RIGHT = 0.75, 0.97  # honest people, on cards of usual hardness
HASTY_RIGHT = 0.6

# One standard deviation of how hard cards are, in log odds: who is right on 90 of 100 usual cards
# is right on 77 of 100 that are one deviation harder, and on 96 that are one easier.
HARDNESS = 1.0
MISLED = 0.7  # of the wrong answers to a card, those that take it for the same label
ADMITS = 0.15  # where an honest person would be wrong, how often they say that they can't tell
SKIPS = 0.01

# Which labels border on which: the points that docs/labels.md has to settle. The nearest first.
NEIGHBOURS: Mapping[str, Sequence[str]] = {
    "confirm": ("other", "question"),
    "cancel": ("reschedule", "other"),
    "reschedule": ("cancel", "question"),
    "question": ("other", "reschedule"),
    "opt_out": ("cancel", "wrong_number"),
    "wrong_number": ("other", "opt_out"),
    "other": ("confirm", "question"),
    "positive": ("neutral",),
    "neutral": ("positive", "negative"),
    "negative": ("neutral", "hostile"),
    "hostile": ("negative",),
}

# How long it takes to read and choose. docs/game.md calls it too fast below 500 and 60 a word.
CHOICE_MS, WORD_MS = 1100, 240
HASTY_MS = (250, 550)
ONE_KEY_MS = (700, 1600)


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    kind: Kind
    right: float = 0.0  # share of right answers to cards of usual hardness, where they look
    pace: float = 1.0  # of their reading; 2 takes twice as long
    key: int = 0  # that a one-key player presses: the place of its label, the commonest first


@dataclass(frozen=True, slots=True)
class Card:
    """One question about one text, as the simulation knows it."""

    labels: tuple[str, ...]  # of the question, the commonest first
    truth: str  # one of them, or CANT_TELL
    looks_like: str  # the label that it is most easily taken for
    hardness: float  # log odds that it takes from everybody
    words: int


class Reply(NamedTuple):
    label: str
    milliseconds: int


def crowd_of(players: int, dice: Random) -> list[Person]:
    """So many people of mixed skill, seated by lot."""
    counts = {kind: _share(count, players) for kind, count in OF_THIRTY.items()}
    honest = players - sum(counts.values())
    people = [
        Person(
            f"honest {number + 1}",
            Kind.HONEST,
            right=LEAST_RIGHT + (MOST_RIGHT - LEAST_RIGHT) * number / max(1, honest - 1),
            pace=dice.uniform(0.7, 1.5),
        )
        for number in range(honest)
    ]
    for kind, count in counts.items():
        for number in range(count):
            right = {Kind.HASTY: HASTY_RIGHT, Kind.LIAR: MOST_RIGHT}.get(kind, 0.0)
            people.append(Person(f"{kind} {number + 1}", kind, right=right, key=number))
    dice.shuffle(people)
    return people


def _share(of_thirty: int, players: int) -> int:
    """None of them in a crowd in which the others would not outnumber them."""
    return max(1, round(of_thirty * players / 30)) if players >= 3 * len(OF_THIRTY) else 0


def card_of(*, labels: Sequence[str], truth: str | None, words: int, dice: Random) -> Card:
    """`truth`: None where whoever wrote the text could not tell either."""
    others = [label for label in labels if label != truth]
    border = [label for label in NEIGHBOURS.get(truth or "", ()) if label in others] or others
    weights = [2.0**-place for place in range(len(border))]
    return Card(
        labels=tuple(labels),
        truth=truth or CANT_TELL,
        looks_like=dice.choices(border, weights)[0],
        hardness=dice.gauss(0.0, HARDNESS),
        words=words,
    )


def reply(person: Person, card: Card, dice: Random) -> Reply:
    match person.kind:
        case Kind.RANDOM:
            return Reply(dice.choice(card.labels), _reading(person, card, dice))
        case Kind.ONE_KEY:
            pressed = card.labels[person.key % len(card.labels)]
            return Reply(pressed, dice.randint(*ONE_KEY_MS))
        case Kind.HASTY:
            return Reply(_label(person, card, dice), dice.randint(*HASTY_MS))
        case Kind.LIAR:
            return Reply(lie(card), _reading(person, card, dice))
        case Kind.HONEST:
            return Reply(_label(person, card, dice), _reading(person, card, dice))


def lie(card: Card) -> str:
    """For each label another one, always the same: the most harm that keys alone can do."""
    place = card.labels.index(card.truth) if card.truth in card.labels else 0
    return card.labels[(place + 1) % len(card.labels)]


def _label(person: Person, card: Card, dice: Random) -> str:
    if dice.random() < SKIPS:
        return SKIP
    if dice.random() < _probability(person.right, card.hardness):
        return card.truth
    if dice.random() < ADMITS:
        return CANT_TELL
    others = [label for label in card.labels if label not in (card.truth, card.looks_like)]
    return card.looks_like if dice.random() < MISLED or not others else dice.choice(others)


def _probability(right: float, hardness: float) -> float:
    return 1.0 / (1.0 + exp(hardness - log(right / (1.0 - right))))


def _reading(person: Person, card: Card, dice: Random) -> int:
    usual = CHOICE_MS + WORD_MS * card.words
    return round(usual * person.pace * dice.lognormvariate(0.0, 0.25))
