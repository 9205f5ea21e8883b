"""`manage.py doctor`: every finding can be good and bad, and the bad ones say what to do."""

import io
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from classifier.models import ModelVersion, TrainingRun
from classifier.trainings import LEASE
from classifier.versions import WEIGHTS, new_version, open_version
from config import doctor
from config.doctor import Finding
from tests.serving import finish_serving
from tests.webhooks.carrier import ACCOUNT, DENTAL, KEY
from webhooks.models import Business, Line, Message
from webhooks.probe import judged, probe

pytestmark = pytest.mark.django_db

OTHER = "+15005550011"


@pytest.fixture
def line() -> Line:
    business = Business.objects.create(name="Riverside Dental", slug="dental")
    line = Line.objects.create(business=business, account_id=ACCOUNT, address=DENTAL)
    line.signing_keys.create(key=KEY)
    return line


@pytest.fixture
def nod(live_server: LiveServer, settings: Settings) -> Iterator[str]:
    """A Nod that really answers at its public address."""
    settings.PUBLIC_BASE_URL = live_server.url
    yield live_server.url
    finish_serving()


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Says which queues are served; until then all of them, over a Redis that answers."""

    def serve(*queues: str) -> None:
        monkeypatch.setattr(doctor, "queues_served", lambda: set(queues))

    monkeypatch.setattr(doctor, "of_queue", lambda: Finding(True, "Redis answers."))
    serve("reading", "delivery", "training")
    return serve


def diagnosis(*arguments: str) -> tuple[int, str]:
    """What the command prints, and the exit code that it ends with."""
    out = io.StringIO()
    try:
        call_command("doctor", *arguments, stdout=out)
    except CommandError:
        return 1, out.getvalue()
    return 0, out.getvalue()


# ---- the whole -----------------------------------------------------------------------------


def test_a_sound_installation_is_told_so(
    line: Line, nod: str, workers: Callable[..., None]
) -> None:
    code, words = diagnosis()
    assert (code, "✗" in words) == (0, False), words
    assert f"Line {DENTAL}: the provider calls and signs {nod}/webhooks/twilio/" in words
    for part in ("settings", "database", "Redis", "GB are free", "baseline", "reading worker"):
        assert part in words
    assert not Message.objects.exists()


def test_one_thing_wrong_is_an_exit_code_and_the_rest_is_told_all_the_same(
    line: Line, nod: str, workers: Callable[..., None]
) -> None:
    workers("reading", "delivery")
    code, words = diagnosis()
    [wrong] = [row for row in words.splitlines() if row.startswith("✗")]
    assert code == 1
    assert "training worker" in wrong
    assert DENTAL in words


def test_an_unsafe_setting_is_a_finding_with_its_remedy(settings: Settings) -> None:
    settings.HOST = "0.0.0.0"
    [finding] = doctor.of_settings()
    assert not finding.is_well
    assert "HOST" in finding.words
    assert "SECRET_KEY" in finding.words


def test_nothing_that_is_said_holds_the_password_of_redis(settings: Settings) -> None:
    settings.REDIS_URL = "redis://nod:hunter2@127.0.0.1:1/0"
    finding = doctor.of_queue()
    assert not finding.is_well
    assert "127.0.0.1" in finding.words
    assert "hunter2" not in finding.words


def test_without_the_embedded_redis_it_is_said_who_starts_it(settings: Settings) -> None:
    assert django_settings.REDIS_URL == ""
    assert "make run" in doctor.of_queue().words


# ---- the database --------------------------------------------------------------------------


@pytest.mark.database
def test_a_database_that_is_up_to_date_is_named() -> None:
    finding = doctor.of_database()
    assert finding.is_well
    assert str(connection.settings_dict["NAME"]) in finding.words


@pytest.mark.database
def test_a_migration_that_was_not_applied_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MigrationExecutor, "migration_plan", lambda *_: [("0007", False)])
    finding = doctor.of_database()
    assert not finding.is_well
    assert "make run" in finding.words


def test_without_a_database_what_stands_in_it_is_not_looked_for(
    monkeypatch: pytest.MonkeyPatch, workers: Callable[..., None]
) -> None:
    def away(*_: Any) -> None:
        raise OperationalError("password authentication failed for user nod")

    monkeypatch.setattr(MigrationExecutor, "migration_plan", away)
    code, words = diagnosis()
    assert code == 1
    assert "DATABASE_URL" in words
    assert "authentication" not in words
    assert "worker" not in words


def test_a_sqlite_file_that_is_not_there_is_not_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("about a file")
    monkeypatch.setitem(connection.settings_dict, "NAME", str(tmp_path / "nod.sqlite3"))
    assert not doctor.of_database().is_well
    assert list(tmp_path.iterdir()) == []


# ---- folders and the model -----------------------------------------------------------------


def test_a_folder_that_is_not_there_yet_has_the_room_of_the_one_above(tmp_path: Path) -> None:
    finding = doctor.of_folder(tmp_path / "models" / "new")
    assert finding.is_well
    assert not (tmp_path / "models").exists()


def test_too_little_room_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "LEAST_ROOM", shutil.disk_usage(tmp_path).free + 10**12)
    finding = doctor.of_folder(tmp_path)
    assert not finding.is_well
    assert "make room" in finding.words


def test_a_folder_that_cannot_be_written_to_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)  # root may write to all
    assert "cannot be written to" in doctor.of_folder(tmp_path).words


@pytest.fixture
def live(tmp_path: Path, settings: Settings) -> ModelVersion:
    settings.MODELS_DIR = tmp_path
    now = timezone.now()
    with new_version(tmp_path, now=now) as draft:
        (draft.path / WEIGHTS).write_bytes(b"weights")
        name = draft.name
    version = open_version(tmp_path / name)
    return ModelVersion.objects.create(
        name=name, folder=name, digest=version.digest, state="live", created_at=now
    )


def test_a_whole_live_version_is_named(live: ModelVersion) -> None:
    assert doctor.of_model() == Finding(
        True, f"Model version {live.name} reads; its files are whole."
    )


def test_a_live_version_with_changed_weights_is_damaged(live: ModelVersion) -> None:
    (live.path / WEIGHTS).write_bytes(b"other")
    finding = doctor.of_model()
    assert not finding.is_well
    assert WEIGHTS in finding.words


def test_whole_files_of_another_version_are_not_the_live_one(live: ModelVersion) -> None:
    live.digest = "0" * 64
    live.save(update_fields=["digest"])
    assert "rollback" in doctor.of_model().words


# ---- workers -------------------------------------------------------------------------------


def unwell(findings: Iterator[Finding]) -> list[str]:
    return [finding.words for finding in findings if not finding.is_well]


def test_each_worker_that_does_not_answer_is_named(workers: Callable[..., None]) -> None:
    workers()
    wrong = unwell(doctor.of_workers())
    assert [words.split()[1] for words in wrong] == ["reading", "delivery", "training"]


def test_a_worker_that_trains_is_not_missed(workers: Callable[..., None]) -> None:
    workers("reading", "delivery")
    now = timezone.now()
    run = TrainingRun.objects.create(
        state="running", reason="asked", requested_at=now, heartbeat_at=now
    )
    assert unwell(doctor.of_workers()) == []
    run.heartbeat_at = now - LEASE * 2
    run.save(update_fields=["heartbeat_at"])
    assert len(unwell(doctor.of_workers())) == 1


def test_a_worker_that_reads_is_not_missed(line: Line, workers: Callable[..., None]) -> None:
    workers("delivery", "training")
    now = timezone.now()
    facts = {"raw": b"", "received_at": now, "claimed_at": now, "line": line}
    Message.objects.create(provider_id="SM1", account_id=ACCOUNT, **facts)
    assert unwell(doctor.of_workers()) == []


# ---- lines ---------------------------------------------------------------------------------


def test_an_installation_without_a_line_is_told_to_add_one() -> None:
    [finding] = doctor.of_lines(offline=True)
    assert not finding.is_well
    assert "add one in the admin" in finding.words


def test_one_line_is_tried_alone(line: Line, nod: str) -> None:
    Line.objects.create(business=line.business, account_id=ACCOUNT, address=OTHER)
    code, words = diagnosis("--line", DENTAL)
    assert (code, len(words.splitlines())) == (0, 1)
    assert words.startswith("✓")


def test_a_line_that_is_not_there_is_an_error(line: Line) -> None:
    assert diagnosis("--line", "+15005559999") == (1, "")


def test_a_line_without_a_key_can_get_no_text(line: Line, nod: str) -> None:
    line.signing_keys.all().delete()
    code, words = diagnosis("--line", DENTAL)
    assert code == 1
    assert "no signing key" in words


def test_offline_nobody_is_asked(line: Line, settings: Settings) -> None:
    settings.PUBLIC_BASE_URL = "http://127.0.0.1:1"
    assert diagnosis("--line", DENTAL)[0] == 1
    code, words = diagnosis("--line", DENTAL, "--offline")
    assert code == 0
    assert "http://127.0.0.1:1/webhooks/twilio/ (not tried)" in words


def test_a_nod_that_checks_another_url_is_found_out(
    line: Line, nod: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with another PUBLIC_BASE_URL than the running Nod has."""
    elsewhere = nod.replace("localhost", "127.0.0.1") + "/webhooks/twilio/"
    monkeypatch.setattr("webhooks.probe.inbound_url", lambda _: elsewhere)
    found = probe(line)
    assert not found.holds
    assert "PUBLIC_BASE_URL" in found.words


def test_behind_a_trusted_proxy_the_url_is_the_one_that_it_hands_on(
    line: Line, nod: str, settings: Settings
) -> None:
    settings.TRUST_PROXY_HEADERS = True
    assert probe(line).holds


def test_a_host_that_nod_does_not_know_is_told_from_a_signature_that_holds(
    line: Line, nod: str, settings: Settings
) -> None:
    settings.ALLOWED_HOSTS = ["nod.example.com"]
    found = probe(line)
    assert not found.holds
    assert "ALLOWED_HOSTS" in found.words


@pytest.mark.parametrize(
    ("foreign", "own", "said"),
    [
        (403, 403, "proxy"),
        (400, 400, "host"),
        (301, 301, "redirected"),
        (403, 500, "log"),
        (502, 502, "does the proxy reach Nod"),
        (404, 404, "never"),
        (200, 200, "never"),
        (400, 403, "never"),
        (200, 400, "never"),
    ],
)
def test_every_other_pair_of_answers_says_what_to_look_at(
    foreign: int, own: int, said: str
) -> None:
    found = judged(foreign=foreign, own=own)
    assert not found.holds
    assert said in found.words
