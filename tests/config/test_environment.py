"""What a shell has set for a real installation stays out of its tests."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.environment import SETTINGS
from tests.postgres import HANDED_OVER

ROOT = Path(__file__).parents[2]
REAL = "postgres://nod@db.internal/nod"
SHOWN = "import tests.environment, json, os; print(json.dumps(dict(os.environ)))"


def environment_of_a_run(**sourced: str) -> dict[str, str]:
    """What tests see that are started from a shell with these variables."""
    env = {name: value for name, value in os.environ.items() if name != HANDED_OVER}
    run = subprocess.run(
        [sys.executable, "-c", SHOWN],
        cwd=ROOT,
        env=env | sourced,
        capture_output=True,
        text=True,
        check=True,
    )
    seen: dict[str, str] = json.loads(run.stdout)
    Path(seen["NOD_VAR"], "static").rmdir()
    Path(seen["NOD_VAR"]).rmdir()
    return seen


def test_no_setting_of_a_real_installation_reaches_a_test() -> None:
    sourced = dict.fromkeys(SETTINGS, "of a real installation") | {"DATABASE_URL": REAL}
    seen = environment_of_a_run(**sourced, CI="true", ROWS="a variable of somebody else")
    assert {name for name in SETTINGS if name in seen} == {"NOD_VAR", "LOG_LEVEL"}
    assert "of a real installation" not in seen.values()
    assert (seen["CI"], seen["PATH"]) == ("true", os.environ["PATH"])
    assert seen["ROWS"] == "a variable of somebody else"


@pytest.mark.parametrize("name", ["DATABASE_URL", "TRUST_PROXY_HEADERS", "CLAIM_LEASE_SECONDS"])
def test_settings_are_found_where_they_are_read(name: str) -> None:
    assert name in SETTINGS


def test_a_database_that_was_made_for_the_tests_is_taken() -> None:
    made = "postgres://postgres@localhost/postgres"
    seen = environment_of_a_run(DATABASE_URL=REAL, **{HANDED_OVER: made})
    assert seen["DATABASE_URL"] == made
