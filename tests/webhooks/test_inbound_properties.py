"""Whatever a stranger sends, no answer is a server error and nothing is stored; whatever a provider
signs is either kept or refused, and kept exactly when it was answered 200.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.webhooks import wsgi
from tests.webhooks.carrier import (
    ACCOUNT,
    BASE_URL,
    BOB,
    DENTAL,
    FORM,
    INBOUND,
    STATUS,
    sign,
)
from tests.webhooks.conftest import read_everything
from webhooks.models import Contact, Decision, Event, Line, Message, Reading, StatusUpdate

# A refused copy ends the transaction it is in, so these tests are none. Each example cleans up
# first.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]

many = settings(
    max_examples=400,
    deadline=None,
    # The line is made once for all examples: none of them changes it.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
paths = st.sampled_from([INBOUND, STATUS])

# ---- strangers -----------------------------------------------------------------------------

NAMES = [
    *("MessageSid", "AccountSid", "From", "To", "Body", "NumMedia", "OptOutType", "MessageStatus"),
    *("ErrorCode", "OriginalRepliedMessageSid", "bodySHA256", "SmsSid", "MediaUrl0", ""),
]
texts = st.text(max_size=40) | st.sampled_from(
    ["", "0", "STOP", "\x00", "\u200b", "9" * 5_000, "a" * 2_000, ACCOUNT, BOB, DENTAL, "sent"]
)
encodable = texts.map(lambda text: text.encode(errors="replace").decode())
forms = st.dictionaries(
    st.sampled_from(NAMES) | encodable,
    encodable | st.lists(encodable, min_size=1, max_size=3),
    max_size=8,
)
known = forms.map(lambda form: form | {"AccountSid": ACCOUNT, "To": DENTAL, "From": BOB})
queries = st.binary(max_size=80) | (forms | known).map(lambda form: urlencode(form, True).encode())
MULTIPART = b'--x\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n--x--\r\n'
bodies = queries | st.builds(
    lambda name, value: MULTIPART % (name, value), st.binary(max_size=9), st.binary(max_size=30)
)
charsets = st.sampled_from(
    ["utf-8", "UTF8", "hex", "undefined", "utf-7", "unicode_escape", "utf-16", "idna", "", "\xff"]
)
MIME = "multipart/form-data; boundary=x"
kinds = st.sampled_from([FORM, MIME, "multipart/form-data", "application/json", "a/b", ""])
latin = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\x00"), max_size=40)
content_types = kinds | latin | st.builds("{}; charset={}".format, kinds, charsets)
methods = st.sampled_from(["GET", "POST"] * 4 + ["PUT", "HEAD", "OPTIONS", "DELETE", "get", "X"])
header_names = st.sampled_from(
    [
        *("X-Twilio-Signature", "I-Twilio-Idempotency-Token", "Host", "Cookie", "Authorization"),
        *("X-Forwarded-Host", "X-Forwarded-Proto", "X-HTTP-Method-Override", "Transfer-Encoding"),
    ]
)
signatures = st.sampled_from(["RSOYDt4T1cUTdK1PDd93/VVr8B8=", "=", "é", "a" * 28])
headers = st.dictionaries(header_names, latin | signatures, max_size=4)


@many
@given(methods, paths, queries, bodies, content_types, headers)
@example("POST", INBOUND, b"", MULTIPART % (b"To", b"1"), MIME, {"X-Twilio-Signature": "a"})
@example("GET", INBOUND, b"AccountSid=\\ud800", b"", "text/plain; charset=unicode_escape", {})
@example("GET", STATUS, b"\xff\xfe&=", b"", "", {"Host": "\xff"})
def test_no_stranger_gets_a_server_error_or_leaves_a_trace(
    line: Line,
    method: str,
    path: str,
    query: bytes,
    body: bytes,
    content_type: str,
    headers: dict[str, str],
) -> None:
    status = wsgi.call(
        method, path, query=query, body=body, content_type=content_type, headers=headers
    )
    assert 400 <= status < 500
    assert not Message.objects.exists()
    assert not StatusUpdate.objects.exists()
    assert not Contact.objects.exists()


@many
@given(st.binary(max_size=60) | st.text(max_size=40).map(str.encode), methods)
def test_no_address_under_webhooks_is_a_server_error(line: Line, tail: bytes, method: str) -> None:
    path = f"/webhooks/{tail.decode('latin-1')}"
    assert wsgi.call(method, path) < 500


# ---- a provider that sends the strangest things, signed --------------------------------------

SID = "SM" + "0" * 32
signed_values = {
    "MessageSid": st.just("") | encodable | st.just(SID),
    "From": st.just(BOB) | encodable,
    "To": st.just(DENTAL) | encodable,
    "Body": encodable | st.text(max_size=400).map(lambda t: t.encode(errors="replace").decode()),
    "NumMedia": encodable | st.integers().map(str),
    "OptOutType": encodable | st.sampled_from(["STOP", "START", "HELP", "stop"]),
    "OriginalRepliedMessageSid": encodable,
    "Latitude": encodable,
    "ErrorCode": encodable | st.just("21610"),
}
strangest = st.builds(
    lambda extra, usual: extra | usual | {"AccountSid": ACCOUNT},
    forms,
    st.fixed_dictionaries({}, optional=signed_values),
)
usual = st.fixed_dictionaries(
    {"MessageSid": st.just(SID), "From": st.just(BOB), "To": st.just(DENTAL)},
    optional={
        name: signed_values[name] for name in signed_values.keys() - {"MessageSid", "From", "To"}
    },
).map(lambda form: form | {"AccountSid": ACCOUNT})


LEAST = {"AccountSid": ACCOUNT, "MessageSid": SID, "From": BOB, "To": DENTAL}


def send_signed(method: str, path: str, form: Mapping[str, str | list[str]]) -> int:
    encoded = urlencode(form, doseq=True)
    if method == "GET":
        url = f"{BASE_URL}{path}?{encoded}"
        signature = {"X-Twilio-Signature": sign(url, {})}
        return wsgi.call("GET", path, query=encoded.encode(), headers=signature)
    signature = {"X-Twilio-Signature": sign(BASE_URL + path, form)}
    return wsgi.call("POST", path, body=encoded.encode(), headers=signature)


def forget_everything() -> None:
    for model in (Event, Decision, Reading, Message, StatusUpdate, Contact):
        model.objects.all().delete()


@many
@given(st.sampled_from(["GET", "POST"]), usual | strangest)
@example("POST", LEAST | {"NumMedia": "9" * 5_000})
def test_a_signed_text_is_kept_exactly_when_it_is_answered_so(
    line: Line, method: str, form: dict[str, Any]
) -> None:
    forget_everything()
    status = send_signed(method, INBOUND, form)
    assert status in (200, 400)
    kept = list(Message.objects.all())
    assert len(kept) == (status == 200)
    for message in kept:
        assert bytes(message.raw) == urlencode(form, doseq=True).encode()
        assert "\x00" not in message.body
    assert send_signed(method, INBOUND, form) == status
    assert Message.objects.count() == len(kept)
    read_everything()
    routed = Message.objects.exclude(line=None).count()
    assert Decision.objects.count() == routed
    assert Event.objects.filter(type="reply.decided").count() == routed


receipts = st.builds(
    lambda form, status: form | {"From": DENTAL, "To": BOB, "MessageStatus": status},
    usual | strangest,
    encodable | st.sampled_from(["sent", "failed", "delivered", "received", "read"]),
)


@many
@given(st.sampled_from(["GET", "POST"]), receipts | strangest)
def test_a_signed_receipt_is_kept_exactly_when_it_is_answered_so(
    line: Line, method: str, form: dict[str, Any]
) -> None:
    forget_everything()
    status = send_signed(method, STATUS, form)
    assert status in (200, 400)
    assert StatusUpdate.objects.count() == (status == 200)
    assert send_signed(method, STATUS, form) == status
    assert StatusUpdate.objects.count() == (status == 200)
    assert not Message.objects.exists()
