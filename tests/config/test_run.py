"""What `make run` waits for, and Ctrl-C while the first start still prepares."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from django.conf import settings as nods
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from config.run import is_ready
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


@pytest.fixture
def served(live_server: LiveServer, settings: Settings, tmp_path: Path) -> Settings:
    """Nod at the address in the settings, without a Redis."""
    host, port = live_server.url.removeprefix("http://").split(":")
    settings.HOST, settings.PORT, settings.VAR_DIR = host, int(port), tmp_path
    settings.ALLOWED_HOSTS = [host]
    return settings


@pytest.mark.django_db(transaction=True)
def test_a_start_waits_for_the_redis_that_it_starts_and_not_for_one_elsewhere(
    served: Settings,
) -> None:
    """Where that is down, texts are taken and kept all the same."""
    served.REDIS_URL = ""
    assert not is_ready(nods)
    served.REDIS_URL = f"redis://127.0.0.1:{free_port()}"
    assert is_ready(nods)
    assert not is_ready(nods, with_queue=True)
