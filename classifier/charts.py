"""A report's numbers as shapes for its page: where points, lines and bars go. Pure.

The templates draw them as SVG, so that a page and a single file look alike, light and dark, without
a script. All places are in units of the picture's own `viewBox`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WIDTH, HEIGHT = 320, 220
LEFT, RIGHT, TOP, BOTTOM = 36, 16, 24, 34  # room for the axes' words
TREND_WIDTH, TREND_HEIGHT, TREND_EDGE = 120, 32, 4
HEAT_STEPS = 9  # shades of a confusion matrix, as many as one can tell apart

Report = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Point:
    x: float
    y: float
    about: str = ""  # read out, and shown on hovering
    size: float = 3.0


@dataclass(frozen=True, slots=True)
class Tick:
    at: float
    words: str


@dataclass(frozen=True, slots=True)
class Line:
    points: tuple[Point, ...]

    @property
    def path(self) -> str:
        return " ".join(f"{point.x:.1f},{point.y:.1f}" for point in self.points)


@dataclass(frozen=True, slots=True)
class Chart:
    """Lines and points between two axes."""

    title: str
    about: str  # what to read from it, in a sentence
    x_words: str
    y_words: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    lines: tuple[Line, ...]
    ideal: Line | None = None  # what would be perfect
    mark: Point | None = None  # where Nod stands

    width = WIDTH
    height = HEIGHT
    left = LEFT
    right = WIDTH - RIGHT
    top = TOP
    floor = HEIGHT - BOTTOM


@dataclass(frozen=True, slots=True)
class Bar:
    """A share with its 95 % interval, all in percent of the bar's length."""

    name: str
    value: float
    low: float
    high: float
    rows: int | None = None
    is_ours: bool = False

    @property
    def spread(self) -> float:
        return self.high - self.low

    @property
    def words(self) -> str:
        return f"{self.value:.1f}"


@dataclass(frozen=True, slots=True)
class LabelLine:
    """What a table says of one label. `f1_interval`: None in reports from before there was one."""

    name: str
    rows: int
    precision: Bar
    recall: Bar
    f1: float
    f1_interval: Sequence[float] | None


@dataclass(frozen=True, slots=True)
class Trend:
    """How one label's F1 rose with the rows: a small line."""

    name: str
    line: Line
    steps: tuple[tuple[int, float], ...]  # (rows, F1)
    still_rises: bool

    width = TREND_WIDTH
    height = TREND_HEIGHT

    @property
    def end(self) -> Point:
        return self.line.points[-1]


@dataclass(frozen=True, slots=True)
class Cell:
    rows: int
    share: float  # of the rows of this true label
    is_right: bool

    @property
    def heat(self) -> int:
        return 0 if self.rows == 0 else max(1, round(self.share * HEAT_STEPS))


class Axis:
    """Values between `low` and `high` -> places between `start` and `end`."""

    def __init__(self, low: float, high: float, start: float, end: float) -> None:
        self.low, self.start = low, start
        self.scale = (end - start) / ((high - low) or 1.0)

    def __call__(self, value: float) -> float:
        return self.start + (value - self.low) * self.scale


def across(low: float = 0.0, high: float = 1.0) -> Axis:
    return Axis(low, high, LEFT, WIDTH - RIGHT)


def upward(low: float = 0.0, high: float = 1.0) -> Axis:
    return Axis(low, high, HEIGHT - BOTTOM, TOP)


def percent_ticks(axis: Axis, values: Sequence[float]) -> tuple[Tick, ...]:
    return tuple(Tick(axis(value), f"{value:.0%}".replace("%", " %")) for value in values)


QUARTERS = (0.0, 0.25, 0.5, 0.75, 1.0)


def reliability(question: Report, name: str) -> Chart | None:
    """How sure against how often right. On the diagonal, confidence means what it says."""
    bins = question.get("reliability") or []
    if not bins:
        return None
    x, y = across(), upward()
    most = max(bin["rows"] for bin in bins)
    points = tuple(
        Point(
            x(bin["confidence"]),
            y(bin["right"]),
            f"{bin['rows']} readings, {bin['confidence']:.0%} sure on average: {bin['right']:.0%}"
            " right",
            3 + 7 * (bin["rows"] / most) ** 0.5,  # by area
        )
        for bin in bins
    )
    return Chart(
        title=f"Does its confidence about the {name} mean what it says?",
        about="Each dot is a group of readings, larger where there are more. On the line, what is"
        " 90 % sure is right nine times out of ten; below it, Nod is too sure of itself.",
        x_words="how sure",
        y_words="how often right",
        x_ticks=percent_ticks(x, QUARTERS),
        y_ticks=percent_ticks(y, QUARTERS),
        lines=(Line(points),),
        ideal=Line((Point(x(0), y(0)), Point(x(1), y(1)))),
    )


def decided_curve(report: Report) -> Chart | None:
    """Share decided against wrong among those, from the surest reading to all of them."""
    curve = report.get("curve") or []
    if not curve:
        return None
    decided = report.get("decided")
    wrong_now = 1 - decided["right"] if decided and decided["right"] is not None else 0.0
    top = max(0.05, *(wrong for _, wrong in curve), wrong_now) * 1.1
    x, y = across(), upward(0.0, top)
    mark = None
    if decided and decided["right"] is not None:
        mark = Point(
            x(decided["share"]),
            y(wrong_now),
            f"With the thresholds of this version: {decided['share']:.1%} decided, {wrong_now:.1%}"
            " of those wrong",
            5,
        )
    steps = [step for step in (0.0, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4) if step <= top]
    return Chart(
        title="What if Nod decided more?",
        about="From left to right Nod decides more by itself, the surest readings first; the higher"
        " the line, the more of those are wrong. The dot is where its thresholds put it.",
        x_words="decided by Nod",
        y_words="wrong among those",
        x_ticks=percent_ticks(x, QUARTERS),
        y_ticks=percent_ticks(y, steps[-4:] if len(steps) > 4 else steps),
        lines=(
            Line(
                tuple(
                    Point(x(share), y(wrong), f"{share:.0%} decided, {wrong:.1%} of those wrong")
                    for share, wrong in curve
                )
            ),
        ),
        mark=mark,
    )


def learning(report: Report) -> list[Trend]:
    """F1 per label against the rows learnt from."""
    curve = report.get("learning_curve")
    if not curve:
        return []
    points = curve["points"]
    x = Axis(0, points[-1]["rows"], 0, TREND_WIDTH - TREND_EDGE)
    y = Axis(0.0, 1.0, TREND_HEIGHT - TREND_EDGE, TREND_EDGE)
    return [
        Trend(
            name,
            Line(tuple(Point(x(point["rows"]), y(point["f1"][name])) for point in points)),
            tuple((point["rows"], point["f1"][name]) for point in points),
            name in curve["rising"],
        )
        for name in points[0]["f1"]
    ]


def labels(question: Report) -> list[LabelLine]:
    return [
        LabelLine(
            name,
            figures["support"],
            _bar(name, figures["precision"], figures["precision_interval"]),
            _bar(name, figures["recall"], figures["recall_interval"]),
            figures["f1"],
            figures.get("f1_interval"),
        )
        for name, figures in (question.get("labels") or {}).items()
    ]


def confusion(question: Report) -> list[tuple[str, list[Cell]]]:
    """Per true label: its name and how its rows were read."""
    table = question.get("confusion") or {}
    return [
        (
            truth,
            [
                Cell(rows, rows / max(1, sum(found.values())), name == truth)
                for name, rows in found.items()
            ],
        )
        for truth, found in table.items()
    ]


def slices(report: Report, key: str) -> list[Bar]:
    """The worst first: that is what one looks for."""
    parts = report.get("slices", {}).get(key, {})
    bars = [
        _bar(name.replace("_", " "), part["accuracy"], part["interval"], part["rows"])
        for name, part in parts.items()
    ]
    return sorted(bars, key=lambda bar: bar.value)


def from_plain_to_worst(report: Report) -> list[Bar]:
    """Everyday English, all dialects, Spanish, and the worst-read variety by itself; empty in
    reports from before these were told apart.
    """
    gap = report.get("gap") or {}
    if "pooled" not in gap:
        return []
    words = {"dialects": "all dialects of English", "spanish": "Spanish and Spanglish"}
    return [
        _bar("everyday English", gap["plain"], gap["plain_interval"], gap["plain_rows"]),
        *(
            _bar(words[name], part["accuracy"], part["interval"], part["rows"])
            for name, part in gap["pooled"].items()
        ),
        _bar(
            f"the worst of them, {gap['variety'].replace('_', ' ')}",
            gap["accuracy"], gap["interval"], gap["rows"],
        ),
    ]  # fmt: skip


def compared(report: Report) -> list[Bar]:
    """This version and what else could read, by macro-F1 of the primary question; best first."""
    primary = report["primary"]
    ours = report["questions"][primary]
    bars = [_bar("this version", ours["macro_f1"], ours["macro_f1_interval"], is_ours=True)]
    for name, questions in report.get("compared", {}).items():
        score = questions[primary]["macro_f1"]
        bars.append(_bar(name, score, (score, score)))
    return sorted(bars, key=lambda bar: -bar.value)


def _bar(
    name: str,
    value: float,
    interval: Sequence[float],
    rows: int | None = None,
    *,
    is_ours: bool = False,
) -> Bar:
    low, high = interval
    return Bar(name, 100 * value, 100 * low, 100 * high, rows, is_ours)
