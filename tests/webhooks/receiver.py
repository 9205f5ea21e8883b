"""The business's own system: a real HTTP server that does what a test has written down for it, and
verifies what it gets with the `standardwebhooks` library."""

import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@dataclass(frozen=True)
class Answer:
    status: int = 200  # 0: hangs up without a word
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    delay: float = 0  # seconds before anything is answered


@dataclass(frozen=True)
class Got:
    """One request, as it came."""

    path: str
    headers: dict[str, str]  # names in small letters
    body: bytes

    def verified(self, secret: str = SECRET) -> Any:
        """The event; raises unless it is signed with this secret."""
        return Webhook(secret).verify(self.body, self.headers)


class Receiver:
    """Answers in the order of `script`, then 200; an event of `refuses`, by its id, with
    `refusal`.
    """

    def __init__(self) -> None:
        self.script: deque[Answer] = deque()
        self.refuses: set[str] = set()
        self.refusal = Answer(500)
        self.got: list[Got] = []
        self.at_once = 0  # requests being answered now
        self.most_at_once = 0
        self._lock = threading.Lock()
        self._closing = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                receiver._take(self)

            def log_message(self, *_: object) -> None:
                """Nothing: pytest shows what matters."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.block_on_close = False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/events"

    def answers(self, *script: Answer | int) -> None:
        self.script.extend(Answer(each) if isinstance(each, int) else each for each in script)

    def close(self) -> None:
        self._closing.set()  # whoever still waits answers now
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _take(self, request: BaseHTTPRequestHandler) -> None:
        request.close_connection = True
        body = request.rfile.read(int(request.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in request.headers.items()}
        with self._lock:
            self.got.append(Got(request.path, headers, body))
            if headers.get("webhook-id") in self.refuses:
                answer = self.refusal
            else:
                answer = self.script.popleft() if self.script else Answer()
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            self._closing.wait(answer.delay)
            self._answer(request, answer)
        except OSError:
            pass  # the sender did not wait for it
        finally:
            with self._lock:
                self.at_once -= 1

    def _answer(self, request: BaseHTTPRequestHandler, answer: Answer) -> None:
        if not answer.status:
            return
        request.send_response(answer.status)
        for name, value in ({"Content-Length": str(len(answer.body))} | answer.headers).items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(answer.body)
        request.wfile.flush()
