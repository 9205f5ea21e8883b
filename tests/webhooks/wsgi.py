"""Requests as the web server hands them over: any bytes, any header, no library to tidy them."""

import io
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from config.wsgi import application
from tests.webhooks.carrier import FORM


def call(
    method: str,
    path: str,
    *,
    query: bytes = b"",
    body: bytes = b"",
    content_type: str = FORM,
    headers: dict[str, str] | None = None,
) -> int:
    """The status that is sent. Raises what would leave the application: the server's own 500."""
    answered: list[str] = []
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query.decode("latin-1"),  # bytes as Latin-1, as WSGI wants them
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": str(len(body)),
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
    } | {f"HTTP_{name.upper().replace('-', '_')}": v for name, v in (headers or {}).items()}
    with _one_connection():
        answer = application(environ, lambda status, _headers: answered.append(status))
        getattr(answer, "close", lambda: None)()
    return int(answered[0].split()[0])


@contextmanager
def _one_connection() -> Iterator[None]:
    """A request must not close the connection that holds the test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)
