"""Whole requests of a provider, as files: `METHOD URL`, headers, an empty line, the raw form body.

They look as they do on the wire; ids and numbers are fictional. They carry no signature: that is
computed by the provider's own library when one is posted.
"""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from django.test import Client

from tests.webhooks.carrier import KEY, Answered, sign

FOLDER = Path(__file__).parents[1] / "data" / "twilio"


@dataclass(frozen=True)
class Captured:
    name: str
    method: str
    url: str
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, list[str]]:
        return parse_qs(self.body.decode(), keep_blank_values=True, strict_parsing=True)

    def value(self, name: str) -> str:
        return self.form[name][0]


def load(name: str) -> Captured:
    head, _, body = (FOLDER / f"{name}.txt").read_bytes().partition(b"\n\n")
    request, *headers = head.decode().splitlines()
    method, url = request.split(" ")
    return Captured(
        name=name,
        method=method,
        url=url,
        headers=dict(line.split(": ", 1) for line in headers),
        body=body.removesuffix(b"\n"),
    )


def all_names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.txt"))


def post(captured: Captured, client: Client, *, key: str = KEY) -> Answered:
    """Sign it and post it, byte for byte."""
    signature = sign(captured.url, captured.form, key=key)
    return client.generic(
        captured.method,
        urlsplit(captured.url).path,
        captured.body,
        captured.headers["Content-Type"],
        headers=captured.headers | {"X-Twilio-Signature": signature},
    )
