"""Receiving: what is let in, what is kept, what is answered. Mallory has no key."""

import base64
from datetime import timedelta
from typing import Any
from urllib.parse import quote_plus, urlencode

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings
from twilio.request_validator import RequestValidator

from tests.webhooks import wsgi
from tests.webhooks.carrier import (
    ACCOUNT,
    BASE_URL,
    BOB,
    DENTAL,
    FORM,
    INBOUND,
    KEY,
    STATUS,
    Carrier,
    new_sid,
    receipt_form,
    sign,
    text_form,
)
from tests.webhooks.conftest import decision_on, read_everything
from webhooks import actions, tasks
from webhooks.models import Business, Decision, Line, Message, StatusUpdate

pytestmark = [pytest.mark.django_db, pytest.mark.database]

GARAGE = "+15005550020"
ROUTES = [(INBOUND, text_form), (STATUS, receipt_form)]
# A refused copy ends the transaction it is in, so a test of copies must not be one itself.
committed = pytest.mark.django_db(transaction=True)
both_routes = pytest.mark.parametrize(("path", "form_of"), ROUTES, ids=["message", "status"])


def nothing_is_stored() -> bool:
    return not Message.objects.exists() and not StatusUpdate.objects.exists()


@pytest.fixture
def mallory(client: Client) -> Carrier:
    """Knows everything but a key."""
    return Carrier(client, key="54321")


@pytest.fixture
def sister(line: Line) -> Line:
    """Another line of the same account, with a key of its own."""
    sister = Line.objects.create(business=line.business, account_id=ACCOUNT, address=GARAGE)
    sister.signing_keys.create(key="sister's")
    return sister


# ---- what is answered ----------------------------------------------------------------------


@both_routes
def test_a_signed_request_is_answered_with_an_empty_response(
    path: str, form_of: Any, line: Line, carrier: Carrier
) -> None:
    answer = carrier.post(path, form_of())
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/xml"
    assert answer.content == b'<?xml version="1.0" encoding="UTF-8"?><Response/>'


@both_routes
def test_a_request_by_get_is_taken_too(
    path: str, form_of: Any, line: Line, carrier: Carrier
) -> None:
    assert carrier.get(path, form_of()).status_code == 200
    assert not nothing_is_stored()


def test_a_text_by_get_is_kept_as_it_was_written(line: Line, carrier: Carrier) -> None:
    form = text_form(" Yes I’ll be there 👍 & more=1 ")
    carrier.get(INBOUND, form)
    message = Message.objects.get()
    assert message.body == form["Body"]
    assert bytes(message.raw) == urlencode(form).encode()


def test_raw_bytes_in_a_query_are_kept_as_bytes(line: Line) -> None:
    query = urlencode(text_form("caf")).replace("caf", "caf\xe9|{}").encode("latin-1")
    url = f"{BASE_URL}{INBOUND}?{query.decode('latin-1')}"
    signature = sign(url, {})
    status = wsgi.call("GET", INBOUND, query=query, headers={"X-Twilio-Signature": signature})
    # A URL that is not ASCII cannot be signed as UTF-8 text by everybody: refused is fine, too.
    assert status in (200, 403)
    if status == 200:
        assert bytes(Message.objects.get().raw) == query


@pytest.mark.parametrize("query", ["a=b|c", 'a="b"', "a={b}", "a=%7c%7C", "a=b c", "a=b^`\\"])
def test_the_url_is_checked_as_it_was_sent_not_as_we_would_write_it(query: str, line: Line) -> None:
    body = urlencode(form := text_form()).encode()
    signature = sign(f"{BASE_URL}{INBOUND}?{query}", form)
    headers = {"X-Twilio-Signature": signature}
    assert wsgi.call("POST", INBOUND, query=query.encode(), body=body, headers=headers) == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "BREW"])
@pytest.mark.parametrize("path", [INBOUND, STATUS])
def test_any_other_method_is_not_allowed(method: str, path: str, client: Client) -> None:
    assert client.generic(method, path).status_code == 405


@pytest.mark.parametrize("path", ["/webhooks/telegram/", "/webhooks/telegram/status/"])
def test_an_unknown_provider_is_not_found(path: str, line: Line, carrier: Carrier) -> None:
    assert carrier.post(path, text_form()).status_code == 404
    assert nothing_is_stored()


# ---- what is not let in --------------------------------------------------------------------


@both_routes
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "signature",
    [None, "", "RSOYDt4T1cUTdK1PDd93/VVr8B8=", "é", "a, b", "=" * 5_000],
    ids=["missing", "empty", "another's", "not ascii", "two", "long"],
)
def test_a_request_without_its_signature_is_refused(
    method: str, path: str, form_of: Any, signature: str | None, line: Line, client: Client
) -> None:
    headers = {} if signature is None else {"X-Twilio-Signature": signature}
    query = urlencode(form_of())
    if method == "GET":
        answer = client.get(f"{path}?{query}", headers=headers)
    else:
        answer = client.post(path, query, content_type=FORM, headers=headers)
    assert answer.status_code == 403
    assert nothing_is_stored()


@both_routes
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_wrong_key_is_refused(
    method: str, path: str, form_of: Any, line: Line, mallory: Carrier
) -> None:
    assert getattr(mallory, method)(path, form_of()).status_code == 403
    assert nothing_is_stored()


@both_routes
@pytest.mark.parametrize(
    "alter",
    [
        lambda form: form | {"From": "+12025550999"},
        lambda form: form | {"MessageSid": new_sid()},
        lambda form: form | {"Extra": ""},
        lambda form: {name: form[name] for name in form if name != "From"},
    ],
    ids=["changed", "another id", "one more", "one less"],
)
def test_an_altered_body_is_refused(
    path: str, form_of: Any, alter: Any, line: Line, carrier: Carrier
) -> None:
    form = form_of()
    signature = sign(BASE_URL + path, form)
    answer = carrier.send(path, alter(form), **{"X-Twilio-Signature": signature})
    assert answer.status_code == 403
    assert nothing_is_stored()


@both_routes
def test_a_query_string_put_on_is_refused(
    path: str, form_of: Any, line: Line, carrier: Carrier
) -> None:
    form = form_of()
    signature = sign(BASE_URL + path, form)
    answer = carrier.send(f"{path}?a=1", form, **{"X-Twilio-Signature": signature})
    assert answer.status_code == 403
    assert nothing_is_stored()


def test_a_text_signed_for_one_route_is_no_receipt(line: Line, carrier: Carrier) -> None:
    form = receipt_form()
    signature = sign(BASE_URL + INBOUND, form)
    answer = carrier.send(STATUS, form, **{"X-Twilio-Signature": signature})
    assert answer.status_code == 403


def test_parameters_of_a_get_cannot_be_moved_into_a_post(line: Line, carrier: Carrier) -> None:
    form = text_form()
    signature = sign(f"{BASE_URL}{INBOUND}?{urlencode(form)}", {})
    answer = carrier.send(INBOUND, form, **{"X-Twilio-Signature": signature})
    assert answer.status_code == 403


@both_routes
def test_another_accounts_key_is_refused(
    path: str, form_of: Any, line: Line, client: Client
) -> None:
    other = Line.objects.create(business=line.business, account_id="AC9", address=DENTAL)
    other.signing_keys.create(key="garage's")
    garage = Carrier(client, key="garage's")
    assert garage.post(path, form_of()).status_code == 403  # says it is the practice's account
    assert garage.post(path, form_of() | {"AccountSid": "AC9"}).status_code == 200


@both_routes
def test_the_key_of_a_sister_line_is_refused(
    path: str, form_of: Any, line: Line, sister: Line, client: Client
) -> None:
    assert Carrier(client, key="sister's").post(path, form_of()).status_code == 403
    assert nothing_is_stored()


@both_routes
def test_an_unknown_account_is_refused_whatever_it_is_signed_with(
    path: str, form_of: Any, line: Line, carrier: Carrier
) -> None:
    assert carrier.post(path, form_of() | {"AccountSid": "AC404"}).status_code == 403
    assert nothing_is_stored()


@both_routes
def test_with_no_keys_at_all_nothing_passes(
    path: str, form_of: Any, client: Client, line: Line
) -> None:
    line.signing_keys.all().delete()
    assert Carrier(client, key="").post(path, form_of()).status_code == 403


@both_routes
def test_a_parameter_that_the_provider_adds_one_day_changes_nothing(
    path: str, form_of: Any, line: Line, carrier: Carrier
) -> None:
    extra = {"MessageStatus": "received", "SmsStatus": "received", "To2": "x", "AccountSid2": "AC9"}
    assert carrier.post(path, extra | form_of()).status_code == 200
    kept = Message.objects.first() or StatusUpdate.objects.get()
    assert kept.line == line


@pytest.mark.parametrize("sender", ["Google Pay", "RIVER DENT", "AMAZON", "262966", "rcs:a_b"])
def test_a_sender_may_have_a_name_for_a_number(sender: str, line: Line, carrier: Carrier) -> None:
    """Brands text under names of up to eleven letters, digits and spaces."""
    assert carrier.text("Your code is 1234", From=sender).status_code == 200
    assert Message.objects.get().sender == sender


@both_routes
def test_during_a_rotation_the_old_and_the_new_key_both_pass(
    path: str, form_of: Any, line: Line, client: Client
) -> None:
    line.signing_keys.create(key="promoted")
    assert Carrier(client, key=KEY).post(path, form_of()).status_code == 200
    assert Carrier(client, key="promoted").post(path, form_of()).status_code == 200
    line.signing_keys.filter(key=KEY).delete()
    assert Carrier(client, key=KEY).post(path, form_of()).status_code == 403


@pytest.mark.parametrize("missing", ["MessageSid", "From", "To"])
def test_a_signed_text_without_a_field_that_counts_is_malformed(
    missing: str, line: Line, carrier: Carrier
) -> None:
    form = text_form()
    del form[missing]
    assert carrier.post(INBOUND, form).status_code == 400
    assert nothing_is_stored()


def test_a_text_that_has_swallowed_its_sender_is_malformed(line: Line, carrier: Carrier) -> None:
    """Body=YESFrom+1… has the signature of Body=YES, From=+1…: fields have no delimiter."""
    form = text_form("YES")
    swallowed = {name: form[name] for name in form if name != "From"} | {"Body": f"YESFrom{BOB}"}
    assert sign(BASE_URL + INBOUND, form) == sign(BASE_URL + INBOUND, swallowed)
    assert carrier.post(INBOUND, swallowed).status_code == 400
    assert nothing_is_stored()


def test_a_message_id_that_has_swallowed_the_next_parameter_is_malformed(
    line: Line, carrier: Carrier
) -> None:
    """Else one signed request would be as many messages as its parameters can be run together."""
    form = text_form("YES", NumMedia="0")
    sid = f"{form['MessageSid']}NumMedia0"
    swallowed = {name: form[name] for name in form if name != "NumMedia"} | {"MessageSid": sid}
    assert sign(BASE_URL + INBOUND, form) == sign(BASE_URL + INBOUND, swallowed)
    assert carrier.post(INBOUND, swallowed).status_code == 400
    assert nothing_is_stored()


@pytest.mark.parametrize(
    "strange",
    [
        {"MessageSid": "SM" + "0" * 100},
        {"MessageSid": "SM 1"},
        {"MessageSid": "SM\x001"},
        {"From": ""},
        {"From": "+1202\x00555"},
        {"From": "+1" * 60},
        {"To": f"{DENTAL}\n"},
    ],
)
def test_a_field_that_the_provider_never_sends_so_is_malformed(
    strange: dict[str, str], line: Line, carrier: Carrier
) -> None:
    assert carrier.post(INBOUND, text_form(**strange)).status_code == 400
    assert nothing_is_stored()


def test_a_json_body_is_refused_even_with_a_digest_in_the_url(line: Line, client: Client) -> None:
    """Nod's numbers are texted by form; there is no account in a JSON body to check it for."""
    path = f"{INBOUND}?bodySHA256={'0' * 64}"
    answer = client.post(
        path,
        b'{"AccountSid": "x"}',
        content_type="application/json",
        headers={"X-Twilio-Signature": sign(BASE_URL + path, {})},
    )
    assert answer.status_code == 403


def test_a_false_digest_beside_a_form_changes_nothing(line: Line, carrier: Carrier) -> None:
    """The digest speaks of bodies that are no forms: a form is signed itself."""
    assert carrier.post(f"{INBOUND}?bodySHA256=bogus", text_form()).status_code == 200


def test_a_multipart_form_is_never_taken_for_a_signed_request(line: Line) -> None:
    client = Client(raise_request_exception=False)
    form = text_form()
    answer = client.post(INBOUND, form, headers={"X-Twilio-Signature": sign(BASE_URL, form)})
    assert answer.status_code in (400, 403)
    signature = sign(BASE_URL + INBOUND, form)
    answer = client.post(INBOUND, form, headers={"X-Twilio-Signature": signature})
    assert answer.status_code in (400, 403)
    assert nothing_is_stored()


MULTIPART = b'--x\r\nContent-Disposition: form-data; name="AccountSid"\r\n\r\nAC1\r\n--x--\r\n'
CHARSETS = [
    *("hex", "undefined", "punycode", "idna", "nonsense", "\x00"),
    *("utf-16", "utf-7", "unicode_escape", "latin-1"),
]


@pytest.mark.parametrize("charset", CHARSETS, ids=ascii)
@pytest.mark.parametrize(
    ("method", "content_type", "query", "body"),
    [
        ("POST", "multipart/form-data; boundary=x", b"", MULTIPART),
        ("POST", FORM, b"a=1", b"AccountSid=%ff%fe&To=+2AA-"),
        ("POST", "text/plain", b"AccountSid=\\ud800", b"{}"),
        ("GET", "text/plain", b"AccountSid=\\ud800&To=+2AA-", b""),
        ("GET", FORM, b"AccountSid=+2AA-", b""),
    ],
    ids=["multipart", "form", "text", "query", "query of a form"],
)
def test_a_charset_made_to_break_decoding_is_no_server_error(
    charset: str, method: str, content_type: str, query: bytes, body: bytes, line: Line
) -> None:
    status = wsgi.call(
        method, INBOUND, query=query, body=body, content_type=f"{content_type}; charset={charset}"
    )
    assert 400 <= status < 500


def test_a_form_of_too_many_fields_is_refused(line: Line, carrier: Carrier) -> None:
    form = text_form() | {f"Field{i}": "" for i in range(600)}
    assert carrier.post(INBOUND, form).status_code == 400


def test_a_form_that_is_too_large_is_refused(line: Line, carrier: Carrier) -> None:
    assert carrier.post(INBOUND, text_form("a" * 2_100_000)).status_code == 400


SETTINGS = "X-Twilio-Webhooks-Signature-Settings"


def test_a_text_signed_with_a_shared_key_is_taken(line: Line, carrier: Carrier) -> None:
    form = text_form()
    signature = RequestValidator(KEY).compute_signature(BASE_URL + INBOUND, form, "HMAC_SHA256")
    headers = {
        "X-Twilio-Signature": signature,
        SETTINGS: "key=webhooks_sharedkey_1, algorithm=HMAC_SHA256",
    }
    assert carrier.send(INBOUND, form, **headers).status_code == 200


@pytest.mark.parametrize(
    "how", ["algorithm=none", "algorithm=HMAC_MD5", "algorithm=HMAC_SHA256", "algorithm=", "é=,,="]
)
def test_nobody_chooses_an_algorithm_that_the_signature_is_not_of(
    how: str, line: Line, carrier: Carrier
) -> None:
    form = text_form()
    assert carrier.send(INBOUND, form, **{SETTINGS: how}).status_code == 403
    mallorys = {"X-Twilio-Signature": "", SETTINGS: how}
    assert carrier.send(INBOUND, form, **mallorys).status_code == 403
    assert nothing_is_stored()


# ---- the public address --------------------------------------------------------------------


@both_routes
def test_a_public_address_with_a_path_is_part_of_what_is_signed(
    path: str, form_of: Any, line: Line, client: Client, settings: Settings
) -> None:
    """The proxy takes the prefix off; the provider has signed it."""
    settings.PUBLIC_BASE_URL = "https://example.com/nod"
    assert (
        Carrier(client, base_url="https://example.com/nod").post(path, form_of()).status_code == 200
    )
    assert Carrier(client, base_url="https://example.com").post(path, form_of()).status_code == 403


@both_routes
@pytest.mark.parametrize(
    "query", ["?tenant=a&tenant=b", "?q=a%20b", "?q=a+b", "?a", "?=", "?x=%F0%9F%91%8D"]
)
def test_a_query_string_in_the_configured_url_is_part_of_what_is_signed(
    path: str, form_of: Any, query: str, line: Line, carrier: Carrier
) -> None:
    assert carrier.post(path + query, form_of()).status_code == 200


def test_the_port_may_or_may_not_be_signed(line: Line, client: Client) -> None:
    for base_url in ("https://nod.example.com", "https://nod.example.com:443"):
        assert Carrier(client, base_url=base_url).text().status_code == 200


def test_the_host_that_was_asked_for_does_not_matter_when_the_address_is_configured(
    line: Line, carrier: Carrier, settings: Settings
) -> None:
    settings.ALLOWED_HOSTS = ["evil.example"]
    headers = {"Host": "evil.example", "X-Forwarded-Host": "worse.example"}
    assert carrier.post(INBOUND, text_form(), **headers).status_code == 200


@pytest.fixture
def behind_a_proxy(settings: Settings) -> None:
    settings.PUBLIC_BASE_URL = ""
    settings.TRUST_PROXY_HEADERS = True
    settings.USE_X_FORWARDED_HOST = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.ALLOWED_HOSTS = ["front.example"]


@both_routes
@pytest.mark.parametrize("host", ["front.example", "front.example:8443"])
@pytest.mark.parametrize("query", ["", "?a=1"])
def test_a_trusted_proxy_tells_the_public_address(
    path: str,
    form_of: Any,
    host: str,
    query: str,
    line: Line,
    client: Client,
    behind_a_proxy: None,
) -> None:
    front = Carrier(client, base_url=f"https://{host}")
    forwarded = {"X-Forwarded-Host": host, "X-Forwarded-Proto": "https"}
    assert front.post(path + query, form_of(), **forwarded).status_code == 200
    plain = forwarded | {"X-Forwarded-Proto": "http"}
    assert front.post(path + query, form_of(), **plain).status_code == 403


def test_a_proxy_that_names_a_host_which_is_not_ours_is_refused(
    line: Line, client: Client, behind_a_proxy: None
) -> None:
    evil = Carrier(client, base_url="https://evil.example")
    forwarded = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    assert evil.post(INBOUND, text_form(), **forwarded).status_code == 400
    assert nothing_is_stored()


def test_a_configured_address_holds_whatever_host_a_trusted_proxy_hands_on(
    line: Line, client: Client, behind_a_proxy: None, settings: Settings
) -> None:
    """nginx's $host has no port, and Twilio signs the one that it was given."""
    settings.PUBLIC_BASE_URL = "https://front.example:8443"
    forwarded = {"X-Forwarded-Host": "front.example", "X-Forwarded-Proto": "https"}
    for base_url in ("https://front.example:8443", "https://front.example"):
        answer = Carrier(client, base_url=base_url).post(INBOUND, text_form(), **forwarded)
        assert answer.status_code == 200
    elsewhere = Carrier(client, base_url="https://elsewhere.example")
    assert elsewhere.post(INBOUND, text_form(), **forwarded).status_code == 403


FALLBACK = "https://fallback.example.com"


def failed_over(body: str = "yes") -> dict[str, str]:
    """What Twilio sends to the fallback URL: the same form and why it comes."""
    return text_form(body, ErrorCode="11200", ErrorUrl=BASE_URL + INBOUND)


@pytest.mark.parametrize("trusts_proxies", [False, True])
def test_a_text_that_comes_by_the_fallback_url_is_kept(
    trusts_proxies: bool, line: Line, client: Client, settings: Settings
) -> None:
    settings.FURTHER_BASE_URLS = [FALLBACK]
    settings.TRUST_PROXY_HEADERS = trusts_proxies
    fallback = Carrier(client, base_url=FALLBACK)
    assert fallback.post(INBOUND, failed_over("is it far?")).status_code == 200
    assert Carrier(client).post(INBOUND, text_form()).status_code == 200
    read_everything()
    assert decision_on("is it far?").label == "question"


@committed
def test_a_text_that_comes_by_both_urls_is_one_message(
    line: Line, client: Client, settings: Settings
) -> None:
    settings.FURTHER_BASE_URLS = [FALLBACK]
    form = failed_over()
    first = {name: form[name] for name in form if not name.startswith("Error")}
    assert Carrier(client).post(INBOUND, first).status_code == 200
    assert Carrier(client, base_url=FALLBACK).post(INBOUND, form).status_code == 200
    assert Message.objects.count() == 1


def test_an_address_that_nobody_has_approved_is_not_believed(line: Line, client: Client) -> None:
    assert Carrier(client, base_url=FALLBACK).post(INBOUND, failed_over()).status_code == 403
    assert nothing_is_stored()


# ---- once only -----------------------------------------------------------------------------


@committed
def test_a_copy_is_answered_alike_and_kept_once(line: Line, carrier: Carrier) -> None:
    form = text_form()
    answers = {carrier.post(INBOUND, form).content for _ in range(3)}
    assert len(answers) == 1
    assert Message.objects.count() == 1


@committed
def test_a_copy_with_another_body_changes_nothing(line: Line, carrier: Carrier) -> None:
    form = text_form("yes")
    carrier.post(INBOUND, form)
    assert carrier.post(INBOUND, form | {"Body": "no"}).status_code == 200
    assert Message.objects.get().body == "yes"


@committed
def test_a_replay_a_month_later_is_the_same_message(line: Line, carrier: Carrier) -> None:
    form = text_form("Yes, I will be there")
    carrier.post(INBOUND, form)
    read_everything()
    month_ago = timezone.now() - timedelta(days=31)
    Message.objects.update(received_at=month_ago)
    assert carrier.post(INBOUND, form).status_code == 200
    read_everything()
    assert Message.objects.get().received_at == month_ago
    assert Decision.objects.count() == 1


@committed
def test_a_replayed_start_does_not_bring_back_who_has_left_since(
    line: Line, carrier: Carrier
) -> None:
    start = text_form("START")
    carrier.post(INBOUND, start)
    carrier.text("STOP")
    carrier.post(INBOUND, start)
    assert line.contacts.opted_out().count() == 1


def test_the_same_id_of_another_account_is_another_message(line: Line, carrier: Carrier) -> None:
    other = Line.objects.create(business=line.business, account_id="AC9", address=DENTAL)
    other.signing_keys.create(key=KEY)
    form = text_form()
    carrier.post(INBOUND, form)
    carrier.post(INBOUND, form | {"AccountSid": "AC9"})
    assert Message.objects.count() == 2


def test_all_parameters_are_kept_byte_for_byte(line: Line, carrier: Carrier) -> None:
    body = (
        f"MessageSid={new_sid()}&AccountSid={ACCOUNT}&From=%2B12025550101&To=%2B15005550010"
        "&Body=+Yes%20%20&New=1&New=2&New=1&Empty=&%F0%9F%91%8D=%ff"
    )
    form: dict[str, Any] = dict(line.split("=", 1) for line in body.split("&")) | {
        "From": BOB,
        "To": DENTAL,
        "Body": " Yes  ",
        "New": ["1", "2", "1"],
    }
    form["👍"] = "\ufffd"
    del form["%F0%9F%91%8D"]
    signature = sign(BASE_URL + INBOUND, form)
    answer = carrier.client.post(
        INBOUND, body, content_type=FORM, headers={"X-Twilio-Signature": signature}
    )
    assert answer.status_code == 200
    message = Message.objects.get()
    assert bytes(message.raw) == body.encode()
    assert message.body == " Yes  "


def test_the_providers_mark_of_a_repeated_request_is_kept(line: Line, carrier: Carrier) -> None:
    carrier.post(INBOUND, text_form(), **{"I-Twilio-Idempotency-Token": "t" * 200})
    assert Message.objects.get().idempotency_token == "t" * 100


# ---- when the database is away -------------------------------------------------------------


@committed
@both_routes
@pytest.mark.parametrize("at", ["SELECT", "INSERT"])
def test_what_the_database_does_not_take_is_no_success_and_is_kept_when_it_comes_again(
    at: str, path: str, form_of: Any, line: Line
) -> None:
    """The provider goes by the 5xx: it tries again, or takes its fallback."""

    def fails(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.lstrip().startswith(at):
            raise OperationalError("the disk is full")
        return execute(sql, params, many, context)

    carrier, form = Carrier(Client(raise_request_exception=False)), form_of()
    with connection.execute_wrapper(fails):
        answer = carrier.post(path, form)
    assert answer.status_code == 500
    assert b"<Response/>" not in answer.content
    assert nothing_is_stored()
    assert carrier.post(path, form).status_code == 200
    assert Message.objects.count() + StatusUpdate.objects.count() == 1


# ---- odd bodies ----------------------------------------------------------------------------

ODD = {
    "empty": ("", "", ("ignore", "empty")),
    "spaces": (" \n\t ", " \n\t ", ("ignore", "empty")),
    "1,600 characters": ("where do I park? " * 94, None, ("hold", None)),
    "10,000 characters": ("where do I park? " * 588, None, ("hold", None)),
    "nul": ("where do \x00I park?\x00", "where do I park?", ("hold", None)),
    "only nul": ("\x00\x00", "", ("ignore", "empty")),
    "right to left": ("\u202eنعم سأكون هناك", None, ("hold", None)),
    "zero-width": ("\u200b\u200c\u2060\ufeff", None, ("ignore", "empty")),
    "sixty letters": ("a" * 60, None, ("hold", None)),
    "control characters": ("".join(map(chr, range(1, 32))) * 50, None, (None, None)),
    "emoji": ("👩‍👩‍👧‍👦" * 400, None, ("hold", None)),
    "combining": ("e" + "\u0301" * 1599, None, ("hold", None)),
    "markup": ("<Response><Message>hi</Message></Response>", None, ("hold", None)),
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_body_is_kept_and_has_a_defined_outcome(
    name: str, line: Line, carrier: Carrier
) -> None:
    body, kept, (action, reason) = ODD[name]
    assert carrier.text(body).status_code == 200
    message = Message.objects.get()
    assert message.body == (body if kept is None else kept)
    read_everything()
    decision = Decision.objects.get(message=message)
    assert action in (None, decision.action)
    assert reason in (None, decision.reason)


def test_a_text_without_a_body_at_all_is_empty(line: Line, carrier: Carrier) -> None:
    form = text_form()
    del form["Body"]
    assert carrier.post(INBOUND, form).status_code == 200
    assert Message.objects.get().body == ""


def test_a_picture_without_words_is_held_for_people(line: Line, carrier: Carrier) -> None:
    carrier.text("", NumMedia="1", MediaUrl0="https://api.twilio.com/x", MediaContentType0="a/b")
    read_everything()
    assert Message.objects.get().media_count == 1
    assert Decision.objects.get().reason == "no_words"


@pytest.mark.parametrize("number", ["", "-1", "1.5", "many", "٣", "²", "9" * 5_000])
def test_an_absurd_number_of_media_is_taken_for_none_or_refused(
    number: str, line: Line, carrier: Carrier
) -> None:
    carrier.client.raise_request_exception = False
    assert carrier.text(NumMedia=number).status_code in (200, 400)
    assert all(message.media_count <= 100 for message in Message.objects.all())


def test_a_text_wrapped_in_base64_is_read_as_what_it_says(line: Line, carrier: Carrier) -> None:
    words = "Where do I park? And is there a bus from the station, or do I have to walk?"
    wrapped = base64.b64encode(words.encode()).decode()
    carrier.text(wrapped)
    assert quote_plus(wrapped).encode() in bytes(Message.objects.get().raw)
    read_everything()
    assert decision_on(words).label == "question"


def test_a_nul_inside_a_base64_text_is_dropped_too(line: Line, carrier: Carrier) -> None:
    carrier.client.raise_request_exception = False
    words = "Where do I park? And is there a bus\x00 from the station, or not?"
    assert carrier.text(base64.b64encode(words.encode()).decode()).status_code == 200
    assert Message.objects.get().body == words.replace("\x00", "")


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (b"%ff%fe", "\ufffd\ufffd"),
        (b"%ed%a0%80", "\ufffd\ufffd\ufffd"),  # a lone surrogate
        (b"%c3", "\ufffd"),
        (b"\xff", "ÿ"),  # no percent sign, so no UTF-8 was meant
        (b"%", "%"),
        (b"%zz", "%zz"),
    ],
)
def test_bytes_that_are_no_utf_8_are_kept_and_read_as_well_as_can_be(
    sent: bytes, read: str, line: Line, carrier: Carrier
) -> None:
    form = text_form("BODY")
    raw = urlencode(form).encode().replace(b"BODY", b"where do I park? " + sent)
    words = f"where do I park? {read}"
    signature = sign(BASE_URL + INBOUND, form | {"Body": words})
    answer = carrier.client.post(
        INBOUND, raw, content_type=FORM, headers={"X-Twilio-Signature": signature}
    )
    assert answer.status_code == 200
    assert bytes(Message.objects.get().raw) == raw
    read_everything()
    assert decision_on(words).action == "hold"


# ---- lines that are not known (yet) --------------------------------------------------------


def test_a_text_to_a_line_that_is_not_known_is_kept_for_later(line: Line, carrier: Carrier) -> None:
    assert carrier.text(To=GARAGE).status_code == 200
    read_everything()
    message = Message.objects.get()
    assert (message.state, message.line) == (Message.State.UNROUTED, None)
    assert not Decision.objects.exists()


def test_a_text_that_waited_for_its_line_is_routed_and_decided(
    line: Line, carrier: Carrier
) -> None:
    carrier.text("where do I park?", To=GARAGE)
    carrier.text("where do I park, please?", To="+15005550099")  # for yet another one
    garage = Line.objects.create(business=line.business, account_id=ACCOUNT, address=GARAGE)
    assert actions.route(line=garage) == 1
    assert actions.route(line=garage) == 0
    read_everything()
    assert decision_on("where do I park?").message.line == garage
    assert Message.objects.unrouted().count() == 1


def test_texts_that_came_at_the_moment_when_their_line_was_added_are_found_by_the_sweep(
    line: Line, carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether there is a line was asked before, and the line handed out what it knew of before."""
    monkeypatch.setattr(actions, "ROUTED_TOGETHER", 2)
    for number in range(4):
        carrier.text(f"where do I park? {number}", To=GARAGE)
    carrier.text("STOP", To=GARAGE)
    carrier.text("where do I park, please?", To="+15005550099")  # nobody's
    garage = Line.objects.create(business=line.business, account_id=ACCOUNT, address=GARAGE)
    tasks.sweep()
    assert Message.objects.unrouted().count() == 1
    assert garage.messages.count() == 5
    assert garage.contacts.opted_out().count() == 1


def test_many_texts_that_waited_are_handed_over_by_one_statement(
    line: Line, carrier: Carrier
) -> None:
    for number in range(10):
        carrier.text(f"where do I park? {number}", To=GARAGE)
    garage = Line.objects.create(business=line.business, account_id=ACCOUNT, address=GARAGE)
    with CaptureQueriesContext(connection) as asked:
        assert actions.route(line=garage) == 10
    assert sum(each["sql"].startswith("UPDATE") for each in asked) == 1


def test_a_line_of_another_account_gets_none_of_them(line: Line, carrier: Carrier) -> None:
    carrier.text(To=GARAGE)
    other = Line.objects.create(business=line.business, account_id="AC9", address=GARAGE)
    assert actions.route(line=other) == 0


def test_a_stop_that_waited_for_its_line_holds_when_it_is_routed(
    line: Line, carrier: Carrier
) -> None:
    carrier.text("STOP", To=GARAGE)
    garage = Line.objects.create(business=line.business, account_id=ACCOUNT, address=GARAGE)
    actions.route(line=garage)
    assert garage.contacts.opted_out().count() == 1


def test_an_old_start_that_is_routed_late_does_not_undo_a_newer_stop(
    line: Line, carrier: Carrier
) -> None:
    carrier.text("START", To=GARAGE)
    garage = Line.objects.create(business=line.business, account_id=ACCOUNT, address=GARAGE)
    garage.signing_keys.create(key=KEY)
    carrier.text("STOP", To=GARAGE)
    actions.route(line=garage)
    assert garage.contacts.opted_out().count() == 1


def test_a_known_line_without_a_key_of_its_own_is_still_known(
    line: Line, dental: Business, carrier: Carrier
) -> None:
    """Its account's key hangs on a sister line: what is signed with it is for this line."""
    garage = Line.objects.create(business=dental, account_id=ACCOUNT, address=GARAGE)
    assert carrier.text("where do I park?", To=GARAGE).status_code == 200
    assert Message.objects.get().line == garage
    read_everything()
    assert decision_on("where do I park?").action == "hold"
