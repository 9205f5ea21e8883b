"""The only door through which events leave, guarded against being aimed at our own network.

A receiver's host is resolved once, every address is checked, and the connection goes to the
address that was checked: a name that resolves differently a moment later (DNS rebinding) gains
nothing. TLS still verifies the name. Redirects are not followed.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote, urlsplit

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

CONNECT_SECONDS = 5.0
ANSWER_BYTES = 2_000  # of the receiver's answer that are kept with the attempt
NAT64 = ipaddress.ip_network("64:ff9b::/96")
DEFAULT_PORTS = {"http": 80, "https": 443}
UNTOUCHED = "/?&=:@!$'()*+,;~%-._"  # already encoded, or meant as it stands
GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")  # all that has been given out of IPv6


class ForbiddenAddress(Exception):
    """The host is, or resolves to, an address that events must not be sent to."""


class Unreachable(Exception):
    """No connection, or none that TLS trusts."""


class TimedOut(Exception):
    """Connected, but no whole answer in time."""


@dataclass(frozen=True)
class Answer:
    status: int
    retry_after: str
    beginning: str  # of its body


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet.

    `is_global` knows loopback, private, link-local, carrier-grade NAT and documentation ranges.
    IPv6 that only wraps an IPv4 address (mapped, 6to4, NAT64) is judged by what it wraps.
    """
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if inner is None and ip in NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        if ip not in GLOBAL_UNICAST:
            return False
    return ip.is_global and not ip.is_multicast


def checked_address(host: str, port: int, *, allow_loopback: bool) -> str:
    """Resolve once; the first address, provided that all of them may be sent to.

    Raises ForbiddenAddress, or Unreachable when the name does not resolve, or not in time.
    """
    try:
        found = _resolve(host, port).result(timeout=CONNECT_SECONDS)
    except TimeoutError as error:
        raise Unreachable(f"{host} does not resolve in time") from error
    except (OSError, UnicodeError) as error:
        raise Unreachable(f"{host} does not resolve") from error
    addresses = [str(entry[4][0]).partition("%")[0] for entry in found]
    for address in addresses:
        loopback = ipaddress.ip_address(address).is_loopback
        if not (is_public(address) or (allow_loopback and loopback)):
            raise ForbiddenAddress(f"{host} is not on the public internet")
    return addresses[0]


def _resolve(host: str, port: int) -> Future[list[Any]]:
    """Ask in a thread of its own: the resolver takes as long as it is configured to, half a minute
    and more, and cannot be interrupted. Whoever waits no longer leaves it to its end."""
    found: Future[list[Any]] = Future()

    def ask() -> None:
        try:
            found.set_result(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except Exception as error:  # raised where the result is asked for
            found.set_exception(error)

    threading.Thread(target=ask, daemon=True).start()
    return found


@dataclass(frozen=True)
class Target:
    """A URL taken apart for asking: every part in the spelling that goes over the wire."""

    scheme: str
    host: str  # IDNA
    port: int
    path: str  # with its query, percent-encoded
    host_header: str


def target_of(url: str) -> Target:
    """Raises Unreachable for what is no http(s) URL."""
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode()
    except ValueError as error:  # a bad port, bracket or label; UnicodeError is one too
        raise Unreachable("this is not a URL that can be asked for") from error
    if not host or parts.scheme not in DEFAULT_PORTS:
        raise Unreachable("this is not an http(s) URL")
    query = f"?{quote(parts.query, safe=UNTOUCHED)}" if parts.query else ""
    shown = f"[{host}]" if ":" in host else host
    return Target(
        scheme=parts.scheme,
        host=host,
        port=port or DEFAULT_PORTS[parts.scheme],
        path=quote(parts.path or "/", safe=UNTOUCHED) + query,
        host_header=shown if port is None else f"{shown}:{port}",
    )


def post(
    url: str,
    *,
    body: bytes,
    headers: Mapping[str, str],
    timeout: float,
    allow_loopback: bool,
) -> Answer:
    """POST `body`; resolving and connecting take at most CONNECT_SECONDS each, and all of it
    together CONNECT_SECONDS and `timeout`.

    Raises ForbiddenAddress, Unreachable or TimedOut.
    """
    end = time.monotonic() + CONNECT_SECONDS + timeout
    target = target_of(url)
    if target.scheme == "http" and not allow_loopback:
        raise ForbiddenAddress("endpoints are https")
    address = checked_address(target.host, target.port, allow_loopback=allow_loopback)
    if target.scheme == "http" and not ipaddress.ip_address(address).is_loopback:
        raise ForbiddenAddress("plain http only to this very machine")
    connection = _connection(target, address=address)
    with closing(connection), _deadline(connection, end - time.monotonic()) as deadline:
        try:
            connection.connect()
            deadline.watch(connection.sock)
            connection.timeout = timeout  # from here on, of each read
            connection.request(
                "POST",
                target.path,
                body=body,
                headers={**headers, "Host": target.host_header},
                preload_content=False,
                decode_content=False,
            )
            response = connection.getresponse()
            return Answer(
                status=response.status,
                retry_after=response.headers.get("Retry-After", ""),
                beginning=_beginning(response),
            )
        except (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError) as error:
            if deadline.passed or isinstance(error, TimeoutError):
                raise TimedOut("no whole answer in time") from error
            raise Unreachable(type(error).__name__) from error


def _connection(target: Target, *, address: str) -> HTTPConnection:
    """A connection to the checked address; TLS asks for, and verifies, the name."""
    if target.scheme == "http":
        return HTTPConnection(address, target.port, timeout=CONNECT_SECONDS)
    return HTTPSConnection(
        address,
        target.port,
        timeout=CONNECT_SECONDS,
        ssl_context=_trust(),
        server_hostname=target.host,  # the context verifies the certificate's name against it
    )


@cache
def _trust() -> ssl.SSLContext:
    """The authorities that this machine trusts: read once, because it takes some 40 ms."""
    return ssl.create_default_context()


class Deadline:
    """Cuts a connection off by the clock. A socket's own timeout counts from byte to byte, so a
    receiver that drips its answer out would never run into it."""

    def __init__(self, connection: HTTPConnection) -> None:
        self.connection = connection
        self.passed = False
        self.sockets: list[socket.socket] = []

    def watch(self, connected: socket.socket | None) -> None:
        """Remember the socket: http.client lets go of its own while the answer is being read."""
        if connected is not None:
            self.sockets.append(connected)

    def cut_off(self) -> None:
        self.passed = True
        self.watch(self.connection.sock)
        for each in self.sockets:
            with suppress(OSError):  # it ended by itself at the same moment
                each.shutdown(socket.SHUT_RDWR)


@contextmanager
def _deadline(connection: HTTPConnection, seconds: float) -> Iterator[Deadline]:
    deadline = Deadline(connection)
    timer = threading.Timer(seconds, deadline.cut_off)
    timer.start()
    try:
        yield deadline
    finally:
        timer.cancel()


def _beginning(response: urllib3.BaseHTTPResponse) -> str:
    """The first of its body, for people to read. The status is the answer: a body that breaks off
    changes nothing."""
    beginning = b""
    with suppress(urllib3.exceptions.HTTPError, http.client.HTTPException, OSError):
        beginning = response.read(ANSWER_BYTES)
    return beginning.decode(errors="replace").replace("\x00", "")
