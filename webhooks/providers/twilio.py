"""Twilio's webhooks: steps 1 and 2 of a message's way (docs/journey.md).

Twilio signs the full public URL and every parameter with the account's auth token. We answer
`<Response/>` as text/xml: any other type is an error there, and plain text was once sent to people.

https://www.twilio.com/docs/messaging/guides/webhook-request
https://www.twilio.com/docs/usage/security#validating-requests
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Collection, Iterable, Mapping
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict

from webhooks.addresses import public_url
from webhooks.inbound import (
    InboundStatus,
    InboundText,
    MalformedRequest,
    Receipt,
    UnsignedRequest,
)
from webhooks.providers.twilio_errors import ERRORS

TWIML_NOTHING = '<?xml version="1.0" encoding="UTF-8"?><Response/>'

# Longer or stranger than any id or address that Twilio documents is not one.
ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
# Exactly as long as it is: nothing separates the parameters that a signature covers, so a longer id
# could swallow the next one, and one signed request would be several messages.
MESSAGE_ID = re.compile(r"[A-Z]{2}[0-9a-fA-F]{32}")
ADDRESS = re.compile(r"[^\x00-\x1f\x7f]{1,80}")  # names of senders may hold spaces

RECEIPTS = {
    "accepted": Receipt.QUEUED,
    "scheduled": Receipt.QUEUED,
    "queued": Receipt.QUEUED,
    "sending": Receipt.QUEUED,
    "sent": Receipt.SENT,
    "partially_delivered": Receipt.SENT,  # some recipients of a group: not all, so not delivered
    "delivered": Receipt.DELIVERED,
    "read": Receipt.READ,  # WhatsApp and RCS
    "undelivered": Receipt.FAILED,  # accepted by the carrier, not by the handset
    "failed": Receipt.FAILED,
    "canceled": Receipt.CANCELED,
}
LONGEST_PAYLOAD = 256  # of a quick reply's button, at WhatsApp
RECIPIENT_OPTED_OUT = "21610"
OPT_OUT_TYPES = {"STOP", "START", "HELP"}
DEFAULT_PORTS = {"http": 80, "https": 443}
FORM = "application/x-www-form-urlencoded"

# The account's auth token signs with SHA-1; a SharedKey of the Webhooks API may say otherwise in
# X-Twilio-Webhooks-Signature-Settings (“key=…,algorithm=HMAC_SHA256”).
ALGORITHMS = {"HMAC_SHA1": hashlib.sha1, "HMAC_SHA256": hashlib.sha256}
DEFAULT_ALGORITHM = "HMAC_SHA1"

# ---- signatures (pure) ---------------------------------------------------------------------


def signature(
    *,
    key: str,
    url: str,
    params: Mapping[str, Iterable[str]],
    algorithm: str = DEFAULT_ALGORITHM,
) -> str:
    """base64(HMAC(key, url + every sorted name followed by its sorted distinct values))."""
    signed = url + "".join(
        name + value for name in sorted(params) for value in sorted(set(params[name]))
    )
    message = signed.encode(errors="surrogatepass")
    digest = hmac.new(key.encode(), message, ALGORITHMS[algorithm]).digest()
    return base64.b64encode(digest).decode()


def url_spellings(url: str) -> set[str]:
    """The URL with and without its port: Twilio's back ends sign either.

    Only the port is touched; the rest stays byte for byte as it was configured.
    """
    scheme, _, rest = url.partition("#")[0].partition("://")
    end = min((i for i in (rest.find(mark) for mark in "/?") if i >= 0), default=len(rest))
    authority, path = rest[:end], rest[end:]
    login, at, host = authority.rpartition("@")
    bare = re.sub(r":\d*$", "", host)
    port = host[len(bare) + 1 :] or str(DEFAULT_PORTS.get(scheme, ""))
    return {f"{scheme}://{login}{at}{name}{path}" for name in (bare, f"{bare}:{port}")}


def is_signed(
    *,
    given: str,
    keys: Iterable[str],
    urls: Collection[str],
    params: Mapping[str, Iterable[str]],
    algorithm: str = DEFAULT_ALGORITHM,
    body: bytes | None = None,
) -> bool:
    """Whether `given` is the signature of this request under one of the keys, at one of the
    addresses that it may have been sent to (`urls`; their path and query are one).

    A body that is no form (`body`) is not signed itself: the signed URL carries its SHA-256 as
    `bodySHA256`, and both must hold. Every comparison takes the same time wherever it differs,
    and all of them are made.
    """
    if body is not None and not all(_states_digest(url, body) for url in urls):
        return False
    offered = given.encode(errors="replace")
    spellings = sorted(set().union(*map(url_spellings, urls)))
    expected = [
        signature(key=key, url=spelling, params=params, algorithm=algorithm).encode()
        for key in keys
        for spelling in spellings
    ]
    return any([hmac.compare_digest(offered, each) for each in expected])  # noqa: C419  see above


def _states_digest(url: str, body: bytes) -> bool:
    stated = parse_qs(urlsplit(url).query).get("bodySHA256", [""])[0]
    return hmac.compare_digest(
        stated.encode(errors="replace"), hashlib.sha256(body).hexdigest().encode()
    )


# ---- bodies (pure) -------------------------------------------------------------------------

BASE64_TEXT = re.compile(r"[A-Za-z0-9+/]{58,}={0,2}")


def unwrapped(body: str) -> str:
    """Undo the base64 in which long texts of several segments are sometimes delivered.

    Only what is beyond doubt: 60 characters or more of nothing else, decoding to UTF-8 that is
    at least half ASCII. A person's 60 letters in a row practically never do.
    """
    if len(body) < 60 or len(body) % 4 or not BASE64_TEXT.fullmatch(body):
        return body
    try:
        text = base64.b64decode(body, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return body
    printable = sum(" " <= char <= "~" or char in "\r\n\t" for char in text)
    return text if printable * 2 >= len(text) else body


def storable(text: str) -> str:
    """Without NUL and lone surrogates, which no SQL text column holds. `raw` keeps them."""
    return text.replace("\x00", "").encode(errors="ignore").decode()


# ---- requests ------------------------------------------------------------------------------


def params_of(request: HttpRequest) -> QueryDict:
    """The parameters, wherever this number's webhook was configured to put them. Any other body
    than a form is not looked into: nobody has vouched for it yet."""
    is_form = request.method == "POST" and request.content_type == FORM
    return request.POST if is_form else request.GET


def signed_urls(request: HttpRequest) -> list[str]:
    """The URLs that Twilio may have been given: our configured addresses and, from a trusted
    proxy, what its headers say; each with path and query as they were sent."""
    bases = [base for base in (settings.PUBLIC_BASE_URL, *settings.FURTHER_BASE_URLS) if base]
    if settings.TRUST_PROXY_HEADERS or not bases:
        bases.append(f"{request.scheme}://{request.get_host()}")
    query = raw_query(request).decode("latin-1")
    asked = f"?{query}" if query else ""
    return [public_url(request.path, base=base) + asked for base in bases]


def raw_query(request: HttpRequest) -> bytes:
    """WSGI hands bytes over as latin-1 text (PEP 3333)."""
    return str(request.META.get("QUERY_STRING", "")).encode("latin-1", errors="replace")


def raw_form(request: HttpRequest) -> bytes:
    if request.method == "POST":
        return request.body
    return raw_query(request)


class Twilio:
    name = "twilio"
    errors = ERRORS

    def account_of(self, request: HttpRequest) -> str:
        return storable(params_of(request).get("AccountSid", ""))

    def line_of(self, request: HttpRequest, *, outbound: bool) -> str:
        return storable(params_of(request).get("From" if outbound else "To", ""))

    def verify(self, request: HttpRequest, keys: list[str]) -> None:
        given = request.headers.get("X-Twilio-Signature", "")
        how = request.headers.get("X-Twilio-Webhooks-Signature-Settings", "")
        algorithm = dict(part.strip().partition("=")[::2] for part in how.split(",")).get(
            "algorithm", DEFAULT_ALGORITHM
        )
        # Only a form's parameters are signed themselves. Those of a GET are part of the URL.
        is_form = request.method == "POST" and request.content_type == FORM
        has_other_body = request.method == "POST" and not is_form
        if algorithm not in ALGORITHMS or not is_signed(
            given=given,
            keys=keys,
            urls=signed_urls(request),
            params=dict(request.POST.lists()) if is_form else {},
            algorithm=algorithm,
            body=request.body if has_other_body else None,
        ):
            raise UnsignedRequest("Not signed with a key of this line.")

    def parse(self, request: HttpRequest) -> InboundText:
        params = params_of(request)
        opt_out = params.get("OptOutType", "").upper()
        media = int(_optional(params, "NumMedia", re.compile(r"[0-9]{1,3}")) or "0")
        place = 1 if "Latitude" in params else 0  # a shared location comes without words
        return InboundText(
            provider=self.name,
            account_id=_required(params, "AccountSid", ID),
            # Fields have no delimiter in what is signed, so each must be there by itself:
            # Body=YESFrom+1 has the signature of Body=YES&From=+1.
            provider_id=_required(params, "MessageSid", MESSAGE_ID),
            sender=_required(params, "From", ADDRESS),
            to=_required(params, "To", ADDRESS),
            body=storable(unwrapped(params.get("Body", ""))),
            raw=raw_form(request),
            media_count=media + place,
            opt_out_type=opt_out if opt_out in OPT_OUT_TYPES else "",
            replied_to=_optional(params, "OriginalRepliedMessageSid", ID),
            button_payload=storable(params.get("ButtonPayload", ""))[:LONGEST_PAYLOAD],
            idempotency_token=storable(request.headers.get("I-Twilio-Idempotency-Token", ""))[:100],
        )

    def parse_status(self, request: HttpRequest) -> InboundStatus:
        params = params_of(request)
        status = params.get("MessageStatus", "")
        if status not in RECEIPTS:
            raise MalformedRequest("MessageStatus is not a status of an outbound message.")
        error = _optional(params, "ErrorCode", re.compile(r"[0-9]{1,10}"))
        return InboundStatus(
            provider=self.name,
            account_id=_required(params, "AccountSid", ID),
            provider_id=_required(params, "MessageSid", MESSAGE_ID),
            sender=_required(params, "From", ADDRESS),
            to=_required(params, "To", ADDRESS),
            receipt=RECEIPTS[status],
            provider_status=status,
            error_code=error,
            opted_out=error == RECIPIENT_OPTED_OUT,
            raw=raw_form(request),
        )

    def acknowledgement(self) -> HttpResponse:
        return HttpResponse(TWIML_NOTHING, content_type="text/xml")


def _required(params: QueryDict, name: str, pattern: re.Pattern[str]) -> str:
    value = params.get(name, "")
    if not pattern.fullmatch(value):
        raise MalformedRequest(f"{name} is missing or not what Twilio sends as {name}.")
    return value


def _optional(params: QueryDict, name: str, pattern: re.Pattern[str]) -> str:
    value = params.get(name, "")
    return value if pattern.fullmatch(value) else ""
