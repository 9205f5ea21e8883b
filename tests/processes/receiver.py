"""A business's own system: a separate HTTP server that verifies what it gets with the
`standardwebhooks` library and can be told to misbehave."""

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook


@dataclass
class Receiver:
    """Answers 200 unless `answers` says otherwise for a while."""

    secret: str = ""
    answers: list[int] = field(default_factory=list)  # cycled through; 0: hang
    taken: Counter[str] = field(default_factory=Counter)  # by webhook-id, answered 200
    seen: Counter[str] = field(default_factory=Counter)  # by webhook-id, whatever was answered
    unverified: int = 0
    server: ThreadingHTTPServer | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def listen(self, port: int = 0) -> str:
        """Start; the URL to deliver to."""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                receiver.take(self)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_port}/events"

    def close(self) -> int:
        """Stop listening; the port, to come back on."""
        assert self.server is not None
        self.server.shutdown()
        self.server.server_close()
        return int(self.server.server_port)

    def take(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers["Content-Length"]))
        event_id = request.headers["webhook-id"]
        with self.lock:
            self.seen[event_id] += 1
            status = (
                self.answers[sum(self.seen.values()) % len(self.answers)] if self.answers else 200
            )
        if status == 0:
            time.sleep(4)  # longer than the sender waits
            return
        if status == 200:
            self._verify(body, dict(request.headers.items()), event_id)
        request.send_response(status)
        if status == 429:
            request.send_header("Retry-After", "1")
        request.send_header("Content-Length", "0")
        request.end_headers()

    def _verify(self, body: bytes, headers: dict[str, str], event_id: str) -> None:
        with self.lock:
            try:
                Webhook(self.secret).verify(body, headers)
            except Exception:
                self.unverified += 1
            else:
                self.taken[event_id] += 1
