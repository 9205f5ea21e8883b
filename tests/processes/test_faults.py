"""Processes killed, queues emptied, receivers down: in the end every message has one decision and
every event was taken once. Real processes, nothing simulated but the misfortune."""

import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.processes.installation import Installation, eventually
from tests.processes.receiver import Receiver

pytestmark = [pytest.mark.processes, pytest.mark.database, pytest.mark.timeout(600)]

REPLIES = ("yes see you then", "can't make it sorry", "what time is it again?", "ok 👍")


def send(nod: Installation, number: int) -> None:
    """So many different texts of as many people, a few at a time; all must be answered 200."""
    with ThreadPoolExecutor(8) as senders:
        statuses = list(
            senders.map(
                lambda i: nod.text(f"{REPLIES[i % 4]} {i}", sender=f"+1202555{i:04d}"),
                range(number),
            )
        )
    assert statuses == [200] * number


def settle(nod: Installation, receiver: Receiver, *, messages: int) -> None:
    """Wait for the end, then check what must always be true, and print the figures."""

    def over() -> bool:
        now = nod.figures()
        return now["decisions"] >= messages and now["delivered"] == now["events"] >= messages

    eventually(over, seconds=240, what=f"{nod.figures()} {nod.log()[-3000:]}")
    figures = nod.figures()
    print(figures, "taken", sum(receiver.taken.values()), "seen", sum(receiver.seen.values()))
    assert figures["messages"] == figures["decisions"] == figures["messages decided"] == messages
    assert figures["events"] == figures["deliveries"] == figures["delivered"]
    assert len(receiver.taken) == figures["events"], "every event arrived under its own id"
    assert receiver.unverified == 0


def test_a_reading_worker_killed_among_500_waiting_messages_loses_none(
    nod: Installation, receiver: Receiver
) -> None:
    nod.process("reading@").suspend()
    send(nod, 500)
    nod.process("reading@").resume()
    eventually(lambda: nod.count("decision") > 0, seconds=60, what="no decision at all")
    nod.process("reading@").send_signal(signal.SIGKILL)
    assert nod.count("message", "state = 'waiting'") > 0, "killed too late to prove anything"
    settle(nod, receiver, messages=500)


def test_redis_killed_and_emptied_while_messages_arrive_loses_none(
    nod: Installation, receiver: Receiver
) -> None:
    killed = []

    def kill_redis() -> None:
        for _ in range(3):
            time.sleep(0.7)
            eventually(lambda: bool(nod.find("redis-server")), seconds=30, what="Redis stays down")
            if (server := nod.find("redis-server")) is not None:
                server.kill()
                server.wait(30)  # or the next look would find it dying
                killed.append(server.pid)

    killer = threading.Thread(target=kill_redis)
    killer.start()
    send(nod, 300)
    killer.join()
    assert killed
    settle(nod, receiver, messages=300)


def test_a_receiver_that_fails_in_every_way_gets_every_event_once(
    nod: Installation, receiver: Receiver
) -> None:
    receiver.answers = [500, 429, 0, 500, 200]
    send(nod, 60)
    eventually(lambda: sum(receiver.seen.values()) > 20, seconds=60, what="nothing was sent")
    port = receiver.close()  # and now it is down altogether
    send_more = [nod.text(f"yes again {i}", sender=f"+1303555{i:04d}") for i in range(20)]
    assert send_more == [200] * 20
    time.sleep(3)
    receiver.answers = []
    receiver.listen(port)
    settle(nod, receiver, messages=80)
    assert sum(receiver.seen.values()) > len(receiver.seen), "nothing was ever retried"


def test_a_delivery_worker_killed_while_sending_loses_none(
    nod: Installation, receiver: Receiver
) -> None:
    receiver.answers = [200, 0]
    send(nod, 60)
    eventually(lambda: len(receiver.seen) > 5, seconds=60, what="nothing was sent")
    nod.process("delivery@").send_signal(signal.SIGKILL)
    receiver.answers = []
    settle(nod, receiver, messages=60)
