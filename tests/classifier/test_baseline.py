"""The baseline: honest, quick, and never taken for a model."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytest_django import Settings

from classifier.baseline import Baseline, starter_baseline
from classifier.baseline_file import KEPT
from classifier.data import Row
from classifier.reader import Reader
from classifier.readings import Pair
from classifier.taxonomy import Taxonomy

from .test_taxonomy import SMALL


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


@pytest.mark.parametrize("tone", [None, "neutral"])
def test_a_question_that_rows_do_not_tell_apart_is_left_to_people(
    tiny_rows: list[Row], taxonomy: Taxonomy, tmp_path: Path, tone: str | None
) -> None:
    rows = [replace(row, labels={**row.labels, "tone": tone}) for row in tiny_rows]
    pair = Pair("", "where do i have to park")
    for _ in range(2):  # learnt, and found again
        [scores] = Baseline(rows, taxonomy, keep_in=tmp_path).scores([pair])
        assert max(scores["intent"], key=scores["intent"].__getitem__) == "question"
        assert max(scores["tone"].values()) < 0.5
        assert scores["tone"]["neutral"] == max(scores["tone"].values())
        assert sum(scores["tone"].values()) == pytest.approx(1)


@pytest.fixture
def other_labels(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    """The folder for an installation's own rows, where the labels are not Nod's."""
    (tmp_path / "small.toml").write_text(SMALL)
    settings.TAXONOMY_FILE = tmp_path / "small.toml"
    settings.MODELS_DIR = tmp_path / "models"
    settings.ROWS_DIR = tmp_path
    starter_baseline.cache_clear()
    yield tmp_path
    starter_baseline.cache_clear()


@pytest.mark.django_db
def test_other_labels_are_learnt_from_an_installations_own_rows(other_labels: Path) -> None:
    lines = [
        json.dumps({"text": f"{word} of today number {n}", "topic": topic})
        for n in range(20)
        for topic, word in (("sport", "goal"), ("news", "vote"))
    ]
    (other_labels / "own.jsonl").write_text("\n".join(lines))
    readings = Reader(starter_baseline()).read([Pair("", "a goal"), Pair("", "a vote")])
    assert [reading.intent for reading in readings] == ["sport", "news"]


@pytest.mark.django_db
def test_other_labels_that_nothing_tells_of_are_all_alike(other_labels: Path) -> None:
    [reading] = Reader(starter_baseline()).read([Pair("", "a goal")])
    assert reading.confidence == 0.5


@pytest.mark.django_db
def test_a_file_that_cannot_be_read_keeps_no_text_waiting(
    other_labels: Path, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    (other_labels / "own.jsonl").write_text("not json")
    [reading] = Reader(starter_baseline()).read([Pair("", "a goal")])
    assert reading.confidence == 0.5
    assert "own.jsonl" in caplog.text


def kept_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("baseline-*"))


def test_what_it_learnt_is_kept_and_read_alike(
    fitted: Baseline,
    tiny_rows: list[Row],
    taxonomy: Taxonomy,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Baseline(tiny_rows, taxonomy, keep_in=tmp_path / "models")
    monkeypatch.delattr(Baseline, "_learn")  # the second one has no need to
    again = Baseline(tiny_rows, taxonomy, keep_in=tmp_path / "models")
    pairs = [row.pair for row in tiny_rows]
    assert again.scores(pairs) == fitted.scores(pairs)


def test_other_rows_are_learnt_anew(
    tiny_rows: list[Row], taxonomy: Taxonomy, tmp_path: Path
) -> None:
    Baseline(tiny_rows, taxonomy, keep_in=tmp_path)
    Baseline(tiny_rows[1:], taxonomy, keep_in=tmp_path)
    assert len(kept_files(tmp_path)) == 2


@pytest.mark.parametrize("damage", [b"", b"no archive", None])
def test_a_damaged_file_is_learnt_anew(
    damage: bytes | None, fitted: Baseline, tiny_rows: list[Row], taxonomy: Taxonomy, tmp_path: Path
) -> None:
    Baseline(tiny_rows, taxonomy, keep_in=tmp_path)
    [kept] = kept_files(tmp_path)
    whole = kept.read_bytes()
    kept.write_bytes(whole[: len(whole) // 2] if damage is None else damage)
    again = Baseline(tiny_rows, taxonomy, keep_in=tmp_path)
    assert again.scores([Pair("", "hm")]) == fitted.scores([Pair("", "hm")])
    assert kept.read_bytes() == whole


def test_only_the_newest_files_are_kept(
    tiny_rows: list[Row], taxonomy: Taxonomy, tmp_path: Path
) -> None:
    for count in range(1, KEPT + 3):
        Baseline(tiny_rows[:-count], taxonomy, keep_in=tmp_path)
    assert len(kept_files(tmp_path)) == KEPT


def test_a_folder_that_cannot_be_written_is_no_reason_to_stop(
    tiny_rows: list[Row], taxonomy: Taxonomy, tmp_path: Path
) -> None:
    (tmp_path / "models").write_text("a file where the folder should be")
    assert Baseline(tiny_rows, taxonomy, keep_in=tmp_path / "models").scores([Pair("", "hm")])
