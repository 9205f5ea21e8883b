"""How varied rows are: the figures, and the command that prints them."""

import json
import re
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from classifier.data import Row
from classifier.management.commands import variety as command
from classifier.taxonomy import Taxonomy
from classifier.variety import KIND_ROWS, kinds_of_business, mould, variety_of

REMINDER = "See you on Tuesday?"


def a_row(text: str, intent: str = "confirm", **extra: str) -> Row:
    return Row(REMINDER, text, {"intent": intent, "tone": "neutral"}, extra)


def run(*arguments: object) -> list[str]:
    out = StringIO()
    call_command("variety", *map(str, arguments), stdout=out)
    return out.getvalue().splitlines()


def figures(lines: list[str], words: str) -> list[str]:
    """What stands behind these words."""
    columns = [re.split(" {2,}", line.strip()) for line in lines]
    [found] = [figures for named, *figures in columns if named == words]
    return found


def written(path: Path, *rows: dict[str, str]) -> Path:
    path.write_text("".join(json.dumps({"prompt": REMINDER} | row) + "\n" for row in rows))
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return written(
        tmp_path / "mine.jsonl",
        {"text": "I can do that day", "intent": "confirm", "trade": "gym"},
        {"text": "I can not do that day", "intent": "cancel", "trade": "gym_us"},
        {"text": "I can not do that day 😢", "intent": "cancel", "trade": "dentist"},
    )


def test_replies_from_one_mould_differ_by_name_day_and_number_only() -> None:
    assert mould("Running late, Ana, there tuesday at 5") == mould(
        "running late, Bo, there fri at 11"
    )
    assert mould("Running late") != mould("Running early")


def test_rows_of_one_mould_are_counted_as_repeated_and_near(taxonomy: Taxonomy) -> None:
    texts = ["see you on monday at 4", "see you on friday at 11", "where do i leave the car"]
    variety = variety_of([a_row(text) for text in texts], taxonomy)
    assert (variety.telling, variety.repeated, variety.near) == (3, 2 / 3, 2 / 3)
    assert variety.mean_words == 6


def test_no_rows_have_no_variety(taxonomy: Taxonomy) -> None:
    with pytest.raises(ValueError, match="no rows"):
        variety_of([], taxonomy)


def test_a_kind_of_business_counts_once_however_it_was_written() -> None:
    gyms = [a_row(f"yes {n}", trade=("gym", "gym_us", "gym2")[n % 3]) for n in range(KIND_ROWS)]
    few = [a_row(f"no {n}", trade="opera") for n in range(KIND_ROWS - 1)]
    assert kinds_of_business([*gyms, *few, a_row("ok"), a_row("ok", trade="7")]) == 1


def test_a_file_is_put_beside_real_texts(file: Path, tmp_path: Path) -> None:
    real = written(tmp_path / "real.jsonl", {"text": "ok", "intent": "confirm"})
    lines = run(file, "--against", real)
    assert lines[0].split() == ["mine", "real"]
    assert figures(lines, "rows") == ["3", "1"]
    assert figures(lines, "words on average") == ["6.0", "1.0"]
    assert figures(lines, "with an emoji") == ["33.3 %", "0.0 %"]


def test_pairs_are_counted_per_border(file: Path) -> None:
    lines = run(file)
    assert figures(lines, "confirm and cancel") == ["2"]
    assert figures(lines, "cancel and reschedule") == ["0"]
    assert "pairs on a border, 25 are wanted" in lines


def test_published_figures_of_real_texts_stand_below_with_their_source(file: Path) -> None:
    lines = run(file)
    assert figures(lines, "936 of Irish students (Lyddy et al., 2014)") == ["14.3"]


def test_without_files_the_training_rows_stand_beside_the_test_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(command, "training_rows", lambda taxonomy: [a_row("yes"), a_row("no")])
    monkeypatch.setattr(command, "frozen_test_rows", lambda taxonomy: [a_row("perhaps")])
    lines = run()
    assert lines[0].split() == ["training", "test", "set"]
    assert figures(lines, "rows") == ["2", "1"]


@pytest.mark.parametrize("content", ["", "{", '{"text": "hm", "intent": "maybe"}'])
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(content)
    with pytest.raises(CommandError, match=r"rows\.jsonl|no rows"):
        run(path)
