"""May a candidate go live? Pure: reports in, a verdict in plain words out.

All reports must have been made on the same rows. A candidate has to hold every must-pass row, keep
every label of every question above its floors and near what the live version gives it, be hardly
surer of itself than it is right, cost hardly more by what it would do, and be shown better by a
paired test: where the two differ on the same rows, chance alone would hardly have given it so much.
A tie keeps the one that is live, for it has served and the other has not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from classifier.thresholds import PERSONS_LOOK

CONFIDENCE = 0.95  # that the candidate is better: one refused in vain costs a week, no more
RESAMPLES = 4000  # the confidence is then known to about half a point
RESAMPLING_SEED = 61
LABEL_MAY_LOSE = 0.05  # F1 against the live version: less is noise, with some 60 rows a label
# The same of the other questions, on which Nod does not act. The development set, by which
# it was settled, has 49 to 90 rows of each tone but neutral, and they are read less well: between
# two equally good models that share half of their errors, the F1 of `positive` differs by 0.046
# (standard deviation), so this is twice what chance does.
OTHER_LABEL_MAY_LOSE = 0.10
# Too sure, Nod acts wrongly; too careful, it asks a person more often than it need. So the parts of
# ECE where confidence is above and below how often it was right may rise by this much and by that.
# On 850 rows, as many as judged then, the first differs by 0.007 (standard deviation) between two
# equally good models, and by 0.011 between a model and the baseline: of 0.01, as it was, chance
# does much.
TOO_SURE_MAY_RISE = 0.02
TOO_CAREFUL_MAY_RISE = 0.03
# Each promotion may add a little to the last one's. This bounds the sum: a threshold of 0.95 stands
# for being right at least nine times of ten as long as confidences are no more too high than this.
TOO_SURE_AT_MOST = 0.05
# What a reply costs by what is done about it, in looks of a person (thresholds.py): two versions
# that act wrongly on two or three of 850 rows, at some 30 looks each, differ by 0.08 (standard
# deviation).
MAY_COST_MORE = 0.10


class NotComparable(ValueError):
    """Two reports that were not made on the same rows."""


@dataclass(frozen=True, slots=True)
class Check:
    """One condition, whether it holds, and the figures in words."""

    name: str
    holds: bool
    words: str


@dataclass(frozen=True, slots=True)
class Verdict:
    checks: tuple[Check, ...]
    candidate: str
    rival: str

    @property
    def passed(self) -> bool:
        return all(check.holds for check in self.checks)

    @property
    def words(self) -> str:
        if self.passed:
            head = f"Passed: {self.candidate} may take the place of {self.rival}."
        else:
            failed = sum(not check.holds for check in self.checks)
            head = (
                f"Refused: {self.candidate} fails {failed} of {len(self.checks)} checks;"
                f" {self.rival} stays."
            )
        lines = [f"{'✓' if check.holds else '✗'} {check.words}" for check in self.checks]
        return "\n".join((head, *lines))

    def as_dict(self) -> dict[str, Any]:
        return {
            "passed": self.passed,
            "candidate": self.candidate,
            "rival": self.rival,
            "checks": [asdict(check) for check in self.checks],
        }


def judge(
    candidate: Mapping[str, Any],
    rival: Mapping[str, Any],
    *,
    floors: Mapping[str, Mapping[str, float]],
    recall_floors: Mapping[str, Mapping[str, float]],
    must_pass_failures: Sequence[str],
    must_pass_rows: int,
) -> Verdict:
    """`rival`: of the live version, or of the baseline while none is live. `floors` and
    `recall_floors`: question -> label -> the least F1 and recall. `must_pass_failures`: a sentence
    for each of the `must_pass_rows` that failed.
    """
    if candidate["rows_digest"] != rival["rows_digest"]:
        raise NotComparable(
            "The two reports were made on different rows. Evaluate both on the same ones."
        )
    checks = (
        _must_pass(must_pass_failures, must_pass_rows),
        _floors(candidate, floors, recall_floors),
        _no_label_lost(candidate, rival),
        _calibrated(candidate, rival),
        _acts_well(candidate, rival),
        _better(candidate, rival),
    )
    return Verdict(checks, candidate["model"], rival["model"])


def _must_pass(failures: Sequence[str], rows: int) -> Check:
    if not failures:
        return Check("must_pass", True, f"Nod acts wrongly on none of the {rows} must-pass rows.")
    shown = " ".join(failures[:5])
    return Check(
        "must_pass", False,
        f"{len(failures)} of the {rows} must-pass rows would be acted on wrongly. {shown}",
    )  # fmt: skip


def _floors(
    candidate: Mapping[str, Any],
    floors: Mapping[str, Mapping[str, float]],
    recall_floors: Mapping[str, Mapping[str, float]],
) -> Check:
    below = [
        f"{figure} of {label} {found[figure.lower()]:.3f} (floor {least:.2f})"
        for figure, of_questions in (("F1", floors), ("recall", recall_floors))
        for question, of_labels in of_questions.items()
        for label, least in of_labels.items()
        if (found := _labels(candidate, question).get(label))
        and found["support"]
        and found[figure.lower()] < least
    ]
    if below:
        return Check("floors", False, f"Below the floor: {', '.join(below)}.")
    return Check("floors", True, "Every label of every question is above its floors.")


def _no_label_lost(candidate: Mapping[str, Any], rival: Mapping[str, Any]) -> Check:
    lost = []
    for question in candidate["questions"]:
        ours, theirs = _labels(candidate, question), _labels(rival, question)
        may_lose = LABEL_MAY_LOSE if question == candidate["primary"] else OTHER_LABEL_MAY_LOSE
        lost += [
            f"{name} {ours[name]['f1']:.3f} after {theirs[name]['f1']:.3f}"
            for name in ours
            if ours[name]["support"] and ours[name]["f1"] < theirs[name]["f1"] - may_lose
        ]
    if lost:
        return Check("no_label_lost", False, f"Labels that lose too much F1: {', '.join(lost)}.")
    return Check(
        "no_label_lost", True,
        f"No label of `{candidate['primary']}` loses more than {LABEL_MAY_LOSE:.2f} of its F1, none"
        f" of another question more than {OTHER_LABEL_MAY_LOSE:.2f}.",
    )  # fmt: skip


def _calibrated(candidate: Mapping[str, Any], rival: Mapping[str, Any]) -> Check:
    (sure, careful), (was_sure, was_careful) = map(_off, (candidate, rival))
    words = (
        f"Confidences are too high by {sure:.3f} on average, after {was_sure:.3f}, and too low by"
        f" {careful:.3f}, after {was_careful:.3f}"
    )
    if sure > TOO_SURE_AT_MOST:
        return Check("calibrated", False, f"{words}: too sure ({TOO_SURE_AT_MOST:.2f} at most).")
    holds = sure <= was_sure + TOO_SURE_MAY_RISE and careful <= was_careful + TOO_CAREFUL_MAY_RISE
    return Check("calibrated", holds, f"{words}{'.' if holds else ': too much worse.'}")


def _off(report: Mapping[str, Any]) -> tuple[float, float]:
    """How far confidence is above how often it was right, and how far below: together the ECE."""
    question = _primary(report)
    above = below = 0.0
    for bin in question["reliability"]:
        by = bin["rows"] * (bin["confidence"] - bin["right"])
        above, below = above + max(0.0, by), below + max(0.0, -by)
    rows = max(1, question["rows"])
    return above / rows, below / rows


def _acts_well(candidate: Mapping[str, Any], rival: Mapping[str, Any]) -> Check:
    """Each at its own thresholds: a version that reads better may still act more rashly. Where a
    rival has none, a person looks at every reply.
    """
    ours, theirs = (
        report.get("decided", {}).get("cost", PERSONS_LOOK) for report in (candidate, rival)
    )
    holds = ours <= theirs + MAY_COST_MORE
    return Check(
        "acts_well", holds,
        f"By what Nod would do at its thresholds a reply costs {ours:.2f} looks of a person, after"
        f" {theirs:.2f}{'.' if holds else f': more than {MAY_COST_MORE:.2f} more.'}",
    )  # fmt: skip


def _better(candidate: Mapping[str, Any], rival: Mapping[str, Any]) -> Check:
    ours, theirs = (_primary(report)["macro_f1"] for report in (candidate, rival))
    confidence = confidence_of_better(
        candidate["truth"],
        candidate["found"],
        rival["found"],
        list(_labels(candidate, candidate["primary"])),
    )
    holds = confidence >= CONFIDENCE
    return Check(
        "better", holds,
        f"{candidate['model']} scores {ours:.4f} and {rival['model']} {theirs:.4f} macro-F1 of"
        f" `{candidate['primary']}` on the same {candidate['rows']} rows: better with a confidence"
        f" of {confidence:.3f}, {'which is enough' if holds else 'too little'}"
        f" ({CONFIDENCE:.2f} is asked).",
    )  # fmt: skip


def confidence_of_better(
    truth: Sequence[str | None], ours: Sequence[str], theirs: Sequence[str], labels: Sequence[str]
) -> float:
    """The share of resamplings of the same rows in which ours has the higher macro-F1; a tie is not
    better. A paired bootstrap (Efron and Tibshirani, 1993, ch. 16; Berg-Kirkpatrick et al., 2012).
    """
    # Every process knows of the gate, and scikit-learn, which this brings along, takes seconds.
    from classifier.evaluation import resampled_macro_f1s

    place = {label: at for at, label in enumerate(labels)}
    size = len(labels)
    table = np.zeros((size, size, size), dtype=np.int64)  # (truth, ours, theirs)
    for label, one, other in zip(truth, ours, theirs, strict=True):
        if label is not None:
            table[place[label], place[one], place[other]] += 1
    rows = int(table.sum())
    if rows == 0:
        return 0.0
    dice = np.random.default_rng(RESAMPLING_SEED)
    drawn = dice.multinomial(rows, table.ravel() / rows, size=RESAMPLES).reshape(
        -1, size, size, size
    )
    by_ours, by_theirs = drawn.sum(axis=3), drawn.sum(axis=2)  # (resamples, truth, found)
    better = resampled_macro_f1s(by_ours) > resampled_macro_f1s(by_theirs)
    return float(better.mean())


def _primary(report: Mapping[str, Any]) -> Mapping[str, Any]:
    question: Mapping[str, Any] = report["questions"][report["primary"]]
    return question


def _labels(report: Mapping[str, Any], question: str) -> Mapping[str, Mapping[str, Any]]:
    """Empty where no row was labelled for it."""
    labels: Mapping[str, Mapping[str, Any]]
    labels = report["questions"].get(question, {}).get("labels", {})
    return labels
