"""Mistakes in this app's settings, told before anything starts."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from webhooks.egress import CONNECT_SECONDS

LONGEST_DELAY = 30 * 86_400  # seconds; an event a month old tells nobody anything


@register
def a_lease_outlives_a_delivery(app_configs: Any, **_: Any) -> Sequence[CheckMessage]:
    """Or a slow receiver would be sent the same event by two senders at once."""
    longest = CONNECT_SECONDS + settings.DELIVERY_TIMEOUT_SECONDS
    if longest < settings.CLAIM_LEASE_SECONDS:
        return []
    return [
        Error(
            f"CLAIM_LEASE_SECONDS is {settings.CLAIM_LEASE_SECONDS}, but one delivery may take "
            f"{longest:.0f} s.",
            hint="Raise CLAIM_LEASE_SECONDS or lower DELIVERY_TIMEOUT_SECONDS.",
            id="webhooks.E001",
        )
    ]


@register
def retry_delays_are_delays(app_configs: Any, **_: Any) -> Sequence[CheckMessage]:
    if all(0 <= delay <= LONGEST_DELAY for delay in settings.DELIVERY_RETRY_DELAYS):
        return []
    return [
        Error(
            f"DELIVERY_RETRY_DELAYS holds a number below 0 or above {LONGEST_DELAY}.",
            hint="Write seconds, for example 0,5,300,1800 — or leave it out.",
            id="webhooks.E002",
        )
    ]
