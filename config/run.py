"""`make run`: prepares the installation, then runs web, workers, scheduler and, without REDIS_URL,
an embedded Redis, all under this one process.

In the demo it also makes a business to try things on, and prints the log-in.
"""

import fcntl
import io
import json
import os
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

import django
from django.core.management import call_command
from django.core.management.base import SystemCheckError

from config.processes import Process, Supervisor, die_with_parent, spawn

READY_SECONDS = 120.0
NO_REDIS = (
    "REDIS_URL does not answer. Texts are taken and kept, and are read once it does: see that it"
    " runs, and that the URL is right."
)
INTERRUPTED = 130  # what shells make of a process that Ctrl-C ended


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if "MAKELEVEL" in os.environ:
        die_with_parent(signal.SIGTERM)
    began = time.monotonic()
    django.setup()
    from django.conf import settings  # readable only after setup

    var_dir = Path(settings.VAR_DIR)
    try:
        lock = only_one(var_dir)
        port_is_free(settings.HOST, settings.PORT)
        prepare(demo=settings.DEMO, train=settings.TRAIN_AT_START)
    except SystemCheckError as error:
        print(error, file=sys.stderr)
        return 1
    except CannotStart as error:
        print(f"Nod does not start: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped.", flush=True)
        return INTERRUPTED
    supervisor = Supervisor(stages(settings, var_dir))
    supervisor.listen()
    try:
        if supervisor.wait(lambda: is_ready(settings), seconds=READY_SECONDS):
            print(welcome(settings, seconds=time.monotonic() - began), flush=True)
            if settings.REDIS_URL and not is_ready(settings, with_queue=True):
                print(NO_REDIS, file=sys.stderr, flush=True)
            supervisor.run()
        elif not supervisor.stopping:
            print("Nod is not ready after two minutes; see the lines above.", file=sys.stderr)
            return 1
    finally:
        print("Stopping …", flush=True)
        supervisor.stop()
        lock.close()
    return 0


class CannotStart(Exception):
    """Says what to do."""


def only_one(var_dir: Path) -> IO[str]:
    """Hold the folder for this process; the kernel lets go of it however we end."""
    lock = (var_dir / "run.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise CannotStart(
            f"it already runs on {var_dir}. Stop it first, or set NOD_VAR to another folder."
        ) from error
    return lock


def port_is_free(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CannotStart(
                f"port {port} is taken ({error.strerror}). Choose another: PORT={port + 1} make run"
            ) from error


def prepare(*, demo: bool, train: bool) -> None:
    """Check the settings, bring the database up to date, gather static files, train if need be.

    Raises SystemCheckError with one sentence for each unsafe setting.
    """
    call_command(
        "check",
        deploy=not demo,
        fail_level="ERROR" if demo else "WARNING",
        stdout=io.StringIO(),  # “no issues” says nothing; issues are raised
    )
    call_command("migrate", interactive=False, verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    if demo:
        call_command("demo")
    if train and first_training() != 0:
        print("The first training failed; the baseline reads until one succeeds.", flush=True)
    if demo and train and has_no_cards():
        # After the training, because the model's guess belongs to a card.
        in_a_process("demo_cards")


def has_no_cards() -> bool:
    from labelgame.models import Poll  # readable only after setup

    return not Poll.objects.exists()


def first_training() -> int:
    """In a process of its own, so that its memory is given back. In a hurry, because somebody
    waits: the scheduler asks for a thorough one, which takes over if it is better.
    """
    return in_a_process("train", "--if-none", "--hurry")


def in_a_process(*command: str) -> int:
    """Of manage.py; its exit code. On Ctrl-C it ends at once, with all that it started: whatever it
    writes, it writes whole or not at all.
    """
    process = spawn([sys.executable, "manage.py", *command], on_parents_death=signal.SIGKILL)
    try:
        return process.wait()
    except KeyboardInterrupt:
        with suppress(ProcessLookupError):  # it ended by itself at the same moment
            os.killpg(process.pid, signal.SIGKILL)
        raise
    finally:
        process.wait()


def stages(settings: "django.conf.LazySettings", var_dir: Path) -> Sequence[Sequence[Process]]:
    """Started in this order; the last stage stops first, so that nothing new comes in."""
    from config.redis import server_command  # needs settings

    redis = [] if settings.REDIS_URL else [Process("redis", server_command(var_dir))]
    return [
        redis,
        [
            Process(
                "reading worker",
                # One process, one model in memory; batches, not processes, make it quick.
                celery("worker", "-n", "reading@%h", "-Q", "reading", "-P", "solo"),
                on_parents_death=signal.SIGKILL,
            ),
            Process(
                "delivery worker",
                # Threads, because it waits for receivers most of the time.
                celery("worker", "-n", "delivery@%h", "-Q", "delivery", "-P", "threads", "-c", "8"),
                on_parents_death=signal.SIGKILL,
            ),
            Process(
                "training worker",
                celery("worker", "-n", "training@%h", "-Q", "training", "-P", "solo"),
                on_parents_death=signal.SIGKILL,
                # A training takes ten minutes or more, and goes on from its checkpoint.
                patience=5.0,
            ),
            Process(
                "scheduler",
                celery("beat", "-s", str(var_dir / "scheduler"), "--pidfile="),
                on_parents_death=signal.SIGKILL,
            ),
        ],
        [Process("web", web_command(settings))],
    ]


def celery(kind: str, *options: str) -> list[str]:
    """One of Celery's processes. The workers need not know of each other."""
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    return [
        # In a container everything runs as root; the warning would bury the log-in.
        *(sys.executable, "-W", "ignore:You're running the worker with superuser"),
        *("-m", "celery", "-A", "config", "--quiet", kind, "-l", "WARNING"),
        *options,
        *(quiet if kind == "worker" else []),
    ]


def web_command(settings: "django.conf.LazySettings") -> list[str]:
    return [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "config.wsgi:application"),
        *("--host", settings.HOST, "--port", str(settings.PORT)),
        *("--workers", str(settings.WEB_WORKERS), "--blocking-threads", "4"),
        # An idle thread keeps its database connection: let it live.
        *("--blocking-threads-idle-timeout", "600"),
        # A worker that will not stop by itself is not waited for: what it kept is committed.
        *("--workers-kill-timeout", "5", "--respawn-failed-workers"),
        *("--no-ws", "--http", "1", "--log-level", "warning"),
    ]


def is_ready(settings: "django.conf.LazySettings", *, with_queue: bool | None = None) -> bool:
    """Texts can be kept. `with_queue`: and read at once; by default where the Redis is ours to
    start. One that is elsewhere may be down when we start, as it may be later: texts wait for it.
    """
    if with_queue is None:
        with_queue = not settings.REDIS_URL
    host = f"[{settings.HOST}]" if ":" in settings.HOST else settings.HOST
    host = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}.get(host, host)  # noqa: S104  a name
    request = urllib.request.Request(
        f"http://{host}:{settings.PORT}/healthz", headers={"Host": settings.ALLOWED_HOSTS[0]}
    )
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310  our own address
            queue = json.load(answer)["queue"]
            return bool(answer.status == 200 and (queue == "ok" or not with_queue))
    except (urllib.error.URLError, OSError, ValueError):
        return False


def welcome(settings: "django.conf.LazySettings", *, seconds: float) -> str:
    base = settings.PUBLIC_BASE_URL
    lines = [
        f"Nod is ready after {seconds:.1f} s. Ctrl-C stops it.",
        "",
        f"  try it        {base}/simulator/",
        f"  play          {base}/play/",
        f"  administer    {base}/admin/",
        f"  API           {base}/api/v1/docs",
        f"  texts come to {base}/webhooks/twilio/",
    ]
    if settings.DEMO:
        from config.demo_secrets import demo_secrets

        known = demo_secrets(Path(settings.VAR_DIR))
        lines += [
            "",
            "  This is the demo: for this machine alone, with accounts and keys of its own.",
            f"  log in as     demo / {known.password}",
            f"  signing key   {known.signing_key}",
            f"  API key       {known.api_key}",
        ]
    return "\n".join(["", *lines, ""])


if __name__ == "__main__":
    sys.exit(main())
