"""The two simulations: as they are typed, what they are made of, and what they write down."""

import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from io import StringIO
from pathlib import Path
from random import Random

import psutil
import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import transaction
from pytest_django import Settings

from classifier.data import Row, load_rows
from classifier.examples import CONSENSUS
from classifier.models import ExampleLabel, JudgedRow, ModelVersion, TrainingRun
from classifier.taxonomy import STARTER_TAXONOMY, current_taxonomy, load_taxonomy
from classifier.trainings import do, request_training, take_up
from config.processes import LINUX
from labelgame.dice import loaded_dice
from labelgame.models import GameSettings
from labelgame.simulation import learning_page, processes, throwaway, words
from labelgame.simulation.chart import as_svg, grid, hundreds
from labelgame.simulation.crowd import Crowd, invite
from labelgame.simulation.game import play_game
from labelgame.simulation.inflow import IN_LIFE, NoInflow, as_in_life
from labelgame.simulation.judging import played_from
from labelgame.simulation.known import Known
from labelgame.simulation.loop import (
    BY_LOT,
    MIX,
    Alone,
    Step,
    go_round,
    pick,
    put_first_live,
)
from labelgame.simulation.people import Kind, Person
from labelgame.simulation.saved import answers_to, saved
from labelgame.simulation.shipped import ship
from tests.classifier.conftest import models_dir, no_reader_left_over, tiny_base  # noqa: F401
from tests.classifier.test_taxonomy import SMALL
from tests.processes.installation import eventually

from .conftest import NOW, THINGS, a_player
from .test_simulation import SEED, rows_of, taxonomy_file  # noqa: F401  a fixture

STEP = Step(
    number=0, texts=0, examples=0, answers=0, settled=0, right=0, in_review=0, version="v1",
    rows=3400, scores=(0.80,), tone=0.7, promoted=True, verdict="Passed", failed=(),
    live="v1", live_score=0.80, because="", seconds=1.0,
)  # fmt: skip


def steps_of(*scores: tuple[int, float | None]) -> list[Step]:
    """(answers, score of what was trained) of each step."""
    return [
        replace(
            STEP,
            number=number,
            answers=answers,
            scores=() if score is None else (score,),
            version=f"v{number}" if score is not None else "",
            promoted=number % 2 == 0,
            failed=() if number % 2 == 0 else ("better",),
        )
        for number, (answers, score) in enumerate(scores)
    ]


BOTH = {
    MIX: steps_of((0, 0.80), (1000, 0.84), (2000, 0.86), (3000, 0.87)),
    BY_LOT: steps_of((0, 0.80), (1000, 0.82), (2000, 0.83), (3000, 0.84)),
}


def run(*arguments: object) -> str:
    out = StringIO()
    call_command(*map(str, arguments), stdout=out, stderr=StringIO(), verbosity=0)
    return out.getvalue()


# ---- thrown away ---------------------------------------------------------------------------


def test_no_setting_of_this_installation_reaches_a_simulation(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    text = (Path(django_settings.BASE_DIR) / "config/settings.py").read_text()
    assert set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', text)) == throwaway.SETTINGS
    monkeypatch.setenv("DATABASE_URL", "postgres://nod@db.internal/nod")
    env = throwaway.environment(tmp_path, {"PORT": "8123"})
    assert "DATABASE_URL" not in env
    assert (env["NOD_VAR"], env["PORT"], env["PATH"]) == (str(tmp_path), "8123", os.environ["PATH"])


SLEEPS = '''
import sys
from pathlib import Path

import django

django.setup()
from labelgame.simulation import throwaway

folder = Path(sys.argv[1])
code = f"""
import os, pathlib, time
pathlib.Path({str(folder / 'pid')!r}).write_text(str(os.getpid()))
time.sleep(300)
"""
throwaway.manage("shell", "--no-imports", "-c", code, env=throwaway.environment(folder))
'''


@pytest.mark.skipif(not LINUX, reason="only Linux tells a child that its parent died")
def test_what_a_simulation_started_dies_with_it(tmp_path: Path) -> None:
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"}
    parent = subprocess.Popen([sys.executable, "-c", SLEEPS, str(tmp_path)], env=env)
    pid = tmp_path / "pid"
    eventually(lambda: pid.exists() and bool(pid.read_text()), seconds=120, what="it never began")
    child = psutil.Process(int(pid.read_text()))
    assert child.parent() == psutil.Process(parent.pid)
    parent.kill()
    parent.wait()
    assert psutil.wait_procs([child], timeout=60) == ([child], [])


@pytest.mark.django_db
def test_nothing_is_played_where_anything_is() -> None:
    a_player("alice")
    with pytest.raises(CommandError, match="holds players"):
        run("simulate_crowd", "--here")


@pytest.mark.parametrize(
    "arguments",
    [
        ("simulate_crowd", "--crowds", 0),
        ("simulate_crowd", "--players", 2),
        ("simulate_loop", "--share", 1),
        ("simulate_loop", "--steps", 0),
    ],
)
def test_what_cannot_be_played_is_refused(arguments: Sequence[object]) -> None:
    with pytest.raises(CommandError, match="at least"):
        run(*arguments)


# ---- simulate_crowd ------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_same_seed_is_the_same_game(
    settings: Settings,
    taxonomy_file: Path,  # noqa: F811
) -> None:
    settings.TAXONOMY_FILE = taxonomy_file
    games = []
    for _ in range(2):
        with transaction.atomic():
            games.append(play_game(rows=rows_of(6), players=4, examples=6, seed=SEED, now=NOW))
            transaction.set_rollback(True)
    assert games[0] == games[1]
    assert played_from(json.loads(json.dumps(games[0].as_dict()))) == games[0]
    said = words.of_a_game(games[0])
    assert "4 players, 6 cards about 6 texts" in said
    assert "honest" in said
    assert "1 crowd:" in words.of_many(games[:1])


@pytest.mark.processes
def test_a_crowd_plays_in_a_place_of_its_own(tmp_path: Path) -> None:
    told = tmp_path / "told.json"
    said = run("simulate_crowd", "--players", 6, "--examples", 4, "--json", told)
    [game] = json.loads(told.read_text())["crowds"]
    assert game["cards"] == 8
    assert game["too_many"] == 0
    assert "crowd 1 of 1: 6 players, 8 cards about 4 texts" in said


# ---- how often each kind comes ---------------------------------------------------------------


FLAT = [
    Row(prompt="Are you coming?", text=f"{label} {number}", labels={"intent": label})
    for label, count in (("confirm", 60), ("cancel", 50), ("opt_out", 40), (None, 15))
    for number in range(count)
]
SHARES = {"confirm": 6, "cancel": 3, "opt_out": 1}


def test_texts_come_as_often_as_in_life_and_each_once() -> None:
    kept = as_in_life(FLAT, "intent", Random(1), SHARES)
    # 60 confirm, six of ten, leave room for 30 and 10; the unlabelled stay a tenth of the others.
    assert Counter(row.labels["intent"] for row in kept) == {
        "confirm": 60, "cancel": 30, "opt_out": 10, None: 10,
    }  # fmt: skip
    assert len({row.text for row in kept}) == len(kept)
    assert "cancel" in {row.labels["intent"] for row in kept[:15]}  # they are mixed


def test_a_kind_that_has_no_rows_is_named() -> None:
    some = [row for row in FLAT if row.labels["intent"] != "opt_out"]
    with pytest.raises(NoInflow, match="No row is left of opt_out"):
        as_in_life(some, "intent", Random(1), SHARES)


def test_a_kind_of_which_nothing_is_known_is_named() -> None:
    with pytest.raises(NoInflow, match="how often opt_out comes"):
        as_in_life(FLAT, "intent", Random(1), {"confirm": 6, "cancel": 3})


def test_all_kinds_of_the_first_question_have_a_share() -> None:
    assert set(IN_LIFE) == set(load_taxonomy(STARTER_TAXONOMY).primary.label_names)
    assert sum(IN_LIFE.values()) == 100


# ---- a Nod that came with less -------------------------------------------------------------


def test_a_smaller_nod_has_so_many_rows_and_the_others_are_held_back(tmp_path: Path) -> None:
    shipped = ship(tmp_path, rows=500, share=0.2, seed=SEED)
    taxonomy = load_taxonomy(STARTER_TAXONOMY)
    folder = shipped.code / "classifier" / "data"
    known = load_rows(sorted((folder / "starter").glob("*.jsonl")), taxonomy)
    held_back = load_rows([shipped.held_back], taxonomy)
    assert (shipped.rows, len(known), len(held_back)) == (100, 100, 400)
    assert not {row.pair for row in known} & {row.pair for row in held_back}
    assert len(list((folder / "test").glob("*.jsonl"))) == 3  # it is judged on the same rows
    assert (shipped.code / "manage.py").exists()


# ---- the loop ------------------------------------------------------------------------------


@dataclass(frozen=True)
class School:
    """Where two topics are learnt: a first model is live, and there are texts to come."""

    crowd: Crowd
    rows: list[Row]


@pytest.fixture
def school(
    db: None,
    tmp_path: Path,
    settings: Settings,
    models_dir: Path,  # noqa: F811
    tiny_base: Path,  # noqa: F811
) -> School:
    settings.BASE_MODEL = str(tiny_base)
    settings.RETRAIN_AFTER_ROWS = 10
    settings.TAXONOMY_FILE = tmp_path / "topics.toml"
    settings.TAXONOMY_FILE.write_text(SMALL)
    settings.ROWS_DIR = tmp_path / "rows"
    settings.ROWS_DIR.mkdir()
    topics = {"news": ("yes", "no", "not"), "sport": ("can", "late", "park")}
    rows = [
        Row("", f"{word} {thing}", {"topic": topic}, where=f"{word} {thing}")
        for thing in THINGS
        for topic, of_topic in topics.items()
        for word in of_topic
    ]
    first, judged, rest = rows[:48], rows[48:78], rows[78:]
    (settings.ROWS_DIR / "own.jsonl").write_text(
        "".join(json.dumps({"text": row.text, **row.labels}) + "\n" for row in first)
    )
    JudgedRow.objects.bulk_create(
        JudgedRow(pack=JudgedRow.Pack.TEST, text=row.text, labels=dict(row.labels))
        for row in judged
    )
    request_training(reason=TrainingRun.Reason.ASKED, by="a test", now=NOW)
    run = take_up(now=NOW)
    assert run is not None
    do(run)
    live = put_first_live(now=NOW)
    dice = Random(SEED)
    people = [Person(f"honest {number}", Kind.HONEST, right=0.97) for number in range(5)]
    seats = invite(people, now=NOW, seed=SEED)
    now = live.created_at + timedelta(minutes=1)
    return School(Crowd(seats, Known(rows, current_taxonomy(), seed=SEED), now, dice), rest)


def test_all_the_way_round_a_training_starts_by_itself_and_the_gate_decides(
    school: School,
) -> None:
    with loaded_dice(SEED):
        steps = list(go_round(Alone(school.crowd), school.rows, steps=1, answers=70))
    start, after = steps
    assert start.number == 0
    assert start.version == start.live == ModelVersion.objects.earliest("created_at").name
    assert after.texts == after.examples == len(school.rows)
    assert after.answers == 70 == school.crowd.answers_about("topic")
    assert after.scores == (after.score,)
    assert 10 <= after.settled == ExampleLabel.objects.standing().filter(by=CONSENSUS).count()
    assert after.right >= 0.9 * after.settled
    training = TrainingRun.objects.latest("pk")
    assert (training.reason, training.requested_by) == ("new_examples", "scheduler")
    assert after.because == training.because
    assert after.rows > start.rows
    assert after.promoted == after.verdict.startswith("Passed")
    assert bool(after.failed) != after.promoted
    assert f"step 1: {len(school.rows)} texts, 70 answers" in after.words


def test_a_step_scores_what_several_trainings_of_its_rows_score_on_average(
    school: School,
) -> None:
    with loaded_dice(SEED):
        start, after = go_round(Alone(school.crowd), school.rows, steps=1, answers=40, trainings=2)
    for step in (start, after):
        assert len(step.scores) == 2
        assert step.score == pytest.approx(sum(step.scores) / 2)
    # Another seed makes another network, and no version of it: its files are gone.
    version = ModelVersion.objects.get(name=after.version)
    assert after.scores[0] == version.report["questions"]["topic"]["macro_f1"]
    assert ModelVersion.objects.count() == 2
    assert Step.from_dict(json.loads(json.dumps(after.as_dict()))) == after
    told = learning_page.score_words(after)
    assert told == f"{after.score:.3f} ({after.scores[0]:.3f}, {after.scores[1]:.3f})"


def test_too_few_new_labels_start_no_training(school: School, settings: Settings) -> None:
    settings.RETRAIN_AFTER_ROWS = 1000
    [_, after] = go_round(Alone(school.crowd), school.rows, steps=1, answers=20)
    assert (after.version, after.score, after.promoted) == ("", None, False)
    assert after.live_score > 0
    assert "no training" in after.words


@pytest.mark.django_db
def test_picking_by_lot_is_by_lot_alone() -> None:
    pick(BY_LOT)
    shares = GameSettings.current().mix
    assert {part for part, share in shares.items() if share} == {"random"}


@pytest.mark.django_db
def test_a_day_passes_for_everything_that_happened() -> None:
    alice = a_player("alice")
    version = ModelVersion.objects.create(name="v1", folder="v1", created_at=NOW)
    processes.a_day_passes()
    for row in (alice, version):
        row.refresh_from_db()
    assert alice.joined_at == version.created_at == NOW - timedelta(days=1)
    assert version.retired_at is None


@pytest.mark.processes
@pytest.mark.timeout(900)
def test_the_loop_goes_round_with_the_real_processes(tmp_path: Path, tiny_base: Path) -> None:  # noqa: F811
    """Texts by the webhook, answers, the scheduler's training, a verdict; nobody lends a hand."""
    told = tmp_path / "told.json"
    run(
        "simulate_loop", "--processes", "--picking", MIX, "--base-model", tiny_base,
        "--rows", 260, "--share", 0.5, "--players", 6, "--steps", 1, "--answers", 150,
        "--retrain-after", 5, "--even", "--json", told,
    )  # fmt: skip
    start, after = json.loads(told.read_text())[MIX]
    assert after["texts"] == 130
    assert after["examples"] > 20
    assert after["answers"] >= 140
    assert after["settled"] >= 5
    assert after["version"] != start["version"]
    assert after["verdict"]
    assert after["because"].endswith(f"rows more than {start['version']} learnt from")


# ---- how much picking saves ----------------------------------------------------------------


def test_answers_to_a_score_lie_on_the_line_between_two_steps() -> None:
    assert answers_to(0.82, BOTH[MIX]) == pytest.approx(500)
    assert answers_to(0.80, BOTH[MIX]) == 0
    assert answers_to(0.90, BOTH[MIX]) is None


def test_a_training_that_came_out_worse_has_unlearnt_nothing() -> None:
    steps = steps_of((0, 0.80), (1000, 0.84), (2000, 0.82), (3000, 0.86))
    assert answers_to(0.83, steps) == pytest.approx(750)
    assert answers_to(0.85, steps) == pytest.approx(2500)


def test_what_is_saved_is_said_at_the_best_score_that_both_reach() -> None:
    found = saved(BOTH[MIX], BOTH[BY_LOT])
    assert found is not None
    assert (found.score, found.by_lot) == (0.84, 3000)
    assert found.by_mix == pytest.approx(1000)
    assert found.share == pytest.approx(1 / 3)


def test_nothing_is_said_where_nothing_was_reached() -> None:
    flat = steps_of((0, 0.80), (1000, None), (2000, 0.79))
    assert saved(BOTH[MIX], flat) is None
    assert saved(BOTH[MIX], ()) is None


# ---- page and picture ----------------------------------------------------------------------


def test_the_picture_is_whole_and_says_in_words_what_it_shows() -> None:
    picture = ElementTree.fromstring(as_svg(BOTH))
    space = {"svg": "http://www.w3.org/2000/svg"}
    about = picture.findtext("svg:desc", namespaces=space)
    assert about is not None
    assert "picked by the mix, from 0.800 to 0.870 with 3,000 answers" in about
    marks = picture.findall(".//svg:circle", space)
    assert len(marks) == 8
    assert sum("live" in str(mark.get("class")) for mark in marks) == 4
    shown = [text.text for text in picture.findall(".//svg:text", space)]
    assert "33% of the answers" in shown


def test_one_way_of_picking_is_a_picture_too() -> None:
    picture = as_svg({MIX: BOTH[MIX]})
    assert "picked by lot" not in picture
    assert "of the answers" not in picture


@pytest.mark.parametrize(
    ("low", "high", "first", "last"),
    [
        (0.80, 0.87, 0.8, 0.88),
        (0.801, 0.809, 0.8, 0.81),
        (0.5, 0.9, 0.5, 0.9),
        (0.8, 0.8, 0.8, 0.805),
    ],
)
def test_the_grid_is_round_and_around_all_values(
    low: float, high: float, first: float, last: float
) -> None:
    lowest, highest, values = grid(low, high)
    assert lowest == values[0] == pytest.approx(first)
    assert highest == values[-1] == pytest.approx(last)
    assert len(values) <= 7


def test_the_lines_below_are_at_round_numbers() -> None:
    assert hundreds(10_000) == list(range(0, 10_001, 2500))
    assert hundreds(300) == [0, 100, 200, 300]


def test_the_page_is_filled_between_its_marks_and_can_be_filled_again(tmp_path: Path) -> None:
    page = tmp_path / "learning.md"
    page.write_text(f"Before.\n\n{learning_page.BEGIN}\nold\n{learning_page.END}\n\nAfter.\n")
    for _ in range(2):
        learning_page.write(tmp_path, BOTH, how="As it was run.")
    text = page.read_text()
    assert text.startswith("Before.")
    assert text.endswith("After.\n")
    assert "old" not in text
    assert text.count("As it was run.") == 1
    assert "0.840 took 1,000 answers by the mix and 3,000 by lot: 33% of them." in text
    assert "| 1 | 0 | 1,000 | 0 | – | 3,400 | 0.840 | 0.700 | refused: better | 0.800 |" in text
    assert (tmp_path / "images" / "learning.svg").exists()


def test_a_page_without_marks_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "learning.md").write_text("Mine.\n")
    with pytest.raises(learning_page.NoPlace, match="must hold"):
        learning_page.write(tmp_path, BOTH, how="")
    assert (tmp_path / "learning.md").read_text() == "Mine.\n"


def test_the_shipped_page_has_the_marks() -> None:
    text = (Path(django_settings.BASE_DIR) / "docs" / learning_page.PAGE).read_text()
    assert learning_page.BEGIN in text
    assert learning_page.END in text
