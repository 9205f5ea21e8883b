"""May a candidate go live? Pure: two reports in, a verdict in plain words out.

Both reports must have been made on the same rows. A candidate has to be strictly better in macro-F1
of the primary question; a tie keeps the one that is live, for it has served and the other has not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Verdict:
    passed: bool
    words: str


class NotComparable(ValueError):
    """Two reports that were not made on the same rows."""


def judge(candidate_report: Mapping[str, Any], live_report: Mapping[str, Any]) -> Verdict:
    """`live_report`: of the live version, or of the baseline while no version is live."""
    if candidate_report["rows_digest"] != live_report["rows_digest"]:
        raise NotComparable(
            "The two reports were made on different rows. Evaluate both on the same ones."
        )
    ours, theirs = _macro_f1(candidate_report), _macro_f1(live_report)
    names = candidate_report["model"], live_report["model"]
    figures = (
        f"{names[0]} scores {ours:.4f} and {names[1]} {theirs:.4f} macro-F1 of"
        f" `{candidate_report['primary']}` on the same {candidate_report['rows']} validation rows"
    )
    if ours > theirs:
        return Verdict(True, f"Passed: {figures}.")
    if ours == theirs:
        return Verdict(False, f"Refused: {figures}; a tie keeps the one that serves.")
    return Verdict(False, f"Refused: {figures}; the one that serves is better.")


def _macro_f1(report: Mapping[str, Any]) -> float:
    return float(report["questions"][report["primary"]]["macro_f1"])
