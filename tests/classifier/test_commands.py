"""The commands, as an operator types them."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from classifier import actions, baseline, files, trainings
from classifier.baseline import Baseline
from classifier.data import Row
from classifier.gate import Check, Verdict
from classifier.management.commands import train
from classifier.masking import CHIP
from classifier.models import ModelVersion, Serving, TrainingRun
from classifier.reader import Reader, forget
from classifier.readings import Pair, Reading
from classifier.taxonomy import Taxonomy
from classifier.training import produce
from classifier.training.config import TrainingConfig

from .conftest import NOW, Tiny, a_version
from .test_reader import put_live
from .test_taxonomy import SMALL
from .test_trainings import ended_holder

pytestmark = pytest.mark.django_db


def run(*arguments: object) -> str:
    out = StringIO()
    call_command(*map(str, arguments), stdout=out, stderr=StringIO(), verbosity=0)
    return out.getvalue()


@pytest.fixture
def second_job(tmp_path: Path) -> tuple[Path, Path]:
    """Another taxonomy and rows of its labels."""
    taxonomy, data = tmp_path / "topics.toml", tmp_path / "topics.jsonl"
    taxonomy.write_text(SMALL)
    rows = [
        {"text": f"{word} {n}", "topic": topic}
        for topic, words in {
            "news": ("vote", "war", "law"),
            "sport": ("goal", "match", "team"),
        }.items()
        for word in words
        for n in range(20)
    ]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return taxonomy, data


def test_train_leaves_a_judged_version(models_dir: Path, tiny_base: Path, tiny_data: Path) -> None:
    said = run("train", "--data", tiny_data, "--base-model", tiny_base, "--epochs", 1)
    version = ModelVersion.objects.get()
    assert version.path.is_dir()
    assert version.verdict in said
    assert version.state == ("live" if version.verdict.startswith("Passed") else "candidate")
    assert version.name in run("evaluate", "--data", tiny_data) or version.state == "candidate"


def test_a_hurried_training_takes_fewer_epochs_and_says_so(
    models_dir: Path, tiny_base: Path, tiny_data: Path
) -> None:
    run("train", "--data", tiny_data, "--base-model", tiny_base, "--hurry", "--no-promote")
    training = ModelVersion.objects.get().report["training"]
    assert training["hurried"]
    assert len(training["epochs"]) < TrainingConfig().epochs


def test_another_taxonomy_trains_through_the_same_command(
    models_dir: Path, tiny_base: Path, second_job: tuple[Path, Path]
) -> None:
    taxonomy, data = second_job
    run("train", "--data", data, "--taxonomy", taxonomy, "--base-model", tiny_base, "--no-promote")
    version = ModelVersion.objects.get()
    assert version.state == "candidate"
    assert set(version.report["questions"]["topic"]["labels"]) == {"news", "sport"}
    actions.promote(version=version, by="a test", now=NOW, although="a test wants it read")
    source = data.with_name("in.jsonl")
    source.write_text('{"text": "STOP"}\n')  # this taxonomy has no keywords: words like any other
    run("classify", source, source)
    reading = json.loads(source.read_text())["reading"]
    assert (reading["model"], reading["tone"]) == (version.name, None)


def test_a_version_of_other_labels_than_the_installations_does_not_go_live_by_itself(
    models_dir: Path,
    tiny_base: Path,
    second_job: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    passed = Verdict((Check("better", True, "It is better."),), candidate="this", rival="that")
    monkeypatch.setattr("classifier.training.run.judge", lambda *given, **named: passed)
    taxonomy, data = second_job
    said = run(
        "train", "--data", data, "--taxonomy", taxonomy, "--base-model", tiny_base, "--epochs", 1
    )
    assert "set it, then promote" in said
    assert not ModelVersion.objects.live().exists()


def test_train_if_none_does_nothing_beside_a_live_version(tiny: Tiny, models_dir: Path) -> None:
    put_live(tiny, models_dir, "one")
    assert "nothing to train" in run("train", "--if-none")
    assert ModelVersion.objects.count() == 1


def test_train_is_a_run_that_says_how_it_ended(
    models_dir: Path, tiny_base: Path, tiny_data: Path
) -> None:
    run("train", "--data", tiny_data, "--base-model", tiny_base, "--epochs", 1)
    done = TrainingRun.objects.get()
    assert (done.state, done.reason) == ("finished", "by_hand")
    assert done.version == ModelVersion.objects.get()
    with pytest.raises(CommandError):
        run("train", "--data", tiny_data, "--base-model", "./nowhere")
    failed = TrainingRun.objects.newest_first()[0]
    assert failed.state == "failed"
    assert "nowhere" in failed.error


def test_a_version_that_does_not_export_says_what_to_do(
    models_dir: Path, tiny_base: Path, tiny_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(produce, "GRAPH_MAY_DIFFER", -1.0)
    with pytest.raises(CommandError, match="choose another with --base-model"):
        run("train", "--data", tiny_data, "--base-model", tiny_base, "--epochs", 1)
    failed = TrainingRun.objects.get()
    assert (failed.state, failed.version) == ("failed", None)
    assert "does not export" in failed.error


def test_a_training_that_breaks_off_says_that_it_goes_on(
    models_dir: Path, tiny_base: Path, tiny_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object, **options: object) -> None:
        raise RuntimeError("out of memory")

    monkeypatch.setattr(produce, "train_network", broken)
    said = r"(?s)\(RuntimeError\): out of memory.*give the same command again"
    with pytest.raises(CommandError, match=said):
        run("train", "--data", tiny_data, "--base-model", tiny_base, "--epochs", 1)
    assert TrainingRun.objects.get().error.startswith("RuntimeError.")


def test_train_does_not_begin_beside_another_training(
    models_dir: Path, tiny_base: Path, tiny_data: Path
) -> None:
    other = trainings.begin(by="Ana", now=timezone.now(), in_its_place=False)
    with pytest.raises(CommandError, match=r"A training runs since .* asked for by Ana"):
        run("train", "--data", tiny_data, "--base-model", tiny_base, "--epochs", 1)
    assert not ModelVersion.objects.exists()
    assert TrainingRun.objects.get() == other


def test_a_first_start_goes_on_after_one_that_was_killed(
    models_dir: Path, tiny_base: Path, tiny_rows: list[Row], settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    settings.BASE_MODEL = str(tiny_base)
    monkeypatch.setattr(train, "rows_to_learn", lambda taxonomy: tiny_rows)
    monkeypatch.setattr(train, "number_of_rows", lambda taxonomy: len(tiny_rows))
    trainings.begin(by="manage.py train", now=timezone.now(), in_its_place=True)
    TrainingRun.objects.update(holder=ended_holder())
    run("train", "--if-none", "--hurry", "--epochs", 1)
    states = TrainingRun.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["failed", "finished"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--epochs", "0"], "1 or more"),
        (["--taxonomy", "nowhere.toml"], "Give the path"),
        (["--data", "nowhere.jsonl"], "nowhere.jsonl"),
        (["--base-model", "./nowhere"], "nowhere"),
    ],
)
def test_train_says_what_to_do_about_wrong_arguments(arguments: list[str], says: str) -> None:
    with pytest.raises(CommandError, match=says):
        run("train", *arguments)


def test_the_starter_set_does_not_fit_another_taxonomy(second_job: tuple[Path, Path]) -> None:
    with pytest.raises(CommandError, match="give rows of yours with --data"):
        run("train", "--taxonomy", second_job[0])


def test_evaluate_prints_a_table_and_writes_the_report(
    tiny: Tiny, models_dir: Path, tiny_data: Path, tmp_path: Path
) -> None:
    put_live(tiny, models_dir, "one")
    said = run("evaluate", "--data", tiny_data, "--json", tmp_path / "report.json")
    report = json.loads((tmp_path / "report.json").read_text())
    assert "intent: macro-F1" in said
    assert (report["model"], report["rows"]) == ("one", 189)
    assert report["thresholds"] == dict(tiny.version.thresholds)
    assert report["decided"]["rows"] == 189


def test_evaluate_says_how_many_rows_were_there_to_learn_from(
    tiny: Tiny, models_dir: Path, tiny_data: Path, tmp_path: Path, settings: Settings
) -> None:
    put_live(tiny, models_dir, "one")
    settings.ROWS_DIR = tmp_path / "rows"
    settings.ROWS_DIR.mkdir()
    lines = tiny_data.read_text().splitlines(keepends=True)
    (settings.ROWS_DIR / "mine.jsonl").write_text("".join(lines[:1]))
    data = tmp_path / "judged.jsonl"
    data.write_text(lines[0] + '{"text": "the zeppelin is late as ever", "intent": "other"}\n')
    assert "1 of these 2 rows stand in the training data too" in said_by("evaluate", "--data", data)
    data.write_text('{"text": "the zeppelin is late as ever", "intent": "other"}\n')
    assert said_by("evaluate", "--data", data) == ""


def test_evaluate_asks_the_model_about_no_chip_of_an_export(
    tiny: Tiny, models_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_live(tiny, models_dir, "one")
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"prompt": "Hi [name]", "text": "can we do [date]", "intent": "reschedule"}\n')
    given, read = list[Pair](), Reader.read

    def noting(reader: Reader, pairs: list[Pair]) -> list[Reading]:
        given.extend(pairs)
        return read(reader, pairs)

    monkeypatch.setattr(Reader, "read", noting)
    for _ in range(2):
        run("evaluate", "--data", rows)
    first, second = given
    assert first == second
    assert not CHIP.search(first.prompt + first.text)


def test_evaluate_refuses_labels_that_the_model_lacks(
    tiny: Tiny, models_dir: Path, tmp_path: Path
) -> None:
    put_live(tiny, models_dir, "one")
    (tmp_path / "rows.jsonl").write_text('{"text": "hm", "label": "maybe"}\n')
    with pytest.raises(CommandError, match="'maybe' is not a label here"):
        run("evaluate", "--data", tmp_path / "rows.jsonl")


def test_classify_works_before_anything_was_trained(
    tmp_path: Path, tiny_rows: list[Row], taxonomy: Taxonomy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(baseline, "starter_baseline", lambda: Baseline(tiny_rows, taxonomy))
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("text\nwhere do i park\n")
    assert "1 rows read" in run("classify", source, target)
    assert "baseline-" in target.read_text()


class Broken(Exception):
    """What ends a run in the middle."""


def said_by(*arguments: object) -> str:
    """What it tells the operator, who sits before it."""
    told = StringIO()
    call_command(*map(str, arguments), stdout=StringIO(), stderr=told, verbosity=0)
    return told.getvalue()


@pytest.fixture
def broken_off(
    tiny: Tiny, models_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Path, Path]:
    """IN and OUT of a run that "one" was the live version for and that ended in the middle; now
    "two" is live."""
    put_live(tiny, models_dir, "one")
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    rows = [row.pair for row in tiny.data.validation][:9]
    source.write_text(
        "".join(json.dumps({"prompt": pair.prompt, "text": pair.text}) + "\n" for pair in rows)
    )
    monkeypatch.setattr(files, "CHUNK", 2)
    readings_of = files.readings_of
    with monkeypatch.context() as patch:
        left = iter([True, True])  # so many chunks before it ends

        def broken(pairs: list[Pair], reader: Reader) -> files.Readings:
            if not next(left, False):
                raise Broken
            return readings_of(pairs, reader)

        patch.setattr(files, "readings_of", broken)
        with pytest.raises(Broken):
            run("classify", source, target)
    put_live(tiny, models_dir, "two")
    return source, target


def models_in(target: Path) -> list[str]:
    return [json.loads(line)["reading"]["model"] for line in target.read_text().splitlines()]


def test_a_file_is_finished_with_the_version_it_was_begun_with_and_says_so(
    broken_off: tuple[Path, Path], tmp_path: Path
) -> None:
    source, target = broken_off
    said = said_by("classify", source, target)
    assert "Going on after the 4 rows" in said
    assert "Reading with one, as this file was begun, though two is live since" in said
    assert models_in(target) == ["one"] * 9
    undisturbed = tmp_path / "undisturbed.jsonl"
    run("promote", "one")
    run("classify", source, undisturbed)
    assert target.read_bytes() == undisturbed.read_bytes()


def test_afresh_reads_every_row_with_the_live_version(broken_off: tuple[Path, Path]) -> None:
    source, target = broken_off
    assert "Reading with two.\n" in said_by("classify", source, target, "--afresh")
    assert models_in(target) == ["two"] * 9


def test_a_file_whose_version_is_gone_is_not_mixed_with_another(
    broken_off: tuple[Path, Path], models_dir: Path
) -> None:
    source, target = broken_off
    (models_dir / "one").rename(models_dir / "away")
    forget()  # it is another process that goes on
    with pytest.raises(CommandError, match=r"one is not there: .* Restore the folder"):
        run("classify", source, target)
    (models_dir / "away").rename(models_dir / "one")
    run("classify", source, target)
    assert models_in(target) == ["one"] * 9


@pytest.mark.parametrize(("source", "target"), [("in.txt", "out.txt"), ("in.csv", "out.jsonl")])
def test_classify_refuses_kinds_of_files_it_does_not_know(source: str, target: str) -> None:
    with pytest.raises(CommandError, match=r"\.csv or both in \.jsonl"):
        run("classify", source, target)


def test_classify_refuses_to_have_nothing_in_flight() -> None:
    with pytest.raises(CommandError, match="--in-flight must be 1 or more"):
        run("classify", "in.csv", "out.csv", "--distributed", "--in-flight", 0)


def test_promote_puts_a_version_live_by_name(tiny: Tiny, models_dir: Path) -> None:
    put_live(tiny, models_dir, "one")
    put_live(tiny, models_dir, "two")
    assert run("promote", "one") == "one is live.\n"
    assert ModelVersion.objects.live().get().name == "one"


def test_promote_refuses_a_name_nobody_has_and_a_damaged_folder(
    tiny: Tiny, models_dir: Path
) -> None:
    put_live(tiny, models_dir, "one")
    with pytest.raises(CommandError, match="The newest: one"):
        run("promote", "another")
    (models_dir / "one" / "config.json").write_text("{}")
    with pytest.raises(CommandError, match=r"config\.json is missing or was changed"):
        run("promote", "one")


def test_promote_asks_why_before_it_puts_a_refused_version_live(
    tiny: Tiny, models_dir: Path
) -> None:
    put_live(tiny, models_dir, "one")
    refused = a_version(models_dir, "refused")
    verdict = Verdict((Check("better", False, "A tie."),), "refused", "one")
    actions.record_verdict(version=refused, verdict=verdict)
    with pytest.raises(CommandError, match=r"it fails better.*--although"):
        run("promote", "refused")
    assert ModelVersion.objects.live().get().name == "one"
    assert run("promote", "refused", "--although", "one is worse") == "refused is live.\n"
    assert Serving.objects.newest_first()[0].reason == "although it fails better: one is worse"
    assert run("promote", "one") == "one is live.\n"  # it has served
