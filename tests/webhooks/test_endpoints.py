"""What an operator does with an endpoint."""

import socket
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from tests.webhooks.carrier import Carrier
from tests.webhooks.conftest import read_everything, tell_everything
from tests.webhooks.receiver import SECRET, Receiver
from webhooks import delivery, endpoints
from webhooks.models import Delivery, Endpoint, EndpointSecret, Line
from webhooks.models.deliveries import DeliveryQuerySet

pytestmark = [pytest.mark.django_db, pytest.mark.database]

DAY = timedelta(days=1)
PUBLIC = "https://93.184.215.14/hook"


# ---- where it may point --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "in_demo", "in_production"),
    [
        (PUBLIC, "", ""),
        ("https://93.184.215.14:8443/hook?site=1", "", ""),
        ("https://10.0.0.5/hook", "private network", "private network"),
        ("https://169.254.169.254/latest/meta-data", "private network", "private network"),
        ("https://[::1]/hook", "", "private network"),
        ("https://127.0.0.1/hook", "", "private network"),
        ("http://127.0.0.1:8000/hook", "", "https only"),
        ("http://93.184.215.14/hook", "this very machine only", "https only"),
        ("https://alice:secret@93.184.215.14/", "password", "password"),
        ("https://93.184.215.14:99999/", "not an address", "not an address"),
        ("ftp://93.184.215.14/", "not an address", "not an address"),
        ("https://[/", "not an address", "not an address"),
        ("", "not an address", "not an address"),
    ],
)
def test_an_address_is_objected_to_in_words(url: str, in_demo: str, in_production: str) -> None:
    for allow_loopback, expected in ((True, in_demo), (False, in_production)):
        objection = endpoints.objection(url, allow_loopback=allow_loopback)
        assert (expected in objection) if expected else not objection


@pytest.mark.parametrize(
    ("url", "expected"), [("https://hooks.example/", ""), ("http://hooks.example/", "no hooks")]
)
def test_a_name_that_does_not_resolve_today_may_do_so_tomorrow(
    monkeypatch: pytest.MonkeyPatch, url: str, expected: str
) -> None:
    def resolve(*_: object, **__: object) -> None:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    objection = endpoints.objection(url, allow_loopback=True)
    assert (expected in objection) if expected else not objection


# ---- secrets -------------------------------------------------------------------------------


def test_a_rotation_leaves_the_old_secret_a_day(endpoint: Endpoint) -> None:
    now = timezone.now()
    new = endpoints.rotate_secret(endpoint=endpoint, now=now)
    old = endpoint.secrets.get(secret=SECRET)
    assert (old.expires_at, new.expires_at) == (now + DAY, None)
    usable = EndpointSecret.objects.usable
    assert list(usable(now)) == [new, old]
    assert list(usable(now + DAY)) == [new]


def test_a_second_rotation_gives_no_secret_a_longer_life(endpoint: Endpoint) -> None:
    now = timezone.now()
    endpoints.rotate_secret(endpoint=endpoint, now=now)
    endpoints.rotate_secret(endpoint=endpoint, now=now + DAY / 2)
    lives = endpoint.secrets.order_by("created_at").values_list("expires_at", flat=True)
    assert list(lives) == [now + DAY, now + DAY / 2 + DAY, None]


def test_another_endpoints_secrets_stay(endpoint: Endpoint) -> None:
    other = Endpoint.objects.create(business=endpoint.business, url=PUBLIC)
    endpoints.rotate_secret(endpoint=other, now=timezone.now())
    assert endpoint.secrets.get().expires_at is None


def test_during_a_rotation_either_secret_verifies(
    line: Line, endpoint: Endpoint, carrier: Carrier, receiver: Receiver
) -> None:
    new = endpoints.rotate_secret(endpoint=endpoint, now=timezone.now())
    carrier.text("hello")
    read_everything()
    tell_everything()
    assert receiver.got[0].verified(SECRET) == receiver.got[0].verified(new.secret)


# ---- off and on ----------------------------------------------------------------------------


def test_what_waits_goes_out_when_the_endpoint_is_enabled(
    line: Line, endpoint: Endpoint, carrier: Carrier, receiver: Receiver
) -> None:
    receiver.answers(500)
    carrier.text("hello")
    read_everything()
    tell_everything()
    endpoints.disable(endpoint=endpoint, because="Switched off.", now=timezone.now())
    assert tell_everything() == 0
    assert endpoints.enable(endpoint=endpoint, now=timezone.now()) == 1
    assert tell_everything() == 1
    assert Delivery.objects.get().state == Delivery.State.DELIVERED


def test_who_is_cut_short_while_enabling_enables_once_more(
    line: Line,
    endpoint: Endpoint,
    carrier: Carrier,
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What waits is made due in parts, and before the endpoint is on."""

    def one_part(deliveries: DeliveryQuerySet, *, now: datetime) -> bool:
        if parts:
            raise KeyboardInterrupt
        parts.append(delivery.bring_forward(deliveries, now=now))
        return parts[0]

    parts: list[bool] = []
    monkeypatch.setattr(delivery, "MOVED_TOGETHER", 2)
    receiver.answers(*[500] * 5)
    for _ in range(5):
        carrier.text("hello")
    read_everything()
    tell_everything()
    now = timezone.now()
    endpoints.disable(endpoint=endpoint, because="Switched off.", now=now)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(endpoints, "bring_forward", one_part)
        with pytest.raises(KeyboardInterrupt):
            endpoints.enable(endpoint=endpoint, now=now)
    assert Delivery.objects.put_off(now).count() == 3
    assert Endpoint.objects.get().disabled_at is not None
    assert endpoints.enable(endpoint=endpoint, now=now) == 5
    assert not Delivery.objects.put_off(now).exists()


def test_enabling_ends_a_pause_and_its_reason(endpoint: Endpoint) -> None:
    now = timezone.now()
    Endpoint.objects.update(paused_until=now + DAY, disabled_at=now, disabled_because="Gone.")
    endpoint.refresh_from_db()
    endpoints.enable(endpoint=endpoint, now=now)
    endpoint.refresh_from_db()
    assert (endpoint.paused_until, endpoint.disabled_at) == (None, None)
    assert endpoint.disabled_because == ""
