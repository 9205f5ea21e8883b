"""What the business's system is told: the bodies of events, exactly as they are signed and sent.

The form is Standard Webhooks' (type, timestamp, data); docs/webhooks.md documents every field.
A body is built once, when the event is written, and never again.
"""

import json
from collections.abc import Mapping
from typing import Any

from webhooks.models import Decision, Event, Message, Reminder
from webhooks.models.decisions import new_event_id
from webhooks.policy import OPT_OUT, WRONG_NUMBER, Action

TEXT_LIMIT = 1_600  # characters, as at the providers: keeps a body far below 20 KB

# Labels that say something about the person, not about one appointment.
CONTACT_EVENTS = {
    OPT_OUT: Event.Type.CONTACT_OPTED_OUT,
    WRONG_NUMBER: Event.Type.CONTACT_WRONG_NUMBER,
}


def events_of(decision: Decision) -> list[Event]:
    """The events, not yet saved, that tell of this decision (its message has its line loaded)."""
    types = [Event.Type.REPLY_DECIDED]
    if decision.action == Action.ACT and decision.label in CONTACT_EVENTS:
        types.append(CONTACT_EVENTS[decision.label])
    return [_event(decision, type_) for type_ in types]


def _event(decision: Decision, type_: Event.Type) -> Event:
    message = decision.message
    assert message.line is not None  # only messages with a line are ever decided
    business = message.line.business
    body = {
        "type": type_.value,
        "timestamp": decision.decided_at.isoformat(),
        "data": _data(decision, thin=business.thin_events),
    }
    return Event(
        public_id=new_event_id(),
        business=business,
        type=type_,
        message=message,
        decision=decision,
        body=json.dumps(body, ensure_ascii=False, separators=(",", ":")),
        created_at=decision.decided_at,
    )


def _data(decision: Decision, *, thin: bool) -> dict[str, Any]:
    message = decision.message
    return {
        "message": message_facts(message, thin=thin),
        "match": message.match,
        "reminder": reminder_facts(message.reminder) if message.reminder else None,
        "reading": decision.reading.result if decision.reading else None,
        "decision": _decision_facts(decision, thin=thin),
        "supersedes": None,
    }


def _decision_facts(decision: Decision, *, thin: bool) -> Mapping[str, Any]:
    """Thin: without the hints, which are the person's own words."""
    facts: dict[str, Any] = {
        "id": str(decision.public_id),
        "action": decision.action,
        "intent": decision.label,
        "also": decision.also or None,
        "reason": decision.reason,
        "by": decision.by,
    }
    return facts if thin else facts | {"hints": decision.hints}


def message_facts(message: Message, *, thin: bool) -> Mapping[str, Any]:
    """A message as events and the API show it; thin: without words and numbers."""
    facts: dict[str, Any] = {
        "id": str(message.public_id),
        "provider": message.provider,
        "provider_id": message.provider_id,
        "received_at": message.received_at.isoformat(),
        "media_count": message.media_count,
        "button_payload": message.button_payload,
    }
    if not thin:
        facts |= {"from": message.sender, "to": message.to, "text": message.body[:TEXT_LIMIT]}
    return facts


def reminder_facts(reminder: Reminder) -> Mapping[str, Any]:
    at = reminder.appointment_at
    return {
        "id": str(reminder.public_id),
        "appointment_ref": reminder.appointment_ref,
        "appointment_at": at.isoformat() if at else None,
    }
