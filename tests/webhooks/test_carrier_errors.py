"""Carriers' error codes: in words where we have some, a number where not."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from tests.webhooks.carrier import Carrier
from webhooks.models import Line, Message, StatusUpdate
from webhooks.providers import PROVIDERS
from webhooks.words import carrier_error, parameters

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("alice"))
    return client


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("30003", "30003: handset not reached"),
        ("21610", "21610: this person opted out"),
        ("30034", "30034"),
        ("", ""),
    ],
)
def test_a_code_that_is_known_has_words_and_any_other_is_a_number(code: str, shown: str) -> None:
    assert carrier_error(code, provider="twilio") == shown


def test_the_codes_of_a_provider_that_is_gone_are_numbers() -> None:
    assert carrier_error("30003", provider="vonage") == "30003"


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_code_is_one_and_every_meaning_fits_a_list(provider: str) -> None:
    assert PROVIDERS[provider].errors
    for code, words in PROVIDERS[provider].errors.items():
        assert code.isdecimal()
        assert 0 < len(words) <= 60
        assert not words.endswith(".")


@pytest.mark.parametrize(("code", "shown"), [("30003", "handset not reached"), ("39999", "39999")])
def test_a_receipt_says_why_in_the_list_and_on_its_page(
    code: str, shown: str, alice: Client, line: Line, carrier: Carrier
) -> None:
    carrier.receipt("undelivered", ErrorCode=code)
    receipt = StatusUpdate.objects.get()
    assert receipt.error_code == code
    for page in (
        reverse("admin:webhooks_statusupdate_changelist"),
        reverse("admin:webhooks_statusupdate_change", args=[receipt.pk]),
    ):
        assert shown in alice.get(page).content.decode()


def test_a_text_that_took_the_fallback_url_says_what_became_of_the_call_before(
    alice: Client, line: Line, carrier: Carrier
) -> None:
    carrier.text("HELP", ErrorCode="11205", ErrorUrl="https://nod.example.com/webhooks/twilio/")
    page = reverse("admin:webhooks_message_change", args=[Message.objects.get().pk])
    assert "11205: the webhook did not answer in time" in alice.get(page).content.decode()


def test_only_the_error_code_is_explained_and_all_else_stays_as_it_came() -> None:
    assert parameters(b"Body=30003&ErrorCode=30003&ErrorCode=1&X=", provider="twilio") == [
        ("Body", "30003"),
        ("ErrorCode", "30003: handset not reached"),
        ("ErrorCode", "1"),
        ("X", ""),
    ]
