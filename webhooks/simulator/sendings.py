"""Deliveries in words: what was tried, what came back, what is still to come."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from webhooks.demo import ECHO_PATH
from webhooks.models import Delivery, DeliveryAttempt, Event
from webhooks.retries import DELAYS
from webhooks.story import Story

# After “The receiver”, by the outcome's name (webhooks/outcomes.py).
OUTCOMES = {
    "delivered": "took it",
    "gone": "wants no more events, ever: the endpoint is off now",
    "busy": "is busy and asks to slow down",
    "redirected": "redirects, which is not followed: events are signed for one address",
    "refused": "refused it",
    "unreachable": "could not be reached",
    "timed_out": "gave no whole answer in time",
    "forbidden_address": "is at an address that events may not be sent to",
    "unsignable": "has no secret to sign with",
    "broken": "could not be tried: a fault of ours, see the log",
}


@dataclass(frozen=True)
class Try:
    """One attempt to deliver."""

    attempt: DeliveryAttempt
    words: str
    answer: str  # the beginning of what came back; empty where the words say it all
    is_good: bool
    is_verified: bool  # our own echo endpoint says that it checked the signature


@dataclass(frozen=True)
class Sending:
    """One delivery of one event."""

    delivery: Delivery
    event: Event
    tries: Sequence[Try]
    pending: str  # what it waits for; empty when it is over

    @property
    def is_verified(self) -> bool:
        return bool(self.tries) and self.tries[-1].is_verified


def sendings_of(story: Story, *, now: datetime) -> list[Sending]:
    return [
        Sending(
            delivery=delivery,
            event=told.event,
            tries=[_try(attempt, delivery) for attempt in delivery.attempts.all()],
            pending=_pending(delivery, now=now),
        )
        for told in story.events
        for delivery in told.deliveries
    ]


def _try(attempt: DeliveryAttempt, delivery: Delivery) -> Try:
    is_good = attempt.outcome == "delivered"
    is_echo = delivery.endpoint.url.endswith(ECHO_PATH)
    is_verified = is_good and is_echo and _says_verified(attempt.detail)
    return Try(
        attempt=attempt,
        words=OUTCOMES.get(attempt.outcome, attempt.outcome),
        answer="" if is_verified else attempt.detail,
        is_good=is_good,
        is_verified=is_verified,
    )


def _says_verified(answer: str) -> bool:
    try:
        said = json.loads(answer)
    except ValueError:
        return False
    return isinstance(said, dict) and said.get("verified") is True


def _pending(delivery: Delivery, *, now: datetime) -> str:
    if delivery.state != Delivery.State.WAITING:
        return ""
    if delivery.endpoint.disabled_at is not None:
        return f"The endpoint is off. {delivery.endpoint.disabled_because}".strip()
    if delivery.claimed_at is not None:
        return "Being sent…"
    again_at = max(delivery.next_attempt_at, delivery.endpoint.paused_until or now)
    if not delivery.failures and again_at <= now:
        return "Waiting for the delivery worker…"
    number = f"Try {delivery.failures + 1} of {len(settings.DELIVERY_RETRY_DELAYS or DELAYS)}"
    return f"{number} {f'at {again_at:%H:%M:%S} UTC' if again_at > now else 'any moment now'}"
