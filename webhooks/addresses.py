"""The addresses that providers call, in the one spelling that they sign."""

from urllib.parse import quote

from django.conf import settings
from django.urls import reverse


def public_url(path: str, *, base: str = "") -> str:
    """Where the world finds a path of ours: what a provider is given, calls and signs.

    `base` stands in for PUBLIC_BASE_URL where a trusted proxy says how it was called.
    """
    return f"{base or settings.PUBLIC_BASE_URL}{quote(path)}"


def inbound_url(provider: str) -> str:
    return public_url(reverse("webhooks:inbound", args=[provider]))


def status_url(provider: str) -> str:
    return public_url(reverse("webhooks:status", args=[provider]))
