"""How good are these readings? Pure: rows with their labels and readings in, a report out.

The report is a plain dict: it goes into report.json, the database and `evaluate --json`;
`reports.py` puts it into words and columns.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import accuracy_score, confusion_matrix, precision_recall_fscore_support

from classifier.data import Row, digest_of
from classifier.engines import Floats
from classifier.readings import Reading, likeliest
from classifier.taxonomy import Taxonomy

ECE_BINS = 10  # of equal width: with some hundred rows, finer bins measure noise
SLICE_KEYS = ("source", "slice")  # row keys by which results are told apart as well
SMALLEST_SLICE = 5  # rows; below, a figure says nothing

Report = dict[str, Any]


def evaluate(
    rows: Sequence[Row], readings: Sequence[Reading], taxonomy: Taxonomy, *, model: str
) -> Report:
    """`rows` and `readings` belong together one by one."""
    pairs = list(zip(rows, readings, strict=True))
    primary = taxonomy.primary.name
    return {
        "model": model,
        "primary": primary,
        "rows": len(rows),
        "rows_digest": digest_of(rows),
        "questions": {
            question.name: _question_report(
                [(row.labels[question.name], reading.scores_of(question.name, primary=primary))
                 for row, reading in pairs],
                question.label_names,
            )
            for question in taxonomy.questions
        },
        "slices": _slices(pairs, primary),
    }  # fmt: skip


def macro_f1(truth: Sequence[str], found: Sequence[str], labels: Sequence[str]) -> float:
    """Mean F1 over the labels that occur in `truth`: one that nobody gave cannot be got right."""
    present = [label for label in labels if label in set(truth)]
    if not present:
        return 0.0
    scores = precision_recall_fscore_support(truth, found, labels=present, zero_division=0.0)[2]
    return float(np.mean(scores))


def macro_f1s(
    logits: Sequence[Floats], rows: Sequence[Row], taxonomy: Taxonomy
) -> dict[str, float]:
    """Question -> macro-F1 over the rows labelled for it."""
    figures = {}
    for question, scores in zip(taxonomy.questions, logits, strict=True):
        found = [question.label_names[column] for column in scores.argmax(axis=1)]
        judged = [
            (label, name)
            for row, name in zip(rows, found, strict=True)
            if (label := row.labels[question.name]) is not None
        ]
        truth, names = [label for label, _ in judged], [name for _, name in judged]
        figures[question.name] = macro_f1(truth, names, question.label_names)
    return figures


def _question_report(
    judged: Sequence[tuple[str | None, Mapping[str, float]]], labels: Sequence[str]
) -> Report:
    known = [(label, scores) for label, scores in judged if label is not None]
    if not known:
        return {"rows": 0, "accuracy": None, "macro_f1": None, "ece": None}
    truth = [label for label, _ in known]
    found = [likeliest(scores) for _, scores in known]
    sure = np.array([scores[label] for label, (_, scores) in zip(found, known, strict=True)])
    columns = precision_recall_fscore_support(truth, found, labels=labels, zero_division=0.0)
    return {
        "rows": len(known),
        "accuracy": float(accuracy_score(truth, found)),
        "macro_f1": macro_f1(truth, found, labels),
        "ece": expected_calibration_error(sure, np.array(truth) == np.array(found)),
        "labels": {
            label: {
                "precision": float(precision), "recall": float(recall), "f1": float(f1),
                "support": int(support),
            }
            for label, precision, recall, f1, support in zip(labels, *columns, strict=True)
        },
        "confusion": {  # true label -> the label it was read as -> rows
            label: dict(zip(labels, map(int, line), strict=True))
            for label, line in zip(
                labels, confusion_matrix(truth, found, labels=labels), strict=True
            )
        },
    }  # fmt: skip


def expected_calibration_error(
    confidence: npt.NDArray[np.floating[Any]], right: npt.NDArray[np.bool_]
) -> float:
    """Mean distance between how sure and how often right, over bins of confidence."""
    bins = np.minimum((confidence * ECE_BINS).astype(int), ECE_BINS - 1)
    distances = [
        (bins == index).mean() * abs(confidence[bins == index].mean() - right[bins == index].mean())
        for index in np.unique(bins)
    ]
    return float(sum(distances))


def _slices(pairs: Sequence[tuple[Row, Reading]], primary: str) -> Report:
    """Key -> value -> rows and accuracy of the primary question, where rows carry the key."""
    right: dict[str, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for row, reading in pairs:
        for key in SLICE_KEYS:
            if isinstance(value := row.extra.get(key), str):
                right[key][value].append(row.labels[primary] == reading.intent)
    return {
        key: {
            value: {"rows": len(marks), "accuracy": sum(marks) / len(marks)}
            for value, marks in sorted(values.items())
            if len(marks) >= SMALLEST_SLICE
        }
        for key, values in right.items()
    }
