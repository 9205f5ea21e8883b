"""The rows that ship with Nod keep the promises made of them."""

from collections import Counter

import pytest

from classifier.borders import WANTED, pairs_per_border
from classifier.data import STARTER_FOLDER, Row, read_rows
from classifier.taxonomy import Taxonomy
from classifier.text import normalise


@pytest.fixture(scope="module")
def rows(taxonomy: Taxonomy) -> list[Row]:
    return [
        row for file in sorted(STARTER_FOLDER.glob("*.jsonl")) for row in read_rows(file, taxonomy)
    ]


def test_there_are_enough_rows_of_enough_trades(rows: list[Row]) -> None:
    assert len(rows) >= 600
    assert len({row.extra["trade"] for row in rows}) >= 10


def test_every_label_of_every_question_is_there(rows: list[Row], taxonomy: Taxonomy) -> None:
    for question in taxonomy.questions:
        counts = Counter(row.labels[question.name] for row in rows)
        assert min(counts[name] for name in question.label_names) >= 50


def test_borders_that_people_confuse_are_written_on_both_sides(
    rows: list[Row], taxonomy: Taxonomy
) -> None:
    pairs = pairs_per_border(rows, taxonomy.primary)
    written = {border for border, count in pairs.items() if count >= WANTED}
    assert written >= {
        ("confirm", "cancel"), ("cancel", "reschedule"), ("confirm", "reschedule"),
        ("confirm", "question"), ("confirm", "other"), ("confirm", "opt_out"),
    }  # fmt: skip


def test_no_pair_is_written_twice(rows: list[Row]) -> None:
    pairs = Counter((normalise(row.prompt), normalise(row.text)) for row in rows)
    assert [pair for pair, count in pairs.items() if count > 1] == []


def test_no_row_is_empty_or_longer_than_a_text_message(rows: list[Row]) -> None:
    assert all(row.text.strip() and len(row.text) <= 1_600 for row in rows)
