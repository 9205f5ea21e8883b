"""What `make run` promises: one text through real processes, and nothing left behind."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from tests.processes.installation import ROOT, Installation, eventually
from tests.processes.receiver import Receiver

pytestmark = [pytest.mark.processes, pytest.mark.timeout(600)]


@pytest.mark.database
def test_fifty_copies_at_once_are_one_message_one_decision_one_event(
    nod: Installation, receiver: Receiver
) -> None:
    one = nod.signed("Yeah I'm gonna be there")
    with ThreadPoolExecutor(50) as senders:
        statuses = list(senders.map(lambda _: nod.post(*one), range(50)))
    assert statuses == [200] * 50
    eventually(lambda: nod.figures()["delivered"] == 1, seconds=30, what="no delivery")
    figures = nod.figures()
    assert [figures[key] for key in ("messages", "decisions", "events", "deliveries")] == [1] * 4
    assert sum(receiver.taken.values()) == 1


def test_a_text_becomes_a_verified_event_at_another_server(
    nod: Installation, receiver: Receiver
) -> None:
    assert nod.text("yes") == 200
    eventually(lambda: sum(receiver.taken.values()) == 1, seconds=30, what="no event")
    assert receiver.unverified == 0


def test_the_api_is_documented_and_answers_a_key(nod: Installation) -> None:
    def get(path: str, key: str = "") -> bytes:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        request = urllib.request.Request(nod.base_url + path, headers=headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return bytes(answer.read())

    assert "/api/v1/classify" in json.loads(get("/api/v1/openapi.json"))["paths"]
    assert json.loads(get("/api/v1/events", nod.secrets()["api_key"])) == {"events": []}


@pytest.mark.parametrize("with_signal", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_ending_the_parent_leaves_no_process(tmp_path: Path, with_signal: signal.Signals) -> None:
    nod = Installation(tmp_path / "nod")
    nod.start()
    children = nod.processes()
    assert len(children) >= 5  # redis, two workers, scheduler, web
    nod.stop(with_signal)
    _, left = psutil.wait_procs(children, timeout=30)
    assert not left, [process.cmdline() for process in left]


def test_a_second_start_on_the_same_folder_is_refused(nod: Installation) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "config.run"],
        cwd=ROOT,
        env=nod.env,
        capture_output=True,
        text=True,
    )
    assert second.returncode == 1
    assert "already runs" in second.stderr


@pytest.mark.parametrize(
    ("unsafe", "sentence"),
    [
        ({"HOST": "0.0.0.0"}, "HOST is '0.0.0.0', but without SECRET_KEY"),
        ({"SECRET_KEY": "short", "PUBLIC_BASE_URL": "https://nod.example.com"}, "SECRET_KEY has 5"),
        ({"SECRET_KEY": "x" * 64}, "PUBLIC_BASE_URL does not begin with https:// and a host"),
        ({"PORT": "eight"}, "PORT is 'eight': write a whole number"),
    ],
)
def test_an_unsafe_setting_stops_the_start_with_a_sentence(
    tmp_path: Path, unsafe: dict[str, str], sentence: str
) -> None:
    env = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
    started = subprocess.run(
        [sys.executable, "-m", "config.run"],
        cwd=ROOT,
        env={**env, "PORT": "0", "NOD_VAR": str(tmp_path / "nod"), **unsafe},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert started.returncode == 1
    assert sentence in started.stderr
