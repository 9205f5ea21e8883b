"""Reports: the figures are right, and readable."""

import re
from dataclasses import replace

import numpy as np
import pytest

from classifier.data import Row
from classifier.evaluation import (
    evaluate,
    expected_calibration_error,
    macro_f1,
)
from classifier.readings import Reading, reading_from_scores
from classifier.reports import as_table
from classifier.taxonomy import Taxonomy, parse_taxonomy

from .test_taxonomy import SMALL


def read_as(label: str, sure: float = 0.8) -> Reading:
    other = "sport" if label == "news" else "news"
    return reading_from_scores(
        {"topic": {label: sure, other: 1 - sure}}, primary="topic", model="m"
    )


@pytest.fixture
def topics() -> Taxonomy:
    return parse_taxonomy(SMALL, file="small.toml")


def rows_of(*labels: str | None, source: str = "phone") -> list[Row]:
    return [
        Row("", str(at), {"topic": label}, {"source": source}) for at, label in enumerate(labels)
    ]


def test_a_report_counts_right_and_wrong_per_label(topics: Taxonomy) -> None:
    rows = rows_of("news", "news", "sport", "sport")
    readings = [read_as("news"), read_as("sport"), read_as("sport"), read_as("sport")]
    report = evaluate(rows, readings, topics, model="m")["questions"]["topic"]
    assert report["accuracy"] == 0.75
    assert report["confusion"] == {
        "news": {"news": 1, "sport": 1},
        "sport": {"news": 0, "sport": 2},
    }
    sport = report["labels"]["sport"]
    assert (sport["recall"], sport["support"]) == (1.0, 2)
    assert (sport["precision"], sport["f1"]) == pytest.approx((2 / 3, 0.8))
    assert sport["precision_interval"][0] < 2 / 3 < sport["precision_interval"][1]
    for low, figure, high in (
        (report["macro_f1_interval"][0], report["macro_f1"], report["macro_f1_interval"][1]),
        (sport["f1_interval"][0], sport["f1"], sport["f1_interval"][1]),
    ):
        assert low < figure < high
    assert report["macro_f1"] == pytest.approx((2 / 3 + 0.8) / 2)


def test_rows_are_told_apart_by_source_where_there_are_enough(topics: Taxonomy) -> None:
    rows = rows_of(*["news"] * 5) + rows_of("sport", source="web")
    report = evaluate(rows, [read_as("news")] * 6, topics, model="m")
    assert report["slices"].keys() == {"source"}
    assert report["slices"]["source"].keys() == {"phone"}  # one row from the web says nothing
    assert report["slices"]["source"]["phone"]["accuracy"] == 1.0


def test_rows_without_a_label_do_not_count(topics: Taxonomy) -> None:
    report = evaluate(rows_of("news", None), [read_as("news")] * 2, topics, model="m")
    assert report["questions"]["topic"]["rows"] == 1
    nothing = evaluate(rows_of(None), [read_as("news")], topics, model="m")
    assert "no row is labelled" in as_table(nothing)


def test_a_label_that_nobody_gave_does_not_lower_macro_f1() -> None:
    assert macro_f1(["a", "b"], ["a", "b"], ["a", "b", "c"]) == 1.0


def test_every_reading_belongs_to_a_row(topics: Taxonomy) -> None:
    with pytest.raises(ValueError, match="zip"):
        evaluate(rows_of("news", "news"), [read_as("news")], topics, model="m")


def test_calibration_error_is_the_distance_between_sure_and_right() -> None:
    sure = np.array([0.95] * 10 + [0.55] * 10)
    right = np.array([True] * 10 + [True] * 5 + [False] * 5)
    assert expected_calibration_error(sure, right) == pytest.approx(0.05)


def test_the_table_names_model_labels_and_confusions(topics: Taxonomy) -> None:
    report = evaluate(rows_of("news", "sport"), [read_as("news")] * 2, topics, model="m7")
    table = as_table(report)
    assert "m7 on 2 rows" in table
    assert "sport as news (1)" in table


def test_what_nod_decides_by_itself_is_counted_by_threshold(topics: Taxonomy) -> None:
    rows = rows_of("news", "news", "sport", "sport")
    readings = [
        read_as("news", 0.95), read_as("news", 0.6), read_as("news", 0.9), read_as("sport", 0.8),
    ]  # fmt: skip
    whole = evaluate(rows, readings, topics, model="m", thresholds={"news": 0.9, "sport": 0.7})
    report = whole["decided"]
    assert (report["rows"], report["decided"], report["right"]) == (4, 3, pytest.approx(2 / 3))
    assert report["labels"]["news"]["decided"] == 2
    assert report["labels"]["sport"]["right"] == 1.0
    [mistake] = {label.mistake for label in topics.primary.labels}
    assert report["cost"] == (1 + mistake) / 4  # one looked at by a person, one acted on wrongly
    assert "in all               3 of 4       75.0%    66.7% (" in as_table(whole)
    assert "decided by itself" not in as_table(evaluate(rows, readings, topics, model="m"))
    assert report["acted"] == report["share"]


def test_what_a_person_has_to_answer_is_acted_on_by_nobody_else(topics: Taxonomy) -> None:
    [question] = topics.questions
    labels = tuple(replace(label, needs_person=label.name == "news") for label in question.labels)
    asked = replace(topics, questions=(replace(question, labels=labels),))
    rows = rows_of("news", "sport", "sport", "sport")
    readings = [read_as("news", 0.95), read_as("news", 0.95), *[read_as("sport", 0.8)] * 2]
    whole = evaluate(rows, readings, asked, model="m", thresholds={"news": 0.9, "sport": 0.7})
    assert (whole["decided"]["share"], whole["decided"]["acted"]) == (1.0, 0.5)
    assert whole["decided"]["cost"] == 2 / 4  # two looks; the mistake among them cost no more
    assert "acted on are 50.0%" in as_table(whole)


def test_the_curve_goes_from_the_surest_reading_to_all(topics: Taxonomy) -> None:
    rows = rows_of("news", "news", "sport")
    readings = [read_as("news", 0.99), read_as("news", 0.8), read_as("news", 0.6)]
    curve = evaluate(rows, readings, topics, model="m")["curve"]
    assert curve == [pytest.approx(point) for point in ([1 / 3, 0], [2 / 3, 0], [1, 1 / 3])]


def test_the_worst_errors_are_the_surest_ones(topics: Taxonomy) -> None:
    rows = rows_of("news", "sport", "sport")
    readings = [read_as("news", 0.99), read_as("news", 0.7), read_as("news", 0.9)]
    worst = evaluate(rows, readings, topics, model="m")["worst"]
    assert [(error["text"], error["found"]) for error in worst] == [("2", "news"), ("1", "news")]


def test_the_gap_between_dialects_and_everyday_english_is_told(topics: Taxonomy) -> None:
    plain = [Row("", str(n), {"topic": "news"}, {"slice": "plain"}) for n in range(5)]
    scottish = [Row("", f"s{n}", {"topic": "news"}, {"variety": "scottish"}) for n in range(5)]
    readings = [read_as("news")] * 8 + [read_as("sport")] * 2
    gap = evaluate(plain + scottish, readings, topics, model="m")["gap"]
    assert (gap["variety"], gap["gap"]) == ("scottish", pytest.approx(0.4))
    assert (gap["rows"], gap["plain_rows"]) == (5, 5)
    assert gap["interval"][0] < gap["accuracy"] < gap["interval"][1]


def test_dialects_are_pooled_apart_from_spanish(topics: Taxonomy) -> None:
    varieties = ["scottish"] * 6 + ["irish"] * 2 + ["spanish"] * 3 + ["spanglish"]
    rows = [Row("", str(n), {"topic": "news"}, {"slice": "plain"}) for n in range(5)] + [
        Row("", f"v{n}", {"topic": "news"}, {"variety": name}) for n, name in enumerate(varieties)
    ]
    readings = [read_as("news")] * 12 + [read_as("sport")] + [read_as("news")] * 4
    report = evaluate(rows, readings, topics, model="m")
    pooled = report["gap"]["pooled"]
    assert (pooled["dialects"]["rows"], pooled["dialects"]["accuracy"]) == (8, 7 / 8)
    assert (pooled["spanish"]["rows"], pooled["spanish"]["accuracy"]) == (4, 1.0)
    assert pooled["dialects"]["interval"][1] < 1.0
    assert re.search(r"dialects +0\.875 \(0\.\d{3}–0\.\d{3}, 8\)", as_table(report))


def test_an_f1_is_the_surer_the_more_rows_there_are(topics: Taxonomy) -> None:
    def width(times: int) -> float:
        readings = [read_as("news"), read_as("sport"), read_as("sport")] * times
        rows = rows_of(*["news", "news", "sport"] * times)
        report = evaluate(rows, readings, topics, model="m")
        low, high = report["questions"]["topic"]["labels"]["sport"]["f1_interval"]
        assert f"{low:.3f}–{high:.3f}" in as_table(report)
        return float(high - low)

    assert width(40) < width(10) / 1.5


def test_of_a_label_without_rows_no_f1_is_known(topics: Taxonomy) -> None:
    report = evaluate(rows_of("news"), [read_as("news")], topics, model="m")
    assert report["questions"]["topic"]["labels"]["sport"]["f1_interval"] == [0.0, 1.0]
