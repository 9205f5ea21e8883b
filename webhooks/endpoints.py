"""What an operator does with an endpoint: aim it, change its secret, switch it off and on."""

import ipaddress
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.db import transaction
from django.db.models import Q

from webhooks import egress
from webhooks.delivery import bring_forward
from webhooks.models import Delivery, Endpoint, EndpointSecret
from webhooks.nudges import Work, nudge

OVERLAP = timedelta(hours=24)  # both secrets sign, so that the receiver can change over in peace


def objection(url: str, *, allow_loopback: bool) -> str:
    """Why events will not be sent there, in words for the operator; empty if they will.

    Resolves the name, which may take seconds: not inside a transaction. A name that does not
    resolve now may do so tomorrow and is no objection.
    """
    try:
        target = egress.target_of(url)
    except egress.Unreachable:
        return "This is not an address that events can be sent to: it must begin with https://."
    if urlsplit(url).username is not None:
        return "A user name or password in the address is not sent: events are signed instead."
    if target.scheme == "http" and not allow_loopback:
        return "Events are sent by https only: the address must begin with https://."
    try:
        address = egress.checked_address(target.host, target.port, allow_loopback=allow_loopback)
    except egress.ForbiddenAddress:
        return (
            f"{target.host} belongs to a private network or to this machine. Events go to public "
            "addresses only, so that nobody can aim Nod at what stands beside it."
        )
    except egress.Unreachable:
        # Plain http is for this very machine, whose name would have been found.
        return "" if target.scheme == "https" else f"There is no {target.host} on this machine."
    if target.scheme == "http" and not ipaddress.ip_address(address).is_loopback:
        return "Plain http goes to this very machine only: the address must begin with https://."
    return ""


@transaction.atomic
def rotate_secret(*, endpoint: Endpoint, now: datetime) -> EndpointSecret:
    """Give it a new secret. Those before it sign as well for a day more, never longer than
    they would have."""
    last = now + OVERLAP
    endpoint.secrets.filter(Q(expires_at=None) | Q(expires_at__gt=last)).update(expires_at=last)
    return EndpointSecret.objects.create(endpoint=endpoint, created_at=now)


def disable(*, endpoint: Endpoint, because: str, now: datetime) -> None:
    """Send it nothing from now on. What waits stays; events made meanwhile are not kept for it."""
    endpoint.disabled_at, endpoint.disabled_because = now, because
    endpoint.save(update_fields=["disabled_at", "disabled_because"])


def enable(*, endpoint: Endpoint, now: datetime) -> int:
    """Send to it again, first of all what waits; how many deliveries that is.

    What waits is made due before the endpoint is: whoever is cut short in between has an endpoint
    that is still off, and enables it once more.
    """
    while _make_some_due(endpoint, now=now):
        pass
    endpoint.disabled_at, endpoint.disabled_because, endpoint.paused_until = None, "", None
    endpoint.save(update_fields=["disabled_at", "disabled_because", "paused_until"])
    transaction.on_commit(lambda: nudge(Work.DELIVERY))
    return Delivery.objects.waiting().filter(endpoint=endpoint).count()


@transaction.atomic
def _make_some_due(endpoint: Endpoint, *, now: datetime) -> bool:
    Endpoint.objects.select_for_update().filter(pk=endpoint.pk).first()
    return bring_forward(Delivery.objects.put_off(now).filter(endpoint=endpoint), now=now)
