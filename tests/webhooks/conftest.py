"""A dental practice with one line, Bob who texts it, the carrier between them, and the practice's
own system that is told."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from config.demo_secrets import demo_secrets
from tests.serving import finish_serving
from tests.webhooks.carrier import ACCOUNT, BASE_URL, BOB, DENTAL, KEY, Answered, Carrier
from tests.webhooks.receiver import SECRET, Receiver
from webhooks import actions, delivery
from webhooks.demo import make_demo
from webhooks.models import (
    ApiKey,
    Business,
    Decision,
    Endpoint,
    EndpointSecret,
    Line,
    Message,
    Reminder,
)

REMINDER = "Riverside Dental: see you Tuesday at 2 PM for your cleaning with Dr. Hall?"


@pytest.fixture(autouse=True)
def public_address(settings: Settings) -> None:
    settings.PUBLIC_BASE_URL = BASE_URL


@pytest.fixture
def dental(db: None) -> Business:
    return Business.objects.create(name="Riverside Dental", slug="dental")


@pytest.fixture
def line(dental: Business) -> Line:
    line = Line.objects.create(business=dental, account_id=ACCOUNT, address=DENTAL)
    line.signing_keys.create(key=KEY)
    return line


@pytest.fixture
def bob() -> str:
    return BOB


@pytest.fixture
def reminder(line: Line, bob: str) -> Reminder:
    """The one thing that Bob has been asked."""
    return remind(line, bob)


def remind(line: Line, person: str, body: str = REMINDER, **facts: Any) -> Reminder:
    now = facts.pop("now", None) or timezone.now()
    return actions.register_reminder(line=line, to=person, body=body, now=now, **facts)[0]


@pytest.fixture
def carrier(client: Client) -> Carrier:
    return Carrier(client)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    yield server
    server.close()


@pytest.fixture
def endpoint(dental: Business, receiver: Receiver) -> Endpoint:
    """The practice's system, listening."""
    return open_endpoint(dental, receiver.url)


def open_endpoint(business: Business, url: str, secret: str = SECRET) -> Endpoint:
    endpoint = Endpoint.objects.create(business=business, url=url)
    EndpointSecret.objects.create(endpoint=endpoint, secret=secret)
    return endpoint


def demo_at(base_url: str) -> Business:
    known = demo_secrets(Path(django_settings.VAR_DIR))
    return make_demo(known=known, base_url=base_url, now=timezone.now())


@pytest.fixture
def running(live_server: LiveServer, settings: Settings) -> Iterator[Business]:
    """The demo, with a Nod that really answers at its public address."""
    settings.PUBLIC_BASE_URL = live_server.url
    yield demo_at(live_server.url)
    finish_serving()


@dataclass
class Api:
    """The practice's system, calling /api/v1/."""

    client: Client
    token: str

    def get(self, path: str, **query: Any) -> Answered:
        return self.client.get(f"/api/v1{path}", query, headers=self._headers)

    def post(self, path: str, body: Mapping[str, Any] | str) -> Answered:
        data = body if isinstance(body, str) else json.dumps(body)
        return self.client.post(
            f"/api/v1{path}", data, content_type="application/json", headers=self._headers
        )

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@pytest.fixture
def api(dental: Business) -> Api:
    return api_of(dental)


def api_of(business: Business) -> Api:
    _, token = ApiKey.issue(business=business, name="scheduler", now=timezone.now())
    return Api(Client(raise_request_exception=False), token)


def read_everything() -> None:
    """What the reading worker does after a nudge."""
    while actions.read_waiting():
        pass


def tell_everything() -> int:
    """What the delivery worker does after a nudge; how many it sent."""
    sent = 0
    while (claimed := delivery.claim_due()) is not None:
        delivery.deliver(claimed)
        sent += 1
    return sent


def decision_on(body: str) -> Decision:
    """The one decision on the one message with this body."""
    return Decision.objects.get(message=Message.objects.get(body=body))
