"""The baseline: honest, quick, and never taken for a model."""

from pathlib import Path

import pytest

from classifier.baseline import Baseline
from classifier.baseline_file import KEPT
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
