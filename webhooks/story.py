"""The whole story of one message, gathered for people: the simulator and the admin show it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from classifier.subtags import TAGS
from webhooks.models import Decision, Delivery, Event, Message, Reading, Reminder

REASONS = {
    "sure": "read with enough confidence to act on it",
    "keyword": "the whole text is a keyword that carriers know",
    "button": "they tapped a button that is named like this label",
    "provider": "the provider said so itself",
    "unsure": "the model is not sure enough: a person should look",
    "two_intents": "it may say two things: a person should look",
    "other_language": "it is in a language that the model cannot read",
    "gibberish": "it looks like keys hit by accident: no words of any language",
    "needs_a_person": "it asks for a person's answer",
    "no_open_reminder": "no open reminder that it could answer",
    "several_open_reminders": "it could answer several reminders: a person should say which",
    "cancel_keyword": "carriers take a bare CANCEL for an opt-out; the visit may be meant",
    "no_words": "no words in it: a picture, a place or a sticker",
    "empty": "nothing in it at all",
    "could_not_be_read": "the model failed on it several times",
}


@dataclass(frozen=True)
class Bar:
    """One label's score, for drawing."""

    label: str
    score: float  # 0 to 1
    is_first: bool

    @property
    def percent(self) -> int:
        return round(self.score * 100)


@dataclass(frozen=True)
class ToldEvent:
    event: Event
    deliveries: Sequence[Delivery]

    @property
    def pretty_body(self) -> str:
        return json.dumps(json.loads(self.event.body), ensure_ascii=False, indent=2)


@dataclass(frozen=True)
class Story:
    message: Message
    candidates: Sequence[Reminder]
    reading: Reading | None
    intents: Sequence[Bar]
    tones: Sequence[Bar]
    decision: Decision | None
    reason: str
    events: Sequence[ToldEvent]
    tags: Sequence[str] = ()  # what else the text says, in words for people

    @property
    def is_over(self) -> bool:
        """Decided, and every delivery delivered or given up: nothing more will happen by itself."""
        if self.message.state == Message.State.UNROUTED:
            return True
        return self.decision is not None and all(
            delivery.state != Delivery.State.WAITING
            for told in self.events
            for delivery in told.deliveries
        )


def story_of(message: Message) -> Story:
    decision = message.decisions.select_related("reading").order_by("-decided_at", "-pk").first()
    reading = decision.reading if decision else None
    result = reading.result if reading else {}
    events = message.events.order_by("pk").prefetch_related(
        "deliveries__attempts", "deliveries__endpoint"
    )
    return Story(
        message=message,
        candidates=list(message.candidates.all()),
        reading=reading,
        intents=bars(result.get("scores") or {}),
        tones=bars(result.get("tone_scores") or {}),
        decision=decision,
        reason=REASONS.get(decision.reason, decision.reason) if decision else "",
        events=[ToldEvent(event, list(event.deliveries.all())) for event in events],
        tags=[TAGS.get(tag, tag) for tag in result.get("tags", ())],
    )


def bars(scores: dict[str, float]) -> list[Bar]:
    """The labels, best first."""
    ordered = sorted(scores.items(), key=lambda item: -item[1])
    return [Bar(label, score, is_first=i == 0) for i, (label, score) in enumerate(ordered)]
