"""The demo business: what a visitor of `make run` finds. Safe to run again and again.

Only ever made in the demo profile, with secrets generated on this machine.
"""

from datetime import datetime, timedelta

from django.contrib.auth import get_user_model
from django.db import transaction

from config.demo_secrets import DemoSecrets
from webhooks import actions
from webhooks.models import ApiKey, Business, Endpoint, EndpointSecret, Line
from webhooks.models.accounts import digest_of
from webhooks.simulator.scenes import SCENES, Scene

SLUG = "riverside-dental"
ACCOUNT = "AC" + "0" * 31 + "1"
LINE = "+15005550010"
ECHO_PATH = "/simulator/echo/"


def make_demo(*, known: DemoSecrets, base_url: str, now: datetime) -> Business:
    _make_login(known.password)
    return _make_business(known=known, base_url=base_url, now=now)


def _make_login(password: str) -> None:
    """By itself: hashing the password takes half a second, in which nobody else could write."""
    users = get_user_model().objects
    if not users.filter(username="demo").exists():
        users.create_superuser("demo", password=password)


@transaction.atomic
def _make_business(*, known: DemoSecrets, base_url: str, now: datetime) -> Business:
    business, _ = Business.objects.get_or_create(
        slug=SLUG, defaults={"name": "Riverside Dental (demo)", "shares_examples": True}
    )
    line, _ = Line.objects.get_or_create(
        provider=Line.Provider.TWILIO,
        account_id=ACCOUNT,
        address=LINE,
        defaults={"business": business, "is_simulated": True},
    )
    line.signing_keys.get_or_create(key=known.signing_key, defaults={"note": "demo"})
    if not ApiKey.objects.filter(digest=digest_of(known.api_key)).exists():
        ApiKey.issue(business=business, name="demo", now=now, token=known.api_key)
    _make_echo_endpoint(business, base_url=base_url)
    for scene in SCENES:
        open_reminders(scene, line=line, now=now)
    return business


def _make_echo_endpoint(business: Business, *, base_url: str) -> None:
    """The address moves with PORT; the endpoint and its secret stay."""
    endpoint = business.endpoints.filter(url__endswith=ECHO_PATH).first()
    if endpoint is None:
        endpoint = Endpoint.objects.create(business=business, url=base_url + ECHO_PATH)
        EndpointSecret.objects.create(endpoint=endpoint)
    endpoint.url = base_url + ECHO_PATH
    endpoint.save(update_fields=["url"])


def open_reminders(scene: Scene, *, line: Line, now: datetime) -> None:
    """A scene's reminders, as if they had just been sent; those still open stay."""
    for number, body in enumerate(scene.reminders, start=1):
        actions.register_reminder(
            line=line,
            to=scene.person,
            body=body,
            now=now,
            appointment_ref=f"simulator-{scene.slug}-{number}",
            appointment_at=now + timedelta(days=3),
        )
