"""A report in words and columns, for terminals and the admin. Pure.

Apart from evaluation.py, which makes reports, because that needs scikit-learn, and a process that
only shows them should not have to load it.
"""

from collections.abc import Mapping, Sequence
from typing import Any


def as_table(report: Mapping[str, Any]) -> str:
    lines = [f"{report['model']} on {report['rows']} rows"]
    for name, question in report["questions"].items():
        lines += ["", *_question_lines(name, question)]
    if report.get("decided"):
        lines += ["", *_decided_lines(report["decided"])]
    for key, values in report["slices"].items():
        lines += ["", f"by {key}: accuracy of {report['primary']} (rows)"]
        lines += [f"  {value:<24}{part['accuracy']:>7.3f} ({part['rows']})"
                  for value, part in values.items()]  # fmt: skip
    if (report.get("gap") or {}).get("pooled"):
        lines += ["", *_gap_lines(report["gap"])]
    return "\n".join(lines)


def _gap_lines(gap: Mapping[str, Any]) -> list[str]:
    """From everyday English to the worst-read variety."""
    plain = {
        "accuracy": gap["plain"], "interval": gap["plain_interval"], "rows": gap["plain_rows"]
    }  # fmt: skip
    parts = {"everyday English": plain, **gap["pooled"], f"worst: {gap['variety']}": gap}
    return [
        "dialects and languages together: accuracy (95 %, rows)",
        *(
            f"  {name:<24}{part['accuracy']:>7.3f} ({_range(part['interval'])}, {part['rows']})"
            for name, part in parts.items()
        ),
    ]


def _decided_lines(decided: Mapping[str, Any]) -> list[str]:
    """All of them, and label by label those that are ever decided."""
    parts = {"in all": decided, **decided["labels"]}
    lines = [
        f"  {name:<16}{part['decided']:>6} of {part['rows']:<6}{part['share']:>7.1%}"
        f"{part['right']:>9.1%} ({_range(part['right_interval'])})"
        for name, part in parts.items()
        if part["decided"]
    ]
    head = "decided by itself at its thresholds, and right among those (95 %)"
    if decided["acted"] < decided["share"]:
        lines.append(f"  acted on are {decided['acted']:.1%}: some of these a person has to answer")
    return [head, *(lines or ["  nothing"])]


def _range(interval: Sequence[float]) -> str:
    low, high = interval
    return f"{low:.3f}–{high:.3f}"


def _question_lines(name: str, question: Mapping[str, Any]) -> list[str]:
    if not question["rows"]:
        return [f"{name}: no row is labelled"]
    wrong = [
        (rows, truth, found)
        for truth, line in question["confusion"].items()
        for found, rows in line.items()
        if truth != found and rows
    ]
    worst = ", ".join(
        f"{truth} as {found} ({rows})" for rows, truth, found in sorted(wrong, reverse=True)[:5]
    )
    return [
        f"{name}: macro-F1 {question['macro_f1']:.3f}, accuracy {question['accuracy']:.3f},"
        f" ECE {question['ece']:.3f}, {question['rows']} rows",
        f"  {'label':<16}{'precision':>10}{'recall':>8}{'F1':>8}{'F1, 95 %':>14}{'rows':>7}",
        *(
            f"  {label:<16}{line['precision']:>10.3f}{line['recall']:>8.3f}{line['f1']:>8.3f}"
            f"{_range(line['f1_interval']):>14}{line['support']:>7}"
            for label, line in question["labels"].items()
        ),
        f"  most often confused: {worst or 'nothing'}",
    ]
