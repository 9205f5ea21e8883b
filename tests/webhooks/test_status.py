"""Delivery receipts: how far a text of ours got, in the provider's words and in ours."""

import pytest

from tests.webhooks.carrier import BOB, DENTAL, STATUS, Carrier, new_sid, receipt_form
from webhooks.models import Contact, Line, StatusUpdate

pytestmark = [pytest.mark.django_db, pytest.mark.database]

IN_OUR_WORDS = {
    "accepted": "queued",
    "scheduled": "queued",
    "queued": "queued",
    "sending": "queued",
    "sent": "sent",
    "partially_delivered": "sent",
    "delivered": "delivered",
    "read": "read",
    "undelivered": "failed",
    "failed": "failed",
    "canceled": "canceled",
}


def kept() -> list[str]:
    return list(StatusUpdate.objects.order_by("pk").values_list("provider_status", flat=True))


@pytest.mark.parametrize(("theirs", "ours"), IN_OUR_WORDS.items())
def test_every_status_of_an_outbound_text_has_a_word_of_ours(
    theirs: str, ours: str, line: Line, carrier: Carrier
) -> None:
    assert carrier.receipt(theirs).status_code == 200
    receipt = StatusUpdate.objects.get()
    assert (receipt.provider_status, receipt.status) == (theirs, ours)
    assert (receipt.line, receipt.to) == (line, BOB)


@pytest.mark.parametrize(
    "status", ["", "received", "receiving", "Delivered", "lost", "\x00", "9" * 99]
)
def test_what_is_no_status_of_an_outbound_text_is_malformed(
    status: str, line: Line, carrier: Carrier
) -> None:
    assert carrier.receipt(status).status_code == 400
    assert not kept()


@pytest.mark.parametrize("missing", ["MessageSid", "MessageStatus", "From", "To"])
def test_a_receipt_without_a_field_that_counts_is_refused(
    missing: str, line: Line, carrier: Carrier
) -> None:
    form = receipt_form()
    del form[missing]
    assert carrier.post(STATUS, form).status_code == 400
    assert not kept()


def test_a_receipt_twice_is_kept_once(line: Line, carrier: Carrier) -> None:
    form = receipt_form("sent")
    assert [carrier.post(STATUS, form).status_code for _ in range(3)] == [200, 200, 200]
    assert kept() == ["sent"]


def test_receipts_of_one_text_in_any_order_are_all_kept(line: Line, carrier: Carrier) -> None:
    sid = new_sid()
    for status in ("delivered", "queued", "sent", "delivered"):
        carrier.receipt(status, MessageSid=sid)
    assert kept() == ["delivered", "queued", "sent"]


def test_the_same_id_of_another_account_is_another_text(line: Line, carrier: Carrier) -> None:
    other = Line.objects.create(business=line.business, account_id="AC9", address=DENTAL)
    other.signing_keys.create(key=carrier.key)
    form = receipt_form()
    carrier.post(STATUS, form)
    carrier.post(STATUS, form | {"AccountSid": "AC9"})
    assert len(kept()) == 2


@pytest.mark.parametrize("status", ["failed", "undelivered"])
def test_a_refusal_because_of_an_opt_out_marks_the_person(
    status: str, line: Line, carrier: Carrier
) -> None:
    carrier.receipt(status, ErrorCode="21610")
    contact = Contact.objects.opted_out().get()
    assert (contact.line, contact.address, contact.opted_out_by) == (line, BOB, "carrier")


@pytest.mark.parametrize("code", ["30003", "", "21610x", "0", "9" * 50, "٢١٦١٠"])
def test_any_other_failure_marks_nobody(code: str, line: Line, carrier: Carrier) -> None:
    assert carrier.receipt("failed", ErrorCode=code).status_code == 200
    assert not Contact.objects.exists()


def test_a_receipt_of_a_line_that_is_not_known_is_kept_without_one(
    line: Line, carrier: Carrier
) -> None:
    assert carrier.receipt("failed", From="+15005550020", ErrorCode="21610").status_code == 200
    assert StatusUpdate.objects.get().line is None
    assert not Contact.objects.exists()


def test_a_receipt_of_a_text_sent_under_a_name_is_kept(line: Line, carrier: Carrier) -> None:
    """An alphanumeric sender may have spaces in it."""
    named = Line.objects.create(
        business=line.business, account_id=line.account_id, address="RIVER DENT"
    )
    assert carrier.receipt(From="RIVER DENT").status_code == 200
    assert StatusUpdate.objects.get().line == named


def test_a_receipt_by_get_counts_as_well(line: Line, carrier: Carrier) -> None:
    assert carrier.get(STATUS, receipt_form("failed", ErrorCode="21610")).status_code == 200
    assert Contact.objects.opted_out().exists()


def test_a_second_copy_of_a_refusal_does_not_undo_a_later_start(
    line: Line, carrier: Carrier
) -> None:
    form = receipt_form("failed", ErrorCode="21610")
    carrier.post(STATUS, form)
    carrier.text("START")
    carrier.post(STATUS, form)
    assert not Contact.objects.opted_out().exists()
