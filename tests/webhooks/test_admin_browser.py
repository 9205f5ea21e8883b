"""The admin in a real browser: its policy lets its scripts run, nothing sticks out, and axe-core
finds nothing in the way."""

import re
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.browser import NARROW, WIDE, Visitor, barriers, chromium, sticks_out
from tests.webhooks.carrier import BOB, Carrier
from tests.webhooks.conftest import read_everything, tell_everything
from webhooks.models import ApiKey, Business, Delivery, Endpoint, Line, Message, Reminder

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

LISTS = ["message", "reminder", "contact", "delivery", "endpoint", "line", "apikey"]
ROWS = [Message, Reminder, Delivery, Endpoint, Line, Business]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def alice(
    browser: Browser, live_server: LiveServer, client: Client, reminder: Reminder,
    endpoint: Endpoint, carrier: Carrier,
) -> Iterator[Visitor]:  # fmt: skip
    """At her browser, where the story of one text is complete. Her console must stay silent."""
    carrier.text("STOP")
    read_everything()
    tell_everything()
    ApiKey.issue(business=endpoint.business, name="scheduler", now=timezone.now())
    client.force_login(User.objects.create_superuser("alice"))
    alice = Visitor(browser, live_server.url)
    yield alice
    alice.leaves()
    assert alice.complaints == []


def named(page: Page) -> Page:
    """When config/static/nod/admin.js is through."""
    page.wait_for_selector("[role=main]")
    return page


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])
def test_every_page_can_be_used_by_everybody(
    alice: Visitor, client: Client, size: tuple[int, int]
) -> None:
    addresses = [reverse("admin:index"), reverse("admin:webhooks_line_add")]
    addresses += [reverse(f"admin:webhooks_{model}_changelist") for model in LISTS]
    for row in (model._default_manager.earliest("pk") for model in ROWS):
        addresses.append(reverse(f"admin:webhooks_{row._meta.model_name}_change", args=[row.pk]))
    page = alice.opens(addresses[0], client=client, size=size)
    for address in addresses:
        page.goto(address)
        assert barriers(named(page)) == "", address
        assert sticks_out(page) <= 0, address


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])
def test_a_story_can_be_read_down_to_the_last_parameter(
    alice: Visitor, client: Client, size: tuple[int, int], scheme: str
) -> None:
    address = reverse("admin:webhooks_message_change", args=[Message.objects.get().pk])
    page = named(alice.opens(address, client=client, size=size, color_scheme=scheme))
    for summary in page.locator("details.nod-more summary").all():
        summary.click()
    assert barriers(page) == ""
    assert sticks_out(page) <= 0


def test_a_secret_is_rotated_in_a_dialog(alice: Visitor, client: Client) -> None:
    endpoint = Endpoint.objects.get()
    address = reverse("admin:webhooks_endpoint_change", args=[endpoint.pk])
    page = alice.opens(address, client=client)
    page.get_by_role("link", name="Rotate the secret").click()
    page.get_by_role("button", name="Make a new secret").click()
    expect(page.get_by_text("Made a new secret; the old one ends in 24 hours.")).to_be_visible()
    assert endpoint.secrets.count() == 2


def test_a_number_that_is_searched_for_is_in_no_address(alice: Visitor, client: Client) -> None:
    page = alice.opens(reverse("admin:webhooks_message_changelist"), client=client)
    page.get_by_label("A number, words, or the provider's id").fill(BOB)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"\?q=~$"))
    expect(page.locator("#searchbar")).to_have_value(BOB)
