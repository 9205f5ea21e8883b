"""How often is a player right? Overall and per label, from settled answers, with intervals. Pure.

No number is shown below a few answers: 2 of 3 says nothing, and reads like a mark.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from classifier.intervals import wilson
from labelgame.rules.scoring import CANT_TELL, NOT_YET, PULLED, SKIP

FEWEST = 10  # answers; the interval of 9 right ones is then 40 points wide

_NO_LABEL = frozenset({CANT_TELL, SKIP, NOT_YET, PULLED})


@dataclass(frozen=True, slots=True)
class Accuracy:
    right: int
    answers: int

    @property
    def share(self) -> float | None:
        return self.right / self.answers if self.answers >= FEWEST else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 %, Wilson's."""
        if self.answers < FEWEST:
            return None
        low, high = wilson(self.right, self.answers)
        return low, high

    @property
    def words(self) -> str:
        if self.interval is None:
            more = FEWEST - self.answers
            return f"{more} more settled {'answer' if more == 1 else 'answers'} to a number"
        low, high = self.interval
        return (
            f"{100 * self.right / self.answers:.0f} % of {self.answers}"
            f" ({100 * low:.0f} to {100 * high:.0f} %)"
        )


@dataclass(frozen=True, slots=True)
class Skill:
    """Of one player in one question."""

    overall: Accuracy
    labels: dict[str, Accuracy]  # of the cards that are of this label, in the taxonomy's order


def skill(settled: Iterable[tuple[str, str]], labels: Sequence[str]) -> Skill:
    """`settled`: (what the player said, what the card settled as). Pairs in which either is no
    label, a skip say, are left out.
    """
    right: dict[str, int] = defaultdict(int)
    answers: dict[str, int] = defaultdict(int)
    for said, truth in settled:
        if said not in _NO_LABEL and truth not in _NO_LABEL:
            answers[truth] += 1
            right[truth] += said == truth
    return Skill(
        Accuracy(sum(right.values()), sum(answers.values())),
        {label: Accuracy(right[label], answers[label]) for label in labels},
    )
