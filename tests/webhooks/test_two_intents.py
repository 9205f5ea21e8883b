"""What a text says besides, what it wishes for, and what cannot be read: kept, told and shown."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from classifier.readings import Pair, Reading, reading_from_scores
from classifier.unfamiliar import unfamiliar
from tests.webhooks.carrier import Carrier
from tests.webhooks.conftest import decision_on, read_everything, remind
from webhooks import actions
from webhooks.management.commands.simulate import Command
from webhooks.models import Business, Contact, Line, Message, Reminder
from webhooks.simulator.steps import steps_of
from webhooks.story import story_of

pytestmark = [pytest.mark.django_db, pytest.mark.database]

THREE = "yes but can we do 3 instead, or Thursday?"
STOP_TOO = "cancel it and no more of this please"
SURE = "can't make it"
GERMAN = "Ich kann morgen leider nicht kommen"
SCORES: Mapping[str, Mapping[str, float]] = {
    THREE: {"confirm": 0.5, "reschedule": 0.45, "cancel": 0.05},
    STOP_TOO: {"cancel": 0.55, "opt_out": 0.40, "confirm": 0.05},
    SURE: {"cancel": 0.94, "reschedule": 0.06, "confirm": 0.0},
}


class Torn:
    def read(self, pairs: Sequence[Pair]) -> list[Reading]:
        return [self._read(pair.text) for pair in pairs]

    def _read(self, text: str) -> Reading:
        scores = {"intent": SCORES.get(text, {"confirm": 0.98, "cancel": 0.02})}
        told = unfamiliar(text)
        return reading_from_scores(scores, primary="intent", model="torn", unfamiliar=told)


@pytest.fixture(autouse=True)
def reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webhooks.waiting.live_reader", Torn)


def told(carrier: Carrier, text: str) -> dict[str, Any]:
    carrier.text(text)
    read_everything()
    event = Message.objects.get(body=text).events.earliest("pk")
    return dict(json.loads(event.body)["data"]["decision"])


def test_two_intents_are_held_as_the_more_cautious_and_both_are_told(
    reminder: Reminder, carrier: Carrier
) -> None:
    data = told(carrier, THREE)
    decision = decision_on(THREE)
    assert (decision.label, decision.also, decision.threshold) == ("reschedule", "confirm", None)
    assert data == {
        "id": str(decision.public_id),
        "action": "hold",
        "intent": "reschedule",
        "also": "confirm",
        "reason": "two_intents",
        "by": "nod",
        "hints": {"day": ["Thursday"], "time": ["3"]},
    }
    assert decision.hints == data["hints"]


def test_an_opt_out_behind_another_label_is_held_and_the_person_not_yet_cut_off(
    reminder: Reminder, carrier: Carrier
) -> None:
    data = told(carrier, STOP_TOO)
    assert (data["action"], data["intent"], data["also"]) == ("hold", "opt_out", "cancel")
    assert not Contact.objects.opted_out().exists()


def test_what_is_acted_on_tells_what_else_it_may_say(reminder: Reminder, carrier: Carrier) -> None:
    data = told(carrier, SURE)
    assert (data["action"], data["intent"], data["also"]) == ("act", "cancel", "reschedule")


def test_who_wants_no_other_time_gets_no_hints(reminder: Reminder, carrier: Carrier) -> None:
    assert told(carrier, "Thursday at 4 is fine")["hints"] == {}


def test_a_thin_event_has_no_hints(dental: Business, reminder: Reminder, carrier: Carrier) -> None:
    Business.objects.update(thin_events=True)
    data = told(carrier, THREE)
    assert "hints" not in data
    assert (data["intent"], data["also"]) == ("reschedule", "confirm")


@pytest.mark.parametrize(
    ("text", "reason"), [(GERMAN, "other_language"), ("sdkjfhsdkjfh", "gibberish")]
)
def test_what_no_model_can_know_goes_to_a_person(
    text: str, reason: str, reminder: Reminder, carrier: Carrier
) -> None:
    data = told(carrier, text)
    assert (data["action"], data["reason"]) == ("hold", reason)
    assert decision_on(text).reading.result["unfamiliar"] == reason  # type: ignore[union-attr]


def test_what_no_model_can_know_becomes_no_example(
    dental: Business, reminder: Reminder, carrier: Carrier
) -> None:
    Business.objects.update(shares_examples=True)
    told(carrier, GERMAN)
    told(carrier, THREE)
    states = dict(Message.objects.values_list("body", "example"))
    assert states == {GERMAN: Message.AsExample.NO, THREE: Message.AsExample.DUE}


def test_the_admin_shows_both_and_the_hints(
    reminder: Reminder, carrier: Carrier, client: Client
) -> None:
    told(carrier, THREE)
    client.force_login(User.objects.create_superuser("alice"))
    address = reverse("admin:webhooks_message_change", args=[Message.objects.get().pk])
    page = client.get(address).content.decode()
    for part in ("Wants another time", "It may also say", "Will come", "Names a day", "Thursday"):
        assert part in page


def test_the_simulator_shows_both(reminder: Reminder, carrier: Carrier) -> None:
    told(carrier, THREE)
    steps = steps_of(story_of(Message.objects.get()), now=timezone.now())
    assert steps.also_label is not None
    assert (steps.also_label.title, steps.story.reason) == (
        "Will come",
        "it may say two things: a person should look",
    )


def test_the_command_shows_both(
    reminder: Reminder, carrier: Carrier, capsys: pytest.CaptureFixture[str]
) -> None:
    told(carrier, THREE)
    Command()._show(Message.objects.get().provider_id, seconds=0)
    shown = capsys.readouterr().out
    for part in ("hold reschedule (two_intents)", "also: confirm", "day: Thursday", "time: 3"):
        assert part in shown


def test_a_second_label_and_hints_cost_no_query(line: Line, carrier: Carrier) -> None:
    """What is told besides comes with what was read anyway."""
    plain = queries_for(line, carrier, "I will be there", people="+1202555011{}")
    assert queries_for(line, carrier, THREE, people="+1202555012{}") == plain


def queries_for(line: Line, carrier: Carrier, text: str, *, people: str) -> int:
    for number in range(5):
        remind(line, people.format(number))
        carrier.text(text, From=people.format(number))
    with CaptureQueriesContext(connection) as queries:
        assert actions.read_waiting() == 5
    return len(queries)
