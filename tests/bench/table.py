"""One line of the table: what Nod does, what its peer does in the same run, and the ratio."""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    what: str
    unit: str
    ours: float
    peer_name: str
    peer: float
    aim: float | None  # the ratio that is promised; None: told beside one that is
    lower_is_better: bool = False  # milliseconds, megabytes

    @property
    def ratio(self) -> float:
        return self.peer / self.ours if self.lower_is_better else self.ours / self.peer

    def __str__(self) -> str:
        line = (
            f"{self.what:<30} {self.ours:9.2f} {self.unit:<9} {self.peer_name:<34} "
            f"{self.peer:9.2f}   {self.ratio:5.2f}x"
        )
        if self.aim is None:
            return line
        return f"{line} (aim {self.aim:.2f}x) {'ok' if self.ratio >= self.aim else 'BELOW'}"


@dataclass(frozen=True)
class Limit:
    """A figure that has no peer, but a limit."""

    what: str
    unit: str
    value: float
    limit: float

    def __str__(self) -> str:
        verdict = "ok" if self.value <= self.limit else "ABOVE"
        return (
            f"{self.what:<30} {self.value:9.2f} {self.unit:<9} (at most {self.limit:g}) {verdict}"
        )


@dataclass(frozen=True)
class Unmeasured:
    """A line that there is nothing to measure for."""

    what: str
    why: str

    def __str__(self) -> str:
        return f"{self.what:<30} {self.why}"


def percentile(values: Sequence[float], share: float) -> float:
    """The least of the values that so many are not above: of 20, the 19th is p95."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
