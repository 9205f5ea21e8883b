"""Rows that no model may make Nod act upon wrongly. Pure.

They are judged on the whole reading: keywords, then reactions, then the model. A row fails if it
would be acted upon as something else than it is; being held for a person passes, except where the
label ends texting: a person who wants no more texts must be understood.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from classifier.data import Row
from classifier.readings import Reading
from classifier.taxonomy import Taxonomy

MUST_BE_READ = "opt_out"  # held is not enough: the next reminder would go out all the same


@dataclass(frozen=True, slots=True)
class Failure:
    """A row that a version reads as what it is not."""

    prompt: str
    text: str
    label: str  # what it is
    found: str  # what it is read as
    confidence: float
    acts: bool  # as if it were that; False: it is held, where it must be read

    @property
    def words(self) -> str:
        under = f" under “{self.prompt}”" if self.prompt else ""
        return (
            f"“{self.text}”{under} is {self.label} and would be"
            f" {'acted on' if self.acts else 'read'} as {self.found} ({self.confidence:.2f})."
        )

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def failures(
    rows: Sequence[Row],
    readings: Sequence[Reading],
    taxonomy: Taxonomy,
    thresholds: Mapping[str, float],
) -> list[Failure]:
    """Those that fail. `thresholds`: label -> from where Nod acts."""
    found = []
    for row, reading in zip(rows, readings, strict=True):
        label = row.labels[taxonomy.primary.name]
        assert label is not None  # no row is read into the pack without one
        if reading.intent == label:
            continue
        acts = reading.confidence >= thresholds[reading.intent]
        if acts or label == MUST_BE_READ:
            found.append(
                Failure(row.prompt, row.text, label, reading.intent, reading.confidence, acts)
            )
    return found
