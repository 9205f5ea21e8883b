"""A few processes under one parent: started in order, again when they die, stopped together.

On Linux the kernel signals each child when its parent dies, however that happens, so not even
`kill -9` on the parent leaves an orphan.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

MANAGE = Path(__file__).resolve().parent.parent / "manage.py"
LINUX = sys.platform == "linux"
PR_SET_PDEATHSIG = 1  # prctl(2)
SHORTEST_LIFE = 60.0  # seconds after which a process counts as having started well
LONGEST_PAUSE = 30.0  # seconds before a process that keeps dying is started again


def die_with_parent(with_signal: signal.Signals) -> None:
    """Ask the kernel to signal this process when its parent dies."""
    if LINUX:
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, with_signal)


def spawn(command: Sequence[str], *, on_parents_death: signal.Signals) -> subprocess.Popen[bytes]:
    """Start a command in a session of its own: Ctrl-C reaches the parent alone, which then stops
    the others in order."""
    return subprocess.Popen(
        command,
        start_new_session=True,
        preexec_fn=lambda: die_with_parent(on_parents_death),  # noqa: PLW1509  one system call
    )


def manage(*arguments: str, seconds: float) -> bool:
    """manage.py in a process of its own: what it takes of memory, the machine gets back, and it
    dies with this one. False: it took longer, and was killed.
    """
    command = [sys.executable, str(MANAGE), *arguments]
    process = spawn(command, on_parents_death=signal.SIGKILL)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    finally:
        process.kill()
        process.wait()
    return True


@dataclass
class Process:
    """One child and its history."""

    name: str
    command: Sequence[str]
    # Celery's workers may be killed at any line; servers with children of their own may not.
    on_parents_death: signal.Signals = signal.SIGTERM
    patience: float = 20.0  # seconds in which it may end what it is at
    running: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    pause: float = field(default=1.0)
    not_before: float = 0.0

    def start(self) -> None:
        self.running = spawn(self.command, on_parents_death=self.on_parents_death)
        self.started_at = time.monotonic()

    def keep_alive(self) -> None:
        """Start it again if it died: at once the first time, more slowly if it keeps dying."""
        now = time.monotonic()
        if self.running is not None and (code := self.running.poll()) is not None:
            lived = now - self.started_at
            self.pause = 1.0 if lived > SHORTEST_LIFE else min(self.pause * 2, LONGEST_PAUSE)
            self.not_before = now + self.pause
            self.running = None
            print(f"{self.name} ended ({_because(code)}); again in {self.pause:.0f} s", flush=True)
        if self.running is None and now >= self.not_before:
            self.start()

    def ask_to_stop(self) -> None:
        if self.running is not None and self.running.poll() is None:
            self.running.terminate()

    def wait_until_stopped(self) -> None:
        """Then end whatever is left of its group."""
        if self.running is None:
            return
        try:
            self.running.wait(timeout=self.patience)
        except subprocess.TimeoutExpired:
            print(f"{self.name} does not stop; killing it", flush=True)
        with suppress(ProcessLookupError):  # nothing was left
            os.killpg(self.running.pid, signal.SIGKILL)
        self.running.wait()


def _because(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"


class Supervisor:
    """Keeps a list of stages running until a signal; stops the last stage first."""

    def __init__(self, stages: Sequence[Sequence[Process]]) -> None:
        self.stages = stages
        self.stopping = False

    def listen(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._be_told_to_stop)

    def _be_told_to_stop(self, *_: object) -> None:
        """A flag, no event: a signal comes between any two lines, also while an event is being set
        or waited for, whose lock the handler would then wait for in vain.
        """
        self.stopping = True

    def wait(self, until: Callable[[], bool], *, seconds: float) -> bool:
        """Keep everything alive until a condition holds; False: it never did, or we must stop."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not self.stopping:
            self._keep_alive()
            if until():
                return True
            time.sleep(0.1)
        return False

    def run(self) -> None:
        while not self.stopping:
            self._keep_alive()
            time.sleep(0.3)

    def stop(self) -> None:
        for stage in reversed(self.stages):
            for process in stage:
                process.ask_to_stop()
            for process in stage:
                process.wait_until_stopped()

    def _keep_alive(self) -> None:
        for stage in self.stages:
            for process in stage:
                process.keep_alive()
