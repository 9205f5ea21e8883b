"""`python -m tests.bench.peak ours|theirs FOLDER PAIRS`: reads the pairs of a JSON file with the
version in the folder, and prints the most memory that the process took, in MB."""

import json
import os
import sys
from pathlib import Path

import django

from classifier.readings import Pair


def main(who: str, folder: Path, pairs: list[Pair]) -> float:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    django.setup()
    from django.conf import settings  # readable only after setup

    from classifier.versions import open_version

    version = open_version(folder)
    if who == "ours":
        from classifier.reader import Reader
        from classifier.scoring import scorer_of

        Reader(scorer_of(version, budget=settings.READER_TOKEN_BUDGET, gpu=False)).read(pairs)
    else:
        from tests.bench.reading import as_input, peer_pipeline, read_by_pipeline

        read_by_pipeline(peer_pipeline(version), [as_input(pair) for pair in pairs])
    return peak()


def peak(pid: int | str = "self") -> float:
    """MB. Not getrusage: a process inherits there what its parent took before it was forked."""
    [line] = [
        line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if "VmHWM" in line
    ]
    return float(line.split()[1]) / 1024


if __name__ == "__main__":
    who, folder, pairs = sys.argv[1:]
    print(main(who, Path(folder), [Pair(*pair) for pair in json.loads(Path(pairs).read_text())]))
