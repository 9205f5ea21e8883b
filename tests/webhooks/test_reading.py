"""Claiming, reading and deciding what waits: once, in order, whatever a text does to its reader."""

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

import pytest
from django.db import connections
from django.db.models import F
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from classifier.reader import live_reader
from classifier.readings import Pair
from classifier.readings import Reading as ModelReading
from tests.webhooks.carrier import BOB, INBOUND, Carrier, text_form
from tests.webhooks.conftest import REMINDER, decision_on, read_everything, remind
from webhooks import actions
from webhooks.matching import match_reminders
from webhooks.models import Decision, Event, Line, Message, Reading, Reminder
from webhooks.waiting import MOST_READING_ATTEMPTS, claim_messages, has_waiting_messages

pytestmark = [pytest.mark.django_db, pytest.mark.database]

POISON = "POISON"
T = TypeVar("T")


class PoisonedReader:
    """Reads like the real one until it meets the poison; keeps what it was given."""

    def __init__(self) -> None:
        self.batches: list[list[Pair]] = []

    def read(self, pairs: Sequence[Pair]) -> list[ModelReading]:
        self.batches.append(list(pairs))
        if any(pair.text == POISON for pair in pairs):
            raise RuntimeError(f"cannot read {[pair.text for pair in pairs]}")
        return live_reader().read(pairs)


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> PoisonedReader:
    reader = PoisonedReader()
    monkeypatch.setattr("webhooks.waiting.live_reader", lambda: reader)
    return reader


@dataclass
class Arrived:
    """Puts texts into the queue, a second apart, as if a carrier had brought them."""

    line: Line
    now: datetime

    def __call__(self, *bodies: str, **facts: object) -> list[Message]:
        rows = []
        for body in bodies:
            self.now += timedelta(seconds=1)
            values = {"provider": "twilio", "account_id": self.line.account_id} | facts
            values |= {"to": self.line.address, "received_at": self.now, "raw": b""}
            values = {"sender": BOB, "line": self.line, "body": body} | values
            sid = f"SM{Message.objects.count() + 1:032x}"
            rows.append(Message.objects.create(provider_id=sid, **values))
        return rows


@pytest.fixture
def arrived(line: Line) -> Arrived:
    return Arrived(line, timezone.now() - timedelta(hours=1))


def time_passes(span: timedelta) -> None:
    Message.objects.update(claimed_at=F("claimed_at") - span)


# ---- once, and in order --------------------------------------------------------------------


def test_every_message_gets_one_reading_one_decision_and_one_event(arrived: Arrived) -> None:
    arrived("where do I park?", "is it far?", "do I bring my card?")
    read_everything()
    assert Reading.objects.count() == Decision.objects.count() == Event.objects.count() == 3
    assert not has_waiting_messages()
    assert actions.read_waiting() == 0


def test_the_oldest_are_read_first(arrived: Arrived, reader: PoisonedReader) -> None:
    bodies = [f"where do I park? {number}" for number in range(5)]
    arrived(*bodies)
    Message.objects.filter(body=bodies[4]).update(received_at=F("received_at") - timedelta(days=1))
    read_everything()
    assert [pair.text for pair in reader.batches[0]] == [bodies[4], *bodies[:4]]


def test_every_message_gets_the_reading_of_its_own_words(line: Line, arrived: Arrived) -> None:
    bodies = ["stop texting me", "where do I park?", "wrong number, I am not Dana"] * 3
    arrived(*bodies)
    read_everything()
    labels = dict(Decision.objects.values_list("message__body", "label"))
    assert labels == {
        "stop texting me": "opt_out",
        "where do I park?": "question",
        "wrong number, I am not Dana": "wrong_number",
    }
    for reading in Reading.objects.select_related("message"):
        assert reading.result["intent"] == labels[reading.message.body]


def test_a_long_queue_is_read_in_batches(
    arrived: Arrived, reader: PoisonedReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "READ_BATCH", 4)
    arrived(*[f"where do I park? {number}" for number in range(10)])
    assert [actions.read_waiting() for _ in range(4)] == [4, 4, 2, 0]
    assert [len(batch) for batch in reader.batches] == [4, 4, 2]


def test_the_reminder_it_answers_is_read_with_it(
    reminder: Reminder, carrier: Carrier, reader: PoisonedReader
) -> None:
    carrier.text("yes")
    read_everything()
    assert reader.batches == [[Pair(prompt=REMINDER, text="yes")]]


def test_where_it_could_be_two_reminders_it_is_read_without_one(
    line: Line, reminder: Reminder, carrier: Carrier, reader: PoisonedReader
) -> None:
    remind(line, BOB, "And are you coming on Friday?")
    carrier.text("yes")
    read_everything()
    assert reader.batches == [[Pair(prompt="", text="yes")]]


def test_what_has_no_words_is_decided_without_a_reader(
    arrived: Arrived, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise AssertionError("nothing to read")

    monkeypatch.setattr("webhooks.waiting.live_reader", fail)
    arrived("", " ", "\u200b", media_count=1)
    arrived("")
    read_everything()
    reasons = list(Decision.objects.order_by("pk").values_list("reason", flat=True))
    assert reasons == ["no_words", "no_words", "no_words", "empty"]
    assert not Reading.objects.exists()


def test_the_whole_reading_is_kept_as_the_api_returns_it(arrived: Arrived) -> None:
    arrived("where do I park?")
    read_everything()
    reading = Reading.objects.get()
    [again] = live_reader().read([Pair("", "where do I park?")])
    assert reading.result == again.as_dict()
    assert (reading.intent, reading.model_version) == (again.intent, again.model)
    assert reading.confidence == pytest.approx(again.confidence)


# ---- claims --------------------------------------------------------------------------------


def claim(limit: int = 64) -> list[Message]:
    return claim_messages(now=timezone.now(), limit=limit)[1]


def test_a_claimed_message_is_nobody_elses(arrived: Arrived) -> None:
    arrived("one", "two")
    assert len(claim()) == 2
    assert claim() == []
    assert not has_waiting_messages()


def test_a_claim_of_a_worker_that_died_comes_back(arrived: Arrived, settings: Settings) -> None:
    [message] = arrived("one")
    claim()
    time_passes(timedelta(seconds=settings.CLAIM_LEASE_SECONDS - 1))
    assert claim() == []
    time_passes(timedelta(seconds=2))
    assert has_waiting_messages()
    [again] = claim()
    assert (again.pk, again.reading_attempts) == (message.pk, 2)


def test_what_was_tried_before_is_tried_alone(arrived: Arrived, settings: Settings) -> None:
    first = arrived("one", "two")
    claim()
    time_passes(timedelta(seconds=settings.CLAIM_LEASE_SECONDS + 1))
    new = arrived("three", "four")
    assert [claim() for _ in range(4)] == [[first[0]], [first[1]], new, []]


def test_an_unrouted_message_is_not_claimed(arrived: Arrived) -> None:
    arrived("lost", line=None, state="unrouted")
    assert claim() == []


def conclude(claim_: tuple[object, list[Message]]) -> None:
    claimed, messages = claim_
    actions.conclude(
        claim=claimed,  # type: ignore[arg-type]
        messages=messages,
        matches=match_reminders(messages),
        readings=live_reader().read([Pair("", message.body) for message in messages]),
        now=timezone.now(),
    )


def test_a_worker_that_lost_its_lease_writes_nothing_twice(
    arrived: Arrived, settings: Settings
) -> None:
    arrived("where do I park?", "is it far?")
    slow = claim_messages(now=timezone.now(), limit=64)
    time_passes(timedelta(seconds=settings.CLAIM_LEASE_SECONDS + 1))
    read_everything()
    conclude(slow)
    assert Decision.objects.count() == Event.objects.count() == Reading.objects.count() == 2


def test_a_worker_that_lost_its_lease_leaves_its_successors_claim_alone(
    arrived: Arrived, settings: Settings
) -> None:
    [message] = arrived("where do I park?")
    slow = claim_messages(now=timezone.now(), limit=64)
    time_passes(timedelta(seconds=settings.CLAIM_LEASE_SECONDS + 1))
    successor = claim_messages(now=timezone.now(), limit=64)
    conclude(slow)
    assert not Decision.objects.exists()
    conclude(successor)
    conclude(successor)
    assert Decision.objects.get().message == message


def test_of_a_batch_only_what_is_still_ours_is_written(
    arrived: Arrived, settings: Settings
) -> None:
    arrived("where do I park?", "is it far?")
    mine = claim_messages(now=timezone.now(), limit=64)
    Message.objects.filter(body="is it far?").update(claim=None, claimed_at=None)
    conclude(mine)
    assert decision_on("where do I park?")
    assert Decision.objects.count() == 1


def test_a_reader_that_returns_too_few_readings_writes_none(
    arrived: Arrived, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One result for one input: nobody gets a neighbour's."""

    class Forgetful(PoisonedReader):
        def read(self, pairs: Sequence[Pair]) -> list[ModelReading]:
            return super().read(pairs)[:-1]

    monkeypatch.setattr("webhooks.waiting.live_reader", Forgetful)
    arrived("where do I park?", "is it far?")
    actions.read_waiting()
    assert not Decision.objects.exists()
    assert not Reading.objects.exists()


# ---- texts that kill their reader ----------------------------------------------------------


def test_a_text_that_kills_the_reader_ends_with_people_and_the_others_are_read(
    arrived: Arrived, reader: PoisonedReader
) -> None:
    arrived("where do I park?", POISON, "is it far?", "do I bring my card?")
    for _ in range(10):
        read_everything()
        time_passes(timedelta(hours=1))
    decision = decision_on(POISON)
    assert (decision.action, decision.reason) == ("hold", "could_not_be_read")
    assert decision.reading is None
    for body in ("where do I park?", "is it far?", "do I bring my card?"):
        assert decision_on(body).reading is not None
    assert Event.objects.count() == 4


def test_the_poison_takes_others_with_it_once_only(
    arrived: Arrived, reader: PoisonedReader
) -> None:
    arrived(*[f"where do I park? {number}" for number in range(9)], POISON)
    for _ in range(10):
        read_everything()
        time_passes(timedelta(hours=1))
    together = [batch for batch in reader.batches if Pair("", POISON) in batch and len(batch) > 1]
    assert len(together) == 1
    assert len([batch for batch in reader.batches if batch == [Pair("", POISON)]]) <= 3


def test_a_text_that_kills_the_whole_process_is_counted_too(
    arrived: Arrived, settings: Settings
) -> None:
    """Nobody is left to catch anything: the claim just runs out, again and again."""
    arrived(POISON)
    for _ in range(MOST_READING_ATTEMPTS):
        assert len(claim()) == 1
        time_passes(timedelta(seconds=settings.CLAIM_LEASE_SECONDS + 1))
    read_everything()
    assert decision_on(POISON).reason == "could_not_be_read"


def test_a_stop_counts_however_the_reader_fails(
    line: Line, carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise MemoryError

    monkeypatch.setattr("webhooks.waiting.live_reader", fail)
    carrier.text("STOP")
    for _ in range(10):
        read_everything()
        time_passes(timedelta(hours=1))
    assert (decision_on("STOP").action, decision_on("STOP").label) == ("act", "opt_out")


def test_a_reader_that_fails_for_a_moment_does_not_send_everything_to_people(
    arrived: Arrived, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk was full, the database restarted: the texts are not to blame."""
    failures = iter(range(20))

    def recovering() -> object:
        if next(failures, None) is not None:
            raise OSError("No space left on device")
        return live_reader()

    monkeypatch.setattr("webhooks.waiting.live_reader", recovering)
    arrived("where do I park?", "is it far?", "do I bring my card?")
    read_everything()
    for _ in failures:  # the disk has been cleared
        pass
    time_passes(timedelta(hours=1))
    read_everything()
    reasons = set(Decision.objects.values_list("reason", flat=True))
    assert "could_not_be_read" not in reasons
    assert Decision.objects.count() == 3


def test_what_the_reader_says_when_it_fails_is_not_logged(
    arrived: Arrived, reader: PoisonedReader, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    arrived(POISON)
    actions.read_waiting()
    assert "RuntimeError" in caplog.text
    assert POISON not in caplog.text


# ---- several readers at once ---------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_four_workers_at_once_decide_everything_once(
    arrived: Arrived, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "READ_BATCH", 5)
    arrived(*[f"where do I park? {number}" for number in range(60)])
    together(4, read_everything)
    read_everything()
    assert Decision.objects.count() == Event.objects.count() == Reading.objects.count() == 60
    assert not Message.objects.exclude(reading_attempts=1).exists()


@pytest.mark.django_db(transaction=True)
def test_workers_that_decide_about_the_same_people_do_not_wait_for_each_other_for_ever(
    arrived: Arrived, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each opts out both of them, in another order."""
    monkeypatch.setattr(actions, "READ_BATCH", 6)
    people = [BOB, "+12025550102", "+12025550103"]
    for round_ in range(12):
        for person in people if round_ % 2 else reversed(people):
            arrived("please stop texting me", sender=person)
            arrived("wrong number, I am not Dana", sender=person)
    together(4, read_everything)
    assert Decision.objects.count() == 72
    assert not Message.objects.exclude(reading_attempts=1).exists()


@pytest.mark.django_db(transaction=True)
def test_copies_at_once_are_one_message(line: Line) -> None:
    form = text_form("STOP")
    statuses = together(8, lambda: Carrier(Client()).post(INBOUND, form).status_code)
    assert statuses == [200] * 8
    read_everything()
    assert Message.objects.count() == Decision.objects.count() == 1
    assert line.contacts.opted_out().count() == 1


def together(number: int, work: Callable[[], T]) -> list[T]:
    barrier = threading.Barrier(number)

    def one() -> T:
        try:
            barrier.wait(10)
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(number) as threads:
        return [each.result(60) for each in [threads.submit(one) for _ in range(number)]]
