"""An installation to be thrown away: other processes in an environment that knows nothing of the
one they are started from.

What is simulated is written into a database, and simulated labels must never train a model that
reads for people. A process of its own, with its own NOD_VAR, cannot reach this installation's data
by any slip: settings are read once, at its start.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from django.conf import settings
from django.db import connection

from classifier.models import Example, ModelVersion
from config.processes import die_with_parent
from labelgame.models import Player

# Every environment variable of config/settings.py: none is handed on.
_SETTINGS = """
    ALLOWED_HOSTS BASE_MODEL CHECKPOINT_SECONDS CLAIM_LEASE_SECONDS DATABASE_URL DEBUG
    DELIVERY_RETRY_DELAYS DELIVERY_TIMEOUT_SECONDS DRIFT_WINDOW_DAYS DRIFT_WINDOW_READINGS
    EXAMPLES_RANDOM_SHARE FURTHER_BASE_URLS HOST LOG_LEVEL LOOK_AGAIN_SECONDS
    LOOK_FOR_CANDIDATES_SECONDS LOOK_FOR_DRIFT_SECONDS LOOK_FOR_INCIDENTS_SECONDS MODELS_DIR
    NOD_VAR PORT PUBLIC_BASE_URL PUBLISHED_ON_LOOPBACK READER_SPOTS_UNFAMILIAR
    READER_TOKEN_BUDGET REDIS_URL RETRAIN_AFTER_DAYS RETRAIN_AFTER_ROWS
    RETRAIN_AT_MOST_EVERY_HOURS ROWS_DIR SECRET_KEY SEE_TO_GAME_SECONDS SEE_TO_TRAINING_SECONDS
    SWEEP_SECONDS TAXONOMY_FILE TRAIN_AT_START TRUST_PROXY_HEADERS WEB_WORKERS WEIGH_SECONDS
"""
SETTINGS = frozenset(_SETTINGS.split())


class NotEmpty(Exception):
    """This database holds something already: it is no place for a simulation."""


def environment(var_dir: Path, given: Mapping[str, str] = {}) -> dict[str, str]:
    """For the processes of an installation in `var_dir`; `given`: settings of its own."""
    inherited = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    return {**inherited, "NOD_VAR": str(var_dir), "LOG_LEVEL": "warning", **given}


def manage(
    *arguments: str, env: Mapping[str, str], code: Path | None = None, quiet: bool = False
) -> None:
    """A manage.py command in a process of its own, which dies with this one. Raises
    CalledProcessError where it fails.
    """
    code = code or Path(settings.BASE_DIR)
    subprocess.run(
        [sys.executable, str(code / "manage.py"), *arguments],
        cwd=code,
        env=dict(env),
        stdout=subprocess.DEVNULL if quiet else None,
        check=True,
        preexec_fn=lambda: die_with_parent(signal.SIGTERM),
    )


def assert_thrown_away(*, versions: bool = False) -> None:
    """Called by what plays in the database at hand. `versions`: models may be there already."""
    held: Sequence[str] = [
        name
        for name, is_there in {
            "examples": Example.objects.exists(),
            "players": Player.objects.exists(),
            "model versions": not versions and ModelVersion.objects.exists(),
        }.items()
        if is_there
    ]
    if held:
        raise NotEmpty(
            f"{settings.VAR_DIR} holds {' and '.join(held)}: simulated answers would stand among"
            " real ones. Leave out --here; the simulation then makes a place of its own."
        )
    hurry()


def hurry() -> None:
    """What is thrown away need not survive a power cut."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous=OFF")
