"""How well masking does on the planted texts: what it is asked for, and what it may cost."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from classifier.data import DataError
from classifier.masking import Chip
from classifier.planted import (
    FLOORS,
    SHIPPED,
    Planted,
    Recall,
    planted,
    planted_rows,
    recall_of,
)


@pytest.fixture(scope="module")
def recalls() -> list[Recall]:
    return [recall_of(planted_rows(path)) for path in SHIPPED]


@pytest.mark.parametrize("kind", FLOORS)
def test_masking_finds_what_is_asked_of_it(recalls: list[Recall], kind: str) -> None:
    hidden = sum(recall.hidden[kind] for recall in recalls)
    of = sum(recall.planted[kind] for recall in recalls)
    assert hidden / of >= FLOORS[kind]


@pytest.mark.parametrize("kind", FLOORS)
def test_masking_finds_it_where_no_rule_was_written_for_it(
    recalls: list[Recall], kind: str
) -> None:
    _, *rest = recalls
    hidden = sum(recall.hidden[kind] for recall in rest)
    assert hidden / sum(recall.planted[kind] for recall in rest) >= FLOORS[kind]


def test_hardly_a_word_is_masked_for_nothing(recalls: list[Recall]) -> None:
    assert sum(recall.spoilt for recall in recalls) == 0
    assert sum(len(recall.lost) for recall in recalls) / sum(r.words for r in recalls) < 0.01


def test_the_set_is_as_large_as_was_asked_for() -> None:
    rows = [row for path in SHIPPED for row in planted_rows(path)]
    holding = [row for row in rows if row.text.chips or row.prompt.chips]
    assert len(holding) >= 320
    assert len(rows) - len(holding) >= 80


def test_no_text_stands_in_two_of_the_sets() -> None:
    texts = [{row.text.text for row in planted_rows(path) if row.text.chips} for path in SHIPPED]
    assert not texts[0] & texts[1]
    assert not (texts[0] | texts[1]) & texts[2]


def test_marks_are_taken_out_and_remembered() -> None:
    assert planted("{name:Dana} here, {date:3 May}") == Planted(
        "Dana here, 3 May", (Chip("name", 0, 4), Chip("date", 11, 16))
    )


def test_a_mark_of_no_kind_is_refused() -> None:
    with pytest.raises(DataError, match="'nmae' is no kind of chip"):
        planted("{nmae:Dana}")


def run(*arguments: object) -> str:
    out = StringIO()
    call_command("masking", *map(str, arguments), stdout=out, stderr=StringIO(), verbosity=0)
    return out.getvalue()


def test_the_command_says_what_was_found_missed_and_masked_for_nothing(tmp_path: Path) -> None:
    file = tmp_path / "mine.jsonl"
    file.write_text(
        '{"text": "{name:Dana} and {name:flibber}"}\n{"text": "hope so"}\n'
        '{"prompt": "Hi {name:Dana}", "text": "Zorba won"}\n'
    )
    said = run(file)
    assert "name           2 of 3    0.667" in said
    assert "flibber   ([name] and flibber)" in said
    assert "clean texts that lost a word: 1 of 2" in said


def test_the_command_reports_the_shipped_sets_one_by_one() -> None:
    said = run()
    assert [path.stem in said for path in SHIPPED] == [True, True, True]


def test_the_command_refuses_a_file_it_cannot_read(tmp_path: Path) -> None:
    (tmp_path / "wrong.jsonl").write_text('{"reply": "hm"}\n')
    with pytest.raises(CommandError, match=r"wrong\.jsonl:1"):
        run(tmp_path / "wrong.jsonl")
    with pytest.raises(CommandError, match=r"nowhere\.jsonl"):
        run(tmp_path / "nowhere.jsonl")
