"""Buttons of quick replies: what a business named them is known, and asked of no model."""

import json
from typing import Any

import pytest

from tests.webhooks.carrier import BOB, Carrier
from tests.webhooks.conftest import Api, decision_on, read_everything
from webhooks import waiting
from webhooks.models import Business, Contact, Decision, Event, Line, Message, Reminder

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def tap(carrier: Carrier, payload: str, words: str = "Sounds good") -> Decision:
    carrier.text(words, ButtonPayload=payload, ButtonText=words, MessageType="button")
    read_everything()
    return decision_on(words)


def outcome(decision: Decision) -> tuple[str, str, str]:
    return decision.action, decision.label, decision.reason


@pytest.mark.parametrize("payload", ["confirm", "CONFIRM", " Confirm "])
def test_a_button_that_is_named_like_a_label_decides(
    payload: str, reminder: Reminder, carrier: Carrier
) -> None:
    decision = tap(carrier, payload, words="no, I cannot come, cancel it")
    assert outcome(decision) == ("act", "confirm", "button")
    assert decision.threshold is None
    assert decision.message.reminder == reminder


@pytest.mark.parametrize("payload", ["confirm-a17", "", "tone", "positive", "confirm cancel"])
def test_any_other_button_is_read_by_its_words(
    payload: str, reminder: Reminder, carrier: Carrier
) -> None:
    decision = tap(carrier, payload)
    assert decision.reason != "button"
    assert decision.message.button_payload == payload


def test_which_appointment_is_meant_is_never_guessed(line: Line, carrier: Carrier) -> None:
    assert outcome(tap(carrier, "confirm")) == ("hold", "confirm", "no_open_reminder")


def test_a_question_is_for_people_also_when_it_was_tapped(
    reminder: Reminder, carrier: Carrier
) -> None:
    assert outcome(tap(carrier, "question")) == ("hold", "question", "needs_a_person")


def test_a_tap_without_words_decides_as_well(reminder: Reminder, carrier: Carrier) -> None:
    decision = tap(carrier, "cancel", words="")
    assert outcome(decision) == ("act", "cancel", "button")
    assert decision.reading is None


def test_a_tap_is_decided_when_no_model_can_be_loaded(
    reminder: Reminder, carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> Any:
        raise RuntimeError

    monkeypatch.setattr(waiting, "live_reader", broken)
    assert outcome(tap(carrier, "confirm")) == ("act", "confirm", "button")


def test_a_keyword_comes_before_the_button(reminder: Reminder, carrier: Carrier) -> None:
    assert outcome(tap(carrier, "confirm", words="STOP")) == ("act", "opt_out", "keyword")


def test_a_button_to_opt_out_marks_the_person_and_is_told(line: Line, carrier: Carrier) -> None:
    assert outcome(tap(carrier, "opt_out")) == ("act", "opt_out", "button")
    contact = Contact.objects.opted_out().get()
    assert (contact.address, contact.opted_out_by) == (BOB, "button")
    assert Event.objects.filter(type="contact.opted_out").exists()


@pytest.mark.parametrize("thin", [False, True])
def test_the_payload_is_told_in_the_event_and_by_the_api(
    thin: bool, dental: Business, line: Line, carrier: Carrier, api: Api
) -> None:
    dental.thin_events = thin
    dental.save(update_fields=["thin_events"])
    decision = tap(carrier, "slot-17")
    body = json.loads(Event.objects.get().body)
    assert body["data"]["message"]["button_payload"] == "slot-17"
    answer = api.get(f"/messages/{decision.message.public_id}")
    assert answer.json()["button_payload"] == "slot-17"


def test_a_payload_of_any_length_with_anything_in_it_is_kept(line: Line, carrier: Carrier) -> None:
    assert carrier.text("yes", ButtonPayload="\x00é👍" * 500).status_code == 200
    assert Message.objects.get().button_payload == ("é👍" * 500)[:256]
