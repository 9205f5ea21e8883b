"""The door through which events leave: where it leads, and how long it stays open.

The servers here are real sockets on this machine. Names are made to resolve as a test needs them by
replacing `socket.getaddrinfo`, the one thing of the network that is not real.
"""

import gzip
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.webhooks.receiver import Answer as Scripted
from tests.webhooks.receiver import Receiver
from webhooks import egress
from webhooks.egress import (
    ANSWER_BYTES,
    Answer,
    ForbiddenAddress,
    TimedOut,
    Unreachable,
    checked_address,
    is_public,
)

CERTIFICATE = Path(__file__).parents[1] / "data" / "tls" / "receiver.example.pem"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

Names = dict[str, list[str]]


def post(
    url: str, *, timeout: float = 2, allow_loopback: bool = True, body: bytes = b"{}"
) -> Answer:
    return egress.post(
        url, body=body, headers={"X-Nod": "1"}, timeout=timeout, allow_loopback=allow_loopback
    )


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """name -> addresses it resolves to; addresses resolve to themselves."""
    known: Names = {}
    real = socket.getaddrinfo

    def resolve(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name not in known:
            return real(host, port, *args, **kwargs)
        return [entry for each in known[name] for entry in real(each, port, *args, **kwargs)]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return known


Talk = Callable[[socket.socket], None]


class Server:
    """Says whatever a test wants to whoever connects."""

    def __init__(self, talk: Talk, *, tls: bool = False, family: int = socket.AF_INET) -> None:
        self.talk = talk
        self.context = _tls() if tls else None
        self.asked: list[bytes] = []
        host = "::1" if family == socket.AF_INET6 else "127.0.0.1"
        self.listener = socket.create_server((host, 0), family=socket.AddressFamily(family))
        self.port: int = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def _serve(self) -> None:
        while True:
            try:
                raw, _ = self.listener.accept()
            except OSError:
                return  # closed
            with raw, suppress(OSError):
                raw.settimeout(20)
                connection = (
                    self.context.wrap_socket(raw, server_side=True) if self.context else raw
                )
                with connection:
                    self.asked.append(_request(connection))
                    self.talk(connection)

    def close(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()


def _tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


def _request(connection: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received or not received.endswith(b"{}"):
        if not (more := connection.recv(65_536)):
            break
        received += more
    return received


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(talk: Talk | bytes, **how: Any) -> Server:
        says = talk
        server = Server(says if callable(says) else lambda to: to.sendall(says), **how)
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.close()


# ---- where it leads ------------------------------------------------------------------------

NOT_PUBLIC = [
    "127.0.0.1",
    "127.8.9.1",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",  # cloud metadata
    "100.64.0.1",  # carrier-grade NAT
    "192.0.2.1",  # documentation
    "198.18.0.1",  # benchmarks
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fec0::1",  # site-local, long deprecated and still routed in places
    "ff02::1",
    "2001:db8::1",
    "2001:0:7f00:1::1",  # Teredo
    "::ffff:10.0.0.1",
    "::ffff:127.0.0.1",
    "::127.0.0.1",  # IPv4-compatible
    "::ffff:0:127.0.0.1",  # IPv4-translated
    "2002:7f00:1::",  # 6to4 of 127.0.0.1
    "2002:a9fe:a9fe::",  # 6to4 of 169.254.169.254
    "64:ff9b::127.0.0.1",  # NAT64
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::1",  # NAT64, local use
    "4000::1",  # nobody's yet
    "fe00::1",
]
PUBLIC = ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "2002:808:808::1"]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_not_public_is_refused(address: str, names: Names) -> None:
    assert not is_public(address)
    names["inside.example"] = [address]
    with pytest.raises(ForbiddenAddress):
        checked_address("inside.example", 443, allow_loopback=False)


@pytest.mark.parametrize("address", [each for each in NOT_PUBLIC if each not in ("127.0.0.1",)])
def test_not_even_the_demo_reaches_into_the_private_network(address: str, names: Names) -> None:
    names["inside.example"] = [address]
    if address in ("127.8.9.1", "::1"):  # this very machine
        assert checked_address("inside.example", 80, allow_loopback=True) == address
        return
    with pytest.raises(ForbiddenAddress):
        checked_address("inside.example", 80, allow_loopback=True)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_let_through(address: str, names: Names) -> None:
    assert is_public(address)
    names["receiver.example"] = [address]
    assert checked_address("receiver.example", 443, allow_loopback=False) == address


@pytest.mark.parametrize(
    "addresses", [["8.8.8.8", "10.0.0.1"], ["10.0.0.1", "8.8.8.8"], ["2606:4700::1111", "::1"]]
)
def test_a_name_that_is_public_and_private_is_refused(addresses: list[str], names: Names) -> None:
    names["both.example"] = addresses
    with pytest.raises(ForbiddenAddress):
        checked_address("both.example", 443, allow_loopback=False)


@pytest.mark.parametrize(
    "host",
    ["127.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.0.0.1.", "[::1]", "localhost"],
)
def test_an_odd_spelling_of_this_machine_is_refused(host: str) -> None:
    with pytest.raises((ForbiddenAddress, Unreachable)):
        post(f"https://{host}:1/", allow_loopback=False)


def test_a_name_that_does_not_resolve_is_unreachable(names: Names) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", fail)
        with pytest.raises(Unreachable, match="does not resolve"):
            post("https://nowhere.example/")


@pytest.mark.parametrize(
    "url", ["http://8.8.8.8/", "http://receiver.example/", "http://127.0.0.1/"]
)
def test_plain_http_is_refused_outside_the_demo(url: str, names: Names) -> None:
    names["receiver.example"] = ["8.8.8.8"]
    with pytest.raises(ForbiddenAddress):
        post(url, allow_loopback=False)


@pytest.mark.parametrize("url", ["http://8.8.8.8/", "http://receiver.example/"])
def test_in_the_demo_plain_http_goes_to_this_machine_only(url: str, names: Names) -> None:
    names["receiver.example"] = ["8.8.8.8"]
    with pytest.raises(ForbiddenAddress):
        post(url, allow_loopback=True)


@pytest.mark.parametrize("scheme", ["ftp", "file", "gopher", "ws", "HTTPSX", ""])
def test_any_other_scheme_is_refused(scheme: str) -> None:
    with pytest.raises((ForbiddenAddress, Unreachable)):
        post(f"{scheme}://127.0.0.1/")


# ---- the address that was checked is the one that is asked -----------------------------------


def test_the_connection_goes_to_the_checked_address_and_keeps_the_name(
    names: Names, serve: Callable[..., Server]
) -> None:
    server = serve(OK)
    names["receiver.example"] = ["127.0.0.1"]
    answer = post(f"http://receiver.example:{server.port}/events?a=1")
    assert answer.status == 200
    head = server.asked[0].split(b"\r\n")
    assert head[0] == b"POST /events?a=1 HTTP/1.1"
    assert [line for line in head if line.lower().startswith(b"host:")] == [
        f"Host: receiver.example:{server.port}".encode()
    ]


def test_a_name_that_resolves_elsewhere_a_moment_later_gains_nothing(
    monkeypatch: pytest.MonkeyPatch, serve: Callable[..., Server]
) -> None:
    checked, rebound = serve(OK), serve(OK, family=socket.AF_INET6)
    real, asked = socket.getaddrinfo, []

    def rebinding(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        if host != "rebinding.example":
            return real(host, port, *args, **kwargs)
        asked.append(host)
        return real("127.0.0.1" if len(asked) == 1 else "::1", port, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    post(f"http://rebinding.example:{checked.port}/")
    assert len(asked) == 1
    assert len(checked.asked) == 1
    assert not rebound.asked


def test_an_ipv6_address_is_asked_as_well(serve: Callable[..., Server]) -> None:
    server = serve(OK, family=socket.AF_INET6)
    assert post(f"http://[::1]:{server.port}/").status == 200
    assert f"Host: [::1]:{server.port}".encode() in server.asked[0]


def test_a_name_in_another_script_is_asked_for_in_ascii(
    names: Names, serve: Callable[..., Server]
) -> None:
    server = serve(OK)
    names |= {"xn--r8jz45g.test": ["127.0.0.1"], "例え.test": ["127.0.0.1"]}
    assert post(f"http://例え.test:{server.port}/例?q=ü&r=%20").status == 200
    assert b"Host: xn--r8jz45g.test:" in server.asked[0]
    assert server.asked[0].startswith(b"POST /%E4%BE%8B?q=%C3%BC&r=%20 HTTP/1.1")


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1:99999/",
        "https://127.0.0.1:x/",
        "https://[::1/",
        "https://",
        "https:///events",
        "https://" + "a" * 300 + "/",
        "https://a..b/",
        "https://a b/",
        "not a url",
        "",
        "http://127.0.0.1:1/a\r\nX-Evil: 1",
    ],
)
def test_a_url_that_cannot_be_asked_for_is_unreachable(url: str) -> None:
    with pytest.raises((Unreachable, ForbiddenAddress)):
        post(url)


def test_a_login_in_the_url_is_not_part_of_the_host(serve: Callable[..., Server]) -> None:
    server = serve(OK)
    post(f"http://user:pass@127.0.0.1:{server.port}/")
    assert f"Host: 127.0.0.1:{server.port}\r\n".encode() in server.asked[0]


# ---- TLS -----------------------------------------------------------------------------------


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As if an authority that this machine trusts had signed the receiver's certificate."""
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    egress._trust.cache_clear()
    yield
    egress._trust.cache_clear()


def test_whom_this_machine_trusts_is_read_once(
    names: Names, serve: Callable[..., Server], trusted: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def create() -> ssl.SSLContext:
        made.append(real())
        return made[-1]

    made: list[ssl.SSLContext] = []
    real = ssl.create_default_context
    monkeypatch.setattr(ssl, "create_default_context", create)
    names["receiver.example"], names["evil.example"] = ["127.0.0.1"], ["127.0.0.1"]
    server = serve(OK, tls=True)
    for _ in range(2):
        assert post(f"https://receiver.example:{server.port}/").status == 200
        with pytest.raises(Unreachable):  # each name is verified anew
            post(f"https://evil.example:{server.port}/")
    assert len(made) == 1


def test_a_self_signed_server_is_unreachable(names: Names, serve: Callable[..., Server]) -> None:
    server = serve(OK, tls=True)
    names["receiver.example"] = ["127.0.0.1"]
    with pytest.raises(Unreachable):
        post(f"https://receiver.example:{server.port}/")
    assert not server.asked


def test_tls_verifies_the_name_though_the_address_is_connected_to(
    names: Names, serve: Callable[..., Server], trusted: None
) -> None:
    server = serve(OK, tls=True)
    names["receiver.example"] = ["127.0.0.1"]
    assert post(f"https://receiver.example:{server.port}/events").status == 200
    assert f"Host: receiver.example:{server.port}".encode() in server.asked[0]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1"])
def test_a_certificate_of_another_name_is_not_believed(
    host: str, names: Names, serve: Callable[..., Server], trusted: None
) -> None:
    server = serve(OK, tls=True)
    names["evil.example"] = ["127.0.0.1"]
    with pytest.raises(Unreachable):
        post(f"https://{host}:{server.port}/")
    assert not server.asked


def test_https_to_a_server_that_speaks_none_gets_nowhere(
    serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(egress, "CONNECT_SECONDS", 0.3)
    server = serve(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    with pytest.raises((Unreachable, TimedOut)):
        post(f"https://127.0.0.1:{server.port}/", timeout=0.3)


# ---- what comes back -----------------------------------------------------------------------


def test_status_beginning_and_retry_after_are_told(receiver: Receiver) -> None:
    receiver.answers(Scripted(503, {"Retry-After": "7"}, b"later"))
    assert post(receiver.url) == Answer(503, "7", "later")


def test_body_and_headers_arrive_as_they_were_given(receiver: Receiver) -> None:
    post(receiver.url, body='{"text":"👍"}'.encode())
    assert receiver.got[0].body == '{"text":"👍"}'.encode()
    assert receiver.got[0].headers["x-nod"] == "1"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int, receiver: Receiver) -> None:
    receiver.answers(Scripted(status, {"Location": receiver.url}))
    assert post(receiver.url).status == status
    assert len(receiver.got) == 1


def test_of_an_oversized_answer_only_the_beginning_is_read(receiver: Receiver) -> None:
    receiver.answers(Scripted(200, {}, b"x" * 5_000_000))
    assert post(receiver.url).beginning == "x" * ANSWER_BYTES


def test_an_answer_without_end_is_not_waited_for(serve: Callable[..., Server]) -> None:
    def endless(to: socket.socket) -> None:
        to.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            to.sendall(b"5\r\nagain\r\n")

    began = time.monotonic()
    answer = post(f"http://127.0.0.1:{serve(endless).port}/", timeout=5)
    assert len(answer.beginning) == ANSWER_BYTES
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "body", [b"\xff\xfe\x00", b"a\x00b", gzip.compress(b"x" * 10_000_000), b"\x1b[2J"]
)
def test_an_answer_that_is_no_text_is_kept_as_well_as_can_be(
    body: bytes, receiver: Receiver
) -> None:
    receiver.answers(Scripted(200, {}, body))
    answer = post(receiver.url)
    assert answer.status == 200
    assert "\x00" not in answer.beginning
    assert len(answer.beginning) <= ANSWER_BYTES


@pytest.mark.parametrize(
    "rest",
    [
        b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
        b"Content-Length: 500\r\n\r\nhello",
        b"Transfer-Encoding: chunked\r\n\r\nZZ\r\nhello",
        b"Transfer-Encoding: chunked\r\n\r\n5\r\nhel",
    ],
)
def test_a_body_that_breaks_off_does_not_undo_the_status(
    rest: bytes, serve: Callable[..., Server]
) -> None:
    server = serve(b"HTTP/1.1 200 OK\r\n" + rest)
    assert post(f"http://127.0.0.1:{server.port}/").status == 200


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"\x00" * 100,
        b"hello\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 9999 Big\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\nx",
    ],
)
def test_an_answer_that_is_no_http_is_unreachable(
    garbage: bytes, serve: Callable[..., Server]
) -> None:
    server = serve(garbage)
    with pytest.raises(Unreachable):
        post(f"http://127.0.0.1:{server.port}/")


def test_nobody_listening_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with pytest.raises(Unreachable):
        post(f"http://127.0.0.1:{port}/")


def test_a_connection_that_is_reset_is_unreachable(serve: Callable[..., Server]) -> None:
    def reset(to: socket.socket) -> None:
        to.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")

    with pytest.raises(Unreachable):
        post(f"http://127.0.0.1:{serve(reset).port}/")


# ---- how long it stays open ----------------------------------------------------------------


def hang(to: socket.socket) -> None:
    to.recv(1)  # until the other side gives up


def drip(head: bytes, drops: bytes) -> Talk:
    """Never idle for as long as a socket's timeout, and never done."""

    def talk(to: socket.socket) -> None:
        to.sendall(head)
        for drop in drops:
            time.sleep(0.1)
            to.sendall(bytes([drop]))

    return talk


def test_a_server_that_hangs_times_out_within_the_limit(serve: Callable[..., Server]) -> None:
    began = time.monotonic()
    with pytest.raises(TimedOut):
        post(f"http://127.0.0.1:{serve(hang).port}/", timeout=0.3)
    assert time.monotonic() - began < 3


@pytest.fixture
def slow_names(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """The resolver answers once the event is set."""
    answers = threading.Event()
    real = socket.getaddrinfo

    def resolve(*args: Any, **kwargs: Any) -> Any:
        answers.wait(20)
        return real(*args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(egress, "CONNECT_SECONDS", 0.4)
    yield answers
    answers.set()


def test_a_resolver_that_hangs_is_not_waited_for(slow_names: threading.Event) -> None:
    began = time.monotonic()
    with pytest.raises(Unreachable, match="does not resolve in time"):
        post("https://127.0.0.1:1/")
    assert time.monotonic() - began < 5


def test_the_time_to_resolve_is_part_of_the_limit(
    serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lease is longer than the limit: what takes longer may be sent by another sender, too."""

    def resolve(*args: Any, **kwargs: Any) -> Any:
        time.sleep(0.2)
        return getaddrinfo(*args, **kwargs)

    def limited(to: Any, seconds: float) -> Any:
        limits.append(seconds)
        return deadline(to, seconds)

    limits: list[float] = []
    getaddrinfo, deadline = socket.getaddrinfo, egress._deadline
    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(egress, "_deadline", limited)
    assert post(f"http://127.0.0.1:{serve(OK).port}/", timeout=2).status == 200
    assert 1 < limits[0] <= egress.CONNECT_SECONDS + 2 - 0.2


def test_a_server_that_takes_nobody_times_out_while_connecting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its queue of connections is full: the kernel answers nothing."""
    monkeypatch.setattr(egress, "CONNECT_SECONDS", 0.3)
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(3)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(full.getsockname())
        began = time.monotonic()
        with pytest.raises((TimedOut, Unreachable)):
            post(f"http://127.0.0.1:{full.getsockname()[1]}/", timeout=0.3)
        assert time.monotonic() - began < 5
        for each in waiting:
            each.close()


def test_a_head_that_drips_in_is_cut_off_by_the_clock(
    serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(egress, "CONNECT_SECONDS", 0.4)
    began = time.monotonic()
    with pytest.raises(TimedOut):
        post(f"http://127.0.0.1:{serve(drip(b'HTTP/1.1 ', b'2' * 100)).port}/", timeout=0.4)
    assert time.monotonic() - began < 5


REST = {
    "headers": b"HTTP/1.1 200 OK\r\nX-Slow: ",
    "kept alive": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n",
    "closed": b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 100\r\n\r\n",
    "old": b"HTTP/1.0 200 OK\r\n\r\n",
    "chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\n",
    "packed": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 100\r\n\r\n",
}


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("name", REST)
def test_an_answer_that_drips_in_is_cut_off_by_the_clock(
    name: str,
    tls: bool,
    names: Names,
    serve: Callable[..., Server],
    trusted: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(egress, "CONNECT_SECONDS", 0.4)
    names["receiver.example"] = ["127.0.0.1"]
    server = serve(drip(REST[name], b"x" * 100), tls=tls)
    began = time.monotonic()
    with suppress(TimedOut):  # or the status that came before it: either is an answer
        scheme = "https" if tls else "http"
        assert post(f"{scheme}://receiver.example:{server.port}/", timeout=0.4).status == 200
    assert time.monotonic() - began < 5


def test_a_clock_that_is_not_needed_is_stopped(receiver: Receiver) -> None:
    post(receiver.url, timeout=600)
    for clock in [each for each in threading.enumerate() if isinstance(each, threading.Timer)]:
        clock.join(10)
        assert not clock.is_alive()
