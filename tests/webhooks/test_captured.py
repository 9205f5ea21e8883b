"""Every captured request goes through the provider's own signer and the real addresses."""

from dataclasses import dataclass

import pytest
from django.test import Client

from tests.webhooks import captured
from tests.webhooks.carrier import ACCOUNT, BOB, DENTAL, KEY
from tests.webhooks.conftest import read_everything
from webhooks.models import Business, Contact, Decision, Line, Message, StatusUpdate

pytestmark = [pytest.mark.django_db, pytest.mark.database]

ADDRESSES = (
    DENTAL,
    f"whatsapp:{DENTAL}",
    "rcs:riverside_dental_k3x1_agent",
    "+18885550010",
    "72345",
)
WHATSAPP_BOB = f"whatsapp:{BOB}"


@pytest.fixture(autouse=True)
def every_line(dental: Business) -> None:
    for address in ADDRESSES:
        line = Line.objects.create(business=dental, account_id=ACCOUNT, address=address)
        line.signing_keys.create(key=KEY)


@dataclass(frozen=True)
class Kept:
    """What is to be found in the message afterwards, and what was decided."""

    body: str
    decided: tuple[str, str | None]  # action, reason; None where it is the model that read it
    sender: str = BOB
    to: str = DENTAL
    media_count: int = 0
    opt_out_type: str = ""
    replied_to: str = ""
    button_payload: str = ""


LONG = (
    "Yes I'll be there on Tuesday, but could you tell me whether Dr. Hall is still the one doing "
    "the cleaning? She knows about my tooth, and last time it took two hours. Thanks a lot, Bob"
)
TEXTS = {
    # Nobody has been asked anything here, so even a sure yes is held.
    "sms_plain": Kept("Yes, I will be there ", ("hold", None)),
    "sms_emoji": Kept("Yeah 👍🏽 I’m gonna be at that appointment 🦷", ("hold", None)),
    "sms_right_to_left": Kept("نعم، سأكون هناك", ("hold", None)),
    "sms_long_base64": Kept(LONG, ("hold", None)),
    "mms_picture_only": Kept("", ("hold", "no_words"), media_count=2),
    "mms_picture_with_words": Kept("Is this the right form?", ("hold", None), media_count=1),
    "sms_stop_advanced_opt_out": Kept("Stop", ("act", "provider"), opt_out_type="STOP"),
    "sms_to_toll_free": Kept("Can we do Friday instead?", ("hold", None), to="+18885550010"),
    "sms_to_short_code": Kept("HELP", ("hold", "keyword"), to="72345"),
    "whatsapp_reply_to_a_text": Kept(
        "Yes, I will be there",
        ("hold", None),
        sender=WHATSAPP_BOB,
        to=f"whatsapp:{DENTAL}",
        replied_to="SM00000000000000000000000000beef01",
    ),
    "whatsapp_business_scoped_user": Kept(
        "where do I park?",
        ("hold", None),
        sender="whatsapp:US.13491208655302741918",
        to=f"whatsapp:{DENTAL}",
    ),
    "whatsapp_button": Kept(
        "Confirm",
        ("hold", None),
        sender=WHATSAPP_BOB,
        to=f"whatsapp:{DENTAL}",
        replied_to="SM00000000000000000000000000beef01",
        button_payload="confirm-a17",
    ),
    "whatsapp_location": Kept(
        "", ("hold", "no_words"), sender=WHATSAPP_BOB, to=f"whatsapp:{DENTAL}"
    ),
    "rcs_reply": Kept(
        "Running 10 minutes late",
        ("hold", None),
        sender=f"rcs:{BOB}",
        to="rcs:riverside_dental_k3x1_agent",
    ),
}


@dataclass(frozen=True)
class Receipt:
    status: str
    provider_status: str
    error_code: str = ""
    opted_out: bool = False
    to: str = BOB


RECEIPTS = {
    "receipt_delivered": Receipt("delivered", "delivered"),
    "receipt_undelivered": Receipt("failed", "undelivered", "30003"),
    "receipt_failed_opted_out": Receipt("failed", "failed", "21610", opted_out=True),
    "receipt_read_whatsapp": Receipt("read", "read", to=WHATSAPP_BOB),
}


def test_every_captured_file_has_its_row_in_a_table() -> None:
    assert captured.all_names() == sorted(TEXTS | RECEIPTS)


@pytest.mark.parametrize("name", TEXTS)
def test_a_captured_request_is_kept_and_decided(name: str, client: Client) -> None:
    request, kept = captured.load(name), TEXTS[name]
    assert captured.post(request, client).status_code == 200
    message = Message.objects.get(provider_id=request.value("MessageSid"))
    assert message.body == kept.body
    assert (message.sender, message.to) == (kept.sender, kept.to)
    assert message.opt_out_type == kept.opt_out_type
    assert message.replied_to == kept.replied_to
    assert message.button_payload == kept.button_payload
    assert message.idempotency_token == request.headers["I-Twilio-Idempotency-Token"]
    assert bytes(message.raw) == request.body
    read_everything()
    decision = Decision.objects.get(message=message)
    action, reason = kept.decided
    assert decision.action == action
    assert reason in (None, decision.reason)


@pytest.mark.parametrize("name", [name for name in TEXTS if TEXTS[name].media_count])
def test_the_pictures_of_a_captured_request_are_counted(name: str, client: Client) -> None:
    captured.post(captured.load(name), client)
    assert Message.objects.get().media_count == TEXTS[name].media_count


@pytest.mark.parametrize("name", RECEIPTS)
def test_a_captured_receipt_is_kept(name: str, client: Client) -> None:
    request, kept = captured.load(name), RECEIPTS[name]
    assert captured.post(request, client).status_code == 200
    receipt = StatusUpdate.objects.get(provider_id=request.value("MessageSid"))
    assert (receipt.status, receipt.provider_status) == (kept.status, kept.provider_status)
    assert (receipt.error_code, receipt.to) == (kept.error_code, kept.to)
    assert receipt.line is not None
    assert bytes(receipt.raw) == request.body
    assert Contact.objects.opted_out().exists() == kept.opted_out


@pytest.mark.parametrize("name", captured.all_names())
def test_a_captured_request_with_a_strangers_signature_is_refused(
    name: str, client: Client
) -> None:
    assert captured.post(captured.load(name), client, key="mallory's").status_code == 403
    assert not Message.objects.exists()
    assert not StatusUpdate.objects.exists()
