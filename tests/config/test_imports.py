"""What every process of an installation brings along when it starts, and what none should."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Seconds to import and hundreds of megabytes, times eight processes.
HEAVY = {"torch", "transformers", "sklearn", "scipy", "pandas", "crowdkit", "onnx"}
# All that web, workers and scheduler import before their first request, task or tick.
START = """
import sys
import django
django.setup()
import config.urls
from config.celery import app
app.loader.import_default_modules()
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_no_process_starts_with_what_only_models_need() -> None:
    done = subprocess.run(
        [sys.executable, "-c", START],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"},
    )
    assert done.returncode == 0, done.stderr
    assert HEAVY.isdisjoint(done.stdout.split())
