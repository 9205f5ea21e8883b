"""The gate: shown to be better on the same rows, and worse in nothing that counts."""

from typing import Any

import numpy as np
import pytest

from classifier.data import Row
from classifier.evaluation import evaluate
from classifier.gate import NotComparable, Verdict, confidence_of_better, judge
from classifier.readings import reading_from_scores
from classifier.taxonomy import parse_taxonomy

from .test_taxonomy import SMALL

TOPICS = parse_taxonomy(SMALL, file="small.toml")
FLOORS = {"news": 0.5, "sport": 0.5}
ROWS = [Row("", str(at), {"topic": "news" if at % 2 else "sport"}) for at in range(400)]


def report(model: str, *, right: float, sure: float | None = None, seed: int = 1) -> dict[str, Any]:
    """Of a reader that is right that often, and as sure as it is right."""
    sure = right if sure is None else sure
    dice = np.random.default_rng(seed)
    readings = []
    for row in ROWS:
        truth = str(row.labels["topic"])
        other = "sport" if truth == "news" else "news"
        found = truth if dice.random() < right else other
        scores = {name: sure if name == found else 1 - sure for name in ("news", "sport")}
        readings.append(reading_from_scores({"topic": scores}, primary="topic", model=model))
    return evaluate(ROWS, readings, TOPICS, model=model)


def verdict(
    ours: Any, theirs: Any, failures: tuple[str, ...] = (), recall: float = 0.0, **floors: float
) -> Verdict:
    return judge(
        ours,
        theirs,
        floors={"topic": FLOORS | floors, "mood": {"bad": 0.5, "good": 0.5}},
        recall_floors={"topic": {"news": recall}},
        must_pass_failures=failures,
        must_pass_rows=150,
    )


def with_mood(report: dict[str, Any], *, bad: float, support: int = 50) -> dict[str, Any]:
    """The same reader, which also answers another question; `bad` is one label's F1."""
    labels = {
        name: {"f1": f1, "recall": f1, "support": support}
        for name, f1 in (("bad", bad), ("good", 0.9))
    }
    return report | {"questions": report["questions"] | {"mood": {"labels": labels}}}


def failed(verdict: Verdict) -> set[str]:
    return {check.name for check in verdict.checks if not check.holds}


def test_a_clearly_better_candidate_passes_and_the_words_say_why() -> None:
    passed = verdict(report("new", right=0.95), report("old", right=0.85, seed=2))
    assert passed.passed, passed.words
    assert passed.words.startswith("Passed: new may take the place of old.")
    assert "on the same 400 rows" in passed.words


def test_a_tie_keeps_the_one_that_serves() -> None:
    same = report("new", right=0.9)
    assert failed(verdict(same, report("old", right=0.9))) == {"better"}


def test_a_little_better_is_not_shown_to_be_better() -> None:
    truth = [row.labels["topic"] for row in ROWS]
    ours, theirs = report("new", right=0.9), report("old", right=0.9)
    at = next(n for n, found in enumerate(ours["found"]) if found != truth[n])
    ours["found"][at] = truth[at]  # one row of 400 more
    assert failed(verdict(ours, theirs)) == {"better"}


def test_a_worse_candidate_is_refused() -> None:
    refused = verdict(report("new", right=0.7), report("old", right=0.9))
    assert not refused.passed
    assert refused.words.startswith("Refused: new fails")
    assert "better" in failed(refused)
    assert "no_label_lost" in failed(refused)


def acting(report: dict[str, Any], *, cost: float) -> dict[str, Any]:
    return report | {"decided": {"cost": cost}}


def test_one_that_reads_better_and_acts_rashly_is_refused() -> None:
    ours, theirs = report("new", right=0.95), report("old", right=0.85, seed=2)
    assert verdict(acting(ours, cost=0.72), acting(theirs, cost=0.65)).passed
    rash = verdict(acting(ours, cost=0.76), acting(theirs, cost=0.65))
    assert failed(rash) == {"acts_well"}
    assert "0.76 looks of a person, after 0.65: more than 0.10 more." in rash.words


def test_acting_has_to_cost_no_more_than_people_who_look_at_everything() -> None:
    """The baseline, which serves at first, acts by nobody's thresholds."""
    ours, theirs = report("new", right=0.95), report("old", right=0.85, seed=2)
    assert verdict(acting(ours, cost=0.8), theirs).passed
    assert failed(verdict(acting(ours, cost=1.2), theirs)) == {"acts_well"}


def test_one_must_pass_row_is_enough_to_refuse() -> None:
    ours, theirs = report("new", right=0.95), report("old", right=0.8)
    refused = verdict(ours, theirs, ("“no problem” would be acted on as cancel.",))
    assert failed(refused) == {"must_pass"}
    assert "“no problem”" in refused.words


def test_a_label_below_its_floor_refuses() -> None:
    ours, theirs = report("new", right=0.95), report("old", right=0.8)
    refused = verdict(ours, theirs, news=0.99)
    assert failed(refused) == {"floors"}
    assert "F1 of news" in refused.words


def test_a_label_that_is_found_too_seldom_refuses() -> None:
    ours, theirs = report("new", right=0.95), report("old", right=0.8)
    assert verdict(ours, theirs, recall=0.9).passed
    refused = verdict(ours, theirs, recall=0.99)
    assert failed(refused) == {"floors"}
    assert "recall of news" in refused.words


def test_a_label_of_another_question_has_a_floor_and_may_lose_a_little_more() -> None:
    ours, theirs = report("new", right=0.95), report("old", right=0.8)

    def mood(before: float, after: float, support: int = 50) -> set[str]:
        return failed(verdict(with_mood(ours, bad=after, support=support),
                              with_mood(theirs, bad=before)))  # fmt: skip

    assert mood(0.80, 0.72) == set()
    assert mood(0.80, 0.68) == {"no_label_lost"}
    assert mood(0.52, 0.48) == {"floors"}
    assert mood(0.80, 0.0) == {"floors", "no_label_lost"}
    assert mood(0.80, 0.0, support=0) == set()  # nobody asked about it


def test_a_question_that_no_row_is_labelled_for_says_nothing() -> None:
    ours, theirs = report("new", right=0.95), report("old", right=0.8)
    silent = {"mood": {"rows": 0, "accuracy": None, "macro_f1": None, "ece": None}}
    ours["questions"] |= silent
    theirs["questions"] |= silent
    assert verdict(ours, theirs).passed


def test_promotions_cannot_make_confidences_too_high_bit_by_bit() -> None:
    """Each a point surer than it is right, after one that already was."""
    ours = report("new", right=0.9, sure=0.965)
    theirs = report("old", right=0.8, sure=0.86, seed=2)
    refused = verdict(ours, theirs)
    assert failed(refused) == {"calibrated"}
    assert "too sure (0.05 at most)" in refused.words
    assert verdict(report("new", right=0.9, sure=0.94), theirs).passed


@pytest.mark.parametrize(
    ("sure", "may_pass"),
    [(0.6, False), (0.925, True), (0.95, True), (0.96, True), (0.975, False), (0.99, False)],
)
def test_confidences_may_be_a_little_too_low_and_hardly_too_high(
    sure: float, *, may_pass: bool
) -> None:
    """0.95 is right."""
    ours, theirs = report("new", right=0.95, sure=sure), report("old", right=0.8)
    assert failed(verdict(ours, theirs)) == (set() if may_pass else {"calibrated"})


def test_what_confidences_are_off_by_is_the_calibration_error() -> None:
    ours = report("new", right=0.95, sure=0.6)
    words = next(check.words for check in verdict(ours, ours).checks if check.name == "calibrated")
    error = ours["questions"]["topic"]["ece"]
    assert f"too high by 0.000 on average, after 0.000, and too low by {error:.3f}" in words


def test_reports_on_different_rows_are_not_compared() -> None:
    ours = report("new", right=0.9)
    with pytest.raises(NotComparable):
        verdict(ours, ours | {"rows_digest": "another"})


def test_the_confidence_is_that_of_a_paired_comparison() -> None:
    """20 rows of 400 where only one of two is right: 15 to 5 is convincing, 11 to 9 is not."""
    truth = ["a", "b"] * 200

    def with_wrong(at: range) -> list[str]:
        return [
            ("a" if label == "b" else "b") if n in at else label for n, label in enumerate(truth)
        ]

    labels = ["a", "b"]
    ours, theirs = with_wrong(range(5)), with_wrong(range(100, 115))
    assert confidence_of_better(truth, ours, theirs, labels) > 0.95
    ours, theirs = with_wrong(range(9)), with_wrong(range(100, 111))
    assert 0.5 < confidence_of_better(truth, ours, theirs, labels) < 0.9
    assert confidence_of_better(truth, ours, ours, labels) == 0.0
