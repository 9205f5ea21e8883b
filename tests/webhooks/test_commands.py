"""`manage.py simulate` and `manage.py demo`, the first against a Nod that really answers."""

import io
import threading
from collections.abc import Iterator

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from pytest_django import Settings

from tests.webhooks.conftest import read_everything
from webhooks.demo import LINE
from webhooks.models import ApiKey, Business, Endpoint, Line, Message, Reminder

pytestmark = [pytest.mark.django_db, pytest.mark.database]

PATIENCE = "120"  # seconds: the first reading of a process learns the baseline


@pytest.fixture
def reading_worker() -> Iterator[None]:
    over = threading.Event()

    def work() -> None:
        while not over.wait(0.05):
            read_everything()
        connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    over.set()
    thread.join()


def simulated(*arguments: str) -> str:
    out = io.StringIO()
    call_command("simulate", *arguments, stdout=out)
    return out.getvalue()


def refusal(*arguments: str) -> str:
    """Why it ended with an exit code that is not 0."""
    with pytest.raises(CommandError) as error:
        simulated(*arguments)
    assert error.value.returncode == 1
    return str(error.value)


# ---- simulate ------------------------------------------------------------------------------


def test_a_text_is_taken_and_its_decision_printed(running: Business, reading_worker: None) -> None:
    words = simulated("HELP", "--wait", PATIENCE)
    message = Message.objects.get()
    assert f"{message.provider_id}: answered 200" in words
    assert "other" in words
    assert "100.0%" in words
    assert "decision: hold other (keyword), reminder: one" in words
    assert message.body == "HELP"


def test_somebody_else_may_text(running: Business, reading_worker: None) -> None:
    assert "reminder: none" in simulated(
        "HELP", "--from", "+12025550199", "--to", LINE, "--wait", PATIENCE
    )
    assert Message.objects.get().sender == "+12025550199"


def test_a_text_that_nobody_reads_is_kept_and_it_is_said_what_to_look_at(running: Business) -> None:
    assert "is the reading worker running?" in simulated("yes", "--wait", "0")
    assert Message.objects.get().state == Message.State.WAITING


def test_a_line_that_is_not_there_cannot_be_texted(running: Business) -> None:
    assert "+15005559999" in refusal("yes", "--to", "+15005559999")
    assert not Message.objects.exists()


def test_a_real_line_is_texted_by_real_phones_only(running: Business) -> None:
    Line.objects.update(is_simulated=False)
    assert "real phones only" in refusal("yes")
    assert not Message.objects.exists()


def test_a_line_without_a_key_cannot_be_signed_for(running: Business) -> None:
    Line.objects.get().signing_keys.all().delete()
    assert "no signing key" in refusal("yes")


def test_a_nod_that_does_not_run_is_not_reached(running: Business) -> None:
    assert "is Nod running there?" in refusal("yes", "--url", "http://127.0.0.1:1")


def test_what_nod_refuses_is_no_success(running: Business, settings: Settings) -> None:
    """It checks the URL that it was configured with, which is not the one that was signed."""
    elsewhere = settings.PUBLIC_BASE_URL.replace("localhost", "127.0.0.1")
    assert refusal("yes", "--url", elsewhere) == "Nod did not take it."
    assert not Message.objects.exists()


# ---- demo ----------------------------------------------------------------------------------


def test_the_demo_may_be_made_again_and_again() -> None:
    for _ in range(2):
        call_command("demo")
    counts = [model.objects.count() for model in (Business, Line, Endpoint, ApiKey)]
    assert counts == [1, 1, 1, 1]
    assert Reminder.objects.exists()


def test_with_a_secret_key_there_is_no_demo(settings: Settings) -> None:
    settings.DEMO = False
    with pytest.raises(CommandError, match="SECRET_KEY is set"):
        call_command("demo")
    assert not Business.objects.exists()
