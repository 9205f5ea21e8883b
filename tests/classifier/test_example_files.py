"""Examples from and to files, as an operator moves them."""

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError

from classifier import example_files, examples
from classifier.models import Example, ExampleLabel, ExampleSource
from classifier.taxonomy import current_taxonomy

from .test_commands import run
from .test_examples import NOW, add, settle

pytestmark = [pytest.mark.django_db, pytest.mark.database]

ROWS: list[dict[str, Any]] = [
    {"prompt": "See you [date]?", "text": "yes", "intent": "confirm", "tone": "neutral"},
    {"prompt": "", "text": "=1+1", "intent": "other", "tone": None},
    {"prompt": "See you [date]?", "text": "-- sent from my phone, can't come", "intent": "cancel"},
    {"prompt": "See you [date]?", "text": "'ello, is that on?\nor not?"},
    {"text": "who is this then", "label": "wrong_number"},
]


def jsonl(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def exported(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def without_ids(rows: list[dict[str, Any]]) -> list[Mapping[str, Any]]:
    """What must survive the way out and in: all but the ids, the order, and who settled it."""
    gone = {"example", "intent_by", "tone_by"}
    kept = [{name: row[name] for name in row if name not in gone} for row in rows]
    return sorted(kept, key=lambda row: str(row["text"]))


def test_rows_with_a_label_arrive_settled_and_the_others_open(tmp_path: Path) -> None:
    said = run("import_examples", jsonl(tmp_path / "rows.jsonl", ROWS))
    assert "5 rows are 5 examples, 4 of them with a label." in said
    assert Example.objects.settled().count() == 4
    assert Example.objects.open().get().text.startswith("'ello")
    assert set(ExampleLabel.objects.values_list("by", flat=True)) == {"import"}
    assert ExampleSource.objects.filter(reference="rows.jsonl:5").exists()


def test_the_same_file_again_adds_nothing(tmp_path: Path) -> None:
    file = jsonl(tmp_path / "rows.jsonl", ROWS)
    for _ in range(2):
        run("import_examples", file)
    assert set(Example.objects.values_list("times_seen", flat=True)) == {1}
    assert ExampleLabel.objects.count() == 5
    assert ExampleSource.objects.count() == 5


def test_an_import_that_was_killed_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(example_files, "BATCH", 2)
    file = jsonl(tmp_path / "rows.jsonl", ROWS)
    size = file.stat().st_size

    def die(position: int) -> None:
        if position > size:  # the first batch of the second time through is in
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        example_files.import_file(file, taxonomy=current_taxonomy(), now=NOW, on_progress=die)
    assert Example.objects.count() == 2
    run("import_examples", file)
    assert Example.objects.count() == 5
    assert set(Example.objects.values_list("times_seen", flat=True)) == {1}


@pytest.mark.parametrize("kind", ["jsonl", "csv"])
def test_what_goes_out_comes_in_again_as_it_was(tmp_path: Path, kind: str) -> None:
    run("import_examples", jsonl(tmp_path / "rows.jsonl", ROWS))
    settle(
        Example.objects.get(text="yes"),
        "other",
        probability=0.6,
        probabilities={"other": 0.6, "confirm": 0.4},
        votes=5,
        method="mace",
    )
    add("drawn by lot to measure", "m1", drawn=True)
    add("Yes!", "m2", prompt="See you [date]?")
    run("export_examples", tmp_path / f"out.{kind}")
    run("export_examples", tmp_path / "before.jsonl")
    Example.objects.all().delete()
    run("import_examples", tmp_path / f"out.{kind}")
    run("export_examples", tmp_path / "after.jsonl")
    before, after = (exported(tmp_path / name) for name in ("before.jsonl", "after.jsonl"))
    assert without_ids(before) == without_ids(after)
    yes = next(row for row in after if row["text"] == "yes")
    assert (yes["intent"], yes["intent_votes"], yes["times_seen"]) == ("other", 5, 2)
    assert yes["intent_probabilities"] == {"other": 0.6, "confirm": 0.4}


def test_what_comes_back_to_where_it_was_exported_was_not_seen_once_more(tmp_path: Path) -> None:
    agreed = settle(add("let us say so then", "m1"), "confirm", votes=3, answers=["a1"])
    settle(add("what is that supposed to be", "m2"), "other", votes=3)
    run("export_examples", tmp_path / "out.jsonl")
    rows = exported(tmp_path / "out.jsonl")
    for row in rows:
        if row["intent"] == "other":
            row |= {"intent": "question", "intent_probabilities": None}  # corrected by hand
    run("import_examples", jsonl(tmp_path / "out.jsonl", rows))
    assert set(Example.objects.values_list("times_seen", flat=True)) == {1}
    standing = ExampleLabel.objects.standing()
    assert standing.get(label="confirm") == agreed
    assert standing.get(label="question").by == "import"


def test_no_cell_of_an_exported_table_is_a_formula(tmp_path: Path) -> None:
    run("import_examples", jsonl(tmp_path / "rows.jsonl", ROWS))
    run("export_examples", tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(newline="") as table:
        cells = [cell for row in csv.reader(table) for cell in row]
    assert "'=1+1" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_only_what_is_asked_for_goes_out_and_nothing_pulled(tmp_path: Path) -> None:
    settle(add("let us say so then", "m1"), "confirm")
    add("nobody has labelled this", "m2")
    settle(add("drawn by lot to measure", "m3", drawn=True), "other")
    examples.pull(example=add("this names somebody", "m4"), by="pia", reason="a name", now=NOW)
    number = {
        option: len(out.read_text().splitlines())
        for option in ("--settled", "--open", "--trainable", "--kept-apart", "--verbosity=0")
        if run("export_examples", out := tmp_path / f"{option}.jsonl", option)
    }
    assert number == {
        "--settled": 2,
        "--open": 1,
        "--trainable": 1,
        "--kept-apart": 1,
        "--verbosity=0": 3,
    }


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ({"text": "yes", "intent": "perhaps"}, "rows.jsonl:2: intent 'perhaps' is not a label"),
        ({"text": "  "}, "rows.jsonl:2: `text` is empty"),
        ({"prompt": "hello"}, "rows.jsonl:2: has no `text`"),
        ({"text": "yes", "times_seen": 0}, "rows.jsonl:2: `times_seen` must be a whole number"),
        ({"text": "yes", "kept_apart": "no"}, "rows.jsonl:2: `kept_apart` must be true or false"),
        ({"text": "y\u0000es"}, "rows.jsonl:2: `text` holds a character"),
        ({"text": "yes \ud83d"}, "rows.jsonl:2: `text` holds a character"),
    ],
)
def test_a_line_that_cannot_be_used_is_named_and_nothing_is_imported(
    tmp_path: Path, row: dict[str, Any], complaint: str
) -> None:
    file = jsonl(tmp_path / "rows.jsonl", [{"text": "a good one"}, row])
    with pytest.raises(CommandError, match=complaint):
        run("import_examples", file)
    assert not Example.objects.exists()


def test_a_table_with_an_odd_cell_is_named_by_line(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text('text,intent,intent_probabilities\nyes,confirm,"{""confirm"": 1}"\nno,,{oops\n')
    with pytest.raises(CommandError, match=r"rows\.csv:3: `intent_probabilities` cannot be read"):
        run("import_examples", file)
    assert not Example.objects.exists()


def test_a_table_of_somebody_elses_keeps_its_apostrophes(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("text\n'-)\n")
    run("import_examples", file)
    assert Example.objects.get().text == "'-)"


def test_rows_that_fold_into_one_and_disagree_are_said_and_the_first_stands(
    tmp_path: Path,
) -> None:
    rows = [{"text": "Yes", "intent": "confirm"}, {"text": "yes!!", "intent": "other"}]
    done = example_files.import_file(
        jsonl(tmp_path / "rows.jsonl", rows), taxonomy=current_taxonomy(), now=NOW
    )
    assert done.contradictions == ["rows.jsonl:2: intent other, before confirm"]
    assert ExampleLabel.objects.standing().get().label == "confirm"
    assert Example.objects.get().times_seen == 2


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    for command in ("import_examples", "export_examples"):
        with pytest.raises(CommandError, match=r"must end in \.jsonl or \.csv"):
            run(command, tmp_path / "rows.xlsx")
    with pytest.raises(CommandError, match="No such file"):
        run("import_examples", tmp_path / "none.jsonl")
