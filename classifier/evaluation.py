"""How good are these readings? Pure: rows with their labels and readings in, a report out.

The report is a plain dict: it goes into report.json, the database and `evaluate --json`;
`reports.py` puts it into words and columns, `charts.py` into pictures.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import accuracy_score, confusion_matrix, precision_recall_fscore_support

from classifier.data import Row, digest_of
from classifier.engines import Floats
from classifier.intervals import wilson
from classifier.readings import Reading, likeliest
from classifier.taxonomy import Question, Taxonomy
from classifier.thresholds import PERSONS_LOOK, Judged, cost_of

ECE_BINS = 10  # of equal width: with some hundred rows, finer bins measure noise
# Row keys by which results are told apart as well. `variety` is a dialect or language.
SLICE_KEYS = ("source", "slice", "variety")
PLAIN_SLICE = "plain"  # everyday English: what dialects and languages are compared with
SPANISH = ("spanish", "spanglish")  # of the varieties; all others are dialects of English
SMALLEST_SLICE = 5  # rows; below, a figure says nothing
WORST_ERRORS = 20  # as many as a person reads in one go
RESAMPLES = 1000  # bootstrap: its own error is then a tenth of the interval's width
RESAMPLING_SEED = 95
CURVE_POINTS = 50

Report = dict[str, Any]


def evaluate(
    rows: Sequence[Row],
    readings: Sequence[Reading],
    taxonomy: Taxonomy,
    *,
    model: str,
    thresholds: Mapping[str, float] | None = None,
) -> Report:
    """`rows` and `readings` belong together one by one. `thresholds`: label of the primary question
    -> the confidence from which Nod decides by itself; without them that part is left out.
    """
    pairs = list(zip(rows, readings, strict=True))
    primary = taxonomy.primary
    report: Report = {
        "model": model,
        "primary": primary.name,
        "rows": len(rows),
        "rows_digest": digest_of(rows),
        "questions": {
            question.name: _question_report(
                [(row.labels[question.name], reading.scores_of(question.name, primary=primary.name))
                 for row, reading in pairs],
                question.label_names,
            )
            for question in taxonomy.questions
        },
        "slices": _slices(pairs, primary.name),
        "found": [reading.intent for reading in readings],  # row by row: for paired comparisons
        "truth": [row.labels[primary.name] for row in rows],
        "worst": _worst_errors(pairs, primary),
        "curve": _curve(pairs, primary.name),
    }  # fmt: skip
    report["gap"] = _gap(pairs, report["slices"], primary.name)
    if thresholds is not None:
        report["thresholds"] = dict(thresholds)
        report["decided"] = _decided(pairs, primary, thresholds)
    return report


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


def resampled_f1s(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """`counts` (resamples, truth, found) -> F1 of each label in each: (resamples, labels)."""
    right = np.einsum("rii->ri", counts).astype(float)
    wanted, found = counts.sum(axis=2), counts.sum(axis=1)
    return 2 * right / np.maximum(wanted + found, 1)  # type: ignore[no-any-return]


def resampled_macro_f1s(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """`counts` (resamples, truth, found) -> macro-F1 of each, over the labels that occur in it."""
    f1 = resampled_f1s(counts)
    present = counts.sum(axis=2) > 0
    return (f1 * present).sum(axis=1) / np.maximum(present.sum(axis=1), 1)  # type: ignore[no-any-return]


def _question_report(
    judged: Sequence[tuple[str | None, Mapping[str, float]]], labels: Sequence[str]
) -> Report:
    known = [(label, scores) for label, scores in judged if label is not None]
    if not known:
        return {"rows": 0, "accuracy": None, "macro_f1": None, "ece": None}
    truth = [label for label, _ in known]
    found = [likeliest(scores) for _, scores in known]
    sure = np.array([scores[label] for label, (_, scores) in zip(found, known, strict=True)])
    right = np.array(truth) == np.array(found)
    table = confusion_matrix(truth, found, labels=labels)
    resampled = _resampled(table)
    f1s = resampled_f1s(resampled)
    columns = precision_recall_fscore_support(truth, found, labels=labels, zero_division=0.0)
    return {
        "rows": len(known),
        "accuracy": float(accuracy_score(truth, found)),
        "macro_f1": macro_f1(truth, found, labels),
        "macro_f1_interval": _interval_of(resampled_macro_f1s(resampled)),
        "ece": expected_calibration_error(sure, right),
        "reliability": _reliability(sure, right),
        "labels": {
            label: {
                "precision": float(precision), "recall": float(recall), "f1": float(f1),
                "support": int(support),
                "f1_interval": _interval_of(f1s[:, at]) if support else [0.0, 1.0],
                "precision_interval": wilson(int(table[at, at]), int(table[:, at].sum())),
                "recall_interval": wilson(int(table[at, at]), int(table[at].sum())),
            }
            for at, (label, precision, recall, f1, support) in enumerate(
                zip(labels, *columns, strict=True)
            )
        },
        "confusion": {  # true label -> the label it was read as -> rows
            label: dict(zip(labels, map(int, line), strict=True))
            for label, line in zip(labels, table, strict=True)
        },
    }  # fmt: skip


def _resampled(table: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Confusion tables (resamples, truth, found) of as many rows, drawn from these."""
    rows = int(table.sum())
    dice = np.random.default_rng(RESAMPLING_SEED)
    counts = dice.multinomial(rows, table.ravel() / rows, size=RESAMPLES)
    return counts.reshape(-1, *table.shape)


def _interval_of(figures: npt.NDArray[np.float64]) -> list[float]:
    """That 95 % of them lie in."""
    return [float(value) for value in np.quantile(figures, (0.025, 0.975))]


def expected_calibration_error(
    confidence: npt.NDArray[np.floating[Any]], right: npt.NDArray[np.bool_]
) -> float:
    """Mean distance between how sure and how often right, over bins of confidence
    (Guo et al., 2017, https://arxiv.org/abs/1706.04599).
    """
    return float(
        sum(
            bin["rows"] * abs(bin["confidence"] - bin["right"])
            for bin in _reliability(confidence, right)
        )
        / max(1, len(confidence))
    )


def _reliability(
    confidence: npt.NDArray[np.floating[Any]], right: npt.NDArray[np.bool_]
) -> list[Report]:
    """Per bin that has rows: how sure on average, how often right."""
    bins = np.minimum((confidence * ECE_BINS).astype(int), ECE_BINS - 1)
    return [
        {
            "from": index / ECE_BINS,
            "to": (index + 1) / ECE_BINS,
            "rows": int((bins == index).sum()),
            "confidence": float(confidence[bins == index].mean()),
            "right": float(right[bins == index].mean()),
        }
        for index in map(int, np.unique(bins))
    ]


def _slices(pairs: Sequence[tuple[Row, Reading]], primary: str) -> Report:
    """Key -> value -> rows and accuracy of the primary question, where rows carry the key."""
    right: dict[str, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    known = [(row, reading) for row, reading in pairs if row.labels[primary] is not None]
    for row, reading in known:
        for key in SLICE_KEYS:
            if isinstance(value := row.extra.get(key), str):
                right[key][value].append(row.labels[primary] == reading.intent)
    return {
        key: {
            value: _accuracy(marks)
            for value, marks in sorted(values.items())
            if len(marks) >= SMALLEST_SLICE
        }
        for key, values in right.items()
    }


def _accuracy(marks: Sequence[bool]) -> Report:
    return {
        "rows": len(marks),
        "accuracy": sum(marks) / len(marks),
        "interval": wilson(sum(marks), len(marks)),
    }


def _gap(
    pairs: Sequence[tuple[Row, Reading]],
    slices: Mapping[str, Mapping[str, Report]],
    primary: str,
) -> Report | None:
    """How much worse the worst-read dialect or language is read than everyday English; and all
    dialects together and all Spanish, because a single one has a handful of rows.
    """
    plain = slices.get("slice", {}).get(PLAIN_SLICE)
    varieties = slices.get("variety", {})
    if plain is None or not varieties:
        return None
    worst = min(varieties, key=lambda name: varieties[name]["accuracy"])
    return {
        "variety": worst,
        "accuracy": varieties[worst]["accuracy"],
        "plain": plain["accuracy"],
        "gap": plain["accuracy"] - varieties[worst]["accuracy"],
        "rows": varieties[worst]["rows"],
        "interval": varieties[worst]["interval"],
        "plain_rows": plain["rows"],
        "plain_interval": plain["interval"],
        "pooled": _pooled(pairs, primary),
    }


def _pooled(pairs: Sequence[tuple[Row, Reading]], primary: str) -> Report:
    """All dialects of English, and Spanish with Spanglish, where there are rows of them."""
    right: dict[str, list[bool]] = {"dialects": [], "spanish": []}
    for row, reading in pairs:
        variety, label = row.extra.get("variety"), row.labels[primary]
        if isinstance(variety, str) and label is not None:
            right["spanish" if variety in SPANISH else "dialects"].append(label == reading.intent)
    return {name: _accuracy(marks) for name, marks in right.items() if marks}


def _worst_errors(pairs: Sequence[tuple[Row, Reading]], primary: Question) -> list[Report]:
    """The wrong readings that were surest of themselves."""
    wrong = [
        (row, reading)
        for row, reading in pairs
        if row.labels[primary.name] not in (None, reading.intent)
    ]
    wrong.sort(key=lambda pair: -pair[1].confidence)
    return [
        {
            "prompt": row.prompt,
            "text": row.text,
            "truth": row.labels[primary.name],
            "found": reading.intent,
            "confidence": reading.confidence,
        }
        for row, reading in wrong[:WORST_ERRORS]
    ]


def _curve(pairs: Sequence[tuple[Row, Reading]], primary: str) -> list[list[float]]:
    """Points [share decided, wrong among those], from the surest reading to all of them."""
    marks = sorted(
        (
            (reading.confidence, row.labels[primary] != reading.intent)
            for row, reading in pairs
            if row.labels[primary] is not None
        ),
        key=lambda mark: -mark[0],
    )
    if not marks:
        return []
    wrong = np.cumsum([is_wrong for _, is_wrong in marks])
    counts = sorted(
        {max(1, round(len(marks) * at / CURVE_POINTS)) for at in range(1, CURVE_POINTS + 1)}
    )
    return [[count / len(marks), float(wrong[count - 1]) / count] for count in counts]


def _cost(
    known: Sequence[tuple[Row, Reading]], primary: Question, thresholds: Mapping[str, float]
) -> float:
    """Of a reply, on average. What a person has to answer costs a look, rightly read or not."""
    mistakes = {label.name: label.mistake for label in primary.labels}
    people = _for_people(primary)
    judged = [
        Judged(reading.intent, reading.confidence, row.labels[primary.name] == reading.intent)
        for row, reading in known
    ]
    costs = [
        PERSONS_LOOK
        if one.label in people
        else cost_of(one, threshold=thresholds[one.label], mistake=mistakes[one.label])
        for one in judged
    ]
    return sum(costs) / max(1, len(costs))


def _for_people(primary: Question) -> set[str]:
    return {label.name for label in primary.labels if label.needs_person}


def _decided(
    pairs: Sequence[tuple[Row, Reading]], primary: Question, thresholds: Mapping[str, float]
) -> Report:
    """What share Nod is sure enough of, and how much of that is right; in all and per label.
    `acted`: the share on which it acts without a person, who has to answer some of the others.
    """

    def figures(part: Sequence[tuple[Row, Reading]]) -> Report:
        sure = [
            row.labels[primary.name] == reading.intent
            for row, reading in part
            if reading.confidence >= thresholds[reading.intent]
        ]
        return {
            "rows": len(part),
            "decided": len(sure),
            "share": len(sure) / len(part) if part else 0.0,
            "right": sum(sure) / len(sure) if sure else None,
            "right_interval": wilson(sum(sure), len(sure)),
        }

    known = [(row, reading) for row, reading in pairs if row.labels[primary.name] is not None]
    people = _for_people(primary)
    acted = figures([pair for pair in known if pair[1].intent not in people])["decided"]
    return figures(known) | {
        "acted": acted / len(known) if known else 0.0,
        "cost": _cost(known, primary, thresholds),
        "labels": {
            name: figures([pair for pair in known if pair[1].intent == name])
            for name in primary.label_names
        },
    }
