"""Rows that no model may make Nod act upon wrongly. Pure.

They are judged on the whole reading: keywords, then reactions, then the model. A row fails if it
would be acted upon as something else than it is; being held for a person passes, except where the
label ends texting: a person who wants no more texts must be understood.
"""

from collections.abc import Mapping, Sequence

from classifier.data import Row
from classifier.readings import Reading
from classifier.taxonomy import Taxonomy

MUST_BE_READ = "opt_out"  # held is not enough: the next reminder would go out all the same


def failures(
    rows: Sequence[Row],
    readings: Sequence[Reading],
    taxonomy: Taxonomy,
    thresholds: Mapping[str, float],
) -> list[str]:
    """A sentence for each row that fails. `thresholds`: label -> from where Nod acts."""
    question = taxonomy.primary
    sentences = []
    for row, reading in zip(rows, readings, strict=True):
        wanted = row.labels[question.name]
        if reading.intent == wanted:
            continue
        acts = reading.confidence >= thresholds[reading.intent]
        if acts or wanted == MUST_BE_READ:
            done = "acted on" if acts else "read"
            under = f" under “{row.prompt}”" if row.prompt else ""
            sentences.append(
                f"“{row.text}”{under} is {wanted} and would be {done} as {reading.intent}"
                f" ({reading.confidence:.2f})."
            )
    return sentences
