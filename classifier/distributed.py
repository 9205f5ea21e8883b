"""`classify --distributed`: a file's chunks are read by workers, on as many machines as there are.

A task carries a chunk's texts and the name of the version; its result carries the readings. At most
`in_flight` chunks are under way, and they are written in the order of the file. A killed worker's
chunk would come back only after the broker's visibility timeout, which is made for trainings: what
was begun and is not answered within a lease is taken back and sent again, and the first answer
counts. However this ends, it takes back what is still under way. After `kill -9` it cannot: then
Redis lets the queue and the results go by itself (config/settings.py), and `forget_abandoned` what
a worker, killed as well, had in hand. No text is logged: `HIDDEN` is what Celery knows of it.
"""

import json
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import redis
from celery import current_app, states
from celery.exceptions import TimeoutError as NotYet
from celery.result import AsyncResult
from django.conf import settings
from kombu.exceptions import OperationalError

from classifier.files import Chunk, Plan, Read, Readings
from classifier.readings import RULES
from config.redis import client

QUEUE = "files"
IN_FLIGHT = 16  # chunks: two for each of eight workers; some 20 MB in Redis
MOST_ATTEMPTS = 4  # a chunk that killed its worker so often will kill the next one, too
PATIENCE_SECONDS = 300.0  # for a first worker; another file's chunks may stand before ours
LOOK_SECONDS = 1.0  # between two looks at a chunk that is not answered
HIDDEN = "{texts}"

START_A_WORKER = f".venv/bin/python -m celery -A config worker -Q {QUEUE} -P solo"
# What Redis' absence is called: by its own client, by Celery's queue, by Celery's results.
AWAY = (redis.RedisError, OperationalError, RuntimeError)


class CannotDistribute(Exception):
    """Says what to do."""


@dataclass
class Sent:
    """A chunk under way. The same id is used when it is sent again, so it has one answer."""

    chunk: Chunk
    model: str
    task_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    attempts: int = 0
    result: AsyncResult[Any] | None = None
    deadline: float | None = None  # of this attempt; None: nothing was begun, as far as we know

    def send(self) -> AsyncResult[Any]:
        if self.attempts:
            _take_back([self])
        self.attempts += 1
        self.deadline = None
        from classifier.tasks import read_chunk  # tasks import this module

        pairs = [(pair.prompt, pair.text) for pair in self.chunk.pairs]
        read_chunk.apply_async(
            kwargs={"pairs": pairs, "model": self.model},
            kwargsrepr=HIDDEN,  # type: ignore[call-arg]  # the stubs do not know it
            task_id=self.task_id,
            expires=settings.FILES_QUEUE_SECONDS,
        )
        self.result = read_chunk.AsyncResult(self.task_id)
        return self.result

    @property
    def rows(self) -> str:
        return f"Rows {self.chunk.first} to {self.chunk.first + len(self.chunk.pairs) - 1}"


def by_workers(model: str, *, in_flight: int, say: Callable[[str], object]) -> Plan:
    """Read on the workers' machines, each with the version `model`."""

    def through(chunks: Iterator[Chunk]) -> Read:
        under_way: deque[Sent] = deque()
        try:
            while True:
                for chunk in islice(chunks, in_flight - len(under_way)):
                    under_way.append(Sent(chunk, model))
                    under_way[-1].send()
                if not under_way:
                    return
                readings = _answer_to(under_way[0], say)
                yield under_way.popleft().chunk, readings
        except AWAY as exc:
            raise CannotDistribute(
                "Redis went away. Give the same command again when it is back."
            ) from exc
        finally:
            _take_back(under_way)

    _assert_redis_is_there()
    return Plan(model, through)


def _answer_to(sent: Sent, say: Callable[[str], object]) -> Readings:
    """The readings of this chunk, however often it has to be sent for them."""
    began = time.monotonic()
    result = sent.result or sent.send()
    while True:
        try:
            answer = result.get(timeout=LOOK_SECONDS, propagate=False)
        except NotYet:
            if not _is_lost(sent, result, waiting_since=began):
                continue
            happened = "were lost with their worker"
        else:
            if result.state == states.SUCCESS:
                result.forget()
                return _readings_in(answer, sent)
            happened = "failed at their worker, whose log says why"
        if sent.attempts == MOST_ATTEMPTS:
            raise CannotDistribute(
                f"{sent.rows} were given to {MOST_ATTEMPTS} workers and none of them answered; the"
                " last one's log says why. Put it right, and give the same command again."
            )
        say(f"{sent.rows} {happened}: sent again.")
        result = sent.send()


def _is_lost(sent: Sent, result: AsyncResult[Any], *, waiting_since: float) -> bool:
    now = time.monotonic()
    if sent.deadline is None:
        # Begun, or gone from the queue without having been begun: the worker died in between, or
        # Redis was emptied.
        if result.state == states.STARTED or _waiting() == 0:
            sent.deadline = now + settings.CLAIM_LEASE_SECONDS
        elif now - waiting_since > PATIENCE_SECONDS:
            raise CannotDistribute(
                f"No worker takes the rows. Start one on each machine: {START_A_WORKER}"
            )
        return False
    return now > sent.deadline


def _readings_in(answer: dict[str, Any], sent: Sent) -> Readings:
    if "refused" in answer:
        raise CannotDistribute(
            f"A worker cannot read with {sent.model}, and a file stays with one version."
            f" {answer['refused']} Is its MODELS_DIR the shared one?"
        )
    readings: Readings = answer["readings"]
    if others := {reading["model"] for reading in readings} - {sent.model, RULES}:
        raise CannotDistribute(
            f"A worker read with {', '.join(sorted(others))}, though it was given {sent.model}."
            " Stop it, and start it from the same release of Nod as this one."
        )
    return readings


def _assert_redis_is_there() -> None:
    try:
        client(settings.REDIS_URL, Path(settings.VAR_DIR)).ping()
    except redis.RedisError as exc:
        raise CannotDistribute(
            f"Redis does not answer ({type(exc).__name__}), and the workers get their rows through"
            " it. Set REDIS_URL to theirs, or start one with `make run`; without --distributed"
            " the file is read here."
        ) from exc


def _waiting() -> int:
    with _queue() as channel:
        return int(channel.client.llen(QUEUE))


def _take_back(under_way: Sequence[Sent]) -> None:
    """Out of the queue, out of a killed worker's hands, out of the results."""
    ids = [sent.task_id.encode() for sent in under_way]
    try:
        with _queue() as channel:
            for message in channel.client.lrange(QUEUE, 0, -1):
                if any(each in message for each in ids):
                    channel.client.lrem(QUEUE, 1, message)
            for tag, held in channel.client.hscan_iter(channel.unacked_key):
                if any(each in held for each in ids):
                    _drop(channel, tag)
        for sent in under_way:
            if sent.result is not None:
                sent.result.forget()
    except AWAY:
        for sent in under_way:
            if sent.result is not None:  # its destructor would ask Redis again, for 20 s
                sent.result.backend = None  # type: ignore[assignment]


def forget_abandoned(*, now: float) -> None:
    """Chunks that a killed worker had in hand, when whoever sent them was killed, too."""
    with _queue() as channel:
        long_ago = now - settings.FILES_QUEUE_SECONDS
        for tag in channel.client.zrangebyscore(channel.unacked_index_key, 0, long_ago):
            held = channel.client.hget(channel.unacked_key, tag)
            if held is not None:
                _message, _exchange, routing_key = json.loads(held)
                if routing_key == QUEUE:
                    _drop(channel, tag)


def _drop(channel: Any, tag: bytes) -> None:
    channel.client.hdel(channel.unacked_key, tag)
    channel.client.zrem(channel.unacked_index_key, tag)


@contextmanager
def _queue() -> Iterator[Any]:
    """Kombu's own way to the queue: its keys, its database. No retries: Redis is here or away."""
    with current_app.connection_for_read() as connection:
        yield connection.channel()
