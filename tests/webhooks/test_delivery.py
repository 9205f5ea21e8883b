"""Telling: claimed once, signed, tried again by the table, until it is delivered or given up."""

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection, connections
from django.db.models import F
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import Settings
from standardwebhooks import WebhookVerificationError

from tests.webhooks.carrier import Carrier
from tests.webhooks.conftest import open_endpoint, read_everything, tell_everything
from tests.webhooks.receiver import SECRET, Answer, Receiver
from webhooks import delivery as delivery_module
from webhooks import outcomes
from webhooks.delivery import (
    MOST_IN_FLIGHT,
    MOST_TO_FAILING_ONES,
    Attempt,
    NoSecret,
    catch_up,
    claim,
    claim_due,
    deliver,
    has_due,
    record,
    send,
    send_again,
    signed_headers,
)
from webhooks.egress import CONNECT_SECONDS
from webhooks.models import (
    Business,
    Delivery,
    DeliveryAttempt,
    Endpoint,
    EndpointSecret,
    Event,
    Line,
)
from webhooks.models.deliveries import new_secret
from webhooks.retries import DELAYS

pytestmark = [pytest.mark.django_db, pytest.mark.database]

OTHER_SECRET = "whsec_" + "QUJD" * 8
LONG = timedelta(days=2)


@pytest.fixture
def queue(line: Line, endpoint: Endpoint, carrier: Carrier) -> Callable[[int], list[Delivery]]:
    """Makes that many events happen, which now wait to be told."""

    def happen(number: int = 1) -> list[Delivery]:
        known = set(Delivery.objects.values_list("pk", flat=True))
        for _ in range(number):
            carrier.text("HELP")
        read_everything()
        return list(Delivery.objects.exclude(pk__in=known).order_by("pk"))

    return happen


Queue = Callable[..., list[Delivery]]


def time_passes(span: timedelta) -> None:
    """Everything lies that much further back."""
    Delivery.objects.update(
        next_attempt_at=F("next_attempt_at") - span, claimed_at=F("claimed_at") - span
    )
    Endpoint.objects.update(paused_until=F("paused_until") - span)


def state(delivery: Delivery) -> str:
    delivery.refresh_from_db()
    return str(delivery.state)


# ---- signatures ----------------------------------------------------------------------------


def test_the_known_event_has_its_known_signature() -> None:
    headers = signed_headers(
        event_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        body='{"test": 2432232314}',
        secrets=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        now=datetime.fromtimestamp(1614265330, tz=UTC),
    )
    assert headers["webhook-id"] == "msg_p5jXN8AQM9LWM0D4loKWxJek"
    assert headers["webhook-timestamp"] == "1614265330"
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_two_secrets_make_two_signatures() -> None:
    now = datetime.fromtimestamp(1614265330, tz=UTC)
    facts: dict[str, Any] = {"event_id": "evt_1", "body": "{}", "now": now}
    both = signed_headers(secrets=[SECRET, OTHER_SECRET], **facts)["webhook-signature"]
    each = [
        signed_headers(secrets=[secret], **facts)["webhook-signature"]
        for secret in (SECRET, OTHER_SECRET)
    ]
    assert both.split(" ") == each


@pytest.mark.parametrize(
    "secrets", [[], [""], ["whsec_"], ["whsec_a"], ["whsec_é"], ["not base64!"], ["whsec_@@@"]]
)
def test_without_a_usable_secret_nothing_is_signed(secrets: list[str]) -> None:
    with pytest.raises(NoSecret):
        signed_headers(event_id="evt_1", body="{}", secrets=secrets, now=timezone.now())


def test_a_new_secret_has_32_bytes_and_is_never_the_same() -> None:
    secrets = {new_secret() for _ in range(100)}
    assert len(secrets) == 100
    assert {len(secret) for secret in secrets} == {len("whsec_") + 44}


def test_the_ids_of_events_have_no_dot_in_them(queue: Queue) -> None:
    """`id.timestamp.body` is what is signed."""
    queue(3)
    assert not any("." in event.public_id for event in Event.objects.all())


# ---- delivered -----------------------------------------------------------------------------


def test_an_event_is_delivered_signed_and_byte_for_byte(queue: Queue, receiver: Receiver) -> None:
    [delivery] = queue()
    assert tell_everything() == 1
    [got] = receiver.got
    assert got.body.decode() == delivery.event.body
    assert got.verified() == json.loads(delivery.event.body)
    assert got.headers["webhook-id"] == delivery.event.public_id
    assert got.headers["content-type"] == "application/json"
    assert got.path == "/events"


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_delivered(status: int, queue: Queue, receiver: Receiver) -> None:
    [delivery] = queue()
    receiver.answers(status)
    tell_everything()
    assert state(delivery) == "delivered"
    assert delivery.delivered_at is not None
    assert delivery.claimed_at is None
    assert not has_due()


def test_every_endpoint_of_the_business_is_told_and_no_other(
    queue: Queue, dental: Business, receiver: Receiver
) -> None:
    garage = Business.objects.create(name="Garage", slug="garage")
    open_endpoint(garage, receiver.url + "/garage")
    open_endpoint(dental, receiver.url + "/second")
    assert len(queue()) == 2
    tell_everything()
    assert sorted(got.path for got in receiver.got) == ["/events", "/events/second"]


def test_a_disabled_endpoint_is_not_told(queue: Queue, endpoint: Endpoint) -> None:
    endpoint.disabled_at = timezone.now()
    endpoint.save(update_fields=["disabled_at"])
    assert queue() == []


def test_mallory_without_the_secret_cannot_make_an_event(queue: Queue, receiver: Receiver) -> None:
    queue()
    tell_everything()
    [got] = receiver.got
    with pytest.raises(WebhookVerificationError):
        got.verified(OTHER_SECRET)


def test_during_a_rotation_either_secret_verifies(
    queue: Queue, endpoint: Endpoint, receiver: Receiver
) -> None:
    now = timezone.now()
    endpoint.secrets.update(expires_at=now + timedelta(hours=1))
    EndpointSecret.objects.create(endpoint=endpoint, secret=OTHER_SECRET)
    queue()
    tell_everything()
    [got] = receiver.got
    assert got.verified(SECRET) == got.verified(OTHER_SECRET)


def test_a_secret_that_has_expired_signs_nothing_any_more(
    queue: Queue, endpoint: Endpoint, receiver: Receiver
) -> None:
    endpoint.secrets.update(expires_at=timezone.now() - timedelta(seconds=1))
    EndpointSecret.objects.create(endpoint=endpoint, secret=OTHER_SECRET)
    queue()
    tell_everything()
    [got] = receiver.got
    assert len(got.headers["webhook-signature"].split(" ")) == 1
    got.verified(OTHER_SECRET)


@pytest.mark.parametrize("secret", ["", "whsec_a", "whsec_é", "not base64!", None])
def test_an_endpoint_without_a_usable_secret_is_told_nothing(
    secret: str | None, queue: Queue, endpoint: Endpoint, receiver: Receiver
) -> None:
    endpoint.secrets.all().delete()
    if secret is not None:
        EndpointSecret.objects.create(endpoint=endpoint, secret=secret)
    [delivery] = queue()
    tell_everything()
    assert not receiver.got
    assert DeliveryAttempt.objects.get().outcome == "unsignable"
    assert state(delivery) == "waiting"  # it goes out once somebody has given it one
    assert delivery.failures == 1


# ---- not delivered -------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 418, 500, 501, 503])
def test_any_other_answer_is_tried_again_later(
    status: int, queue: Queue, receiver: Receiver
) -> None:
    [delivery] = queue()
    receiver.answers(status)
    assert tell_everything() == 1
    assert state(delivery) == "waiting"
    assert (delivery.failures, delivery.claimed_at) == (1, None)
    wait = delivery.next_attempt_at - timezone.now()
    assert timedelta(seconds=3) < wait <= timedelta(seconds=5.5)


def test_the_whole_table_is_gone_through_under_one_id_with_one_body(
    queue: Queue, receiver: Receiver
) -> None:
    [delivery] = queue()
    receiver.answers(*[500] * 20)
    for number in range(len(DELAYS)):
        assert state(delivery) == "waiting"
        assert delivery.failures == number
        assert tell_everything() == 1
        time_passes(LONG)
    assert state(delivery) == "failed"
    assert tell_everything() == 0
    assert len(receiver.got) == len(DELAYS)
    assert len({(got.headers["webhook-id"], got.body) for got in receiver.got}) == 1
    for got in receiver.got:
        got.verified()


def test_each_delay_is_the_one_in_the_table(queue: Queue, receiver: Receiver) -> None:
    [delivery] = queue()
    receiver.answers(*[500] * 20)
    waits = []
    for _ in DELAYS[1:]:
        now = timezone.now()
        tell_everything()
        delivery.refresh_from_db()
        waits.append((delivery.next_attempt_at - now).total_seconds())
        time_passes(LONG)
    for wait, delay in zip(waits, DELAYS[1:], strict=True):
        assert delay <= wait <= delay * 1.1 + 5


def test_the_timestamp_that_is_signed_is_that_of_the_attempt(
    queue: Queue, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue()
    receiver.answers(500)
    tell_everything()
    time_passes(LONG)
    later = timezone.now() + timedelta(minutes=3)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    tell_everything()
    first, second = (int(got.headers["webhook-timestamp"]) for got in receiver.got)
    assert second == int(later.timestamp()) > first
    receiver.got[1].verified()


def test_an_operator_may_set_another_table(
    queue: Queue, receiver: Receiver, settings: Settings
) -> None:
    settings.DELIVERY_RETRY_DELAYS = (0, 1)
    [delivery] = queue()
    receiver.answers(500, 500)
    tell_everything()
    time_passes(LONG)
    tell_everything()
    assert state(delivery) == "failed"


def test_gone_disables_the_endpoint_and_ends_the_delivery(
    queue: Queue, endpoint: Endpoint, receiver: Receiver
) -> None:
    first, second = queue(2)
    receiver.answers(410)
    assert tell_everything() == 1
    endpoint.refresh_from_db()
    assert endpoint.disabled_at is not None
    assert endpoint.disabled_because
    assert (state(first), state(second)) == ("failed", "waiting")
    assert queue() == []  # what happens now is not even queued for it


def test_what_waited_goes_out_when_the_endpoint_is_enabled_again(
    queue: Queue, endpoint: Endpoint, receiver: Receiver
) -> None:
    queue(2)
    receiver.answers(410)
    tell_everything()
    Endpoint.objects.update(disabled_at=None)
    assert tell_everything() == 1


@pytest.mark.parametrize("status", [429, 503, 500, 404])
def test_a_pause_that_is_asked_for_is_kept_by_the_whole_endpoint(
    status: int, queue: Queue, endpoint: Endpoint, receiver: Receiver
) -> None:
    first, second = queue(2)
    receiver.answers(Answer(status, {"Retry-After": "3600"}))
    assert tell_everything() == 1  # the second one waits as well
    assert first.next_attempt_at - timezone.now() < timedelta(seconds=1)
    first.refresh_from_db()
    assert first.next_attempt_at - timezone.now() > timedelta(minutes=59)
    time_passes(timedelta(minutes=59))
    assert tell_everything() == 0
    time_passes(timedelta(minutes=2))
    assert tell_everything() == 2
    assert (state(first), state(second)) == ("delivered", "delivered")


@pytest.mark.parametrize("status", [429, 502, 504])
def test_an_endpoint_that_is_busy_gets_a_breather(
    status: int, queue: Queue, receiver: Receiver
) -> None:
    queue(2)
    receiver.answers(status)
    assert tell_everything() == 1
    time_passes(timedelta(seconds=4))
    assert tell_everything() == 0
    time_passes(timedelta(seconds=2))
    assert tell_everything() == 2


def test_a_short_pause_does_not_shorten_a_long_one(
    queue: Queue, endpoint: Endpoint, receiver: Receiver
) -> None:
    """Two were in flight: one was answered 429 for an hour, the other 502."""
    queue(2)
    in_flight = [claim_due(), claim_due()]
    receiver.answers(Answer(429, {"Retry-After": "3600"}), 502)
    for each in in_flight:
        assert each is not None
        deliver(each)
    endpoint.refresh_from_db()
    assert endpoint.paused_until is not None
    assert endpoint.paused_until > timezone.now() + timedelta(minutes=59)


@pytest.mark.parametrize("pause", ["soon", "-1", "9" * 5_000, "Mon, 01 Jan 0001 00:00:00 GMT"])
def test_a_pause_that_is_nonsense_does_not_lose_the_delivery(
    pause: str, queue: Queue, receiver: Receiver
) -> None:
    [delivery] = queue()
    receiver.answers(Answer(500, {"Retry-After": pause}))
    tell_everything()
    assert (state(delivery), delivery.failures) == ("waiting", 1)
    time_passes(LONG)
    tell_everything()
    assert state(delivery) == "delivered"


def test_no_pause_holds_longer_than_a_day(
    queue: Queue, endpoint: Endpoint, receiver: Receiver
) -> None:
    queue()
    receiver.answers(Answer(429, {"Retry-After": "99999999"}))
    tell_everything()
    time_passes(timedelta(hours=24, seconds=1))
    assert tell_everything() == 1


UNDELIVERABLE = [
    ("http://127.0.0.1:1/", "unreachable"),
    ("https://127.0.0.1:1/", "unreachable"),
    ("https://127.0.0.1:99999/", "unreachable"),
    ("http://10.0.0.1/", "forbidden_address"),
    ("http://169.254.169.254/latest/", "forbidden_address"),
    ("http://[::ffff:10.0.0.1]/", "forbidden_address"),
    ("https://" + "a" * 64 + ".example/", "unreachable"),
]


@pytest.mark.parametrize(("url", "outcome"), UNDELIVERABLE)
def test_whatever_is_wrong_with_the_address_an_attempt_is_recorded_and_counted(
    url: str, outcome: str, queue: Queue, endpoint: Endpoint, receiver: Receiver
) -> None:
    Endpoint.objects.update(url=url)
    [delivery] = queue()
    tell_everything()
    assert DeliveryAttempt.objects.get().outcome == outcome
    assert (state(delivery), delivery.failures) == ("waiting", 1)
    Endpoint.objects.update(url=receiver.url)
    time_passes(LONG)
    tell_everything()
    assert state(delivery) == "delivered"


def test_outside_the_demo_this_machine_is_told_nothing(
    queue: Queue, receiver: Receiver, settings: Settings
) -> None:
    settings.ALLOW_LOOPBACK_ENDPOINTS = False
    queue()
    tell_everything()
    assert DeliveryAttempt.objects.get().outcome == "forbidden_address"
    assert not receiver.got


def test_a_receiver_that_hangs_is_timed_out(
    queue: Queue, receiver: Receiver, settings: Settings
) -> None:
    settings.DELIVERY_TIMEOUT_SECONDS = 0.2
    [delivery] = queue()
    receiver.answers(Answer(delay=30))
    tell_everything()
    assert DeliveryAttempt.objects.get().outcome == "timed_out"
    assert state(delivery) == "waiting"


# ---- every attempt is recorded -------------------------------------------------------------


def test_every_attempt_is_recorded_with_what_came_back(queue: Queue, receiver: Receiver) -> None:
    [delivery] = queue()
    receiver.answers(Answer(500, body=b"oh \x00no\xff"), Answer(302, {"Location": "/x"}), 200)
    for _ in range(3):
        tell_everything()
        time_passes(LONG)
    attempts = delivery.attempts.all()
    assert [attempt.outcome for attempt in attempts] == ["refused", "redirected", "delivered"]
    assert [attempt.status_code for attempt in attempts] == [500, 302, 200]
    assert attempts[0].detail == "oh no\ufffd"
    assert all(attempt.milliseconds < 10_000 for attempt in attempts)


# ---- an incident, and its end --------------------------------------------------------------


def test_an_incident_begins_with_the_first_failure_and_ends_with_the_next_success(
    queue: Queue, endpoint: Endpoint, receiver: Receiver
) -> None:
    queue()
    receiver.answers(500, 500)
    tell_everything()
    endpoint.refresh_from_db()
    began = endpoint.failing_since
    assert began is not None
    time_passes(LONG)
    tell_everything()
    endpoint.refresh_from_db()
    assert endpoint.failing_since == began
    time_passes(LONG)
    tell_everything()
    endpoint.refresh_from_db()
    assert endpoint.failing_since is None


def test_when_an_endpoint_answers_again_what_it_missed_goes_out_at_once(
    queue: Queue, receiver: Receiver
) -> None:
    missed = queue(3)
    receiver.answers(500, 500, 500)
    tell_everything()
    time_passes(timedelta(seconds=6))
    receiver.answers(500, 500, 500)
    tell_everything()  # the next attempt of each is in five minutes
    [new] = queue()
    assert tell_everything() == 4
    assert [state(each) for each in [*missed, new]] == ["delivered"] * 4


@pytest.fixture
def missed(queue: Queue, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> list[Delivery]:
    """Five that failed twice and wait for minutes, when two are brought forward at a time."""
    monkeypatch.setattr(delivery_module, "MOVED_TOGETHER", 2)
    missed = queue(5)
    for _ in range(2):
        receiver.answers(*[500] * 5)
        tell_everything()
        time_passes(timedelta(seconds=6))
    return missed


def recorded_success(queue: Queue, now: datetime) -> tuple[Delivery, bool]:
    """The endpoint takes a new one, and its sender gets no further."""
    queue()
    claimed = claim_due()
    assert claimed is not None
    return claimed, record(delivery=claimed, attempt=send(claimed), now=now, jitter=0)


def test_what_an_endpoint_missed_is_brought_forward_in_parts(
    missed: list[Delivery], queue: Queue, endpoint: Endpoint
) -> None:
    now = timezone.now() + timedelta(seconds=1)
    _, more = recorded_success(queue, now)
    due = Delivery.objects.waiting().filter(next_attempt_at__lte=now)
    assert (more, due.count()) == (True, 2)
    assert catch_up(endpoint, now=now) is True
    assert due.count() == 4
    endpoint.refresh_from_db()
    assert endpoint.failing_since is not None
    assert catch_up(endpoint, now=now) is False
    assert due.count() == 5
    endpoint.refresh_from_db()
    assert endpoint.failing_since is None


def test_one_success_brings_forward_all_parts(missed: list[Delivery], queue: Queue) -> None:
    queue()
    claimed = claim_due()
    assert claimed is not None
    deliver(claimed)
    now = timezone.now()
    assert Delivery.objects.waiting().filter(next_attempt_at__lte=now).count() == len(missed)


def test_a_sender_that_dies_between_two_parts_leaves_the_rest_to_the_next_success(
    missed: list[Delivery], queue: Queue, endpoint: Endpoint
) -> None:
    _, more = recorded_success(queue, timezone.now())
    assert more
    assert tell_everything() == len(missed)
    assert {state(each) for each in missed} == {"delivered"}
    endpoint.refresh_from_db()
    assert endpoint.failing_since is None


def test_what_was_refused_between_two_parts_is_not_brought_forward_again(
    missed: list[Delivery], queue: Queue, receiver: Receiver, endpoint: Endpoint
) -> None:
    receiver.refuses |= {each.event.public_id for each in missed}
    now = timezone.now()
    recorded_success(queue, now)
    assert tell_everything() == 2
    while catch_up(endpoint, now=now):
        pass
    assert tell_everything() == 3
    assert {each.failures for each in Delivery.objects.waiting()} == {3}


def test_an_event_that_is_refused_for_its_own_sake_keeps_to_the_table(
    queue: Queue, receiver: Receiver
) -> None:
    """Each success of another one would else spend an attempt of it, and ten are not many."""
    [refused] = queue()
    receiver.refuses.add(refused.event.public_id)
    for _ in range(12):
        tell_everything()
        queue()
    tell_everything()
    assert state(refused) == "waiting"
    assert refused.failures == 2
    assert refused.next_attempt_at - timezone.now() > timedelta(minutes=4)
    assert not Delivery.objects.exclude(pk=refused.pk).exclude(state="delivered").exists()


@pytest.mark.parametrize("refusal", [502, 0], ids=["a proxy's 502", "hangs up"])
def test_an_event_that_brings_its_endpoint_down_keeps_to_the_table(
    refusal: int, queue: Queue, receiver: Receiver
) -> None:
    """Whoever looks at it alone takes the endpoint for one that is away."""
    [deadly] = queue()
    receiver.refuses.add(deadly.event.public_id)
    receiver.refusal = Answer(refusal)
    for _ in range(12):
        tell_everything()
        queue()
        time_passes(timedelta(seconds=6))  # a pause's length
    tell_everything()
    assert state(deadly) == "waiting"
    # By the table two, and once more when the first incident was over.
    assert deadly.failures <= 3
    assert deadly.next_attempt_at - timezone.now() > timedelta(minutes=3)
    assert not Delivery.objects.exclude(pk=deadly.pk).exclude(state="delivered").exists()


def test_what_hung_until_the_endpoint_was_found_to_fail_was_missed_as_well(
    queue: Queue, endpoint: Endpoint, receiver: Receiver, settings: Settings
) -> None:
    """An attempt is written down, and its incident begins, when it ends: long after it began."""
    [hung] = queue()
    claimed = claim_due()
    assert claimed is not None
    now = timezone.now()
    longest = timedelta(seconds=CONNECT_SECONDS + settings.DELIVERY_TIMEOUT_SECONDS)
    attempt = Attempt(outcomes.TIMED_OUT, now - longest, milliseconds=20_000)
    record(delivery=claimed, attempt=attempt, now=now, jitter=0)
    Delivery.objects.filter(pk=hung.pk).update(next_attempt_at=now + LONG)
    queue()
    assert tell_everything() == 2
    assert state(hung) == "delivered"


def test_an_endpoint_that_went_away_again_fails_although_all_had_failed_before(
    queue: Queue, endpoint: Endpoint, receiver: Receiver
) -> None:
    queue()
    receiver.answers(429)
    tell_everything()
    Endpoint.objects.update(failing_since=None, paused_until=None)
    time_passes(LONG)
    receiver.answers(429)
    tell_everything()
    endpoint.refresh_from_db()
    assert endpoint.failing_since is not None


def test_a_success_that_was_on_its_way_before_a_pause_does_not_end_it(
    queue: Queue, endpoint: Endpoint, receiver: Receiver
) -> None:
    queue(2)
    paused, earlier = claim_due(), claim_due()
    assert paused is not None
    assert earlier is not None
    receiver.answers(Answer(429, {"Retry-After": "3600"}))
    deliver(paused)
    deliver(earlier)
    endpoint.refresh_from_db()
    assert endpoint.paused_until is not None
    assert endpoint.failing_since is not None
    assert tell_everything() == 0
    assert (state(paused), state(earlier)) == ("waiting", "delivered")


def test_a_failing_endpoint_gets_one_at_a_time_and_others_go_on(
    queue: Queue, endpoint: Endpoint, dental: Business, receiver: Receiver
) -> None:
    queue(30)
    Endpoint.objects.update(failing_since=timezone.now())
    first = claim_due()
    assert first is not None
    assert claim_due() is None
    second = open_endpoint(dental, receiver.url + "/second")
    queue()
    other = claim_due()
    assert other is not None
    assert other.endpoint == second
    deliver(first)
    assert sum(claim_due() is not None for _ in range(MOST_IN_FLIGHT)) == MOST_IN_FLIGHT


def test_those_that_hang_leave_half_of_the_senders_to_those_that_work(
    queue: Queue, endpoint: Endpoint, dental: Business, receiver: Receiver
) -> None:
    for number in range(MOST_TO_FAILING_ONES + 1):
        open_endpoint(dental, f"{receiver.url}/{number}")
    Endpoint.objects.exclude(pk=endpoint.pk).update(failing_since=timezone.now())
    queue()
    # Theirs have been due longer than those of the one that works.
    others = Delivery.objects.exclude(endpoint=endpoint)
    others.update(next_attempt_at=F("next_attempt_at") - LONG)
    claimed = [claim_due() for _ in range(MOST_TO_FAILING_ONES + 2)]
    failing = [each.endpoint.failing_since is not None for each in claimed if each]
    assert failing == [*[True] * MOST_TO_FAILING_ONES, False]


def test_another_endpoints_deliveries_are_not_pulled_forward(
    queue: Queue, dental: Business, receiver: Receiver
) -> None:
    down = open_endpoint(dental, "http://127.0.0.1:1/")
    queue()
    receiver.answers(500)
    tell_everything()
    time_passes(timedelta(seconds=6))
    Endpoint.objects.filter(pk=down.pk).update(failing_since=timezone.now())
    tell_everything()
    assert not has_due()


# ---- claims --------------------------------------------------------------------------------


def test_the_one_that_has_been_due_longest_goes_first(queue: Queue, receiver: Receiver) -> None:
    first, second, third = queue(3)
    Delivery.objects.filter(pk=third.pk).update(next_attempt_at=F("next_attempt_at") - LONG)
    claimed = [claim_due() for _ in range(3)]
    assert [each.pk for each in claimed if each] == [third.pk, first.pk, second.pk]


def test_a_claimed_delivery_is_nobody_elses(queue: Queue) -> None:
    queue()
    assert claim_due() is not None
    assert claim_due() is None
    assert not has_due()


def test_nothing_is_sent_before_its_time(queue: Queue) -> None:
    queue()
    Delivery.objects.update(next_attempt_at=timezone.now() + timedelta(seconds=30))
    assert not has_due()
    assert claim_due() is None


def test_a_claim_of_a_sender_that_died_comes_back(queue: Queue, settings: Settings) -> None:
    queue()
    assert claim_due() is not None
    time_passes(timedelta(seconds=settings.CLAIM_LEASE_SECONDS - 1))
    assert claim_due() is None
    time_passes(timedelta(seconds=2))
    assert has_due()
    assert claim_due() is not None


def test_a_sender_that_was_slow_does_not_undo_what_its_successor_did(
    queue: Queue, receiver: Receiver, settings: Settings
) -> None:
    """It was taken for dead, another one delivered, then it failed."""
    [delivery] = queue()
    slow = claim_due()
    time_passes(timedelta(seconds=settings.CLAIM_LEASE_SECONDS + 1))
    assert slow is not None
    tell_everything()
    receiver.answers(500)
    deliver(slow)
    assert state(delivery) == "delivered"
    assert delivery.attempts.count() == 2


def test_a_slow_sender_that_fails_leaves_its_successors_claim_alone(
    queue: Queue, receiver: Receiver, settings: Settings
) -> None:
    [delivery] = queue()
    slow = claim_due()
    time_passes(timedelta(seconds=settings.CLAIM_LEASE_SECONDS + 1))
    successor = claim_due()
    assert slow is not None
    assert successor is not None
    receiver.answers(500)
    deliver(slow)
    delivery.refresh_from_db()
    assert delivery.claimed_at == successor.claimed_at
    assert delivery.failures == 0


def test_a_delivery_put_off_by_another_sender_in_between_is_not_claimed(queue: Queue) -> None:
    """Between looking and claiming, another thread tried it, failed, and put it off."""
    [delivery] = queue()
    later = timezone.now() + timedelta(minutes=5)

    def put_off(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("UPDATE") and not puts_off:
            puts_off.append(sql)
            Delivery.objects.filter(pk=delivery.pk).update(failures=1, next_attempt_at=later)
        return execute(sql, params, many, context)

    puts_off: list[str] = []
    with connection.execute_wrapper(put_off):
        assert claim_due() is None
    assert puts_off


@pytest.mark.parametrize("what", ["disabled", "paused", "deleted"])
def test_an_endpoint_that_changed_in_between_is_not_claimed_for(
    what: str, queue: Queue, endpoint: Endpoint
) -> None:
    """Between looking and claiming, another sender was answered 410 or 429, or staff removed it."""
    [delivery] = queue()
    now = timezone.now()
    if what == "disabled":
        Endpoint.objects.update(disabled_at=now)
    elif what == "paused":
        Endpoint.objects.update(paused_until=now + LONG)
    else:
        endpoint.delete()
    assert claim(delivery, now=now) is False


def test_what_nobody_thought_of_is_recorded_and_counted_too(
    queue: Queue, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    word = "zanzibar"  # a traceback shows lines, so it must not stand in the one that raises

    def surprise(*_: Any, **__: Any) -> None:
        raise RuntimeError(word)

    monkeypatch.setattr("webhooks.egress.post", surprise)
    [delivery] = queue()
    tell_everything()
    assert delivery.attempts.get().outcome == "broken"
    assert (state(delivery), delivery.failures) == ("waiting", 1)
    assert "RuntimeError" in caplog.text
    assert word not in caplog.text


def test_an_endpoint_has_at_most_a_few_in_flight_and_others_go_on(
    queue: Queue, dental: Business, receiver: Receiver
) -> None:
    queue(MOST_IN_FLIGHT + 3)
    claimed = [claim_due() for _ in range(MOST_IN_FLIGHT + 3)]
    assert sum(each is not None for each in claimed) == MOST_IN_FLIGHT
    second = open_endpoint(dental, receiver.url + "/second")
    queue()
    other = claim_due()
    assert other is not None
    assert other.endpoint == second


def test_a_busy_endpoint_with_a_long_queue_does_not_hide_the_others(
    queue: Queue, dental: Business, receiver: Receiver
) -> None:
    queue(60)
    for _ in range(MOST_IN_FLIGHT):
        assert claim_due() is not None
    second = open_endpoint(dental, receiver.url + "/second")
    queue()
    other = claim_due()
    assert other is not None
    assert other.endpoint == second


def test_an_endpoint_that_is_deleted_while_it_is_told_leaves_no_error(
    queue: Queue, endpoint: Endpoint
) -> None:
    queue()
    claimed = claim_due()
    assert claimed is not None
    attempt = send(claimed)
    endpoint.delete()
    record(delivery=claimed, attempt=attempt, now=timezone.now(), jitter=0)
    connection.check_constraints()
    assert not DeliveryAttempt.objects.exists()


# ---- sent again ----------------------------------------------------------------------------


@pytest.mark.parametrize("answers", [[500] * 10, [200], [410]], ids=["failed", "delivered", "gone"])
def test_sent_again_it_goes_out_once_more_under_its_id(
    answers: list[int], queue: Queue, receiver: Receiver
) -> None:
    [delivery] = queue()
    receiver.answers(*answers)
    for _ in answers:
        tell_everything()
        time_passes(LONG)
    before = len(receiver.got)
    Endpoint.objects.update(disabled_at=None)
    assert send_again(deliveries=[delivery], now=timezone.now()) == 1
    assert tell_everything() == 1
    assert state(delivery) == "delivered"
    assert len(receiver.got) == before + 1
    assert len({got.headers["webhook-id"] for got in receiver.got}) == 1
    assert delivery.attempts.count() == before + 1


def test_sent_again_it_has_the_whole_table_before_it(queue: Queue, receiver: Receiver) -> None:
    [delivery] = queue()
    receiver.answers(*[500] * 12)
    for _ in DELAYS:
        tell_everything()
        time_passes(LONG)
    send_again(deliveries=[delivery], now=timezone.now())
    tell_everything()
    assert (state(delivery), delivery.failures) == ("waiting", 1)


def test_sent_again_while_it_is_on_its_way_it_is_left_to_its_sender(
    queue: Queue, receiver: Receiver
) -> None:
    [delivery] = queue()
    on_its_way = claim_due()
    assert on_its_way is not None
    assert send_again(deliveries=[delivery], now=timezone.now()) == 0
    assert tell_everything() == 0
    deliver(on_its_way)
    assert state(delivery) == "delivered"
    assert len(receiver.got) == 1


# ---- whatever a receiver answers -------------------------------------------------------------


@hypothesis_settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.lists(st.sampled_from([200, 204, 301, 404, 410, 429, 500, 502]), max_size=12),
    st.sampled_from([None, "1", "100000", "soon"]),
)
def test_whatever_is_answered_an_event_is_told_until_it_is_taken_and_no_longer(
    queue: Queue, receiver: Receiver, answers: list[int], pause: str | None
) -> None:
    Delivery.objects.all().delete()
    Endpoint.objects.update(disabled_at=None, paused_until=None, failing_since=None)
    receiver.script.clear()
    receiver.got.clear()
    receiver.answers(*[Answer(each, {"Retry-After": pause} if pause else {}) for each in answers])
    [delivery] = queue()
    for _ in range(len(DELAYS) + 2):
        tell_everything()
        time_passes(LONG)
    final = next((i for i, each in enumerate(answers) if each in (200, 204, 410)), len(answers))
    told = min(final + 1, len(DELAYS))
    assert len(receiver.got) == delivery.attempts.count() == told
    taken = final < len(DELAYS) and [*answers, 200][final] in (200, 204)
    assert state(delivery) == ("delivered" if taken else "failed")
    assert len({(got.headers["webhook-id"], got.body) for got in receiver.got}) == 1


# ---- several senders at once ---------------------------------------------------------------

at_once = pytest.mark.django_db(transaction=True)


@pytest.fixture
def senders() -> Iterator[ThreadPoolExecutor]:
    """Eight, as in the delivery worker."""
    with ThreadPoolExecutor(8) as threads:
        yield threads


def together(senders: ThreadPoolExecutor, work: Callable[[], Any]) -> list[Any]:
    """Every sender does it, all starting at the same moment."""
    barrier = threading.Barrier(8)

    def one() -> Any:
        try:
            barrier.wait(10)
            return work()
        finally:
            connections.close_all()

    return [each.result(60) for each in [senders.submit(one) for _ in range(8)]]


@at_once
def test_of_eight_senders_one_wins_a_delivery(queue: Queue, senders: ThreadPoolExecutor) -> None:
    for _ in range(5):
        queue()
        claimed = together(senders, claim_due)
        assert sum(each is not None for each in claimed) == 1
        Delivery.objects.all().delete()


@at_once
def test_eight_senders_at_once_never_have_more_than_a_few_at_one_endpoint(
    queue: Queue, senders: ThreadPoolExecutor
) -> None:
    for _ in range(5):
        queue(12)
        claimed = [each for each in together(senders, claim_due) if each is not None]
        assert 1 <= len(claimed) <= MOST_IN_FLIGHT
        assert len({each.pk for each in claimed}) == len(claimed)
        Delivery.objects.all().delete()


@at_once
def test_a_hanging_endpoint_never_holds_more_than_a_few_senders(
    queue: Queue, dental: Business, receiver: Receiver, senders: ThreadPoolExecutor
) -> None:
    queue(12)
    receiver.answers(*[Answer(delay=0.3) for _ in range(12)])
    together(senders, tell_everything)
    while tell_everything():
        pass
    assert receiver.most_at_once <= MOST_IN_FLIGHT
    assert len(receiver.got) == 12
    assert not Delivery.objects.exclude(state="delivered").exists()


def deliver_one_of(claimed: list[Delivery]) -> None:
    try:
        each = claimed.pop()
    except IndexError:
        return  # the others have them all
    deliver(each)


@at_once
def test_an_endpoint_that_comes_back_under_eight_senders_locks_none_of_them_out(
    queue: Queue, receiver: Receiver, senders: ThreadPoolExecutor
) -> None:
    """One that ends the incident touches all that waits, while others hold rows of it."""
    for _ in range(3):
        queue(30)
        receiver.answers(*[500] * 30)
        tell_everything()
        Endpoint.objects.update(failing_since=None)
        Delivery.objects.update(next_attempt_at=timezone.now())
        claimed = [each for each in (claim_due() for _ in range(MOST_IN_FLIGHT)) if each]
        Endpoint.objects.update(failing_since=timezone.now() - LONG)
        together(senders, partial(deliver_one_of, claimed))
        while tell_everything():
            pass
        assert not Delivery.objects.exclude(state="delivered").exists()
        Delivery.objects.all().delete()


@at_once
def test_eight_senders_deliver_everything_once(
    queue: Queue, receiver: Receiver, senders: ThreadPoolExecutor
) -> None:
    queue(40)
    together(senders, tell_everything)
    while tell_everything():
        pass
    ids = [got.headers["webhook-id"] for got in receiver.got]
    assert len(ids) == len(set(ids)) == 40
    assert DeliveryAttempt.objects.count() == 40
