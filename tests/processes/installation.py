"""A whole Nod for a test: the real processes, in a folder and on a port of their own, on the
database that the test run is on."""

import json
import os
import secrets
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

import psutil
import psycopg
from twilio.request_validator import RequestValidator

from tests.fitted import lay_out_fitted
from webhooks.simulator.client import twilio_form

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(condition: Callable[[], bool], *, seconds: float, what: str) -> None:
    """Wait until it holds; the reason in the failure if it never does."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"after {seconds:.0f} s: {what}"
        time.sleep(0.1)


@dataclass
class Installation:
    """Started with `start`; everything it writes lies under `folder`."""

    folder: Path
    port: int = field(default_factory=free_port)
    extra: dict[str, str] = field(default_factory=dict)
    parent: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        lay_out_fitted(self.folder / "models")
        self.database_url = _database_for(self.folder)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def env(self) -> dict[str, str]:
        return {
            **{k: v for k, v in os.environ.items() if k not in {"SECRET_KEY", "MAKELEVEL"}},
            "NOD_VAR": str(self.folder),
            "PORT": str(self.port),
            "DATABASE_URL": self.database_url,
            "TRAIN_AT_START": "0",  # the baseline reads: these tests are about the way
            "SWEEP_SECONDS": "1",
            "CLAIM_LEASE_SECONDS": "10",
            "DELIVERY_TIMEOUT_SECONDS": "2",
            "DELIVERY_RETRY_DELAYS": "0," + ",".join(["1"] * 60),
            **self.extra,
        }

    # ---- life ------------------------------------------------------------------------------

    def start(self) -> None:
        with (self.folder / "run.log").open("ab") as log:
            self.parent = subprocess.Popen(
                [sys.executable, "-m", "config.run"],
                cwd=ROOT,
                env=self.env,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        eventually(self.is_ready, seconds=120, what=f"not ready: {self.log()}")

    def is_ready(self) -> bool:
        assert self.parent is not None
        assert self.parent.poll() is None, self.log()
        return "Nod is ready" in self.log()

    def log(self) -> str:
        return (self.folder / "run.log").read_text(errors="replace")

    def processes(self) -> list[psutil.Process]:
        """The parent's children and theirs."""
        assert self.parent is not None
        return psutil.Process(self.parent.pid).children(recursive=True)

    def process(self, words: str) -> psutil.Process:
        """The child whose command line holds these words."""
        found = self.find(words)
        assert found is not None, f"no process {words!r}"
        return found

    def find(self, words: str) -> psutil.Process | None:
        for process in self.processes():
            with suppress(psutil.Error):  # it may end while it is looked at
                if words in " ".join(process.cmdline()):
                    return process
        return None

    def stop(self, with_signal: signal.Signals = signal.SIGTERM) -> None:
        if self.parent is not None and self.parent.poll() is None:
            self.parent.send_signal(with_signal)
            self.parent.wait(timeout=60)

    # ---- talking to it ---------------------------------------------------------------------

    def secrets(self) -> dict[str, str]:
        known: dict[str, str] = json.loads((self.folder / "demo_secrets.json").read_text())
        return known

    def signed(self, body: str, *, sender: str = "+12025550101") -> tuple[str, dict[str, str], str]:
        """(url, headers, form) of one text, signed by Twilio's own library."""
        url = f"{self.base_url}/webhooks/twilio/"
        form = twilio_form(
            account_id="AC" + "0" * 31 + "1", sender=sender, to="+15005550010", body=body
        )
        signature = RequestValidator(self.secrets()["signing_key"]).compute_signature(url, form)
        headers = {
            "X-Twilio-Signature": signature,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        return url, headers, urlencode(form)

    def post(self, url: str, headers: dict[str, str], form: str) -> int:
        request = urllib.request.Request(url, data=form.encode(), headers=headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    def text(self, body: str, *, sender: str = "+12025550101") -> int:
        return self.post(*self.signed(body, sender=sender))

    def run_code(self, code: str) -> str:
        """Run Python inside this installation; what it printed."""
        return self.manage("shell", "--no-imports", "-c", code).strip()

    def manage(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.env,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def deliver_to(self, url: str) -> str:
        """Make this the one endpoint of the demo business; its secret."""
        return self.run_code(
            "from webhooks.models import *; Endpoint.objects.all().delete();"
            f"e = Endpoint.objects.create(business=Business.objects.get(), url={url!r});"
            "print(EndpointSecret.objects.create(endpoint=e).secret)"
        )

    # ---- looking inside --------------------------------------------------------------------

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        if self.database_url.startswith("sqlite"):
            path = self.database_url.removeprefix("sqlite:///")
            with closing(sqlite3.connect(path, timeout=20)) as connection:
                return connection.execute(sql).fetchall()
        with psycopg.connect(self.database_url) as server:
            return server.execute(sql.encode()).fetchall()

    def execute(self, sql: str) -> None:
        """Change what no door changes: how long ago something was."""
        if self.database_url.startswith("sqlite"):
            path = self.database_url.removeprefix("sqlite:///")
            with closing(sqlite3.connect(path, timeout=20)) as connection, connection:
                connection.execute(sql)
        else:
            with psycopg.connect(self.database_url) as server:
                server.execute(sql.encode())

    def count(self, table: str, where: str = "1=1") -> int:
        return int(self.rows(f"SELECT count(*) FROM webhooks_{table} WHERE {where}")[0][0])

    def figures(self) -> dict[str, int]:
        return {
            "messages": self.count("message"),
            "waiting": self.count("message", "state = 'waiting'"),
            "decisions": self.count("decision"),
            "messages decided": int(
                self.rows("SELECT count(DISTINCT message_id) FROM webhooks_decision")[0][0]
            ),
            "events": self.count("event"),
            "deliveries": self.count("delivery"),
            "delivered": self.count("delivery", "state = 'delivered'"),
            "attempts": self.count("deliveryattempt"),
        }


def _database_for(folder: Path) -> str:
    """A database of its own on the server of this test run; a file where there is no server."""
    server = os.environ.get("DATABASE_URL", "")
    if not server.startswith("postgres"):
        return f"sqlite:///{folder / 'nod.sqlite3'}"
    name = f"nod_{secrets.token_hex(6)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
