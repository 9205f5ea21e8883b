"""One line of the table: what Nod does, what its peer does in the same run, and the ratio."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    what: str
    unit: str
    ours: float
    peer_name: str
    peer: float
    aim: float  # the ratio that is promised

    @property
    def ratio(self) -> float:
        return self.ours / self.peer

    def __str__(self) -> str:
        verdict = "ok" if self.ratio >= self.aim else "BELOW"
        return (
            f"{self.what:<28} {self.ours:9.1f} {self.unit:<9} {self.peer_name:<34} "
            f"{self.peer:9.1f}   {self.ratio:5.2f}x (aim {self.aim:.1f}x) {verdict}"
        )
