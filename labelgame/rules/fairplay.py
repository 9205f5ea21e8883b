"""Does somebody play without reading? Signs in a player's answers of late, and the weight that
follows. Pure.

A lower weight is quiet: the player plays on as before, the answers count for less when a card
settles. The operator sees the signs in words and may set any of them aside. Nothing is kept: a
weight is worked out from the last answers each time, so whoever plays well again has it back.

Every sign is counted where an honest player would hardly ever leave it, and needs a share, not a
single slip. A share is taken by the end of its 95 % interval that speaks for the player. Of 20,000
simulated honest players, looked at once (tests/labelgame/test_fairplay.py, seeded; the first 300
there), 2 had any sign: both had contradicted themselves on cards that came back.

What is not looked for here: being wrong. Consensus weighs that by itself.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import prod

from classifier.intervals import wilson

# Answers of a player that are looked at: a few days of a busy one, so a bad hour is soon outplayed.
RECENT = 200

# The time it takes to see a card at all. People read 238 words a minute in silence (Brysbaert, "How
# Many Words Do We Read per Minute?", J. Memory & Language, 2019), 250 ms each; a quarter of that is
# skimming at its very best. A choice among some seven keys takes about half a second by itself
# (Hick, "On the Rate of Gain of Information", 1952).
FASTEST_CHOICE_MS = 500
FASTEST_WORD_MS = 60
TOO_FAST_SHARE = 0.2  # one in five: a double tap or a card seen before are not a habit

# Of the cards that turned out to be something else, those answered with one key. An honest player
# confuses a label with one or two others, not with everything.
ONE_KEY_SHARE = 0.7
# Answers that equal the one so many before them, where that is not the player's commonest label:
# a plain tone follows a plain tone with everybody.
PATTERN_SHARE = 0.8
LONGEST_PATTERN = 8  # one more than the labels of a question: 1, 2, 3 … and round again
# Of the other's mistakes, those made in the same way. Hard cards mislead many people alike: half of
# two honest players' common mistakes may well be the same.
COPIED_SHARE = 0.7
# Of planned repeats, those answered as before. Honest players agree with themselves on 85 % and
# more, dice on one in seven, or one in four.
SAME_AGAIN_SHARE = 0.6

# Cards, below which a share says nothing: of 12 out of 12 the interval begins at 0.76.
FEWEST = {
    "answers": 30,  # for speed
    "one_key": 12,
    "pattern": 20,
    "copied": 12,
    "repeats": 8,
}


class Kind(StrEnum):
    TOO_FAST = "too_fast"
    ONE_KEY = "one_key"
    PATTERN = "pattern"
    COPIED = "copied"
    CONTRADICTS = "contradicts"


# What remains of the weight. A copy is worth what the original already says: nothing new, so the
# two share one vote. One key and a fixed order say nothing about a card. For speed and for
# contradictions it is the share of answers that stand.
ONE_KEY_REMAINS = 0.0
PATTERN_REMAINS = 0.0
COPIED_REMAINS = 0.5


@dataclass(frozen=True, slots=True)
class Play:
    """One answer, in the order in which they were given."""

    example: int
    question: str
    label: str
    milliseconds: int
    words: int  # of the reply on the card
    settled: str | None = None  # what the example settled as; None: not yet


@dataclass(frozen=True, slots=True)
class Repeat:
    """A card that was planned to come back, and the two answers to it."""

    first: str
    again: str


@dataclass(frozen=True, slots=True)
class Sign:
    kind: Kind
    remains: float  # of the weight, 0 to 1
    words: str


@dataclass(frozen=True, slots=True)
class Standing:
    weight: float
    signs: tuple[Sign, ...]  # set aside or not: the operator sees them all
    set_aside: frozenset[Kind] = frozenset()

    @property
    def words(self) -> str:
        return "; ".join(sign.words for sign in self.signs) or "nothing unusual"


def standing(
    plays: Sequence[Play],
    *,
    repeats: Sequence[Repeat] = (),
    others: Mapping[str, Sequence[Play]] = {},
    set_aside: Collection[Kind] = (),
) -> Standing:
    """Of the player whose `plays` and `repeats` these are, oldest first. `others`: name as the
    operator knows it -> the plays of those who answered some of the same cards earlier.
    """
    recent = plays[-RECENT:]
    found = [
        too_fast(recent),
        *(one_key(part) for part in _by_question(recent)),
        *(pattern(part) for part in _by_question(recent)),
        *(copied(recent, theirs, name) for name, theirs in sorted(others.items())),
        contradicts(repeats[-RECENT:]),
    ]
    signs = tuple(sign for sign in found if sign is not None)
    aside = frozenset(set_aside)
    weight = prod(sign.remains for sign in signs if sign.kind not in aside)
    return Standing(weight, signs, aside)


def too_fast(plays: Sequence[Play]) -> Sign | None:
    hurried = sum(
        play.milliseconds < FASTEST_CHOICE_MS + FASTEST_WORD_MS * play.words for play in plays
    )
    if len(plays) < FEWEST["answers"] or _low(hurried, len(plays)) < TOO_FAST_SHARE:
        return None
    return Sign(
        Kind.TOO_FAST,
        1 - hurried / len(plays),
        f"{hurried} of the last {len(plays)} answers came faster than the card can be read",
    )


def one_key(plays: Sequence[Play]) -> Sign | None:
    """Of one question. Looks at cards that are something else than the key says, so a player who
    was shown one label many times, by chance or by a mission, is not blamed for that.
    """
    if not plays:
        return None
    label, _ = Counter(play.label for play in plays).most_common(1)[0]
    others = [play for play in plays if play.settled not in (None, label)]
    pressed = sum(play.label == label for play in others)
    if len(others) < FEWEST["one_key"] or _low(pressed, len(others)) < ONE_KEY_SHARE:
        return None
    return Sign(
        Kind.ONE_KEY,
        ONE_KEY_REMAINS,
        f"said {label} on {pressed} of {len(others)} cards that are something else",
    )


def pattern(plays: Sequence[Play]) -> Sign | None:
    """Of one question: the same keys in the same order, round and round."""
    if not plays:
        return None
    labels = [play.label for play in plays]
    commonest, _ = Counter(labels).most_common(1)[0]
    for length in range(2, LONGEST_PATTERN + 1):
        pairs = zip(labels, labels[length:], strict=False)
        told = [(one, other) for one, other in pairs if one != commonest]
        same = sum(one == other for one, other in told)
        if len(told) >= FEWEST["pattern"] and _low(same, len(told)) >= PATTERN_SHARE:
            return Sign(
                Kind.PATTERN,
                PATTERN_REMAINS,
                f"the same {length} keys in the same order, {same} times of {len(told)}",
            )
    return None


def copied(plays: Sequence[Play], theirs: Sequence[Play], name: str) -> Sign | None:
    """Right answers are alike by nature; being wrong in the same way, card after card, is not."""
    ours = {(play.example, play.question): play.label for play in plays}
    mistakes = [
        (play.label, ours[play.example, play.question])
        for play in theirs
        if play.settled not in (None, play.label) and (play.example, play.question) in ours
    ]
    same = sum(one == other for one, other in mistakes)
    if len(mistakes) < FEWEST["copied"] or _low(same, len(mistakes)) < COPIED_SHARE:
        return None
    return Sign(
        Kind.COPIED,
        COPIED_REMAINS,
        f"made {same} of {name}'s {len(mistakes)} mistakes in the same way, later",
    )


def contradicts(repeats: Sequence[Repeat]) -> Sign | None:
    same = sum(repeat.first == repeat.again for repeat in repeats)
    if len(repeats) < FEWEST["repeats"] or wilson(same, len(repeats))[1] >= SAME_AGAIN_SHARE:
        return None
    return Sign(
        Kind.CONTRADICTS,
        same / len(repeats),
        f"gave the same answer again on {same} of {len(repeats)} cards that came back",
    )


def _by_question(plays: Sequence[Play]) -> list[list[Play]]:
    parts: dict[str, list[Play]] = defaultdict(list)
    for play in plays:
        parts[play.question].append(play)
    return list(parts.values())


def _low(hits: int, of: int) -> float:
    return wilson(hits, of)[0]
