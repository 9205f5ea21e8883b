"""Nudges, with a real Redis: folded while one is queued, never lost after one is taken, and
harmless when there is no Redis at all."""

import logging
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from celery import current_app
from kombu import pools
from pytest_django import Settings

from config.redis import broker_url, client, server_command, socket_path
from tests.webhooks.carrier import Carrier
from tests.webhooks.receiver import Receiver
from webhooks import nudges, tasks
from webhooks.models import Decision, Endpoint, Line, Message
from webhooks.nudges import Work, nudge, taken

QUEUES = {Work.READING: "reading", Work.DELIVERY: "delivery", Work.EXAMPLES: "delivery"}


@pytest.fixture(autouse=True)
def afresh(tmp_path: Path, settings: Settings) -> Iterator[None]:
    """Nudges go to a Redis of this test, if it starts one."""
    settings.VAR_DIR, settings.REDIS_URL = tmp_path, ""
    before = current_app.conf.broker_url
    forget(broker_url("", tmp_path))
    yield
    forget(before)


def forget(url: str) -> None:
    nudges._redis.cache_clear()
    nudges._silent_until = 0.0
    current_app.conf.update(broker_url=url)
    pools.reset()
    vars(current_app)["_pool"] = vars(current_app.amqp)["_producer_pool"] = None


class Server:
    def __init__(self, var_dir: Path) -> None:
        self.var_dir = var_dir
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(server_command(self.var_dir), stdout=subprocess.DEVNULL)
        self.redis = client("", self.var_dir)
        deadline = time.monotonic() + 10
        while True:
            try:
                self.redis.ping()
                return
            except redis.RedisError:
                assert time.monotonic() < deadline, "the embedded Redis does not start"
                time.sleep(0.02)

    def queued(self, work: Work) -> int:
        return int(self.redis.llen(QUEUES[work]))

    def kill(self) -> None:
        self.redis.close()
        self.process.kill()
        self.process.wait()


@pytest.fixture
def server(afresh: None, tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path)
    yield server
    server.kill()


# ---- with a Redis --------------------------------------------------------------------------


@pytest.mark.parametrize("work", Work)
def test_a_nudge_is_queued_for_the_worker_that_does_the_work(work: Work, server: Server) -> None:
    nudge(work)
    assert server.queued(work) == 1
    assert work.value in current_app.tasks


def test_while_one_is_queued_others_say_nothing_new(server: Server) -> None:
    for _ in range(500):
        nudge(Work.READING)
    assert server.queued(Work.READING) == 1


def test_one_kind_of_work_is_not_folded_into_another(server: Server) -> None:
    nudge(Work.READING)
    nudge(Work.DELIVERY)
    assert (server.queued(Work.READING), server.queued(Work.DELIVERY)) == (1, 1)


def test_a_nudge_after_one_was_taken_is_queued_again(server: Server) -> None:
    """What was committed while the worker was already looking must not be forgotten."""
    nudge(Work.READING)
    server.redis.lpop("reading")  # a worker has it
    nudge(Work.READING)
    assert server.queued(Work.READING) == 0
    taken(Work.READING)  # and begins to look at the rows now
    nudge(Work.READING)
    assert server.queued(Work.READING) == 1


def test_a_mark_whose_nudge_was_lost_is_forgotten_soon(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nudges, "QUEUED_MILLISECONDS", 100)
    nudge(Work.READING)
    server.redis.delete("reading")  # the worker that took it was killed
    nudge(Work.READING)
    assert server.queued(Work.READING) == 0
    time.sleep(0.15)
    nudge(Work.READING)
    assert server.queued(Work.READING) == 1


def test_an_emptied_redis_takes_nudges_at_once(server: Server) -> None:
    nudge(Work.READING)
    server.redis.flushall()
    nudge(Work.READING)
    assert server.queued(Work.READING) == 1


def test_the_embedded_server_has_no_port_and_lets_nobody_else_in(
    server: Server, tmp_path: Path
) -> None:
    assert server.redis.config_get("port") == {"port": "0"}
    path = socket_path(tmp_path)
    assert path.is_socket()
    assert path.stat().st_mode & 0o077 == 0


# ---- without one ---------------------------------------------------------------------------


def test_without_a_redis_a_nudge_neither_raises_nor_waits(
    caplog: pytest.LogCaptureFixture,
) -> None:
    began = time.monotonic()
    for _ in range(100):
        nudge(Work.READING)
        taken(Work.READING)
    assert time.monotonic() - began < 5
    assert [record.levelno for record in caplog.records] == [logging.WARNING]  # said once


def test_a_redis_that_died_neither_raises_nor_waits(server: Server) -> None:
    nudge(Work.READING)
    server.kill()
    began = time.monotonic()
    for _ in range(100):
        nudge(Work.DELIVERY)
        taken(Work.READING)
    assert time.monotonic() - began < 5
    server.start()


def test_after_a_breather_a_redis_that_is_back_gets_nudges_again(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nudges, "BREATHER_SECONDS", 0.1)
    server.kill()
    nudge(Work.READING)
    server.start()
    time.sleep(0.15)
    nudge(Work.READING)
    assert server.queued(Work.READING) == 1


def test_a_redis_that_hangs_does_not_hold_up_a_request_for_long(server: Server) -> None:
    """Alive, connected to, and answering nothing: stopped, as by a full disk or a debugger."""
    nudge(Work.READING)
    server.process.send_signal(19)  # SIGSTOP
    try:
        began = time.monotonic()
        for _ in range(20):
            nudge(Work.DELIVERY)
        assert time.monotonic() - began < 5
    finally:
        server.process.send_signal(18)  # SIGCONT


@pytest.mark.django_db(transaction=True)
@pytest.mark.database
def test_without_a_redis_a_text_is_accepted_and_the_sweep_finds_it(
    line: Line, carrier: Carrier, tmp_path: Path
) -> None:
    assert carrier.text("where do I park?").status_code == 200
    tasks.sweep()
    server = Server(tmp_path)
    try:
        nudges._silent_until = 0.0
        tasks.sweep()
        assert server.queued(Work.READING) == 1
        tasks.read_waiting()
        assert Decision.objects.count() == 1
        assert not server.redis.exists("nod:nudged:webhooks.tasks.read_waiting")
    finally:
        server.kill()


@pytest.mark.django_db(transaction=True)
@pytest.mark.database
def test_a_text_nudges_the_reader_once_it_is_committed(
    line: Line, carrier: Carrier, server: Server
) -> None:
    carrier.text("where do I park?")
    assert server.queued(Work.READING) == 1
    assert Message.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.database
def test_a_text_that_is_refused_nudges_nobody(line: Line, carrier: Carrier, server: Server) -> None:
    Carrier(carrier.client, key="mallory's").text()
    assert server.queued(Work.READING) == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.database
def test_a_decision_nudges_the_sender_who_tells_everything(
    line: Line, endpoint: Endpoint, receiver: Receiver, carrier: Carrier, server: Server
) -> None:
    carrier.text("HELP")
    tasks.read_waiting()
    assert server.queued(Work.DELIVERY) == 1
    tasks.deliver_due()
    assert len(receiver.got) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.database
def test_a_sender_with_a_backlog_queues_up_again_after_its_turn(
    line: Line,
    endpoint: Endpoint,
    receiver: Receiver,
    carrier: Carrier,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tasks, "TURN_SECONDS", 0.0)
    carrier.text("HELP")
    carrier.text("HELP")
    tasks.read_waiting()
    server.redis.flushall()
    tasks.deliver_due()
    assert len(receiver.got) == 1
    assert server.queued(Work.DELIVERY) == 1
    tasks.deliver_due()
    assert len(receiver.got) == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.database
def test_the_sweep_finds_a_delivery_whose_nudge_was_lost(
    line: Line, endpoint: Endpoint, carrier: Carrier, server: Server
) -> None:
    carrier.text("HELP")
    tasks.read_waiting()
    server.redis.flushall()
    tasks.sweep()
    assert (server.queued(Work.READING), server.queued(Work.DELIVERY)) == (0, 1)


@pytest.mark.django_db
@pytest.mark.database
def test_with_nothing_to_do_the_sweep_says_nothing(server: Server) -> None:
    tasks.sweep()
    assert (server.queued(Work.READING), server.queued(Work.DELIVERY)) == (0, 0)
