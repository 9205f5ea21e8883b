"""The baseline: honest, quick, and never taken for a model."""

import pytest

from classifier.baseline import Baseline
from classifier.data import Row
from classifier.reader import Reader
from classifier.readings import Pair
from classifier.taxonomy import Taxonomy


@pytest.fixture(scope="module")
def fitted(tiny_rows: list[Row], taxonomy: Taxonomy) -> Baseline:
    return Baseline(tiny_rows, taxonomy)


def test_it_reads_what_it_was_shown_and_signs_as_baseline(fitted: Baseline) -> None:
    pairs = [Pair("", "where do i have to park"), Pair("", "you have the wrong number")]
    readings = Reader(fitted).read(pairs)
    assert [reading.intent for reading in readings] == ["question", "wrong_number"]
    assert all(reading.model.startswith("baseline-") for reading in readings)


def test_odd_texts_get_a_reading_too(fitted: Baseline) -> None:
    texts = ["", " ", "👍", "\x00", "\ud800", "x" * 10_000]
    assert len(Reader(fitted).read([Pair("", text) for text in texts])) == len(texts)


def test_a_label_without_rows_gets_no_score(tiny_rows: list[Row], taxonomy: Taxonomy) -> None:
    rows = [row for row in tiny_rows if row.labels["intent"] != "other"]
    [reading] = Reader(Baseline(rows, taxonomy)).read([Pair("", "hm")])
    assert reading.scores["other"] == 0.0
