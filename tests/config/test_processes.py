"""The parent of all processes, with children that only sleep."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from django.conf import settings

from config import processes
from config.processes import Process, Supervisor
from config.run import stages

PARENT = """
from config.processes import Process, Supervisor

slow_to_stop = ["sh", "-c", "trap 'sleep 1; exit' TERM; sleep 600 & wait"]
supervisor = Supervisor([[Process("sleeper", slow_to_stop)]])
supervisor.listen()
supervisor.wait(lambda: True, seconds=10)
print("ready", flush=True)
supervisor.run()
supervisor.stop()
"""
ALL = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.mark.timeout(60)
def test_what_does_not_stop_is_waited_for_as_long_as_it_may_take(
    capfd: pytest.CaptureFixture[str],
) -> None:
    stubborn = ["sh", "-c", "trap '' TERM; echo on; while :; do sleep 0.1; done"]
    process = Process("training", stubborn, patience=0.5)
    process.start()
    assert process.running is not None
    deadline = time.monotonic() + 10
    while "on" not in capfd.readouterr().out:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    Supervisor([[process]]).stop()
    assert process.running.returncode == -signal.SIGKILL
    assert capfd.readouterr().out == "training does not stop; killing it\n"


def test_ctrl_c_does_not_wait_for_a_training() -> None:
    """It takes half an hour, and goes on from its checkpoint."""
    patience = {
        process.name: process.patience
        for stage in stages(settings, Path(settings.VAR_DIR))
        for process in stage
    }
    assert patience["training worker"] < 10 < patience["reading worker"]


@pytest.mark.timeout(60)
def test_signals_that_come_on_top_of_each_other_stop_it_all_the_same() -> None:
    """As when Ctrl-C is held down, or a terminal closes while an operator stops it."""
    command = [sys.executable, "-c", PARENT]
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as parent:
        try:
            assert parent.stdout is not None
            assert parent.stdout.readline() == b"ready\n"
            [child] = psutil.Process(parent.pid).children()
            began = time.monotonic()
            while parent.poll() is None and time.monotonic() < began + 0.8:
                for number in ALL:
                    os.kill(parent.pid, number)
            parent.wait(timeout=30)
            assert not child.is_running()
        finally:
            parent.kill()


def test_a_command_that_takes_too_long_is_ended(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    script = tmp_path / "manage.py"
    script.write_text("import sys, time; time.sleep(float(sys.argv[1]))")
    monkeypatch.setattr(processes, "MANAGE", script)
    before = set(psutil.Process().children())  # of other tests, on their way out
    assert processes.manage("0", seconds=30)
    assert not processes.manage("600", seconds=0.5)
    assert set(psutil.Process().children()) <= before
