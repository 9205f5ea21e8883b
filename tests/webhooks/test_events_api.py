"""/api/v1/events, to catch up after an outage; /api/v1/messages, for receivers of thin events."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.webhooks.carrier import ACCOUNT, BOB, DENTAL, KEY, Carrier
from tests.webhooks.conftest import Api, api_of, read_everything
from tests.webhooks.receiver import Receiver
from webhooks import actions, delivery, waiting
from webhooks.api import EVENTS_PER_PAGE
from webhooks.matching import match_reminders
from webhooks.models import Business, Decision, Endpoint, Event, Line, Message
from webhooks.models.decisions import SETTLING_TIME, new_event_id

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture
def garage(db: None) -> Business:
    return Business.objects.create(name="Garage", slug="garage")


def happened(carrier: Carrier, *bodies: str, ago: timedelta = timedelta(minutes=1)) -> list[Event]:
    """Texts that came in, were decided, and lie `ago` back."""
    known = set(Event.objects.values_list("pk", flat=True))
    for body in bodies:
        carrier.text(body)
    read_everything()
    new = Event.objects.exclude(pk__in=known)
    new.update(created_at=timezone.now() - ago)
    return list(new.order_by("pk"))


def page(api: Api, **query: Any) -> list[dict[str, Any]]:
    answer = api.get("/events", **query)
    assert answer.status_code == 200
    return list(answer.json()["events"])


def test_events_come_oldest_first_as_they_were_delivered(
    line: Line, carrier: Carrier, api: Api
) -> None:
    events = happened(carrier, "where do I park?", "STOP")
    assert page(api) == [
        {"sequence": event.pk, "id": event.public_id, "type": event.type, "body": event.body}
        for event in events
    ]
    assert [event.type for event in events] == [
        "reply.decided",
        "reply.decided",
        "contact.opted_out",
    ]


def test_the_body_is_the_one_that_is_signed_and_the_id_the_one_it_is_sent_under(
    endpoint: Endpoint, receiver: Receiver, line: Line, carrier: Carrier, api: Api
) -> None:
    happened(carrier, "where do I park?")
    claimed = delivery.claim_due()
    assert claimed is not None
    delivery.deliver(claimed)
    [event], [got] = page(api), receiver.got
    assert (event["id"], event["body"].encode()) == (got.headers["webhook-id"], got.body)


def test_a_receiver_reads_on_from_the_last_one_it_has(
    line: Line, carrier: Carrier, api: Api
) -> None:
    first, second = happened(carrier, "where do I park?", "is it far?")
    assert [event["sequence"] for event in page(api, after=first.pk)] == [second.pk]
    assert page(api, after=second.pk) == []
    assert page(api, after=2**62) == []


@pytest.mark.parametrize("after", ["-1", "x", "", "1.5", str(2**63), "9" * 5_000])
def test_a_sequence_that_cannot_be_is_refused(after: str, line: Line, api: Api) -> None:
    assert api.get("/events", after=after).status_code == 422


def test_pages_follow_each_other_without_a_gap(line: Line, carrier: Carrier, api: Api) -> None:
    [event] = happened(carrier, "where do I park?")
    copies = [
        Event(
            public_id=new_event_id(),
            business=event.business,
            type=event.type,
            message=event.message,
            decision=_later_decision(event.decision),
            body=event.body,
            created_at=event.created_at,
        )
        for _ in range(EVENTS_PER_PAGE + 5)
    ]
    Event.objects.bulk_create(copies)
    first = page(api)
    second = page(api, after=first[-1]["sequence"])
    assert (len(first), len(second)) == (EVENTS_PER_PAGE, 6)
    everything = [event["sequence"] for event in first + second]
    assert everything == list(Event.objects.order_by("pk").values_list("pk", flat=True))


def _later_decision(decision: Decision) -> Decision:
    """One more, superseding the last."""
    last = Decision.objects.filter(message=decision.message).order_by("-pk")[0]
    return Decision.objects.create(
        message=decision.message,
        action="hold",
        reason="unsure",
        supersedes=last,
        decided_at=decision.decided_at,
    )


@pytest.mark.parametrize(
    ("ago", "seen"),
    [
        (timedelta(0), 0),
        (SETTLING_TIME - timedelta(seconds=1), 0),
        (SETTLING_TIME + timedelta(seconds=1), 1),
    ],
)
def test_an_event_is_shown_once_none_with_a_lower_number_can_appear_any_more(
    ago: timedelta, seen: int, line: Line, carrier: Carrier, api: Api
) -> None:
    happened(carrier, "where do I park?", ago=ago)
    assert len(page(api)) == seen


def test_an_event_waits_for_a_younger_one_with_a_lower_number(
    line: Line, carrier: Carrier, api: Api
) -> None:
    """Whoever had the older one would never ask for the other."""
    happened(carrier, "is it far?", ago=SETTLING_TIME * 2)
    [lower] = happened(carrier, "where do I park?", ago=SETTLING_TIME / 3)
    [higher] = happened(carrier, "is there a bus?", ago=SETTLING_TIME * 2)
    assert page(api, after=lower.pk - 1) == []
    Event.objects.filter(pk=lower.pk).update(created_at=higher.created_at)
    assert [event["sequence"] for event in page(api, after=lower.pk - 1)] == [lower.pk, higher.pk]


def test_events_do_not_wait_for_another_businesss(
    line: Line, garage: Business, carrier: Carrier, api: Api
) -> None:
    other = Line.objects.create(business=garage, account_id=ACCOUNT, address="+15005550020")
    other.signing_keys.create(key=KEY)
    carrier.text("is my car ready?", To="+15005550020")
    happened(carrier, ago=timedelta(0))
    [ours] = happened(carrier, "where do I park?")
    assert [event["sequence"] for event in page(api)] == [ours.pk]


def test_an_event_is_as_old_as_its_number_however_long_its_decision_waited(
    line: Line, carrier: Carrier
) -> None:
    """Deciding may wait for locks after it looked at the clock; a number is given out later."""
    carrier.text("HELP")
    before = timezone.now()
    claim, messages = waiting.claim_messages(now=before, limit=1)
    actions.conclude(
        claim=claim,
        messages=messages,
        matches=match_reminders(messages),
        readings=[None],
        now=before - timedelta(minutes=1),
    )
    assert Event.objects.get().created_at >= before


def test_another_businesss_events_are_not_seen(
    line: Line, garage: Business, carrier: Carrier, api: Api
) -> None:
    other = Line.objects.create(business=garage, account_id=ACCOUNT, address="+15005550020")
    other.signing_keys.create(key=KEY)
    [ours] = happened(carrier, "where do I park?")
    carrier.text("is my car ready?", To="+15005550020")
    happened(carrier)
    assert [event["sequence"] for event in page(api)] == [ours.pk]
    assert len(page(api_of(garage))) == 1


# ---- messages ------------------------------------------------------------------------------


def test_a_message_is_shown_with_its_words_to_its_own_business(
    line: Line, carrier: Carrier, api: Api
) -> None:
    carrier.text("where do I park? 👍")
    message = Message.objects.get()
    shown = api.get(f"/messages/{message.public_id}").json()
    assert shown == {
        "id": str(message.public_id),
        "provider": "twilio",
        "provider_id": message.provider_id,
        "received_at": message.received_at.isoformat(),
        "media_count": 0,
        "button_payload": "",
        "from": BOB,
        "to": DENTAL,
        "text": "where do I park? 👍",
    }


def test_another_businesss_message_is_not_found(
    line: Line, garage: Business, carrier: Carrier
) -> None:
    carrier.text("secret")
    answer = api_of(garage).get(f"/messages/{Message.objects.get().public_id}")
    assert answer.status_code == 404
    assert b"secret" not in answer.content


def test_a_message_that_has_no_line_yet_is_nobodys(line: Line, carrier: Carrier, api: Api) -> None:
    carrier.text(To="+15005550099")
    assert api.get(f"/messages/{Message.objects.get().public_id}").status_code == 404


@pytest.mark.parametrize("name", ["1", "x", "00000000-0000-4000-8000-000000000000", "%00", "é"])
def test_a_message_that_is_not_there_is_not_found(name: str, line: Line, api: Api) -> None:
    assert api.get(f"/messages/{name}").status_code in (404, 422)
