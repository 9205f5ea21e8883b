"""The providers whose webhooks we take. A new one is a module with one class, a line here, and
captured requests of it under tests/data/ (docs/journey.md, “Add a provider”)."""

from collections.abc import Mapping
from typing import Protocol

from django.http import HttpRequest, HttpResponse

from webhooks.inbound import InboundStatus, InboundText
from webhooks.providers.twilio import Twilio


class Provider(Protocol):
    """What the views ask of a provider."""

    name: str
    errors: Mapping[str, str]  # its error codes in our words, as far as they are worth some

    def account_of(self, request: HttpRequest) -> str:
        """The account that the request claims to be from; not yet to be believed."""

    def line_of(self, request: HttpRequest, *, outbound: bool) -> str:
        """The address of ours that the request is about: the sender of an outbound text, the
        recipient of an inbound one. Not yet to be believed."""

    def verify(self, request: HttpRequest, keys: list[str]) -> None:
        """Raise UnsignedRequest unless it is signed with one of these keys."""

    def parse(self, request: HttpRequest) -> InboundText:
        """Read a verified text; raise MalformedRequest if it is not one."""

    def parse_status(self, request: HttpRequest) -> InboundStatus:
        """Read a verified delivery receipt; raise MalformedRequest if it is not one."""

    def acknowledgement(self) -> HttpResponse:
        """The answer that says “we have it” and sends nothing to the person."""


PROVIDERS: dict[str, Provider] = {provider.name: provider for provider in (Twilio(),)}
