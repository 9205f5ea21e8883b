"""The demo's secrets: made once, kept in one ignored file that only its owner can read.

Nothing here is used when SECRET_KEY is set. There is no default secret anywhere else.
"""

import json
import os
import secrets
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class DemoSecrets:
    secret_key: str  # Django's
    password: str  # of the demo log-in
    signing_key: str  # the simulated line's, as a provider's auth token would be
    api_key: str  # of the demo business


def _new() -> DemoSecrets:
    return DemoSecrets(
        secret_key=secrets.token_urlsafe(64),
        password=secrets.token_urlsafe(9),
        signing_key=secrets.token_hex(16),
        api_key="nod_" + secrets.token_urlsafe(32),
    )


def demo_secrets(var_dir: Path) -> DemoSecrets:
    """Read the demo's secrets, making them first if there are none.

    Several processes may start at once: each writes a whole file of its own, and the hard link
    succeeds for one of them only.
    """
    path = var_dir / "demo_secrets.json"
    if not path.exists():
        draft = path.with_suffix(f".{os.getpid()}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(asdict(_new()), file)
        with suppress(FileExistsError):  # another process was first: its secrets are the ones
            os.link(draft, path)
        draft.unlink()
    return DemoSecrets(**json.loads(path.read_text()))
