"""docs/learning.md and its picture, filled with what a simulated loop measured."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from labelgame.simulation.chart import NAMES, as_svg
from labelgame.simulation.loop import BY_LOT, MIX, Step
from labelgame.simulation.saved import saved

PAGE, PICTURE = Path("learning.md"), Path("images") / "learning.svg"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
COLUMNS = (
    "step", "texts", "answers", "labels settled", "right", "rows learnt", "intent", "tone",
    "verdict", "live then",
)  # fmt: skip


class NoPlace(Exception):
    """The page has no markers to write between."""


def write(docs: Path, arms: Mapping[str, Sequence[Step]], *, how: str) -> None:
    """`how`: what was run, in words. Raises NoPlace."""
    page = docs / PAGE
    before, found, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not found or not end:
        raise NoPlace(f"{page} must hold {BEGIN} and {END}: the figures go between them.")
    (docs / PICTURE).parent.mkdir(parents=True, exist_ok=True)
    (docs / PICTURE).write_text(as_svg(arms), encoding="utf-8")
    measured = f"{BEGIN}\n{measured_words(arms, how=how)}\n{END}"
    page.write_text(before + measured + after, encoding="utf-8")


def measured_words(arms: Mapping[str, Sequence[Step]], *, how: str) -> str:
    parts = [f"![Score against answers]({PICTURE.as_posix()})", how]
    if (found := saved(arms.get(MIX, ()), arms.get(BY_LOT, ()))) is not None:
        parts.append(
            f"A score of {found.score:.3f} took {found.by_mix:,.0f} answers by the mix and"
            f" {found.by_lot:,.0f} by lot: {found.share:.0%} of them."
        )
    parts += [f"### {NAMES[name].capitalize()}\n\n{table(steps)}" for name, steps in arms.items()]
    return "\n\n".join(parts)


def table(steps: Sequence[Step]) -> str:
    return "\n".join([f"| {' | '.join(COLUMNS)} |", f"|{'---|' * len(COLUMNS)}", *map(line, steps)])


def line(step: Step) -> str:
    right = f"{step.right / step.settled:.1%}" if step.settled else "–"
    cells = [
        f"{step.number}" if step.number else "start",
        f"{step.texts:,}",
        f"{step.answers:,}",
        f"{step.settled:,}",
        right,
        f"{step.rows:,}",
        score_words(step),
        "–" if step.tone is None else f"{step.tone:.3f}",
        verdict(step),
        f"{step.live_score:.3f}",
    ]
    return f"| {' | '.join(cells)} |"


def score_words(step: Step) -> str:
    if step.score is None:
        return "–"
    if len(step.scores) == 1:
        return f"{step.score:.3f}"
    return f"{step.score:.3f} ({', '.join(f'{score:.3f}' for score in step.scores)})"


def verdict(step: Step) -> str:
    if not step.number:
        return "put live by hand" if step.failed else "passed"
    if not step.version:
        return "no training"
    return "passed" if step.promoted else f"refused: {', '.join(step.failed).replace('_', ' ')}"
