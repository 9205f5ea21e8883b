"""The folder that Nod writes to: it holds texts, numbers and secrets."""

import os
import stat
from contextlib import suppress
from pathlib import Path


def private_folder(path: Path) -> None:
    """Make it, or take one that is there and ours, for its owner alone: whatever the umask and
    whatever is written into it."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    found = path.stat()
    # A sticky one, like /tmp, belongs to everybody.
    is_ours = found.st_uid == os.geteuid() and not found.st_mode & stat.S_ISVTX
    if is_ours and stat.S_IMODE(found.st_mode) != 0o700:
        with suppress(PermissionError):  # a disk that knows no modes
            path.chmod(0o700)
