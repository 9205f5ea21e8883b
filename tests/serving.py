"""A live server whose last request is over before the database is emptied."""

import threading
import time

PATIENCE = 10.0  # seconds


def finish_serving() -> None:
    """Wait until no thread of the live server is left: each holds a connection to the database.

    A thread lives as long as the connection it serves. Browsers hang up when their windows close.
    """
    deadline = time.monotonic() + PATIENCE
    while any("process_request_thread" in thread.name for thread in threading.enumerate()):
        assert time.monotonic() < deadline, "the live server is still serving somebody"
        time.sleep(0.01)
