"""Do the answers to a card settle it, is one more asked for, or does a reviewer decide? Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

# People who are asked of one card, whatever their answers weigh: beyond twice the cap it is not the
# next player who will know.
MOST_TIMES_THE_CAP = 2


class Step(StrEnum):
    SETTLE = "settle"
    ASK = "ask"
    REVIEW = "review"


@dataclass(frozen=True, slots=True)
class Next:
    step: Step
    label: str  # the likeliest
    probability: float

    @property
    def disagreement(self) -> float:
        return 1.0 - self.probability


def next_step(
    probabilities: Mapping[str, float],
    *,
    votes: int,
    heard: int,
    weight: float,
    first: int,
    most: int,
    target: float,
) -> Next:
    """`probabilities`: of each label, by the consensus so far; `votes`: answers that were given,
    `heard`: those of players who weigh anything, `weight`: the sum of their weights. Answers that
    weigh nothing are none of the `first`, and do not use up the cap.
    """
    label, probability = max(probabilities.items(), key=lambda item: (item[1], item[0]))
    if heard >= first and probability >= target:
        return Next(Step.SETTLE, label, probability)
    if weight >= most or votes >= most * MOST_TIMES_THE_CAP:
        return Next(Step.REVIEW, label, probability)
    return Next(Step.ASK, label, probability)
