"""Texts like a known incident are asked about, although the model is sure of them."""

from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from classifier.models import Example, ModelVersion
from tests.webhooks.carrier import Carrier
from tests.webhooks.conftest import read_everything, remind
from tests.webhooks.test_examples import Scripted
from webhooks import incidents, tasks
from webhooks.examples import add_due
from webhooks.models import Business, Line, Message, Reading, Reminder
from webhooks.nudges import Work

pytestmark = [pytest.mark.django_db, pytest.mark.database]

ASKED = "Have we got the wrong number for Ines?"
FAILED = {
    "prompt": "Is this the wrong number for Dana?",
    "text": "sure, this is Dana",
    "found": "confirm",  # the scripted reader says so of all it is sure of
}


@pytest.fixture(autouse=True)
def reader(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    settings.EXAMPLES_RANDOM_SHARE = 0.0
    scripted = Scripted()
    monkeypatch.setattr("webhooks.waiting.live_reader", lambda: scripted)


@pytest.fixture
def texted(carrier: Carrier, line: Line, bob: str) -> Message:
    """Read surely, and so of no interest to anybody."""
    line.business.shares_examples = True
    line.business.save(update_fields=["shares_examples"])
    remind(line, bob, ASKED)
    carrier.text("sure, this is Ines")
    read_everything()
    message = Message.objects.get()
    assert message.example == Message.AsExample.NO
    return message


def newest_fails(*rows: dict[str, Any]) -> None:
    ModelVersion.objects.create(
        name=f"v{len(rows)}", folder="v", created_at=timezone.now(),
        report={"must_pass": {"rows": 163, "failed": list(rows)}},
    )  # fmt: skip


def test_a_text_like_it_becomes_an_example_once(texted: Message) -> None:
    newest_fails(FAILED)
    assert incidents.collect(now=timezone.now()) == 1
    add_due(now=timezone.now())
    example = Example.objects.get()
    assert (example.text, example.guess) == ("sure, this is [name]", "confirm")
    assert (example.reading["unsure"], example.kept_apart) == (False, False)
    assert incidents.collect(now=timezone.now()) == 0


def test_without_an_incident_none_does(texted: Message) -> None:
    assert incidents.collect(now=timezone.now()) == 0
    newest_fails()
    assert incidents.collect(now=timezone.now()) == 0


def test_what_was_taken_for_something_else_or_shares_no_words_does_not(texted: Message) -> None:
    newest_fails(FAILED | {"found": "cancel"})
    assert incidents.collect(now=timezone.now()) == 0
    ModelVersion.objects.all().delete()
    newest_fails(FAILED)
    Message.objects.update(body="xyz")
    Reminder.objects.update(body="Your parcel")
    assert incidents.collect(now=timezone.now()) == 0


def test_nor_does_one_of_a_business_that_shares_nothing(texted: Message) -> None:
    newest_fails(FAILED)
    Business.objects.update(shares_examples=False)
    assert incidents.collect(now=timezone.now()) == 0


def test_nor_one_that_was_read_long_ago(texted: Message) -> None:
    newest_fails(FAILED)
    Reading.objects.update(read_at=timezone.now() - incidents.LOOKED_BACK * 1.01)
    assert incidents.collect(now=timezone.now()) == 0


def test_only_so_many_of_the_likest_do(
    texted: Message, carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incidents, "EACH", 1)
    carrier.text("sure thing, on my way to you")
    read_everything()
    newest_fails(FAILED)
    assert incidents.collect(now=timezone.now()) == 1
    assert incidents.collect(now=timezone.now()) == 0  # that one still takes the place
    texted.refresh_from_db()
    assert texted.example == Message.AsExample.DUE


def test_the_task_nudges_whoever_adds_them(
    texted: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    nudged: list[Work] = []
    monkeypatch.setattr(tasks, "nudge", nudged.append)
    newest_fails(FAILED)
    tasks.look_for_incidents()
    tasks.look_for_incidents()
    assert nudged == [Work.EXAMPLES]
