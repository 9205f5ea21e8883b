"""manage.py consensus, as somebody types it who has a file of answers."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from .test_consensus import crowd

ROWS = ["t1,ann,yes", "t1,bob,yes", "t2,ann,no", "t2,bob,no", "t2,cy,yes"]


def run(*arguments: object) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("consensus", *map(str, arguments), stdout=out, stderr=err, verbosity=0)
    return out.getvalue(), err.getvalue()


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    return written(tmp_path / "answers.csv", ["task,worker,label", *ROWS])


def written(path: Path, lines: list[str]) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def test_each_task_has_its_label_and_probability(answers: Path, tmp_path: Path) -> None:
    said, _ = run(answers, tmp_path / "out.csv")
    header, *rows = (tmp_path / "out.csv").read_text().splitlines()
    assert header == "task,label,probability"
    assert [row.split(",")[:2] for row in rows] == [["t1", "yes"], ["t2", "no"]]
    assert all(0.5 < float(row.split(",")[2]) < 1 for row in rows)
    assert "2 tasks settled" in said


def test_lines_of_json_say_the_same(answers: Path, tmp_path: Path) -> None:
    rows = [dict(zip(("task", "worker", "label"), row.split(","), strict=True)) for row in ROWS]
    lines = [json.dumps(row | {"more": 1}) for row in rows]
    run(written(tmp_path / "answers.jsonl", lines), tmp_path / "out.jsonl")
    run(answers, tmp_path / "other.jsonl")
    found = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [(row["task"], row["label"]) for row in found] == [("t1", "yes"), ("t2", "no")]
    assert (tmp_path / "other.jsonl").read_text() == (tmp_path / "out.jsonl").read_text()


def test_columns_may_stand_in_any_order_among_others(tmp_path: Path) -> None:
    lines = ["\ufefflabel,note,task,worker", 'yes,"a, b",t1,ann', " no ,x,t2,ann", ""]
    run(written(tmp_path / "answers.csv", lines), tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text().count("\n") == 3


def test_numbers_are_names_too(tmp_path: Path) -> None:
    lines = ['{"task": 7, "worker": 1, "label": -1}', '{"task": "7", "worker": 2, "label": "-1"}']
    run(written(tmp_path / "answers.jsonl", lines), tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text().splitlines()[1].startswith("7,-1,")


def test_gold_stands_and_strangers_in_it_are_said(answers: Path, tmp_path: Path) -> None:
    gold = written(tmp_path / "gold.csv", ["task,label", "t1,no", "t9,no"])
    _, told = run(answers, tmp_path / "out.csv", "--gold", gold)
    assert "t1,no,1.000000" in (tmp_path / "out.csv").read_text()
    assert "1 tasks of the gold have no answers" in told


def test_a_report_says_what_the_choice_rests_on(tmp_path: Path) -> None:
    lines = ["task,worker,label", *(",".join(row) for row in crowd(tasks=60, each=3).rows)]
    answers = written(tmp_path / "answers.csv", lines)
    _, told = run(answers, tmp_path / "out.csv", "--json", tmp_path / "report.json")
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["method"] in [each["method"] for each in report["evidence"]]
    assert (report["answers"], report["tasks"], report["said_again"]) == (180, 60, 0)
    assert f"right on {report['evidence'][0]['right']} of 60 held out" in told
    assert report["agreement"]["overall"]["words"] in told


def test_a_method_that_is_asked_for_is_taken(answers: Path, tmp_path: Path) -> None:
    said, _ = run(answers, tmp_path / "out.csv", "--method", "glad")
    assert "by glad" in said


def test_the_same_person_again_means_the_last_answer(answers: Path, tmp_path: Path) -> None:
    with answers.open("a") as more:
        more.write("t1,ann,no\nt1,bob,no\n")
    _, told = run(answers, tmp_path / "out.csv")
    assert "2 answers were given again" in told
    assert "t1,no," in (tmp_path / "out.csv").read_text()


def test_no_cell_is_a_formula(tmp_path: Path) -> None:
    lines = ["task,worker,label", "=1+1,ann,+yes", "+4479,ann,@no", "-7,ann,-1.5", "'s,ann,no"]
    run(written(tmp_path / "answers.csv", lines), tmp_path / "out.csv")
    cells = [row.split(",")[:2] for row in (tmp_path / "out.csv").read_text().splitlines()[1:]]
    assert cells == [["'=1+1", "'+yes"], ["'+4479", "'@no"], ["-7", "-1.5"], ["''s", "no"]]


def test_no_answers_make_a_file_without_tasks(tmp_path: Path) -> None:
    said, told = run(written(tmp_path / "a.csv", ["task,worker,label"]), tmp_path / "out.csv")
    run(written(tmp_path / "a.jsonl", []), tmp_path / "out.jsonl")
    assert (tmp_path / "out.csv").read_text() == "task,label,probability\n"
    assert (tmp_path / "out.jsonl").read_text() == ""
    assert "0 tasks settled" in said
    assert "no task has two answers" in told


def test_one_worker_is_taken_at_their_word(tmp_path: Path) -> None:
    lines = ["task,worker,label", *(f"t{n},ann,{'yes' if n % 3 else 'no'}" for n in range(9))]
    run(written(tmp_path / "answers.csv", lines), tmp_path / "out.csv")
    rows = (tmp_path / "out.csv").read_text().splitlines()[1:]
    assert [row.split(",")[1] for row in rows] == [line.split(",")[2] for line in lines[1:]]


@pytest.mark.parametrize(
    ("name", "lines", "message"),
    [
        ("a.csv", [], "has no column `task` (it has: nothing)"),
        ("a.csv", ["task,who,label", "t1,ann,yes"], "has no column `worker` (it has: task, who"),
        ("a.csv", ["task,worker,label", "t1,ann"], "a.csv:2: has not as many fields"),
        ("a.csv", ["task,worker,label", "t1,ann,yes", "t1,,no"], "a.csv:3: `worker` is empty"),
        ("a.csv", ["task,worker,label", 't1,ann,"yes'], "is not CSV"),
        ("a.jsonl", ['{"task": "t1", "worker": "ann"}'], "a.jsonl:1: has no `label`"),
        ("a.jsonl", ['{"task": true, "worker": "ann", "label": "x"}'], "a.jsonl:1: has no `task`"),
        ("a.jsonl", ['{"task": "\\ud83d", "worker": "a", "label": "x"}'], "half a character"),
        ("a.jsonl", ["", "[1]"], "a.jsonl:2: is no JSON object"),
        ("a.txt", ["t1"], "a.txt must end in .csv or .jsonl"),
        (
            "a.csv",
            ["task,worker,label", *(f"t{n},ann,{n}" for n in range(101))],
            "has 101 different labels",
        ),
    ],
)
def test_what_cannot_be_used_is_named_and_nothing_is_written(
    tmp_path: Path, name: str, lines: list[str], message: str
) -> None:
    file = written(tmp_path / name, lines)
    with pytest.raises(CommandError) as refused:
        run(file, tmp_path / "out.csv")
    assert message in str(refused.value)
    assert list(tmp_path.iterdir()) == [file]


def test_what_is_not_utf8_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("task,worker,label\nt1,ann,käse\n".encode("latin-1"))
    with pytest.raises(CommandError, match="is not UTF-8"):
        run(tmp_path / "a.csv", tmp_path / "out.csv")


def test_gold_that_contradicts_itself_is_refused(answers: Path, tmp_path: Path) -> None:
    gold = written(tmp_path / "gold.csv", ["task,label", "t1,no", "t1,no", "t1,yes"])
    with pytest.raises(CommandError, match=r"gold.csv:4: task t1 is yes here and no before"):
        run(answers, tmp_path / "out.csv", "--gold", gold)


def test_a_folder_that_is_not_there_is_said_before_the_work(answers: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="is no folder: make it first"):
        run(answers, tmp_path / "nowhere" / "out.csv")


def test_a_file_that_was_there_stays_when_the_new_one_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "out.csv").write_text("as it was")
    file = written(tmp_path / "a.csv", ["task,worker,label", "t1,ann"])
    with pytest.raises(CommandError):
        run(file, tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text() == "as it was"
