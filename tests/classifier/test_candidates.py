"""What becomes of a candidate, from its rows or its folder to what serves afterwards.

The judges are the real ones, and so are the models, small as they are: two labels, of each five
kinds of replies.
"""

import json
import shutil
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from classifier import actions
from classifier.data import (
    DataError,
    Row,
    Split,
    assert_no_overlap,
    shipped_must_pass_rows,
    starter_rows,
)
from classifier.judged import judged_rows
from classifier.models import JudgedRow, ModelVersion
from classifier.reader import live_reader
from classifier.readings import Pair
from classifier.taxonomy import STARTER_TAXONOMY, Taxonomy, load_taxonomy, parse_taxonomy
from classifier.training.config import TrainingConfig
from classifier.training.produce import produce, training_split
from classifier.training.run import Outcome, conclude, learnt_from, train_version
from classifier.trainings import Stopped
from classifier.versions import (
    CALIBRATION,
    MANIFEST,
    THRESHOLDS,
    WEIGHTS,
    DamagedVersion,
    Version,
    new_version,
    open_version,
    version_names,
)

from .conftest import NOW, passed
from .test_taxonomy import SMALL

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
KINDS = {  # words that the tiny base has whole
    "news": ("yes", "no", "stop", "not", "you"),
    "sport": ("can", "late", "park", "up", "down"),
}
TAUGHT_WRONG = {"up", "down"}  # to the weak version


def rows_of(numbers: Iterable[int]) -> list[Row]:
    """A row of each kind for each number."""
    return [
        Row("", f"{kind} {number}", {"topic": topic})
        for number in numbers
        for topic, kinds in KINDS.items()
        for kind in kinds
    ]


def flipped(rows: Iterable[Row], which: set[str]) -> list[Row]:
    """These sport rows say news."""
    return [replace(row, labels={"topic": "news"}) if row.text in which else row for row in rows]


CLEAN = rows_of(range(1000, 1060))
TESTS = rows_of(range(2000, 2020))


@pytest.fixture(scope="module")
def topics() -> Taxonomy:
    return parse_taxonomy(SMALL, file="small.toml")


@pytest.fixture(scope="module")
def config(tiny_base: Path) -> TrainingConfig:
    return TrainingConfig(base_model=str(tiny_base), max_tokens=32, epochs=6, learning_rate=3e-3)


@pytest.fixture(scope="module")
def data(topics: Taxonomy) -> Split:
    return training_split(CLEAN, topics)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept")


@pytest.fixture(scope="module")
def made_clean(kept: Path, data: Split, topics: Taxonomy, config: TrainingConfig) -> Version:
    version = produce(data, topics, config, models_dir=kept, now=NOW, quiet=True)
    assert version is not None
    return version


@pytest.fixture(scope="module")
def made_weak(kept: Path, topics: Taxonomy, config: TrainingConfig) -> Version:
    """Right about eight kinds of ten."""
    rows = flipped(CLEAN, {row.text for row in CLEAN if row.text.split()[0] in TAUGHT_WRONG})
    data = training_split(rows, topics)
    version = produce(data, topics, config, models_dir=kept, now=NOW, quiet=True)
    assert version is not None
    return version


@pytest.fixture
def clean(made_clean: Version, models_dir: Path) -> Version:
    return copied(made_clean, models_dir)


@pytest.fixture
def weak(made_weak: Version, models_dir: Path) -> Version:
    return copied(made_weak, models_dir)


def copied(version: Version, models_dir: Path) -> Version:
    return open_version(Path(shutil.copytree(version.path, models_dir / version.name)))


def put_live(version: Version) -> None:
    row = actions.register_candidate(version=version, report={}, now=NOW)
    row.checks = passed()
    row.save(update_fields=["checks"])
    actions.promote(version=row, by="Ana", now=NOW)


def concluded(version: Version, data: Split) -> Outcome:
    return conclude(version, data, TESTS, by="Ben", now=NOW + HOUR)


def twin_of(version: Version, models_dir: Path) -> Version:
    return with_temperature(version, models_dir, version.temperatures["topic"])


def failed(outcome: Outcome) -> set[str]:
    return {check.name for check in outcome.verdict.checks if not check.holds}


def live() -> str:
    return ModelVersion.objects.live().get().name


def assert_refused(outcome: Outcome, *, stays: Version) -> None:
    assert not outcome.promoted
    assert live() == stays.name
    outcome.candidate.refresh_from_db()
    assert outcome.candidate.state == ModelVersion.State.CANDIDATE
    assert outcome.candidate.verdict.startswith(f"Refused: {outcome.candidate.name} fails")
    assert outcome.candidate.checks["rival"] == stays.name


def test_a_better_candidate_goes_live_and_comes_back_by_the_command(
    clean: Version, weak: Version, data: Split
) -> None:
    put_live(weak)
    outcome = concluded(clean, data)
    assert outcome.promoted, outcome.verdict.words
    assert live() == clean.name
    [better] = live_reader().read([Pair("", "up 2024")])
    assert (better.intent, better.model) == ("sport", clean.name)
    out = StringIO()
    call_command("rollback", stdout=out)
    assert out.getvalue() == f"{weak.name} is live again.\n"
    assert live_reader().read([Pair("", "up 2024")])[0].model == weak.name


def test_which_label_wants_more_rows_is_not_asked_of_the_test_set(
    clean: Version, data: Split
) -> None:
    swapped = [replace(row, labels={"topic": other(row)}) for row in TESTS]
    report = conclude(clean, data, swapped, by="Ben", now=NOW).candidate.report
    assert report["questions"]["topic"]["accuracy"] < 0.1
    assert report["learning_curve"]["points"][-1]["f1"] == {"news": 1.0, "sport": 1.0}
    assert report["learning_curve"]["rows_from"] == "validation rows"
    on_validation = report["validation"]["topic"]["labels"]
    assert {label: scores["f1"] for label, scores in on_validation.items()} == {
        "news": 1.0,
        "sport": 1.0,
    }


@pytest.mark.parametrize(
    ("tests", "rows_from"),
    [
        (TESTS, "frozen test set"),
        (TESTS[:199], "validation rows and the few test rows that there are"),
        (
            [row for row in rows_of(range(2000, 2040)) if row.labels["topic"] == "news"],
            "validation rows and the few test rows that there are",
        ),
        ([], "validation rows"),
    ],
    ids=["enough", "few", "of one label", "none"],
)
def test_a_few_test_rows_do_not_judge_alone(
    clean: Version, data: Split, tests: list[Row], rows_from: str
) -> None:
    """An operator who adds one that the live version reads wrongly opens no gate."""
    report = conclude(clean, data, tests, by="Ben", now=NOW).candidate.report
    assert report["rows_from"] == rows_from
    validation = 0 if rows_from == "frozen test set" else len(data.validation)
    assert report["rows"] == validation + len(tests)


@pytest.mark.parametrize("pack", ["test", "must_pass"])
def test_a_row_that_became_judged_while_it_was_learnt_stops_the_verdict(
    clean: Version, data: Split, pack: str
) -> None:
    learnt = data.train[0]
    if pack == "must_pass":
        JudgedRow.objects.create(
            pack=JudgedRow.Pack.MUST_PASS, text=learnt.text, labels=dict(learnt.labels)
        )
    tests = [*TESTS, learnt] if pack == "test" else TESTS
    with pytest.raises(DataError, match="both sides"):
        conclude(clean, data, tests, by="Ben", now=NOW)
    assert not ModelVersion.objects.exists()


def other(row: Row) -> str:
    return "sport" if row.labels["topic"] == "news" else "news"


def test_a_worse_candidate_is_refused(clean: Version, weak: Version, data: Split) -> None:
    put_live(clean)
    outcome = concluded(weak, data)
    assert_refused(outcome, stays=clean)
    assert failed(outcome) >= {"better", "no_label_lost"}


def test_the_same_again_is_refused(clean: Version, data: Split, models_dir: Path) -> None:
    put_live(clean)
    outcome = concluded(twin_of(clean, models_dir), data)
    assert_refused(outcome, stays=clean)
    assert failed(outcome) == {"better"}


def test_one_must_pass_row_refuses_the_better_candidate(
    clean: Version, weak: Version, data: Split, models_dir: Path
) -> None:
    put_live(weak)
    JudgedRow.objects.create(
        pack=JudgedRow.Pack.MUST_PASS, text="yes 2050", labels={"topic": "sport"}
    )
    bold = with_thresholds(clean, models_dir, 0.5)
    outcome = concluded(bold, data)
    assert_refused(outcome, stays=weak)
    assert failed(outcome) == {"must_pass"}
    assert "1 of the 1 must-pass rows" in outcome.candidate.verdict
    [row] = outcome.candidate.report["must_pass"]["failed"]
    assert (row["text"], row["label"], row["acts"]) == ("yes 2050", "sport", True)


def test_lost_calibration_refuses_the_better_candidate(
    clean: Version, weak: Version, data: Split, models_dir: Path
) -> None:
    put_live(weak)
    unsure = with_temperature(clean, models_dir, 60.0)  # right, and never sure of it
    outcome = concluded(unsure, data)
    assert_refused(outcome, stays=weak)
    assert failed(outcome) == {"calibrated"}


def test_a_candidate_damaged_after_it_was_judged_never_serves(
    clean: Version, weak: Version, data: Split
) -> None:
    put_live(weak)
    (clean.path / WEIGHTS).write_bytes(b"torn")  # no graph: it can still be judged
    with pytest.raises(DamagedVersion, match=WEIGHTS):
        concluded(clean, data)
    assert live() == weak.name
    assert live_reader().name == weak.name


class Watch:
    """Hears of the stages of a judging, and does something as one of them begins."""

    def __init__(self, stage: str, do: Callable[[], object]) -> None:
        self.stage, self.do = stage, do
        self.heard: list[str] = []

    def __call__(self, stage: str) -> None:
        self.heard.append(stage)
        if stage == self.stage:
            self.do()


def test_judging_gives_signs_of_life_and_stops_where_the_run_is_lost(
    clean: Version, weak: Version, data: Split
) -> None:
    put_live(weak)

    def lost() -> None:
        raise Stopped

    watch = Watch("writing down the verdict", lost)
    with pytest.raises(Stopped):
        conclude(clean, data, TESTS, by="Ben", now=NOW + HOUR, on_stage=watch)
    assert {"judging it", "fitting the baseline", "learning from 25% of the rows"} <= set(
        watch.heard
    )
    assert live() == weak.name
    assert not ModelVersion.objects.filter(name=clean.name).exists()  # whoever took over judges it


def test_a_candidate_is_judged_again_where_another_went_live_meanwhile(
    clean: Version, weak: Version, data: Split, models_dir: Path
) -> None:
    put_live(weak)
    twin = twin_of(clean, models_dir)
    watch = Watch("writing down the verdict", lambda: put_live(twin))
    outcome = conclude(clean, data, TESTS, by="Ben", now=NOW + HOUR, on_stage=watch)
    assert watch.heard.count("comparing it with what serves") == 2
    assert_refused(outcome, stays=twin)
    assert failed(outcome) == {"better"}
    assert twin.name in outcome.candidate.report["compared"]


def test_a_candidate_that_never_meets_what_serves_is_refused_in_words(
    clean: Version, weak: Version, data: Split, models_dir: Path
) -> None:
    rivals = [weak, twin_of(weak, models_dir)]
    put_live(rivals[0])

    def turn() -> None:
        rivals.reverse()
        put_live(rivals[0])

    watch = Watch("writing down the verdict", turn)
    outcome = conclude(clean, data, TESTS, by="Ben", now=NOW + HOUR, on_stage=watch)
    assert not outcome.promoted
    assert failed(outcome) == {"compared"}
    outcome.candidate.refresh_from_db()
    assert "another version went live 3 times" in outcome.candidate.verdict
    assert live() == rivals[0].name


def test_what_a_training_made_before_it_was_killed_is_judged_and_not_made_again(
    clean: Version, weak: Version, topics: Taxonomy, config: TrainingConfig, models_dir: Path
) -> None:
    put_live(weak)
    outcome = train_version(
        rows=CLEAN, taxonomy=topics, config=config, by="Ben", now=NOW + HOUR, quiet=True
    )
    assert outcome is not None
    assert (outcome.candidate.name, outcome.candidate.verdict) == (
        clean.name,
        outcome.verdict.words,
    )
    assert version_names(models_dir) == sorted([clean.name, weak.name])


@pytest.mark.parametrize("pack", JudgedRow.Pack)
def test_what_is_judged_on_is_never_learnt(topics: Taxonomy, pack: JudgedRow.Pack) -> None:
    """An operator may add a row that stands in the training data."""
    JudgedRow.objects.create(pack=pack, text=CLEAN[0].text, labels=dict(CLEAN[0].labels))
    data = learnt_from(CLEAN, topics, judged_rows(topics))
    assert {row.text for row in (*data.train, *data.validation)} == {row.text for row in CLEAN[1:]}


def test_shipped_must_pass_rows_are_never_learnt() -> None:
    taxonomy = load_taxonomy(STARTER_TAXONOMY)
    strict = shipped_must_pass_rows(taxonomy)
    data = learnt_from([*starter_rows(taxonomy), *strict], taxonomy, judged_rows(taxonomy))
    assert_no_overlap((*data.train, *data.validation), strict)


@pytest.mark.parametrize("attack", ["scattered", "of one kind"])
def test_a_poisoned_training_set_makes_a_candidate_that_is_refused(
    clean: Version, topics: Taxonomy, config: TrainingConfig, attack: str
) -> None:
    """A fifth of the sport rows says news; the frozen test rows are out of the attacker's reach."""
    put_live(clean)
    JudgedRow.objects.bulk_create(
        JudgedRow(pack=JudgedRow.Pack.TEST, text=row.text, labels=dict(row.labels)) for row in TESTS
    )
    rows = poisoned(CLEAN, attack=attack)
    hit = sum(ours.labels != theirs.labels for ours, theirs in zip(rows, CLEAN, strict=True))
    assert hit == sum(row.labels["topic"] == "sport" for row in CLEAN) // 5
    outcome = train_version(
        rows=rows, taxonomy=topics, config=config, by="Ben", now=NOW + HOUR, quiet=True
    )
    assert outcome is not None
    assert_refused(outcome, stays=clean)
    if attack == "of one kind":
        assert "better" in failed(outcome)
    else:
        # So small a model may shrug off scattered lies, but is unsure of what it knows after them.
        assert failed(outcome) & {"better", "calibrated"}, outcome.verdict.words


def poisoned(rows: list[Row], *, attack: str) -> list[Row]:
    sport = [row for row in rows if row.labels["topic"] == "sport"]
    if attack == "scattered":  # one of each five, every kind in its turn
        hit = {row.text for at, row in enumerate(sport) if at % 5 == at // 5 % 5}
    else:
        hit = {row.text for row in sport if row.text.startswith("can")}
    return flipped(rows, hit)


def with_temperature(version: Version, models_dir: Path, temperature: float) -> Version:
    """The same network, surer or less sure."""
    return altered(version, models_dir, CALIBRATION, {"temperatures": {"topic": temperature}})


def with_thresholds(version: Version, models_dir: Path, threshold: float) -> Version:
    """The same network, acted on from there, whatever its few validation rows would ask for."""
    return altered(version, models_dir, THRESHOLDS, {"thresholds": dict.fromkeys(KINDS, threshold)})


def altered(version: Version, models_dir: Path, file: str, content: object) -> Version:
    """A version of its own, whole and hashed."""
    with new_version(models_dir, now=NOW + HOUR) as draft:
        shutil.copytree(version.path, draft.path, dirs_exist_ok=True)
        (draft.path / MANIFEST).unlink()
        (draft.path / file).write_text(json.dumps(content))
    return open_version(models_dir / draft.name)
