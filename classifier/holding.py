"""Which process holds a training: one that lives keeps a file locked, and the kernel lets go of it
however the process ends.

So a killed training is known for dead at once, where its file is. Of a process whose file is not
here, because it runs on another machine, nothing is known but its signs of life.
"""

import fcntl
import os
import secrets
import socket
from pathlib import Path
from typing import IO

from django.conf import settings

FOLDER = "trainings"  # under NOD_VAR

_held: dict[str, IO[str]] = {}  # by this process


def take_hold() -> str:
    """The name of a new lock file, held until `let_go` or this process's end."""
    name = f"{socket.gethostname()[:60]}-{os.getpid()}-{secrets.token_hex(4)}"
    draft = _file(f".{name}")
    draft.parent.mkdir(parents=True, exist_ok=True)
    lock = draft.open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    draft.rename(_file(name))  # locked before anybody can find it free
    _held[name] = lock
    return name


def let_go(name: str) -> None:
    if (lock := _held.pop(name, None)) is not None:
        _file(name).unlink(missing_ok=True)
        lock.close()


def has_ended(name: str) -> bool:
    """Surely. False also where nothing is known."""
    if not name:
        return False
    try:
        with _file(name).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)  # shared: others may ask as well
    except OSError:  # held, or not here
        return False
    return True


def sweep() -> None:
    """Take away the files of processes that ended without a word."""
    for file in (Path(settings.VAR_DIR) / FOLDER).glob("[!.]*"):
        if has_ended(file.name):
            file.unlink(missing_ok=True)


def _file(name: str) -> Path:
    return Path(settings.VAR_DIR) / FOLDER / name
