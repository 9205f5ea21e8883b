"""What the business is told: the form, what a thin event leaves out, what never reaches a log."""

import json
import logging
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from tests.webhooks.carrier import BOB, DENTAL, Carrier
from tests.webhooks.conftest import read_everything, remind, tell_everything
from tests.webhooks.receiver import Answer, Receiver
from webhooks.models import Business, Delivery, Endpoint, Event, Line, Message, Reminder

pytestmark = [pytest.mark.django_db, pytest.mark.database]

YES = "Yes, I will be there"
REMINDER_WORD = "cleaning"
MOST_BYTES = 20_000  # as Standard Webhooks advises


def told(carrier: Carrier, body: str, **params: str) -> dict[str, Any]:
    """The first event after this text."""
    carrier.text(body, **params)
    read_everything()
    message = Message.objects.latest("pk")
    return dict(json.loads(message.events.earliest("pk").body))


def test_an_event_has_the_form_of_standard_webhooks(line: Line, carrier: Carrier) -> None:
    event = told(carrier, "where do I park?")
    assert event.keys() == {"type", "timestamp", "data"}
    assert event["type"] == "reply.decided"
    moment = parse_datetime(event["timestamp"])
    assert moment is not None
    assert moment.tzinfo is not None
    assert abs(timezone.now() - moment) < timedelta(minutes=1)


def test_an_event_tells_the_whole_of_it(line: Line, carrier: Carrier) -> None:
    at = timezone.now() + timedelta(days=3)
    reminder = remind(line, BOB, appointment_ref="a17", appointment_at=at)
    data = told(carrier, YES)["data"]
    message = Message.objects.get()
    decision = message.decisions.get()
    assert decision.reading is not None
    assert data["message"] == {
        "id": str(message.public_id),
        "provider": "twilio",
        "provider_id": message.provider_id,
        "received_at": message.received_at.isoformat(),
        "media_count": 0,
        "button_payload": "",
        "from": BOB,
        "to": DENTAL,
        "text": YES,
    }
    assert data["match"] == "one"
    assert data["reminder"] == {
        "id": str(reminder.public_id),
        "appointment_ref": "a17",
        "appointment_at": at.isoformat(),
    }
    assert data["reading"] == decision.reading.result
    assert data["decision"] == {
        "id": str(decision.public_id),
        "action": "act",
        "intent": "confirm",
        "also": None,
        "reason": "sure",
        "by": "nod",
        "hints": {},
    }
    assert data["supersedes"] is None


def test_tags_are_told_beside_the_label(line: Line, carrier: Carrier) -> None:
    reading = told(carrier, "worst service ever")["data"]["reading"]
    assert (reading["intent"], reading["tags"]) == ("other", ["frustration"])


def test_what_is_not_known_is_null_not_left_out(line: Line, carrier: Carrier) -> None:
    data = told(carrier, "")["data"]
    assert data["reminder"] is None
    assert data["reading"] is None
    assert data["match"] == "none"


def test_what_is_told_is_written_as_it_was_said(line: Line, carrier: Carrier) -> None:
    words = 'where do I park? 👍 "é" \\ \n </script>'
    assert told(carrier, words)["data"]["message"]["text"] == words


@pytest.mark.parametrize("char", ["a", "👍", "\x01", '"', "\u2028"])
def test_an_event_stays_small_whatever_the_text(char: str, line: Line, carrier: Carrier) -> None:
    event = told(carrier, char * 10_000)
    assert len(event["data"]["message"]["text"]) <= 1_600
    assert len(Event.objects.earliest("pk").body.encode()) < MOST_BYTES


def test_a_body_never_changes_whatever_becomes_of_its_rows(
    reminder: Reminder, line: Line, carrier: Carrier
) -> None:
    told(carrier, YES)
    before = Event.objects.get().body
    Message.objects.update(body="altered")
    Reminder.objects.update(appointment_ref="altered")
    assert Event.objects.get().body == before


# ---- thin ----------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [YES, "STOP", "wrong number, I am not Dana", ""])
def test_a_thin_event_contains_neither_words_nor_numbers(
    body: str, dental: Business, line: Line, reminder: Reminder, carrier: Carrier
) -> None:
    Business.objects.update(thin_events=True)
    told(carrier, body)
    for event in Event.objects.all():
        for secret in (body or "text", BOB, BOB[1:], DENTAL, DENTAL[1:], reminder.body):
            assert secret not in event.body
        assert Message.objects.get().public_id.hex in event.body.replace("-", "")


def test_a_thin_event_still_says_what_was_decided(
    dental: Business, line: Line, reminder: Reminder, carrier: Carrier
) -> None:
    Business.objects.update(thin_events=True)
    data = told(carrier, YES)["data"]
    assert data["decision"]["intent"] == "confirm"
    assert data["reminder"]["id"] == str(reminder.public_id)


# ---- logs ----------------------------------------------------------------------------------


def logged(caplog: pytest.LogCaptureFixture) -> str:
    """Everything that any handler could write of any record."""
    formatter = logging.Formatter("%(message)s")
    return "\n".join(
        f"{formatter.format(record)} {record.args!r} {vars(record)!r}" for record in caplog.records
    )


@pytest.mark.parametrize("status", [200, 500, 410])
def test_neither_words_nor_numbers_reach_a_log(
    status: int,
    line: Line,
    endpoint: Endpoint,
    receiver: Receiver,
    reminder: Reminder,
    carrier: Carrier,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    words = "Yes, I will be there, zanzibar"
    receiver.answers(Answer(status, body=words.encode()))
    assert carrier.text(words).status_code == 200
    assert Carrier(carrier.client, key="mallory's").text(words).status_code == 403
    assert carrier.text(words, MessageSid="").status_code == 400
    read_everything()
    tell_everything()
    assert Delivery.objects.get().attempts.count() == 1
    everything = logged(caplog)
    for secret in ("zanzibar", BOB, BOB[1:], REMINDER_WORD, "12345"):
        assert secret not in everything


def test_a_refused_get_leaves_no_words_in_a_log(
    line: Line, carrier: Carrier, caplog: pytest.LogCaptureFixture
) -> None:
    """There the text is in the URL."""
    caplog.set_level(logging.DEBUG)
    mallory = Carrier(carrier.client, key="mallory's")
    form = {"AccountSid": line.account_id, "To": DENTAL, "From": BOB, "Body": "zanzibar"}
    assert mallory.get("/webhooks/twilio/", form).status_code == 403
    assert carrier.get("/webhooks/twilio/", form).status_code == 400
    assert "zanzibar" not in caplog.text
    assert BOB[1:] not in caplog.text


def test_rows_are_shown_without_words_and_numbers(
    line: Line, reminder: Reminder, carrier: Carrier
) -> None:
    """`str()` of a row is what ends up in error reports and logs."""
    carrier.text("STOP")
    read_everything()
    rows = [Message.objects.get(), reminder, *Event.objects.all(), line.contacts.get()]
    for row in rows:
        assert BOB not in f"{row} {row!r}"
        assert "STOP" not in f"{row} {row!r}"


def test_events_are_told_in_the_order_they_were_decided(line: Line, carrier: Carrier) -> None:
    for body in ("where do I park?", "STOP", "is it far?"):
        carrier.text(body)
    read_everything()
    moments: list[datetime] = []
    for event in Event.objects.order_by("pk").select_related("message"):
        moments.append(event.message.received_at)
    assert moments == sorted(moments)
