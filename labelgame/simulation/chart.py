"""The loop's steps as a picture: scores against answers, a line for each way of picking.

Drawn as SVG by a template, with colours of its own for light and dark: a picture in a document has
no style sheet.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor

from django.template.loader import render_to_string

from classifier.charts import Axis, Line, Point, Tick
from labelgame.simulation.loop import BY_LOT, MIX, Step
from labelgame.simulation.saved import Saved, saved

WIDTH, HEIGHT = 720, 400
LEFT, RIGHT, TOP, BOTTOM = 64, 164, 64, 56
NAMES = {MIX: "picked by the mix", BY_LOT: "picked by lot"}
STEPS = (0.005, 0.01, 0.02, 0.05, 0.1)  # between two lines of the grid, the finest that leaves few
MOST_TICKS = 6


@dataclass(frozen=True, slots=True)
class Mark:
    """One training."""

    at: Point
    is_live: bool  # the gate let it through


@dataclass(frozen=True, slots=True)
class Curve:
    name: str
    words: str
    line: Line
    marks: tuple[Mark, ...]

    @property
    def end(self) -> Point:
        return self.line.points[-1]

    @property
    def ends_early(self) -> bool:
        """There may be something to the right of it: its name stands on the left."""
        return self.end.x < WIDTH - RIGHT - 1


@dataclass(frozen=True, slots=True)
class Gap:
    """Where both ways of picking reach the same score."""

    start: Point
    end: Point
    words: str

    @property
    def middle(self) -> float:
        return (self.start.x + self.end.x) / 2


def as_svg(arms: Mapping[str, Sequence[Step]]) -> str:
    """`arms`: way of picking -> its steps, one of them or both."""
    scores = [step.score for steps in arms.values() for step in steps if step.score is not None]
    low, high, values = grid(min(scores), max(scores))
    most = max(step.answers for steps in arms.values() for step in steps) or 1
    digits = 2 if all(round(value, 2) == value for value in values) else 3
    x, y = Axis(0, most, LEFT, WIDTH - RIGHT), Axis(low, high, HEIGHT - BOTTOM, TOP)
    curves = [curve_of(name, steps, x, y) for name, steps in arms.items()]
    found = saved(arms.get(MIX, ()), arms.get(BY_LOT, ()))
    return render_to_string(
        "labelgame/simulation/learning.svg",
        {
            "width": WIDTH, "height": HEIGHT, "left": LEFT, "right": WIDTH - RIGHT, "top": TOP,
            "floor": HEIGHT - BOTTOM,
            "curves": curves,
            "x_ticks": [Tick(x(value), f"{value:,}") for value in hundreds(most)],
            "y_ticks": [Tick(y(value), f"{value:.{digits}f}") for value in values],
            "gap": gap_of(found, x, y) if found else None,
            "about": "; ".join(in_words(curve.words, arms[curve.name]) for curve in curves),
        },
    )  # fmt: skip


def curve_of(name: str, steps: Sequence[Step], x: Axis, y: Axis) -> Curve:
    trained = [(step, step.score) for step in steps if step.score is not None]
    points = [
        Point(
            x(step.answers),
            y(score),
            f"{step.answers:,} answers: {score:.3f}, {'live' if step.promoted else 'refused'}",
        )
        for step, score in trained
    ]
    marks = (Mark(at, step.promoted) for at, (step, _) in zip(points, trained, strict=True))
    return Curve(name, NAMES[name], Line(tuple(points)), tuple(marks))


def gap_of(found: Saved, x: Axis, y: Axis) -> Gap:
    at = y(found.score)
    return Gap(
        Point(x(found.by_mix), at), Point(x(found.by_lot), at), f"{found.share:.0%} of the answers"
    )


def in_words(name: str, steps: Sequence[Step]) -> str:
    trained = [step for step in steps if step.score is not None]
    first, last = trained[0], trained[-1]
    return f"{name}, from {first.score:.3f} to {last.score:.3f} with {last.answers:,} answers"


def grid(lowest: float, highest: float) -> tuple[float, float, list[float]]:
    """Round values around all of them: the lowest, the highest, and each between."""
    for step in STEPS:
        first, last = floor(lowest / step), ceil(highest / step)
        if last - first <= MOST_TICKS:
            break
    last = max(last, first + 1)
    values = [round(place * step, 4) for place in range(first, last + 1)]
    return values[0], values[-1], values


def hundreds(most: int) -> list[int]:
    """Round numbers up to `most`."""
    step = 10 ** max(2, len(str(most)) - 1)
    while most / step < 3 and step > 100:
        step //= 2
    while most / step > MOST_TICKS:
        step *= 2
    return list(range(0, most + 1, step))
