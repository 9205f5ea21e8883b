"""One request as it was really delivered, verified in four languages by programs that share nothing
with Nod: what docs/webhooks.md shows receivers, docs/examples/.
"""

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from tests.webhooks.carrier import Carrier
from tests.webhooks.conftest import read_everything, tell_everything
from tests.webhooks.receiver import SECRET, Got, Receiver
from webhooks.delivery import signed_headers
from webhooks.models import Endpoint, Line
from webhooks.models.deliveries import new_secret

pytestmark = pytest.mark.django_db

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
INTERPRETERS = {
    "verify.py": "python3",
    "verify.sh": "sh",
    "verify.pl": "perl",
    "verify.mjs": "node",
}


@pytest.fixture
def delivered(line: Line, endpoint: Endpoint, carrier: Carrier, receiver: Receiver) -> Got:
    """An event with more than ASCII in it, as the practice's system got it."""
    carrier.text("“HELP” …")
    read_everything()
    tell_everything()
    [got] = receiver.got
    assert not got.body.isascii()
    return got


@pytest.fixture(params=INTERPRETERS)
def verifier(request: pytest.FixtureRequest) -> list[str]:
    """Its command. Without the interpreter the test is skipped, but in CI it fails."""
    needed = [INTERPRETERS[request.param]] + ["openssl"] * request.param.endswith(".sh")
    for each in needed:
        if shutil.which(each) is None:
            why = f"{each} is not installed: apt-get install nodejs perl openssl"
            if os.environ.get("CI") == "true":
                pytest.fail(why)
            pytest.skip(why)
    return [needed[0], str(EXAMPLES / request.param)]


def accepts(verifier: list[str], got: Got, *, secret: str = SECRET) -> bool:
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    headers = {f"HTTP_{name.upper().replace('-', '_')}": got.headers[name] for name in names}
    run = subprocess.run(
        verifier,
        input=got.body,
        env={"PATH": os.environ["PATH"], "NOD_SECRET": secret, **headers},
        capture_output=True,
        timeout=60,
    )
    assert run.returncode in (0, 1), run.stderr
    assert bool(run.returncode) == bool(run.stderr)  # says why, and says nothing else
    assert b"rror" not in run.stderr  # refused, not stumbled
    return run.returncode == 0


def signed_again(got: Got, *, at: datetime, secrets: Sequence[str] = (SECRET,)) -> Got:
    headers = signed_headers(
        event_id=got.headers["webhook-id"], body=got.body.decode(), secrets=list(secrets), now=at
    )
    return replace(got, headers=got.headers | headers)


def test_what_nod_delivered_is_verified_and_nothing_else_is(
    verifier: list[str], delivered: Got
) -> None:
    now = timezone.now()
    later = str(int(delivered.headers["webhook-timestamp"]) + 1)
    assert accepts(verifier, delivered)
    assert accepts(verifier, signed_again(delivered, at=now, secrets=(new_secret(), SECRET)))

    assert not accepts(verifier, delivered, secret=new_secret())
    for body in (delivered.body + b"\n", delivered.body.replace(b"hold", b"act "), b""):
        assert not accepts(verifier, replace(delivered, body=body))
    for name, value in (
        ("webhook-id", "evt_other"),
        ("webhook-timestamp", later),
        ("webhook-signature", "v1,AAAA * v1a,AAAA"),
    ):
        changed = replace(delivered, headers=delivered.headers | {name: value})
        assert not accepts(verifier, changed)
    for age in (timedelta(minutes=6), -timedelta(minutes=6)):  # rightly signed, and too old or new
        assert not accepts(verifier, signed_again(delivered, at=now - age))


@pytest.mark.parametrize("name", INTERPRETERS)
def test_the_documents_show_the_verifier_that_is_tested(name: str) -> None:
    shown = (EXAMPLES.parent / "webhooks.md").read_text()
    assert f"\n{(EXAMPLES / name).read_text()}```\n" in shown
