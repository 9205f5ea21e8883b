"""Files of replies: every row back, in order, or an error that says what to do."""

import csv
import json
import tempfile
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier import files
from classifier.data import DataError
from classifier.files import Chunk, Plan, Read, here, read_file
from classifier.partial import hidden, partial_of
from classifier.reader import Reader
from classifier.readings import Pair
from classifier.taxonomy import Taxonomy

from .test_reader import Echo


@pytest.fixture
def reader(taxonomy: Taxonomy) -> Reader:
    return Reader(Echo(taxonomy))


def read(source: Path, target: Path, reader: Reader) -> int:
    return read_by(here(reader), source, target)


def read_by(
    plan: Plan, source: Path, target: Path, *, afresh: bool = False, said: list[str] | None = None
) -> int:
    """Every plan here goes on with what is kept, whatever model it was begun with."""
    return read_file(
        source,
        target,
        plan=lambda begun_with: plan,
        say=([] if said is None else said).append,
        on_progress=lambda position, rows: None,
        afresh=afresh,
    )


class Killed(BaseException):
    """As abrupt as a test in one process can be."""


def killed_after(reader: Reader, chunks: int) -> Plan:
    """Reads so many chunks, then is no more."""

    def through(given: Iterator[Chunk]) -> Read:
        yield from islice(here(reader).through(given), chunks)
        raise Killed

    return Plan(reader.name, through)


def lines_of(count: int) -> str:
    return "".join(json.dumps({"text": "x" * n}) + "\n" for n in range(count))


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


def test_half_an_emoji_is_written_back_as_it_came(tmp_path: Path, reader: Reader) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text('{"text": "\\ud83d"}\n')
    read(source, target, reader)
    assert json.loads(target.read_text())["text"] == "\ud83d"


# ---- going on ------------------------------------------------------------------------------


@pytest.fixture
def by_threes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "CHUNK", 3)


TEXTS = st.lists(st.text(st.characters(codec="utf-8"), max_size=12), max_size=20)


@settings(max_examples=150, deadline=None)
@given(
    texts=TEXTS,
    suffix=st.sampled_from(sorted(files.FORMATS)),
    chunk=st.integers(1, 5),
    killed=st.integers(0, 6),
    torn=st.tuples(st.binary(max_size=9), st.sampled_from([b"", b"{", b'{"rows": 9, "size": 3'])),
    same_file=st.booleans(),
)
def test_whatever_kills_it_the_same_command_ends_with_the_same_bytes_and_reads_no_row_twice(
    taxonomy: Taxonomy,
    texts: list[str],
    suffix: str,
    chunk: int,
    killed: int,
    torn: tuple[bytes, bytes],
    same_file: bool,
) -> None:
    texts = [f"{number} {text}" for number, text in enumerate(texts)]  # each read by the scorer
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "CHUNK", chunk)
        source, expected = Path(name, f"in{suffix}"), Path(name, f"expected{suffix}")
        target = source if same_file else Path(name, f"out{suffix}")
        with source.open("w", newline="") as out:
            if suffix == ".csv":
                csv.writer(out).writerows([["text"], *([text] for text in texts)])
            else:
                out.writelines(json.dumps({"text": text}) + "\n" for text in texts)
        read(source, expected, Reader(Echo(taxonomy)))
        safe = min(killed * chunk, len(texts))

        dead, alive = Echo(taxonomy), Echo(taxonomy)
        with pytest.raises(Killed):
            read_by(killed_after(Reader(dead), killed), source, target)
        for kind, rest in zip(("part", "journal"), torn, strict=True):
            with hidden(target, kind).open("ab") as file:
                file.write(rest)  # what it was writing when it died
        assert read(source, target, Reader(alive)) == len(texts)

        assert target.read_bytes() == expected.read_bytes()
        assert [pair.text for pair in alive.asked] == texts[safe:]
        assert {path.name for path in Path(name).iterdir()} == {
            source.name,
            target.name,
            expected.name,
        }


def test_rows_added_to_the_end_are_read_and_those_before_them_are_not_read_again(
    tmp_path: Path, taxonomy: Taxonomy, by_threes: None
) -> None:
    source, target, echo = tmp_path / "in.jsonl", tmp_path / "out.jsonl", Echo(taxonomy)
    source.write_text(lines_of(8))
    with pytest.raises(Killed):
        read_by(killed_after(Reader(Echo(taxonomy)), 2), source, target)
    source.write_text(lines_of(10))
    assert read(source, target, Reader(echo)) == 10
    assert [len(pair.text) for pair in echo.asked] == [6, 7, 8, 9]


@pytest.mark.parametrize("now", ["changed", "shorter", "empty"])
def test_a_changed_file_is_begun_again_and_says_why(
    tmp_path: Path, taxonomy: Taxonomy, by_threes: None, now: str
) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text(lines_of(8))
    with pytest.raises(Killed):
        read_by(killed_after(Reader(Echo(taxonomy)), 2), source, target)
    content = {"changed": lines_of(8).replace("xx", "yy"), "shorter": lines_of(2), "empty": ""}
    source.write_text(content[now])
    said: list[str] = []
    asked_for: list[str] = []

    def plan(begun_with: str) -> Plan:
        asked_for.append(begun_with)
        return here(Reader(Echo(taxonomy)))

    rows = read_file(
        source, target, plan=plan, say=said.append, on_progress=lambda position, rows: None
    )
    assert rows == len(target.read_text().splitlines()) == len(content[now].splitlines())
    assert said[0].startswith(f"Beginning again: {source} was changed in the 6 rows")
    assert asked_for == [""], "nothing of it is kept, so nothing binds it to a version"


def test_afresh_forgets_what_was_kept(tmp_path: Path, taxonomy: Taxonomy, by_threes: None) -> None:
    source, target, echo = tmp_path / "in.jsonl", tmp_path / "out.jsonl", Echo(taxonomy)
    source.write_text(lines_of(8))
    with pytest.raises(Killed):
        read_by(killed_after(Reader(Echo(taxonomy)), 2), source, target)
    assert read_by(here(Reader(echo)), source, target, afresh=True) == 8
    assert len(echo.asked) == 8


def test_a_wrong_row_can_be_put_right_and_the_rows_before_it_stay_read(
    tmp_path: Path, taxonomy: Taxonomy, by_threes: None
) -> None:
    source, target, echo = tmp_path / "in.jsonl", tmp_path / "out.jsonl", Echo(taxonomy)
    source.write_text(lines_of(7) + "no json\n")
    said: list[str] = []
    with pytest.raises(DataError, match=":8: is not JSON"):
        read_by(here(Reader(Echo(taxonomy))), source, target, said=said)
    assert said == ["6 rows are kept: the same command goes on after them."]
    source.write_text(lines_of(8))
    assert read_by(here(Reader(echo)), source, target, said=said) == 8
    assert len(echo.asked) == 2


def test_what_is_kept_is_its_owners_alone_and_the_result_is_not(
    tmp_path: Path, reader: Reader, by_threes: None
) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text(lines_of(8))
    with pytest.raises(Killed):
        read_by(killed_after(reader, 2), source, target)
    assert {hidden(target, kind).stat().st_mode & 0o777 for kind in ("part", "journal")} == {0o600}
    assert "text" not in hidden(target, "journal").read_text()
    read(source, target, reader)
    assert target.stat().st_mode & 0o777 == 0o644


def test_two_at_once_cannot_write_the_same_result(tmp_path: Path, reader: Reader) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text(lines_of(2))
    with partial_of(target), pytest.raises(DataError, match="another classify is writing"):
        read(source, target, reader)
    assert read(source, target, reader) == 2
