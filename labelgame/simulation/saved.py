"""How many answers does picking save? Two loops from the same start, one by the mix, one by lot.
Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class Scored(Protocol):
    """What is looked at of a step of the loop."""

    @property
    def answers(self) -> int: ...

    @property
    def score(self) -> float | None: ...


@dataclass(frozen=True, slots=True)
class Saved:
    """At the best score that both reach."""

    score: float
    by_mix: float  # answers to it
    by_lot: float

    @property
    def share(self) -> float:
        """Of the answers that picking by lot takes, so many the mix takes."""
        return self.by_mix / self.by_lot if self.by_lot else 1.0


def saved(mix: Sequence[Scored], by_lot: Sequence[Scored]) -> Saved | None:
    """None where picking by lot never got above the start."""
    if not mix or not by_lot:
        return None
    best = min(max(score for _, score in curve(each)) for each in (mix, by_lot))
    if best <= curve(by_lot)[0][1]:
        return None
    first, second = answers_to(best, mix), answers_to(best, by_lot)
    assert first is not None
    assert second is not None  # both reach it
    return Saved(best, first, second)


def answers_to(score: float, steps: Sequence[Scored]) -> float | None:
    """Answers with which it is reached, on a line between two steps; None: never."""
    points = curve(steps)
    before = points[0]
    for answers, reached in points:
        if reached >= score:
            if reached == before[1]:
                return float(answers)
            part = (score - before[1]) / (reached - before[1])
            return before[0] + part * (answers - before[0])
        before = (answers, reached)
    return None


def curve(steps: Sequence[Scored]) -> list[tuple[int, float]]:
    """(answers, the best score so far): of what was trained, live or not. A training that comes out
    worse by chance has not unlearnt what the one before knew.
    """
    points: list[tuple[int, float]] = []
    best = 0.0
    for step in steps:
        if step.score is not None:
            best = max(best, step.score)
            points.append((step.answers, best))
    return points
