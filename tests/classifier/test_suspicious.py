"""Labels that were planted wrong come out first, and no row is judged by who knows its twin."""

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from classifier.baseline import Baseline
from classifier.data import DataError, Row, split_key, starter_rows
from classifier.readings import Pair
from classifier.rules import left_to_models
from classifier.scoring import Scores
from classifier.suspicious import Suspicion, suspicions
from classifier.taxonomy import Question, Taxonomy

PLANTED = 0.05
# Measured over three seeds: 0.52 ± 0.02 and 0.42 ± 0.01 with FEW_FOLDS; chance gives 0.05. What is
# left below is room for other rows and another scikit-learn.
OF_THE_FIRST_HUNDRED = 0.3
OF_AS_MANY_AS_PLANTED = 0.25
FEW_FOLDS = 5  # half the time


def planted(rows: Sequence[Row], question: Question, *, seed: int) -> tuple[list[Row], set[str]]:
    """The rows, a share of them with another label, and where those stand."""
    dice = random.Random(seed)
    wrong = set(dice.sample(range(len(rows)), round(PLANTED * len(rows))))

    def other(row: Row) -> Row:
        names = [name for name in question.label_names if name != row.labels[question.name]]
        return replace(row, labels={**row.labels, question.name: dice.choice(names)})

    mixed = [other(row) if at in wrong else row for at, row in enumerate(rows)]
    return mixed, {rows[at].where for at in wrong}


def precision(found: Sequence[Suspicion], wrong: set[str]) -> float:
    return sum(each.row.where in wrong for each in found) / len(found)


@pytest.mark.timeout(1200)  # learns most of the starter set, several times over
def test_labels_planted_into_the_starter_set_come_out_first(taxonomy: Taxonomy) -> None:
    rows = left_to_models(starter_rows(taxonomy), taxonomy)
    mixed, wrong = planted(rows, taxonomy.primary, seed=0)
    found = suspicions(mixed, taxonomy, taxonomy.primary, folds=FEW_FOLDS)
    first, as_many = precision(found[:100], wrong), precision(found[: len(wrong)], wrong)
    assert first >= OF_THE_FIRST_HUNDRED  # by chance: PLANTED
    assert as_many >= OF_AS_MANY_AS_PLANTED


# ---- one wrong row among few ---------------------------------------------------------------


@pytest.fixture
def rows() -> list[Row]:
    """Two labels that any model can tell, and rows without a tone."""
    words = {"cancel": "please cancel the visit number", "question": "where do i park for number"}
    return [
        Row(
            "Coming?", f"{text} {number}", {"intent": intent, "tone": None},
            where=f"{intent} {number}",
        )
        for intent, text in words.items()
        for number in range(60)
    ]  # fmt: skip


def test_a_wrong_label_is_named_with_what_the_model_believes(
    rows: list[Row], taxonomy: Taxonomy
) -> None:
    rows[7] = replace(rows[7], labels={"intent": "question", "tone": None})
    [found] = suspicions(rows, taxonomy, taxonomy.primary)
    assert (found.row, found.label, found.believed) == (rows[7], "question", "cancel")
    assert found.belief < 0.5 < found.confidence
    assert found.as_dict()["where"] == "cancel 7"


def test_without_labels_for_the_question_there_is_nothing_to_ask(
    rows: list[Row], taxonomy: Taxonomy
) -> None:
    tone = taxonomy.question("tone")
    assert tone is not None
    assert suspicions(rows, taxonomy, tone) == []


def test_rows_of_one_label_say_what_to_do(rows: list[Row], taxonomy: Taxonomy) -> None:
    with pytest.raises(DataError, match="some 50 per label"):
        suspicions(rows[:60], taxonomy, taxonomy.primary)


def test_no_row_is_judged_by_a_model_that_knows_its_twin(
    tiny_rows: list[Row], taxonomy: Taxonomy
) -> None:
    """The model is another one here: any scorer will do."""
    judged: list[Pair] = []

    class Watched(Baseline):
        def __init__(self, learnt: Sequence[Row], asked: Taxonomy) -> None:
            super().__init__(learnt, asked)
            self.known = {split_key(row) for row in learnt}

        def scores(self, pairs: Sequence[Pair]) -> list[Scores]:
            assert self.known.isdisjoint(
                split_key(Row(pair.prompt, pair.text, {})) for pair in pairs
            )
            judged.extend(pairs)
            return super().scores(pairs)

    told: list[tuple[int, int]] = []
    suspicions(
        tiny_rows, taxonomy, taxonomy.primary, fit=Watched,
        on_progress=lambda done, total: told.append((done, total)),
    )  # fmt: skip
    assert sorted(judged, key=repr) == sorted((row.pair for row in tiny_rows), key=repr)
    assert told[-1] == (len(tiny_rows), len(tiny_rows))


# ---- the command ---------------------------------------------------------------------------


@pytest.fixture
def file(rows: list[Row], tmp_path: Path) -> Path:
    rows[7] = replace(rows[7], labels={"intent": "question", "tone": None})
    path = tmp_path / "rows.jsonl"
    lines = [{"prompt": row.prompt, "text": row.text, **row.labels} for row in rows]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def run(*arguments: object) -> str:
    out = StringIO()
    call_command("suspicious", *map(str, arguments), stdout=out, verbosity=0)
    return out.getvalue()


def test_the_command_prints_them_and_writes_them(file: Path, tmp_path: Path) -> None:
    said = run(file, "--top", 5, "--json", tmp_path / "out.json")
    assert f"1. {file}:8" in said
    assert "labelled question" in said
    assert "believed cancel" in said
    assert "reply:    please cancel the visit number 7" in said
    assert "1 of 120 labels" in said
    written = json.loads((tmp_path / "out.json").read_text())
    assert (written["question"], written["disbelieved"]) == ("intent", 1)
    assert written["suspicions"][0]["where"] == f"{file}:8"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--question", "mood"], "one of intent, tone"),
        (["--top", "0"], "1 or more"),
        (["nowhere.jsonl"], "nowhere.jsonl"),
    ],
)
def test_the_command_says_what_to_do(arguments: list[str], says: str) -> None:
    with pytest.raises(CommandError, match=says):
        run(*arguments)
