"""The gate: strictly better on the same rows, or not at all."""

from typing import Any

import pytest

from classifier.gate import NotComparable, judge


def report(model: str, score: float, digest: str = "d") -> dict[str, Any]:
    return {
        "model": model, "primary": "intent", "rows": 400, "rows_digest": digest,
        "questions": {"intent": {"macro_f1": score}},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("ours", "theirs", "passes", "says"),
    [
        (0.91, 0.90, True, "Passed"),
        (0.90, 0.90, False, "a tie keeps the one that serves"),
        (0.89, 0.90, False, "is better"),
    ],
)
def test_a_candidate_must_be_strictly_better(
    ours: float, theirs: float, passes: bool, says: str
) -> None:
    verdict = judge(report("new", ours), report("old", theirs))
    assert verdict.passed is passes
    assert says in verdict.words
    assert "new scores" in verdict.words
    assert "400 validation rows" in verdict.words


def test_reports_on_different_rows_are_not_compared() -> None:
    with pytest.raises(NotComparable):
        judge(report("new", 0.9), report("old", 0.1, digest="another"))
