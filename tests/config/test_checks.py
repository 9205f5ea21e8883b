"""Mistakes in the settings: each stops the start with a sentence that says what to do."""

from pathlib import Path
from typing import Any

import pytest
from django.core.checks import CheckMessage
from django.core.checks.registry import registry
from pytest_django import Settings

from config import checks
from config.settings import env
from webhooks import checks as webhook_checks

GOOD_KEY = "a-long-and-random-one-" * 3


@pytest.fixture
def production(settings: Settings) -> Settings:
    """A production installation with nothing wrong."""
    settings.DEMO = False
    settings.SECRET_KEY = GOOD_KEY
    settings.PUBLIC_BASE_URL = "https://nod.example.com"
    settings.ALLOWED_HOSTS = ["nod.example.com"]
    settings.DEBUG = False
    return settings


def found() -> dict[str, CheckMessage]:
    """Our own complaints, by id."""
    ours = [
        check
        for check in registry.get_checks()
        if check.__module__ in (checks.__name__, webhook_checks.__name__)
    ]
    return {
        str(each.id): each for check in ours for each in check(app_configs=None, databases=None)
    }


def test_all_checks_are_registered() -> None:
    registered = {getattr(check, "__name__", "") for check in registry.get_checks()}
    assert registered >= {
        "environment_is_readable",
        "demo_stays_at_home",
        "production_is_safe",
        "a_lease_outlives_a_delivery",
        "retry_delays_are_delays",
    }


def test_the_demo_as_it_ships_has_nothing_wrong(settings: Settings) -> None:
    settings.PUBLIC_BASE_URL = "http://127.0.0.1:8000"
    assert found() == {}


def test_a_sound_production_has_nothing_wrong(production: Settings) -> None:
    assert found() == {}


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("SECRET_KEY", "short", "nod.E003"),
        ("PUBLIC_BASE_URL", "", "nod.E004"),
        ("PUBLIC_BASE_URL", "http://nod.example.com", "nod.E004"),
        ("PUBLIC_BASE_URL", "nod.example.com", "nod.E004"),
        ("FURTHER_BASE_URLS", ["http://fallback.example.com"], "nod.E004"),
        ("DEBUG", True, "nod.E005"),
        ("ALLOWED_HOSTS", ["*"], "nod.E006"),
        ("CLAIM_LEASE_SECONDS", 20, "webhooks.E001"),
        ("DELIVERY_TIMEOUT_SECONDS", 60, "webhooks.E001"),
        ("DELIVERY_RETRY_DELAYS", (0, -1), "webhooks.E002"),
    ],
)
def test_what_is_unsafe_is_an_error_with_a_hint(
    name: str, value: Any, complaint: str, production: Settings
) -> None:
    setattr(production, name, value)
    assert found().keys() == {complaint}
    message = found()[complaint]
    assert message.is_serious()
    assert name in f"{message.msg} {message.hint}"
    assert message.hint


@pytest.mark.parametrize("value", ["https://", "https:///nod", "https://nod.example.com/?a=1"])
def test_a_public_address_that_is_none_is_an_error(value: str, production: Settings) -> None:
    production.PUBLIC_BASE_URL = value
    assert found().keys() == {"nod.E004"}


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "192.168.1.5", "nod.example.com", "localhost.evil.example", "", "*"]
)
def test_the_demo_may_not_listen_to_anybody_else(host: str, settings: Settings) -> None:
    settings.PUBLIC_BASE_URL = "http://127.0.0.1:8000"
    settings.HOST = host
    assert found().keys() == {"nod.E002"}
    assert "SECRET_KEY" in found()["nod.E002"].msg


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_the_demo_may_listen_to_this_machine(host: str, settings: Settings) -> None:
    settings.HOST = host
    settings.PUBLIC_BASE_URL = f"http://{f'[{host}]' if ':' in host else host}:8000"
    assert found() == {}


@pytest.mark.parametrize(
    ("said", "in_a_container", "complaints"),
    [(True, True, set()), (True, False, {"nod.E002"}), (False, True, {"nod.E002"})],
)
def test_the_demo_may_listen_to_its_container_if_both_are_true(
    said: bool,
    in_a_container: bool,
    complaints: set[str],
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.PUBLIC_BASE_URL = "http://127.0.0.1:8000"
    settings.HOST = "0.0.0.0"
    settings.PUBLISHED_ON_LOOPBACK = said
    mark = tmp_path if in_a_container else tmp_path / "missing"
    monkeypatch.setattr(checks, "CONTAINER_MARKS", (mark,))
    assert found().keys() == complaints


def test_a_container_does_not_make_a_public_address_the_demos(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PUBLIC_BASE_URL = "https://nod.example.com"
    settings.PUBLISHED_ON_LOOPBACK = True
    monkeypatch.setattr(checks, "CONTAINER_MARKS", (tmp_path,))
    assert found().keys() == {"nod.E002"}


@pytest.mark.parametrize(
    "url",
    [
        "https://nod.example.com",
        "http://192.168.1.5:8000",
        "http://127.0.0.1@evil.example",
        "http://127.0.0.1.evil.example",
    ],
)
def test_the_demo_may_not_have_a_public_address(url: str, settings: Settings) -> None:
    settings.PUBLIC_BASE_URL = url
    assert found().keys() == {"nod.E002"}
    settings.PUBLIC_BASE_URL = "http://127.0.0.1:8000"
    settings.FURTHER_BASE_URLS = [url]
    assert found().keys() == {"nod.E002"}


def test_every_mistake_of_the_environment_is_an_error(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PUBLIC_BASE_URL = "http://127.0.0.1:8000"
    monkeypatch.setattr(env, "mistakes", ["PORT is 'x': write a whole number."])
    assert found()["nod.E001"].msg == "PORT is 'x': write a whole number."


def test_a_delay_too_long_to_be_a_date_is_an_error(settings: Settings) -> None:
    settings.PUBLIC_BASE_URL = "http://127.0.0.1:8000"
    settings.DELIVERY_RETRY_DELAYS = (0, 10**12)
    assert found().keys() == {"webhooks.E002"}
