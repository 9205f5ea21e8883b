"""From which confidence on a label may be acted upon: chosen from what mistakes cost. Pure.

A person's look at a reply costs 1; acting wrongly on a label costs its `mistake` (taxonomy.toml).
Acting on a label with confidence p is expected to cost `mistake · (1 − p)`, so with honest
confidences it pays from p = 1 − 1/mistake on (Chow, 1970, "On optimum recognition error and reject
tradeoff"). Confidences are honest only on the whole, so where the validation rows show that more is
needed, more is asked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

PERSONS_LOOK = 1.0  # the unit of all costs


@dataclass(frozen=True, slots=True)
class Judged:
    """One reading of a labelled row: what it was taken for, how surely, and whether rightly."""

    label: str
    confidence: float
    right: bool


def cost_of(one: Judged, *, threshold: float, mistake: float) -> float:
    """Of what is done about it: looked at by a person, or acted on, rightly or not."""
    if one.confidence < threshold:
        return PERSONS_LOOK
    return 0.0 if one.right else mistake


def chosen_thresholds(judged: Sequence[Judged], mistakes: Mapping[str, float]) -> dict[str, float]:
    """Label -> threshold, for every label of `mistakes`."""
    return {
        label: _cheapest([one for one in judged if one.label == label], mistake)
        for label, mistake in mistakes.items()
    }


def _cheapest(judged: Sequence[Judged], mistake: float) -> float:
    """The honest threshold, or the lowest one above it at which these readings cost least."""
    honest = max(0.0, 1 - PERSONS_LOOK / mistake)
    if mistake <= PERSONS_LOOK:
        return 0.0
    least, threshold = None, honest
    for candidate in sorted({honest, *(one.confidence for one in judged if not one.right)}):
        if candidate < honest:
            continue
        # Just above a wrong one: that one is then held.
        above = candidate if candidate == honest else min(1.0, candidate + 1e-4)
        cost = sum(cost_of(one, threshold=above, mistake=mistake) for one in judged)
        if least is None or cost < least:
            least, threshold = cost, above
    return threshold
