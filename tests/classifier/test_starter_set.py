"""The rows that ship with Nod keep the promises made of them (docs/data.md).

The floors are a little below what there is today: rows may be mended, not lost by the hundred.
"""

from collections import Counter
from pathlib import Path

import pytest

from classifier.borders import WANTED, pairs_per_border
from classifier.data import (
    AS_THEY_COME,
    DEVELOPMENT_FILE,
    Row,
    assert_no_overlap,
    digest_of,
    frozen_test_rows,
    load_rows,
    read_rows,
    shipped_must_pass_rows,
    split,
    starter_files,
    starter_rows,
)
from classifier.evaluation import PLAIN_SLICE, SMALLEST_SLICE
from classifier.taxonomy import Taxonomy
from classifier.text import fold, normalise
from classifier.variety import kinds_of_business

# Of the test set's reminders, replies and labels. Who changes a row on purpose writes the new one
# here, and says in the changelog that figures from before no longer compare.
TEST_SET = "f6f89da50d96058c6bd27656bb54b8001cecd16b12ab8374e718d641523b51e0"


@pytest.fixture(scope="module")
def rows(taxonomy: Taxonomy) -> list[Row]:
    return [row for file in starter_files() for row in read_rows(file, taxonomy)]


@pytest.fixture(scope="module")
def tests(taxonomy: Taxonomy) -> list[Row]:
    return frozen_test_rows(taxonomy)


@pytest.fixture(scope="module")
def development(taxonomy: Taxonomy) -> list[Row]:
    return load_rows([DEVELOPMENT_FILE], taxonomy)


@pytest.fixture(scope="module")
def pack(taxonomy: Taxonomy) -> list[Row]:
    return shipped_must_pass_rows(taxonomy)


# ---- the starter set -----------------------------------------------------------------------


def test_there_are_enough_different_replies_to_enough_reminders(rows: list[Row]) -> None:
    assert len(rows) >= 25_500
    assert len({fold(row.text) for row in rows}) >= 20_000
    assert len(reminders(rows)) >= 4_300


def test_rows_as_they_come_are_told_from_those_written_to_teach(taxonomy: Taxonomy) -> None:
    """Confidences are fitted to the former that validate."""
    assert {file.stem for file in starter_files()} > AS_THEY_COME
    rows = starter_rows(taxonomy)
    for row in rows:
        assert row.hard == (Path(row.where.rpartition(":")[0]).stem not in AS_THEY_COME)
    usual = Counter(row.labels["intent"] for row in split(rows).validation if not row.hard)
    assert min(usual[label] for label in taxonomy.primary.label_names) >= 30
    assert usual.total() >= 900


def test_there_are_enough_kinds_of_business(rows: list[Row]) -> None:
    assert kinds_of_business(rows) >= 250


def test_every_label_of_every_question_is_there(rows: list[Row], taxonomy: Taxonomy) -> None:
    least = {"intent": 1_600, "tone": 1_200}
    for question in taxonomy.questions:
        counts = Counter(row.labels[question.name] for row in rows)
        assert min(counts[name] for name in question.label_names) >= least[question.name]


def test_borders_that_people_confuse_are_written_on_both_sides(
    rows: list[Row], taxonomy: Taxonomy
) -> None:
    pairs = pairs_per_border(rows, taxonomy.primary)
    written = {border for border, count in pairs.items() if count >= WANTED}
    assert written >= {
        ("confirm", "cancel"), ("confirm", "reschedule"), ("confirm", "question"),
        ("confirm", "opt_out"), ("confirm", "wrong_number"), ("confirm", "other"),
        ("cancel", "reschedule"), ("cancel", "question"), ("cancel", "opt_out"),
        ("cancel", "other"), ("reschedule", "question"), ("reschedule", "other"),
        ("question", "opt_out"), ("question", "wrong_number"), ("question", "other"),
        ("opt_out", "wrong_number"), ("opt_out", "other"),
    }  # fmt: skip


def test_no_pair_is_written_twice(rows: list[Row]) -> None:
    pairs = Counter((normalise(row.prompt), normalise(row.text)) for row in rows)
    assert [pair for pair, count in pairs.items() if count > 1] == []


def test_no_row_is_empty_or_longer_than_a_text_message(rows: list[Row]) -> None:
    assert all(row.text.strip() and len(row.text) <= 1_600 for row in rows)


# ---- what judges ---------------------------------------------------------------------------


def test_the_test_set_changes_on_purpose_only(tests: list[Row]) -> None:
    assert (len(tests), digest_of(tests)) == (946, TEST_SET)


def test_every_row_of_the_test_set_names_its_slice(tests: list[Row]) -> None:
    slices = Counter(row.extra["slice"] for row in tests)
    assert slices[PLAIN_SLICE] >= 100
    assert min(slices.values()) >= SMALLEST_SLICE


def test_no_reminder_that_judges_is_learnt(
    rows: list[Row], tests: list[Row], development: list[Row]
) -> None:
    assert reminders(rows) & reminders(tests) == set()
    assert reminders(rows) & reminders(development) == set()
    assert reminders(tests) & reminders(development) == set()


def test_no_reply_that_people_choose_by_is_learnt(rows: list[Row], development: list[Row]) -> None:
    """No training leaves out by itself what the development set says as well."""
    assert_no_overlap(rows, development)


def test_the_must_pass_pack_holds_enough_rows_and_says_why(pack: list[Row]) -> None:
    assert len(pack) >= 160
    assert all(row.extra["group"] and row.extra["why"] for row in pack)


def test_what_judges_is_labelled_for_every_question(
    tests: list[Row], pack: list[Row], taxonomy: Taxonomy
) -> None:
    for question in taxonomy.questions:
        assert {row.labels[question.name] for row in tests} == set(question.label_names)
        assert {row.labels[question.name] for row in pack} <= set(question.label_names)


def reminders(rows: list[Row]) -> set[str]:
    return {fold(row.prompt) for row in rows} - {""}
