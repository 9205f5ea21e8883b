"""What the model lacks, as at most three missions in words, and what changed because of a player.
Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass

MOST = 3  # as many as a person keeps in mind while playing


@dataclass(frozen=True, slots=True)
class Need:
    """One label, as the dataset and the live model stand."""

    question: str
    label: str
    title: str  # as people read it
    settled: int  # examples
    wanted: int
    score: float | None = None  # F1 on validation rows; None: no model yet
    goal: float = 0.0  # the score from which on the model is called good at it

    @property
    def more(self) -> int:
        return max(0, self.wanted - self.settled)

    @property
    def asked(self) -> int:
        """Also of a label that has its examples and is read badly all the same: as many again."""
        if self.more or not self.wanted or self.score is None or not self.short:
            return self.more
        return self.wanted - self.settled % self.wanted

    @property
    def short(self) -> float:
        """Of the goal. A label without a score is as far from it as can be."""
        return max(0.0, self.goal - (self.score or 0.0))

    @property
    def name(self) -> str:
        """The title inside a sentence."""
        is_acronym = self.title[1:2].isupper()
        return self.title if is_acronym else self.title[:1].lower() + self.title[1:]


@dataclass(frozen=True, slots=True)
class Mission:
    question: str
    label: str
    more: int
    words: str


@dataclass(frozen=True, slots=True)
class Gain:
    """A label's recall before and after the version that learnt from the player."""

    need: Need
    before: float
    after: float

    @property
    def points(self) -> int:
        return round(100 * (self.after - self.before))


def missions(needs: Sequence[Need], *, most: int = MOST) -> list[Mission]:
    """The weakest labels first; among equally weak ones those that lack the larger part."""
    lacking = [need for need in needs if need.asked]
    lacking.sort(
        key=lambda need: (-need.short, -need.asked / need.wanted, need.question, need.label)
    )
    return [
        Mission(need.question, need.label, need.asked, f"{need.asked} more for {need.name}")
        for need in lacking[:most]
    ]


def what_changed(settled: int, needs: Sequence[Need]) -> str:
    """At a round's end: what settled with it, and which number of examples is nearest. Not that
    the model is good from there on: that is measured, not promised.
    """
    lead = f"{_counted(settled, 'example')} settled" if settled else "Your answers are kept"
    near = [need for need in needs if need.asked]
    if not near:
        return f"{lead}; there are enough examples for now."
    need = min(near, key=lambda need: (need.asked, need.question, need.label))
    return f"{lead}; next, {need.asked} more for {need.name}."


def what_yours_did(labels: int, version: str, gains: Sequence[Gain] = ()) -> str:
    """On my page. Only gains are named: what a version lost is the gate's business, and nobody's
    label is to blame for it.
    """
    if not labels:
        return f"Model {version} went live before your labels settled; the next one has them."
    said = (
        f"{_counted(labels, 'label')} of yours {'is' if labels == 1 else 'are'} in model {version}"
    )
    if gains and (gain := max(gains, key=lambda gain: gain.points)).points > 0:
        return f"{said}; recall of {gain.need.name} +{_counted(gain.points, 'point')}."
    return f"{said}."


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
