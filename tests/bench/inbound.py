"""How many texts a second `/webhooks/twilio/` takes, against the floor view on the same server and
database, in turns within one run.

Both are asked over kept-alive connections by the same senders with requests signed beforehand. An
embedded Redis takes the nudges, and somebody takes them off again as a busy reading worker would.
"""

import http.client
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from urllib.parse import urlencode

from twilio.request_validator import RequestValidator

from config.redis import client, server_command
from tests.bench.table import Line
from tests.processes.installation import ROOT, eventually, free_port
from webhooks.simulator.client import twilio_form

ROUNDS = 7
TEXTS = 400  # per round and view
SENDERS = 4
ACCOUNT, LINE, KEY = "AC" + "0" * 31 + "2", "+15005550011", "bench-signing-key"
PUBLIC = "http://127.0.0.1"  # what is signed; where it is really sent differs by its port
numbers = count()

SET_UP = f"""
from webhooks.models import *
business = Business.objects.create(name="Bench", slug="bench")
line = Line.objects.create(business=business, account_id={ACCOUNT!r}, address={LINE!r})
SigningKey.objects.create(line=line, key={KEY!r})
"""


def measure() -> Iterable[Line]:
    with running_server() as port:
        rates: dict[str, list[float]] = {"/webhooks/twilio/": [], "/floor/": []}
        for path in rates:
            send(path, port)  # warm-up
        for number in range(ROUNDS):
            # Turn by turn, each first every other time: noise falls on both alike.
            for path in sorted(rates, reverse=bool(number % 2)):
                rates[path].append(send(path, port))
    ours, floor = (statistics.median(rates[path]) for path in ("/webhooks/twilio/", "/floor/"))
    database = "PostgreSQL" if os.environ.get("DATABASE_URL") else "SQLite"
    yield Line(f"texts taken, {database}", "texts/s", ours, "parse+verify+insert", floor, 0.6)


def send(path: str, port: int) -> float:
    """Post one round's texts; texts per second."""
    requests = [signed_request(path) for _ in range(TEXTS)]
    shares = [requests[i::SENDERS] for i in range(SENDERS)]
    with ThreadPoolExecutor(SENDERS) as pool:
        began = time.perf_counter()
        list(pool.map(lambda share: post_all(path, port, share), shares))
        return TEXTS / (time.perf_counter() - began)


def signed_request(path: str) -> tuple[bytes, dict[str, str]]:
    form = twilio_form(
        account_id=ACCOUNT,
        sender=f"+1202555{next(numbers) % 10_000:04d}",
        to=LINE,
        body="Yeah 👍 see you on Tuesday",
    )
    signature = RequestValidator(KEY).compute_signature(PUBLIC + path, form)
    headers = {
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        "X-Twilio-Signature": signature,
    }
    return urlencode(form).encode(), headers


def post_all(path: str, port: int, share: list[tuple[bytes, dict[str, str]]]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for body, headers in share:
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200, f"{path} answered {answer.status}"
    connection.close()


@contextmanager
def running_server() -> Iterator[int]:
    """The web process of `make run` with the floor view beside the real ones; its port."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="nod-bench-") as folder:
        (Path(folder) / "static").mkdir()
        env = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.bench.settings",
            "NOD_VAR": folder,
            "PORT": str(port),
            "PUBLIC_BASE_URL": PUBLIC,
        }
        for command in (
            ["migrate", "--run-syncdb", "-v0"],
            ["shell", "--no-imports", "-c", SET_UP],
        ):
            subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=env, check=True)
        redis = subprocess.Popen(server_command(Path(folder)))
        web = subprocess.Popen(web_command(port), cwd=ROOT, env=env)
        stop = threading.Event()
        taker = threading.Thread(target=take_nudges, args=(Path(folder), stop))
        taker.start()
        try:
            eventually(lambda: answers(port), seconds=60, what="the server does not answer")
            yield port
        finally:
            stop.set()
            taker.join()
            for process in (web, redis):
                process.terminate()
                process.wait()


def web_command(port: int) -> list[str]:
    """As config/run.py starts it."""
    return [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "config.wsgi:application"),
        *("--host", "127.0.0.1", "--port", str(port), "--workers", "2", "--blocking-threads", "4"),
        *("--no-ws", "--http", "1", "--log-level", "error"),
    ]


def answers(port: int) -> bool:
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False


def take_nudges(folder: Path, stop: threading.Event) -> None:
    queue = client("", folder)
    while not stop.wait(0.02):  # a batch of readings takes about so long
        try:
            queue.delete("nod:nudged:webhooks.tasks.read_waiting", "reading")
        except Exception:
            continue
