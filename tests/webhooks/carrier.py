"""The provider, from outside: signs with Twilio's own library and posts to the real addresses."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlencode

from django.test import Client
from twilio.request_validator import RequestValidator

if TYPE_CHECKING:  # django-stubs' name for what the test client returns
    from django.test.client import _MonkeyPatchedWSGIResponse

BASE_URL = "https://nod.example.com"
ACCOUNT = "AC" + "0" * 31 + "1"
KEY = "12345"
DENTAL = "+15005550010"
BOB = "+12025550101"
FORM = "application/x-www-form-urlencoded"

INBOUND = "/webhooks/twilio/"
STATUS = "/webhooks/twilio/status/"

Answered: TypeAlias = "_MonkeyPatchedWSGIResponse"
Form = Mapping[str, str | list[str]]
_numbers = count(1)


def new_sid() -> str:
    return f"SM{next(_numbers):032x}"


class Multi(dict[str, list[str]]):
    """A form whose names may come several times, as Twilio's library wants to be given it."""

    def getall(self, name: str) -> list[str]:
        return self[name]


def sign(url: str, form: Form, *, key: str = KEY) -> str:
    params = Multi({name: [v] if isinstance(v, str) else v for name, v in form.items()})
    return str(RequestValidator(key).compute_signature(url, params))


def text_form(body: str = "yes", **params: str) -> dict[str, str]:
    """A plain SMS from Bob to the practice."""
    return {
        "MessageSid": new_sid(),
        "AccountSid": ACCOUNT,
        "From": BOB,
        "To": DENTAL,
        "Body": body,
        "NumMedia": "0",
        "NumSegments": "1",
    } | params


def receipt_form(status: str = "delivered", **params: str) -> dict[str, str]:
    """How far a text from the practice to Bob got."""
    return {
        "MessageSid": new_sid(),
        "AccountSid": ACCOUNT,
        "From": DENTAL,
        "To": BOB,
        "MessageStatus": status,
    } | params


@dataclass
class Carrier:
    client: Client
    key: str = KEY
    base_url: str = BASE_URL

    def text(self, body: str = "yes", **params: str) -> Answered:
        return self.post(INBOUND, text_form(body, **params))

    def receipt(self, status: str = "delivered", **params: str) -> Answered:
        return self.post(STATUS, receipt_form(status, **params))

    def post(self, path: str, form: Form, **headers: str) -> Answered:
        """Signed as a whole, unless `headers` say otherwise."""
        signature = sign(self.base_url + path, form, key=self.key)
        return self.send(path, form, **{"X-Twilio-Signature": signature} | headers)

    def send(self, path: str, form: Form, **headers: str) -> Answered:
        """Not signed, unless `headers` say so."""
        return self.client.post(
            path, data=urlencode(form, doseq=True), content_type=FORM, headers=headers
        )

    def get(self, path: str, form: Form, **headers: str) -> Answered:
        """As Twilio delivers by GET: the parameters are part of the signed URL."""
        path = f"{path}?{urlencode(form, doseq=True)}"
        signature = sign(self.base_url + path, {}, key=self.key)
        return self.client.get(path, headers={"X-Twilio-Signature": signature} | headers)
