"""Has what comes in changed? Two stretches of readings, compared by their counts. Pure.

A model is only known to be good on texts like those it was judged on. Nobody labels texts as they
come in, so the readings themselves have to tell: other labels than before, other confidences, more
texts that the model leaves to people.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import log

# Of the population stability index, from which on a mix counts as changed. The convention of credit
# scoring, where it comes from: up to 0.10 no change, above 0.25 a major one (Siddiqi, "Credit Risk
# Scorecards", 2006).
CHANGED = 0.25
# Readings on either side, below which nothing is said. Equal mixes differ by chance: the index of k
# parts is then about chi-squared of k - 1 degrees, times 1/before + 1/after (Yurdakul & Naranjo,
# "Statistical properties of the population stability index", 2020). With 500 on either side and
# seven labels that is 0.02 in the middle and above 0.11 once in ten thousand: far below CHANGED.
FEWEST = 500
# What an empty part counts as, for a logarithm needs something: half a reading of the fewest.
EMPTY = 0.5 / FEWEST
# Where one band of confidences ends and the next begins. Fixed, so that a database can count them;
# narrow at the top, where most readings lie.
BANDS = (0.4, 0.6, 0.8, 0.9, 0.95)

Mix = Mapping[str, int]  # part -> readings


@dataclass(frozen=True, slots=True)
class Sample:
    """What a stretch of readings was like: of each thing that is looked at, the mix."""

    readings: int
    mixes: Mapping[str, Mix]


@dataclass(frozen=True, slots=True)
class Shift:
    """How far one mix has moved, and the part of it that moved furthest."""

    what: str
    index: float
    part: str
    before: float  # shares of that part
    after: float

    @property
    def words(self) -> str:
        return (
            f"{self.what} {self.part}: {100 * self.before:.0f} → {100 * self.after:.0f} %"
            f" ({self.index:.2f})"
        )


@dataclass(frozen=True, slots=True)
class Drift:
    before: int  # readings
    after: int
    shifts: tuple[Shift, ...]  # of every mix, the furthest first; none where there are too few

    @property
    def is_known(self) -> bool:
        return bool(self.shifts)

    @property
    def changed(self) -> tuple[Shift, ...]:
        return tuple(shift for shift in self.shifts if shift.index >= CHANGED)

    @property
    def words(self) -> str:
        """What changed, within the 200 characters that a training has for its reason."""
        if not self.is_known:
            return (
                f"too few to tell: {self.before:,} readings then and {self.after:,} now, of"
                f" {FEWEST:,} that are needed on either side"
            )
        if not self.changed:
            return f"no shift: the furthest is {self.shifts[0].words}, below {CHANGED}"
        return "; ".join(shift.words for shift in self.changed)


def drift(before: Sample, after: Sample) -> Drift:
    if min(before.readings, after.readings) < FEWEST:
        return Drift(before.readings, after.readings, ())
    shifts = [_shift(what, mix, after.mixes[what]) for what, mix in before.mixes.items()]
    shifts.sort(key=lambda shift: -shift.index)
    return Drift(before.readings, after.readings, tuple(shifts))


def stability_index(before: Mix, after: Mix) -> float:
    """Σ (a − b) · ln(a / b) over the shares a and b of every part: 0 where they are equal, and the
    same from either side.
    """
    parts = before.keys() | after.keys()
    total_before, total_after = sum(before.values()), sum(after.values())
    if not total_before or not total_after:
        raise ValueError("A mix of nothing cannot be compared.")
    index = 0.0
    for part in sorted(parts):  # in one order, so that the same counts give the same last digit
        ours = max(before.get(part, 0) / total_before, EMPTY)
        theirs = max(after.get(part, 0) / total_after, EMPTY)
        index += (theirs - ours) * log(theirs / ours)
    return index


def band_names() -> tuple[str, ...]:
    """Of the bands that BANDS cuts, lowest first."""
    between = [f"{low:.2f} to {high:.2f}" for low, high in pairwise(BANDS)]
    return (f"below {BANDS[0]:.2f}", *between, f"from {BANDS[-1]:.2f}")


def _shift(what: str, before: Mix, after: Mix) -> Shift:
    total_before, total_after = sum(before.values()), sum(after.values())
    shares = {
        part: (before.get(part, 0) / total_before, after.get(part, 0) / total_after)
        for part in sorted(before.keys() | after.keys())
    }
    # Rounded, or the last digit would choose between the two parts of a mix of two.
    part = max(shares, key=lambda part: round(abs(shares[part][1] - shares[part][0]), 9))
    return Shift(what, stability_index(before, after), part, *shares[part])
