"""Trainings in the background: one at a time, watched, taken up again, and never in the way."""

import json
import os
import signal
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from classifier import actions, holding, tasks, trainings
from classifier.data import DataError
from classifier.dataset import number_of_rows
from classifier.models import ModelVersion, TrainingRun
from classifier.taxonomy import Taxonomy
from classifier.trainings import LEASE, MOST_ATTEMPTS, OneIsUnderWay, Stopped

from .conftest import NOW, a_version
from .test_examples import add, settle
from .test_taxonomy import SMALL

pytestmark = [pytest.mark.django_db, pytest.mark.database]

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Reason, State = TrainingRun.Reason, TrainingRun.State


@pytest.fixture
def nudges(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was sent to the training worker."""
    sent: list[str] = []
    monkeypatch.setattr(tasks.train_waiting, "apply_async", lambda **_: sent.append("nudge"))
    return sent


def asked(by: str = "Ana") -> TrainingRun:
    return trainings.request_training(reason=Reason.ASKED, by=by, now=NOW)


# ---- asking --------------------------------------------------------------------------------


def test_asking_makes_one_run_and_nudges_its_worker(
    nudges: list[str], django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        run = asked()
        assert asked(by="Ben") == run
    assert (TrainingRun.objects.get().requested_by, nudges) == ("Ana", ["nudge"])


def test_a_lost_broker_loses_no_training(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(**_: object) -> None:
        raise ConnectionError("redis is away")

    monkeypatch.setattr(tasks.train_waiting, "apply_async", away)
    trainings.nudge()
    asked()
    assert trainings.has_work(now=NOW)


def in_threads(work: Callable[[], object], number: int) -> None:
    threads = [threading.Thread(target=work) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.django_db(transaction=True)
def test_starts_at_the_same_moment_are_one_training(nudges: list[str]) -> None:
    runs, barrier = [], threading.Barrier(8)

    def ask() -> None:
        barrier.wait()
        runs.append(asked().pk)
        connection.close()

    in_threads(ask, 8)
    assert len(runs) == 8
    assert set(runs) == {TrainingRun.objects.get().pk}


# ---- taking up -----------------------------------------------------------------------------


def test_a_run_is_taken_up_once() -> None:
    run = asked()
    taken = trainings.take_up(now=NOW)
    assert taken == run
    assert taken is not None
    assert (taken.state, taken.attempts, taken.started_at) == (State.RUNNING, 1, NOW)
    assert trainings.take_up(now=NOW) is None
    assert not trainings.has_work(now=NOW)


@pytest.mark.django_db(transaction=True)
def test_of_many_that_take_up_at_the_same_moment_one_trains(nudges: list[str]) -> None:
    run = asked()
    taken, barrier = [], threading.Barrier(8)

    def take() -> None:
        barrier.wait()
        taken.append(trainings.take_up(now=NOW))
        connection.close()

    in_threads(take, 8)
    assert [each for each in taken if each is not None] == [run]
    run.refresh_from_db()
    assert run.attempts == 1


def test_a_run_whose_worker_died_is_taken_up_again() -> None:
    asked()
    trainings.take_up(now=NOW)
    assert trainings.take_up(now=NOW + LEASE) is None  # it may be alive
    again = trainings.take_up(now=NOW + LEASE + timedelta(seconds=1))
    assert again is not None
    assert (again.attempts, again.started_at) == (2, NOW)


def test_a_run_that_kills_every_worker_is_given_up() -> None:
    run, now = asked(), NOW
    for _ in range(MOST_ATTEMPTS):
        assert trainings.take_up(now=now) is not None
        now += 2 * LEASE
    assert trainings.take_up(now=now) is None
    run.refresh_from_db()
    assert run.state == State.FAILED
    assert "ask again" in run.error
    assert asked() != run  # the way is free


def ended_holder() -> str:
    """Of a process that took hold and was killed."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, holding.take_hold().encode())
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    return os.read(read, 200).decode()


def test_a_killed_process_is_known_for_dead_at_once_where_its_lock_is() -> None:
    asked()
    run = trainings.take_up(now=NOW)
    assert run is not None
    assert not holding.has_ended(run.holder)  # it is this process
    TrainingRun.objects.update(holder=ended_holder())
    again = trainings.take_up(now=NOW)
    assert again is not None
    assert again.attempts == 2
    assert again.holder not in ("", run.holder)


def test_of_a_process_on_another_machine_only_signs_of_life_tell() -> None:
    asked()
    trainings.take_up(now=NOW)
    TrainingRun.objects.update(holder="elsewhere-1-abc")
    assert trainings.take_up(now=NOW + LEASE) is None
    assert trainings.take_up(now=NOW + 2 * LEASE) is not None


def test_locks_of_the_dead_are_swept_and_those_of_the_living_stay() -> None:
    dead, alive = ended_holder(), holding.take_hold()
    folder = Path(settings.VAR_DIR) / holding.FOLDER
    assert {dead, alive} <= {file.name for file in folder.iterdir()}
    holding.sweep()
    left = {file.name for file in folder.iterdir()}
    assert (dead in left, alive in left) == (False, True)
    holding.let_go(alive)
    assert not (folder / alive).exists()


# ---- by hand -------------------------------------------------------------------------------


def begun(*, now: datetime = NOW, in_its_place: bool = False) -> TrainingRun:
    return trainings.begin(by="manage.py train", now=now, in_its_place=in_its_place)


def test_a_training_by_hand_is_a_run_like_any_other(nudges: list[str]) -> None:
    run = begun()
    assert (run.state, run.reason, run.attempts) == (State.RUNNING, Reason.BY_HAND, 1)
    assert asked() == run  # one at a time: the worker gets none beside it
    assert trainings.take_up(now=NOW) is None
    assert not trainings.has_work(now=NOW + 2 * LEASE)
    assert nudges == []


def test_a_second_start_says_who_trains_and_since_when() -> None:
    run = begun()
    with pytest.raises(OneIsUnderWay, match="since 03 May, 14:10 UTC") as refusal:
        begun(now=NOW + HOUR / 20)
    assert "asked for by manage.py train" in str(refusal.value)
    assert run.holder in str(refusal.value)
    assert TrainingRun.objects.get() == run


@pytest.mark.django_db(transaction=True)
def test_of_many_that_begin_at_the_same_moment_one_trains() -> None:
    begun_, refused, barrier = [], [], threading.Barrier(8)

    def begin() -> None:
        barrier.wait()
        try:
            begun_.append(begun())
        except OneIsUnderWay as exc:
            refused.append(exc)
        connection.close()

    in_threads(begin, 8)
    assert (len(begun_), len(refused)) == (1, 7)


@pytest.mark.parametrize("how", ["killed here", "silent"])
def test_what_a_dead_shell_left_keeps_nobody_waiting(how: str, nudges: list[str]) -> None:
    dead = begun()
    if how == "killed here":
        TrainingRun.objects.update(holder=ended_holder())
    later = NOW if how == "killed here" else NOW + 2 * LEASE
    assert not trainings.has_work(now=later)  # it is no work for the worker
    again = begun(now=later)
    dead.refresh_from_db()
    assert again != dead
    assert dead.state == State.FAILED
    assert "goes on from its last checkpoint" in dead.error


def test_the_scheduler_ends_what_a_dead_shell_left(live: ModelVersion, nudges: list[str]) -> None:
    dead = begun(now=timezone.now() - 2 * LEASE)
    tasks.see_to_training()
    dead.refresh_from_db()
    assert dead.state == State.FAILED


def test_a_training_that_waits_is_done_by_hand_where_that_is_what_was_asked_for() -> None:
    run = asked()
    with pytest.raises(OneIsUnderWay, match=r"waits for its worker, asked for by Ana .* --waiting"):
        begun()
    taken = begun(in_its_place=True)
    assert (taken, taken.state, taken.requested_by) == (run, State.RUNNING, "Ana")


def test_a_training_by_hand_keeps_the_scheduler_from_nothing(
    live: ModelVersion, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trainings, "number_of_rows", lambda taxonomy: 5000)
    trainings.finish(begun(now=NOW + DAY), State.FAILED, now=NOW + DAY, error="a slip")
    assert trainings.why_train(now=NOW + DAY + HOUR) is not None


def test_a_run_says_how_it_ended_and_is_let_go(models_dir: Path) -> None:
    for error, state in (
        (DataError("no rows"), State.FAILED),
        (KeyboardInterrupt(), State.STOPPED),
    ):
        run = begun()
        with pytest.raises(type(error)), trainings.accounted_for(run):
            raise error
        run.refresh_from_db()
        assert run.state == state
        assert not (Path(settings.VAR_DIR) / holding.FOLDER / run.holder).exists()


def test_who_was_thought_dead_does_not_end_the_run_of_its_successor() -> None:
    asked()
    slow = trainings.take_up(now=NOW)
    assert slow is not None
    successor = trainings.take_up(now=NOW + 2 * LEASE)
    assert successor is not None
    trainings.finish(slow, State.FAILED, now=NOW, error="too late")
    successor.refresh_from_db()
    assert successor.state == State.RUNNING


# ---- doing ---------------------------------------------------------------------------------


def test_a_run_ends_with_a_version_and_its_reason(
    tiny_base: Path, tmp_path: Path, models_dir: Path, settings: Settings
) -> None:
    """With labels of its own, for which Nod ships no rows."""
    settings.BASE_MODEL = str(tiny_base)
    settings.TAXONOMY_FILE = tmp_path / "taxonomy.toml"
    settings.TAXONOMY_FILE.write_text(SMALL)
    settings.ROWS_DIR = tmp_path / "rows"
    settings.ROWS_DIR.mkdir()
    rows = [
        {"text": f"{word} of number {number}", "topic": topic}
        for topic, word in (("news", "the vote"), ("sport", "a goal"))
        for number in range(60)
    ]
    (settings.ROWS_DIR / "own.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    asked()
    run = trainings.take_up(now=NOW)
    assert run is not None
    trainings.do(run)
    run.refresh_from_db()
    assert (run.state, run.error) == (State.FINISHED, "")
    assert run.version is not None
    assert run.version.report["training"]["run"] == run.pk
    assert run.version.report["training"]["reason"] == "someone asked for it"
    assert run.version.report["training"]["rows_given"] == 120
    assert run.version.checks["rival"] == "baseline-tfidf"


def test_a_run_without_rows_says_what_to_do(
    tmp_path: Path, models_dir: Path, settings: Settings
) -> None:
    settings.ROWS_DIR = tmp_path
    (tmp_path / "mine.jsonl").write_text('{"text": "hi", "intent": "greeting"}\n')
    asked()
    run = trainings.take_up(now=NOW)
    assert run is not None
    trainings.do(run)
    run.refresh_from_db()
    assert run.state == State.FAILED
    assert "mine.jsonl:1" in run.error
    assert "'greeting' is not a label" in run.error


def test_what_nobody_expected_fails_the_run_without_its_words(
    models_dir: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(taxonomy: object) -> None:
        raise RuntimeError("text of a customer")

    monkeypatch.setattr(trainings, "rows_to_learn", broken)
    asked()
    run = trainings.take_up(now=NOW)
    assert run is not None
    trainings.do(run)
    run.refresh_from_db()
    assert run.state == State.FAILED
    assert run.error.startswith("RuntimeError.")
    assert "customer" not in run.error + caplog.text


def test_a_stopped_run_notices_at_its_next_sign_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainings, "SIGN_OF_LIFE_SECONDS", 0.0)
    asked()
    run = trainings.take_up(now=NOW)
    assert run is not None
    tell = trainings.signs_of_life(run)
    tell(SimpleNamespace(done=5, total=10))
    run.refresh_from_db()
    assert (run.rows_done, run.rows_total, run.percent) == (5, 10, 50)
    assert trainings.stop_training(run=run, by="Ana", now=NOW)
    with pytest.raises(Stopped):
        tell(SimpleNamespace(done=6, total=10))
    assert not trainings.stop_training(run=run, by="Ana", now=NOW)


def test_a_worker_that_was_thought_dead_stops_when_another_took_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(trainings, "SIGN_OF_LIFE_SECONDS", 0.0)
    asked()
    slow = trainings.take_up(now=NOW)
    assert slow is not None
    trainings.take_up(now=NOW + 2 * LEASE)
    with pytest.raises(Stopped):
        trainings.signs_of_life(slow)(SimpleNamespace(done=1, total=2))


def test_each_stage_of_judging_is_a_sign_of_life() -> None:
    asked()
    run = trainings.take_up(now=NOW)
    assert run is not None
    tell = trainings.signs_of_stages(run)
    tell("fitting the baseline")
    run.refresh_from_db()
    assert run.stage == "fitting the baseline"
    assert run.heartbeat_at is not None
    assert run.heartbeat_at > NOW + LEASE
    trainings.stop_training(run=run, by="Ana", now=NOW)
    with pytest.raises(Stopped):
        tell("comparing it with what serves")


def test_a_training_takes_only_what_others_leave() -> None:
    """In a process of its own: niceness cannot be given back."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        trainings.step_aside()
        os.write(write, f"{os.nice(0)} {os.sched_getscheduler(0)}".encode())
        os._exit(0)
    os.waitpid(child, 0)
    niceness, policy = map(int, os.read(read, 100).split())
    assert niceness == 19
    assert policy == os.SCHED_IDLE


# ---- why, by itself ------------------------------------------------------------------------


@pytest.fixture
def live(models_dir: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> ModelVersion:
    """Learnt from 1,000 rows, as many as there are."""
    version = a_version(models_dir, "live")
    version.report = {"training": {"rows_given": 1000}}
    version.save()
    actions.promote(version=version, by="Ana", now=NOW)
    monkeypatch.setattr(trainings, "number_of_rows", lambda taxonomy: 1000)
    return version


def test_without_a_live_version_none_is_due(models_dir: Path) -> None:
    assert trainings.why_train(now=NOW) is None


def test_where_every_candidate_was_refused_new_rows_are_a_reason(
    models_dir: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = a_version(models_dir, "refused")
    version.report = {"training": {"rows_given": 1000}}
    version.save(update_fields=["report"])
    monkeypatch.setattr(trainings, "number_of_rows", lambda taxonomy: 1000)
    assert trainings.why_train(now=NOW + DAY) is None
    enough = 1000 + settings.RETRAIN_AFTER_ROWS
    monkeypatch.setattr(trainings, "number_of_rows", lambda taxonomy: enough)
    due = trainings.why_train(now=NOW + DAY)
    assert due is not None
    assert due[0] == Reason.NEW_EXAMPLES
    assert trainings.why_train(now=NOW + HOUR) is None


def test_with_nothing_new_none_is_due(live: ModelVersion) -> None:
    assert trainings.why_train(now=NOW + DAY) is None


def test_enough_new_rows_are_a_reason(
    live: ModelVersion, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        trainings, "number_of_rows", lambda taxonomy: 1000 + settings.RETRAIN_AFTER_ROWS
    )
    assert trainings.why_train(now=NOW + HOUR) is None  # not so soon
    due = trainings.why_train(now=NOW + DAY)
    assert due == (Reason.NEW_EXAMPLES, "200 rows more than live learnt from")


def test_newly_settled_examples_are_new_rows(
    models_dir: Path, settings: Settings, taxonomy: Taxonomy
) -> None:
    version = a_version(models_dir, "live")
    version.report = {"training": {"rows_given": number_of_rows(taxonomy)}}
    version.save()
    actions.promote(version=version, by="Ana", now=NOW)
    settings.RETRAIN_AFTER_ROWS = 2
    settle(add("let us say so then", "m1"), "confirm")
    add("nobody has labelled this", "m2")
    assert trainings.why_train(now=NOW + DAY) is None
    settle(add("that is not for me", "m3"), "cancel")
    due = trainings.why_train(now=NOW + DAY)
    assert due == (Reason.NEW_EXAMPLES, "2 rows more than live learnt from")


def test_a_version_made_in_a_hurry_is_a_reason_at_once_and_once(
    live: ModelVersion, settings: Settings
) -> None:
    live.report = {"training": {"rows_given": 1000, "hurried": True}}
    live.save(update_fields=["report"])
    assert trainings.why_train(now=NOW) == (Reason.FIRST, "live was trained in a hurry")
    trainings.request_training(reason=Reason.FIRST, by="scheduler", now=NOW)
    assert trainings.why_train(now=NOW) is None
    TrainingRun.objects.update(state=State.FAILED)
    assert trainings.why_train(now=NOW + HOUR) is None


def test_a_hurried_candidate_that_was_refused_has_a_successor_too(models_dir: Path) -> None:
    version = a_version(models_dir, "refused")
    version.report = {"training": {"hurried": True}}
    version.save(update_fields=["report"])
    assert trainings.why_train(now=NOW) == (Reason.FIRST, "refused was trained in a hurry")


def test_age_is_a_reason(live: ModelVersion, settings: Settings) -> None:
    due = trainings.why_train(now=NOW + settings.RETRAIN_AFTER_DAYS * DAY)
    assert due == (Reason.AGE, "live is 30 days old")


def test_a_refused_candidate_is_not_tried_again_at_once(
    live: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trainings, "number_of_rows", lambda taxonomy: 5000)
    later = NOW + 40 * DAY
    TrainingRun.objects.create(
        reason=Reason.AGE, requested_by="scheduler", requested_at=later, state=State.FINISHED
    )
    assert trainings.why_train(now=later + HOUR) is None
    assert trainings.why_train(now=later + DAY) is not None


def test_rows_that_made_a_refused_candidate_are_not_tried_day_after_day(
    live: ModelVersion, models_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = a_version(models_dir, "refused")
    refused.report = {"training": {"rows_given": 5000}}
    refused.created_at = NOW + DAY
    refused.save(update_fields=["report", "created_at"])
    monkeypatch.setattr(trainings, "number_of_rows", lambda taxonomy: 5100)
    assert trainings.why_train(now=NOW + 9 * DAY) is None
    monkeypatch.setattr(trainings, "number_of_rows", lambda taxonomy: 5200)
    due = trainings.why_train(now=NOW + 9 * DAY)
    assert due == (Reason.NEW_EXAMPLES, "200 rows more than refused learnt from")


def test_a_trial_on_other_rows_says_nothing_of_how_many_are_new(
    live: ModelVersion, models_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = a_version(models_dir, "trial")
    trial.report = {"training": {"other_rows": True}}
    trial.created_at = NOW + DAY
    trial.save(update_fields=["report", "created_at"])
    monkeypatch.setattr(trainings, "number_of_rows", lambda taxonomy: 1200)
    due = trainings.why_train(now=NOW + 9 * DAY)
    assert due == (Reason.NEW_EXAMPLES, "200 rows more than live learnt from")
    actions.promote(version=trial, by="Ana", now=NOW + DAY)
    assert trainings.why_train(now=NOW + 9 * DAY) is None
    due = trainings.why_train(now=NOW + 40 * DAY)
    assert due == (Reason.AGE, "trial is 39 days old")


def test_the_scheduler_asks_once_and_reminds_a_worker_that_missed_its_nudge(
    live: ModelVersion, nudges: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trainings, "number_of_rows", lambda taxonomy: 5000)
    tasks.see_to_training()
    run = TrainingRun.objects.get()
    assert (run.requested_by, run.reason) == ("scheduler", Reason.NEW_EXAMPLES)
    tasks.see_to_training()
    assert TrainingRun.objects.count() == 1
    assert nudges == ["nudge"]  # the first is sent on commit
