"""Ctrl-C while the first start still prepares."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.processes.installation import free_port

ROOT = Path(__file__).parents[2]

# A training that starts a process of its own, and never ends; what comes before it is left out.
START = """
import sys
from config import run

TRAINING = '''
import subprocess, time
subprocess.Popen(["sleep", "600"])
print("training", flush=True)
time.sleep(600)
'''
run.call_command = lambda *_, **__: None
run.first_training = lambda: run.in_a_process("shell", "--no-imports", "-c", TRAINING)
sys.exit(run.main())
"""


@pytest.mark.timeout(120)
def test_ctrl_c_during_the_first_training_ends_it_in_a_word(tmp_path: Path) -> None:
    env = os.environ | {"NOD_VAR": str(tmp_path / "var"), "PORT": str(free_port())}
    env.pop("MAKELEVEL", None)
    with subprocess.Popen(
        [sys.executable, "-c", START],
        cwd=ROOT,
        env=env | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as parent:
        try:
            assert parent.stdout is not None
            assert parent.stdout.readline() == b"training\n"
            children = psutil.Process(parent.pid).children(recursive=True)
            os.kill(parent.pid, signal.SIGINT)
            said, _ = parent.communicate(timeout=60)
            assert said == b"Stopped.\n"
            assert parent.returncode == 130
            _, left = psutil.wait_procs(children, timeout=30)
            assert len(children) == 2
            assert not left
        finally:
            parent.kill()
