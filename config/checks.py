"""Mistakes in the configuration, told before anything starts, each with what to do."""

import ipaddress
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from config.settings import env

# Docker's and Podman's.
CONTAINER_MARKS = (Path("/.dockerenv"), Path("/run/.containerenv"))
SHORTEST_SECRET_KEY = 50  # characters, as Django's own deployment check wants


@register
def environment_is_readable(app_configs: Any, **_: Any) -> Sequence[CheckMessage]:
    return [
        Error(mistake, hint="Correct it in the environment and start again.", id="nod.E001")
        for mistake in env.mistakes
    ]


@register
def demo_stays_at_home(app_configs: Any, **_: Any) -> Sequence[CheckMessage]:
    """The demo has generated accounts and takes plain http: nobody else may reach it."""
    if not settings.DEMO:
        return []
    return [
        Error(
            f"{name} is {value!r}, but without SECRET_KEY Nod runs as the demo, for this "
            "machine alone.",
            hint="Leave it out, or set SECRET_KEY and PUBLIC_BASE_URL to run it for others "
            "(docs/operating.md).",
            id="nod.E002",
        )
        for name, value, host in (
            ("HOST", settings.HOST, settings.HOST),
            *((name, url, urlsplit(url).hostname or "") for name, url in _base_urls()),
        )
        if not (is_loopback(host) or (name == "HOST" and is_published_on_loopback()))
    ]


@register
def production_is_safe(app_configs: Any, **_: Any) -> Sequence[CheckMessage]:
    if settings.DEMO:
        return []
    found: list[CheckMessage] = []
    if len(settings.SECRET_KEY) < SHORTEST_SECRET_KEY:
        found.append(
            Error(
                f"SECRET_KEY has {len(settings.SECRET_KEY)} characters.",
                hint="Sessions are signed with it. Make one: "
                'python3 -c "import secrets; print(secrets.token_urlsafe(64))"',
                id="nod.E003",
            )
        )
    found.extend(
        Error(
            f"{name} does not begin with https:// and a host, or has a query.",
            hint="Providers sign the public URL. Set it to what they call, without the path: "
            f"{name}=https://nod.example.com",
            id="nod.E004",
        )
        for name, url in _base_urls()
        if not _is_base_url(url)
    )
    if settings.DEBUG:
        found.append(
            Error(
                "DEBUG is on.",
                hint="Error pages would show texts and numbers to anyone. Leave DEBUG out.",
                id="nod.E005",
            )
        )
    if "*" in settings.ALLOWED_HOSTS:
        found.append(
            Error(
                "ALLOWED_HOSTS holds *.",
                hint="Name the hosts. The one of PUBLIC_BASE_URL is always allowed.",
                id="nod.E006",
            )
        )
    return found


def _base_urls() -> list[tuple[str, str]]:
    """Each with the name of its setting."""
    further = [("FURTHER_BASE_URLS", url) for url in settings.FURTHER_BASE_URLS]
    return [("PUBLIC_BASE_URL", settings.PUBLIC_BASE_URL), *further]


def _is_base_url(url: str) -> bool:
    parts = urlsplit(url)
    return bool(parts.scheme == "https" and parts.hostname and not parts.query + parts.fragment)


def is_published_on_loopback() -> bool:
    """Said so, and in a container: anywhere else nothing stands between HOST and the network."""
    return settings.PUBLISHED_ON_LOOPBACK and any(mark.exists() for mark in CONTAINER_MARKS)


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
