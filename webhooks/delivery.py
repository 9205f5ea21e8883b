"""Step 7: telling the business's systems, signed, and again later if need be.

Claim (one conditional UPDATE), post (no transaction open), record. A sender that dies between post
and record leaves a claim that runs out, and the event goes out again under the same id: receivers
know it by `webhook-id`.
"""

import logging
import random
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from standardwebhooks import Webhook
from standardwebhooks.webhooks import EmptyWebhookSecretError

from config.logs import kind_and_place
from webhooks import egress, outcomes
from webhooks.models import Delivery, DeliveryAttempt, Endpoint, EndpointSecret
from webhooks.models.deliveries import DeliveryQuerySet
from webhooks.nudges import Work, nudge
from webhooks.outcomes import Outcome
from webhooks.retries import DELAYS, next_attempt_at, parse_retry_after

logger = logging.getLogger(__name__)

MOST_IN_FLIGHT = 4  # per endpoint, so that a busy one leaves senders for the others
MOST_TO_A_FAILING_ONE = 1  # until it answers again: several that hang would take all senders
# To all failing endpoints together: half of the senders are for those that work, however many hang.
MOST_TO_FAILING_ONES = 4
TRIES_TO_CLAIM = 20  # candidates looked at before another thread's are left to it
SLACK_SECONDS = 1  # of an attempt, beyond what its parts may take
MOVED_TOGETHER = 500  # deliveries brought forward in one transaction: others want to write, too
SLOW_DOWN = timedelta(seconds=5)  # for an endpoint that says it is busy but not for how long
USER_AGENT = "Nod/1 (webhooks)"


@dataclass(frozen=True)
class Attempt:
    """What came of one try."""

    outcome: Outcome
    started_at: datetime
    milliseconds: int
    status_code: int | None = None
    detail: str = ""
    retry_after: timedelta | None = None


def lease() -> timedelta:
    return timedelta(seconds=settings.CLAIM_LEASE_SECONDS)


def has_due() -> bool:
    return Delivery.objects.due(now=timezone.now(), lease=lease()).exists()


def claim_due() -> Delivery | None:
    """Take the delivery that has been due longest, if there is one that nobody has."""
    now = timezone.now()
    flying = Delivery.objects.in_flight_by_endpoint(now=now, lease=lease())
    busy = [endpoint for endpoint, fails, number in flying if number >= _most_to(fails)]
    due = Delivery.objects.due(now=now, lease=lease()).exclude(endpoint__in=busy)
    if sum(number for _, fails, number in flying if fails) >= MOST_TO_FAILING_ONES:
        due = due.filter(endpoint__failing_since=None)
    for delivery in due.longest_due_first()[:TRIES_TO_CLAIM]:
        if claim(delivery, now=now):
            return Delivery.objects.select_related("event", "endpoint").get(pk=delivery.pk)
    return None


@transaction.atomic
def claim(delivery: Delivery, *, now: datetime) -> bool:
    """Take one delivery, unless another sender was quicker or its endpoint has enough of them."""
    # The endpoint's row is the lock under which its deliveries in flight are counted.
    endpoint = Endpoint.objects.select_for_update().filter(pk=delivery.endpoint_id).first()
    if endpoint is None or not endpoint.takes_deliveries(now):
        return False
    in_flight = Delivery.objects.in_flight(now=now, lease=lease()).filter(endpoint=endpoint)
    if in_flight.count() >= _most_to(endpoint.failing_since is not None):
        return False
    free = Delivery.objects.waiting().unclaimed(now=now, lease=lease())
    return free.filter(pk=delivery.pk, next_attempt_at__lte=now).update(claimed_at=now) == 1


def _most_to(fails: bool) -> int:
    """Deliveries in flight to one endpoint: one that hangs must not take every sender's time."""
    return MOST_TO_A_FAILING_ONE if fails else MOST_IN_FLIGHT


def deliver(delivery: Delivery) -> None:
    """Post a claimed delivery and record what came of it."""
    attempt, now = send(delivery), timezone.now()
    missed_more = record(delivery=delivery, attempt=attempt, now=now, jitter=random.random())
    while missed_more:
        missed_more = catch_up(delivery.endpoint, now=now)


def send(delivery: Delivery) -> Attempt:
    """Sign and post; every failure is an outcome."""
    started, clock = timezone.now(), time.monotonic()
    status, detail, pause = None, "", None
    secrets = EndpointSecret.objects.usable(started).filter(endpoint=delivery.endpoint)
    try:
        answer = egress.post(
            delivery.endpoint.url,
            body=delivery.event.body.encode(),
            headers=signed_headers(
                event_id=delivery.event.public_id,
                body=delivery.event.body,
                secrets=[row.secret for row in secrets],
                now=started,
            ),
            timeout=settings.DELIVERY_TIMEOUT_SECONDS,
            allow_loopback=settings.ALLOW_LOOPBACK_ENDPOINTS,
        )
    except NoSecret:
        outcome, detail = outcomes.UNSIGNABLE, "Give the endpoint a secret in the admin."
    except egress.ForbiddenAddress as error:
        outcome, detail = outcomes.FORBIDDEN_ADDRESS, str(error)
    except egress.TimedOut as error:
        outcome, detail = outcomes.TIMED_OUT, str(error)
    except egress.Unreachable as error:
        outcome, detail = outcomes.UNREACHABLE, str(error)
    except Exception as error:
        # Whatever it is: unrecorded, it would come back with every lease for ever.
        outcome, detail = outcomes.BROKEN, type(error).__name__
        logger.error("Delivery %s could not be tried: %s", delivery.pk, kind_and_place(error))
    else:
        outcome, status, detail = (
            outcomes.outcome_of(answer.status),
            answer.status,
            answer.beginning,
        )
        pause = parse_retry_after(answer.retry_after, now=started)
    milliseconds = round((time.monotonic() - clock) * 1000)
    return Attempt(outcome, started, milliseconds, status, detail, pause)


class NoSecret(Exception):
    """An event is never sent unsigned."""


def signed_headers(
    *, event_id: str, body: str, secrets: list[str], now: datetime
) -> dict[str, str]:
    """Standard Webhooks' headers, one signature per secret; `now` must be in UTC.

    Raises NoSecret when there is nothing to sign with.
    """
    signatures = [
        Webhook(secret).sign(event_id, now, body) for secret in secrets if is_secret(secret)
    ]
    if not signatures:
        raise NoSecret
    return {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        "webhook-id": event_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def is_secret(secret: str) -> bool:
    """Whether it can be signed with: whsec_ and base64."""
    try:
        Webhook(secret)
    except (ValueError, EmptyWebhookSecretError):
        return False
    return True


@transaction.atomic
def record(*, delivery: Delivery, attempt: Attempt, now: datetime, jitter: float) -> bool:
    """Write down one attempt and what follows from it; whether the endpoint missed more than could
    be brought forward with it."""
    outcome = attempt.outcome
    # The endpoint's row first, as `claim` does: what follows may touch all that waits for it, and
    # two senders who each held one of those would wait for the other for ever.
    if not Endpoint.objects.select_for_update().filter(pk=delivery.endpoint_id).exists():
        return False  # it was deleted meanwhile, and with it all that it was ever sent
    if not Delivery.objects.select_for_update().filter(pk=delivery.pk).exists():
        return False
    DeliveryAttempt.objects.create(
        delivery=delivery,
        started_at=attempt.started_at,
        milliseconds=attempt.milliseconds,
        outcome=outcome.name,
        status_code=attempt.status_code,
        detail=attempt.detail,
    )
    mine = Delivery.objects.waiting().filter(pk=delivery.pk, claimed_at=delivery.claimed_at)
    if outcome.delivered:
        # Whoever else may have claimed it meanwhile: the receiver has it.
        Delivery.objects.waiting().filter(pk=delivery.pk).update(
            state=Delivery.State.DELIVERED, delivered_at=now, claimed_at=None
        )
        return catch_up(delivery.endpoint, now=now)
    failures = delivery.failures + 1
    again_at = next_attempt_at(
        failures=failures,
        now=now,
        jitter=jitter,
        retry_after=attempt.retry_after,
        delays=settings.DELIVERY_RETRY_DELAYS or DELAYS,
    )
    if outcome.retry and again_at is not None:
        mine.update(failures=failures, next_attempt_at=again_at, claimed_at=None)
    else:
        mine.update(failures=failures, state=Delivery.State.FAILED, claimed_at=None)
    _endpoint_fails(delivery.endpoint, attempt=attempt, is_first=failures == 1, now=now)
    return False


@transaction.atomic
def catch_up(endpoint: Endpoint, *, now: datetime) -> bool:
    """It works. If it did not before, what it missed goes out now, a part in each transaction, and
    with the last part the incident is over. Whether there may be more: a sender that dies leaves
    the incident open, and the next success, of what was brought forward already, goes on.
    """
    locked = Endpoint.objects.select_for_update().filter(pk=endpoint.pk).first()
    if locked is None or locked.failing_since is None:
        return False
    if locked.paused_until is not None and locked.paused_until > now:
        return False  # nothing is sent now: what succeeds was on its way before
    if bring_forward(_missed(locked, since=locked.failing_since, now=now), now=now):
        return True
    locked.failing_since, locked.paused_until, locked.recovered_at = None, None, now
    locked.save(update_fields=["failing_since", "paused_until", "recovered_at"])
    logger.info("Endpoint %s answers again", endpoint.pk)
    return False


def _missed(endpoint: Endpoint, *, since: datetime, now: datetime) -> DeliveryQuerySet:
    """Not what failed before it did: that is refused for its own sake, by one that works; nor what
    failed in the incident before this one, too, for it may be what makes the endpoint fail. Nor
    what has been tried again since it works."""
    # The attempt that began it was written down when it ended.
    longest = egress.CONNECT_SECONDS + settings.DELIVERY_TIMEOUT_SECONDS + SLACK_SECONDS
    began = since - timedelta(seconds=longest)
    attempts = DeliveryAttempt.objects.filter(delivery=OuterRef("pk"))
    put_off = Delivery.objects.put_off(now).filter(endpoint=endpoint, failures__gt=0)
    missed = put_off.filter(Exists(attempts.filter(started_at__gte=began)))
    missed = missed.exclude(Exists(attempts.filter(started_at__gte=now)))
    if endpoint.recovered_at is None:
        return missed
    return missed.exclude(Exists(attempts.filter(started_at__lt=endpoint.recovered_at)))


def bring_forward(deliveries: DeliveryQuerySet, *, now: datetime) -> bool:
    """Make so many of them due that nobody waits long to write; whether there may be more. Under
    the lock of their endpoint's row, as all that touches several of its deliveries."""
    some = list(deliveries.longest_due_first().values_list("pk", flat=True)[:MOVED_TOGETHER])
    Delivery.objects.waiting().filter(pk__in=some).update(next_attempt_at=now)
    return len(some) == MOVED_TOGETHER


def _endpoint_fails(endpoint: Endpoint, *, attempt: Attempt, is_first: bool, now: datetime) -> None:
    """`is_first`: of this delivery's. One that was refused before and is again says nothing new of
    the endpoint: each such failure would open an incident, and the next success of any other
    delivery, ending it, would send this one at once, until its attempts are used up.
    """
    may_begin = is_first or attempt.outcome.endpoint_is_away or attempt.retry_after is not None
    standing = Endpoint.objects.filter(pk=endpoint.pk, failing_since=None)
    if may_begin and standing.update(failing_since=now):
        logger.warning("Endpoint %s fails: %s", endpoint.pk, attempt.outcome.name)
    if attempt.outcome.slow_down or attempt.retry_after:
        pause = attempt.retry_after if attempt.retry_after is not None else SLOW_DOWN
        # Several deliveries may be told different pauses: the longest holds.
        shorter = Q(paused_until=None) | Q(paused_until__lt=now + pause)
        Endpoint.objects.filter(shorter, pk=endpoint.pk).update(paused_until=now + pause)
    if attempt.outcome.disable_endpoint:
        Endpoint.objects.filter(pk=endpoint.pk).update(
            disabled_at=now, disabled_because="It answered 410 Gone."
        )


@transaction.atomic
def send_again(*, deliveries: list[Delivery], now: datetime) -> int:
    """Send these once more, under the ids they have; how many there are. Those that a sender is at
    this very moment are left to it."""
    transaction.on_commit(lambda: nudge(Work.DELIVERY))
    # Their endpoints' rows first, as all that touches several deliveries of one.
    endpoints = Endpoint.objects.filter(pk__in={delivery.endpoint_id for delivery in deliveries})
    list(endpoints.select_for_update().order_by("pk"))
    chosen = Delivery.objects.filter(pk__in=[delivery.pk for delivery in deliveries])
    return chosen.unclaimed(now=now, lease=lease()).update(
        state=Delivery.State.WAITING,
        failures=0,
        next_attempt_at=now,
        claimed_at=None,
        delivered_at=None,
    )
