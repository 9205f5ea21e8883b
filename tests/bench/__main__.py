"""`make bench`: what is quick and what it is measured against. Figures of one run on one machine;
only the ratios say anything elsewhere."""

import importlib
import os
import subprocess
import sys
from collections.abc import Sequence

import django

PARTS = ("inbound", "game", "growth", "reading", "training")
ON_POSTGRES_TOO = ("inbound", "game")


def main(arguments: Sequence[str]) -> int:
    if len(arguments) == 1:
        return measure(arguments[0])
    bench = [sys.executable, "-m", "tests.bench"]
    runs = [[*bench, part] for part in arguments or PARTS]
    if not arguments:
        on_postgres = [sys.executable, "-m", "tests.postgres", *bench]
        runs += [[*on_postgres, part] for part in ON_POSTGRES_TOO]
    return max(subprocess.run(run).returncode for run in runs)


def measure(part: str) -> int:
    """In a process of its own: one part's memory and threads must not disturb the next."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    django.setup()
    module = importlib.import_module(f"tests.bench.{part}")  # needs Django to be set up
    for line in module.measure():
        print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
