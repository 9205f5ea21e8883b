"""`python -m tests.processes.swapping VERSION VERSION`: a process that reads while versions change.

Threads read all the time; the main thread puts the two versions live in turn and, after each swap,
waits until every thread has read with the new one and notes how much memory the process has. What
it saw goes to standard output as JSON.
"""

import gc
import json
import sys
import threading
import time
from dataclasses import dataclass, field

import django
import psutil

SWAPS = 50
THREADS = 3
PATIENCE = 60.0  # seconds for a thread to notice a swap


@dataclass
class Seen:
    """By all threads."""

    readings: int = 0
    failures: list[str] = field(default_factory=list)
    by_thread: dict[int, str] = field(default_factory=dict)  # thread -> version it last read with
    megabytes: list[float] = field(default_factory=list)  # after each swap


def main(names: list[str]) -> None:
    django.setup()
    # Importable only after setup.
    from django.db import connection
    from django.utils import timezone

    from classifier import actions
    from classifier.models import ModelVersion
    from classifier.reader import live_reader
    from classifier.readings import Pair

    seen, stopping = Seen(), threading.Event()

    def read(thread: int) -> None:
        number = 0
        while not stopping.is_set():
            number += 1
            pairs = [
                Pair(f"Coming at {number % 50}?", f"reply {number} of {thread}"),
                Pair("", "ok"),
            ]
            try:
                models = {reading.model for reading in live_reader().read(pairs)}
                [seen.by_thread[thread]] = models  # one call is one version
                seen.readings += len(pairs)
            except Exception as exc:
                seen.failures.append(repr(exc))
            time.sleep(0.005)
        connection.close()

    def all_read_with(name: str) -> bool:
        return list(seen.by_thread.values()) == [name] * THREADS

    threads = [threading.Thread(target=read, args=(thread,)) for thread in range(THREADS)]
    process = psutil.Process()
    versions = [ModelVersion.objects.get(name=name) for name in names]
    for swap in range(SWAPS):
        version = versions[swap % len(versions)]
        actions.promote(version=version, by="a test", now=timezone.now())
        if swap == 0:
            for started in threads:
                started.start()
        deadline = time.monotonic() + PATIENCE
        while not all_read_with(version.name):
            if time.monotonic() > deadline:
                seen.failures.append(f"swap {swap}: {seen.by_thread}, not {version.name}")
                break
            time.sleep(0.01)
        gc.collect()  # what is garbage by now is no leak
        seen.megabytes.append(process.memory_info().rss / 1e6)
    stopping.set()
    for started in threads:
        started.join()
    json.dump(vars(seen), sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
