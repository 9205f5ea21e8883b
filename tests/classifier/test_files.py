"""Files of replies: every row back, in order, or an error that says what to do."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from classifier import files
from classifier.data import DataError
from classifier.files import read_file
from classifier.reader import Reader
from classifier.readings import Pair
from classifier.taxonomy import Taxonomy

from .test_reader import Echo


@pytest.fixture
def reader(taxonomy: Taxonomy) -> Reader:
    return Reader(Echo(taxonomy))


def read(source: Path, target: Path, reader: Reader) -> int:
    return read_file(source, target, reader=reader, on_progress=lambda position, rows: None)


def test_json_lines_come_back_whole_with_a_reading_each(tmp_path: Path, reader: Reader) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    rows = [{"id": n, "text": "x" * (n % 7), "prompt": None} for n in range(50)]
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert read(source, target, reader) == 50
    back = [json.loads(line) for line in target.read_text().splitlines()]
    assert [{key: row[key] for key in rows[0]} for row in back] == rows
    assert back[6]["reading"]["confidence"] == 6e-6


def test_csv_keeps_its_columns_and_line_breaks_and_gets_reading_columns(
    tmp_path: Path, reader: Reader
) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text('\ufeffid,text\n1,"yes, ""ok""\nthen"\n2,STOP\n')
    read(source, target, reader)
    first, second = csv.DictReader(target.read_text().splitlines(keepends=True))
    assert (first["id"], first["text"]) == ("1", 'yes, "ok"\nthen')
    assert (second["reading_intent"], second["reading_model"]) == ("opt_out", "rules")
    assert json.loads(second["reading_scores"])["opt_out"] == 1.0


def test_chunks_are_read_one_after_another_and_put_together(
    tmp_path: Path, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "CHUNK", 3)
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("text\n" + "".join(f"t{n}\n" for n in range(10)))
    assert read(source, target, reader) == 10
    lines = target.read_text().splitlines()
    assert [row["text"] for row in csv.DictReader(lines)] == [f"t{n}" for n in range(10)]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("in.csv", "message\nhi\n", "has no column `text` (it has: message)"),
        ("in.csv", "", "it has: nothing"),
        ("in.csv", "text,prompt\nhi\n", ":2: has not as many fields"),
        ("in.csv", "text\nhi,there\n", ":2: has not as many fields"),
        ("in.csv", 'text\n"never closed\n', "is not CSV"),
        ("in.jsonl", '{"text": "a"}\n{"prompt": "b"}\n', ":2: has no `text`"),
        ("in.jsonl", "no json\n", ":1: is not JSON"),
    ],
)
def test_a_wrong_file_is_named_and_leaves_no_result(
    tmp_path: Path, reader: Reader, name: str, content: str, says: str
) -> None:
    source = tmp_path / name
    source.write_text(content)
    with pytest.raises(DataError) as error:
        read(source, tmp_path / f"out{source.suffix}", reader)
    assert says in str(error.value)
    assert list(tmp_path.iterdir()) == [source]


def test_a_file_that_is_not_utf_8_says_so(tmp_path: Path, reader: Reader) -> None:
    source = tmp_path / "in.csv"
    source.write_bytes("text\nsí\n".encode("latin-1"))
    with pytest.raises(DataError, match="not UTF-8"):
        read(source, tmp_path / "out.csv", reader)


def test_an_error_half_way_leaves_the_old_result(
    tmp_path: Path, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text('{"text": "a"}\n')
    target.write_text("old")

    def broken(pairs: Sequence[Pair]) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(reader, "read", broken)
    with pytest.raises(RuntimeError, match="broken"):
        read(source, target, reader)
    assert target.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 2


def test_the_result_may_replace_its_source(tmp_path: Path, reader: Reader) -> None:
    both = tmp_path / "rows.jsonl"
    both.write_text('{"text": "STOP"}\n')
    read(both, both, reader)
    assert json.loads(both.read_text())["reading"]["intent"] == "opt_out"
