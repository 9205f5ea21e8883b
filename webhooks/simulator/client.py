"""Texts Nod as a provider would: a form, signed by Twilio's own library, posted over HTTP.

The signer is not ours on purpose: what it signs, our verifier must accept.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

import urllib3
from twilio.request_validator import RequestValidator

from webhooks.models import Line

SECONDS = 15.0  # Twilio waits no longer either


class NotReached(Exception):
    """The text could not be sent: no key to sign with, or no answer at Nod's public address."""


@dataclass(frozen=True)
class Sent:
    """A text that was posted, and what was answered."""

    provider_id: str
    status: int
    answer: str

    @property
    def accepted(self) -> bool:
        return self.status == 200


def twilio_form(*, account_id: str, sender: str, to: str, body: str) -> dict[str, str]:
    """The parameters of a plain SMS, as Twilio sends them."""
    sid = "SM" + secrets.token_hex(16)
    return {
        "ToCountry": "US",
        "ToState": "",
        "SmsMessageSid": sid,
        "NumMedia": "0",
        "ToCity": "",
        "FromZip": "",
        "SmsSid": sid,
        "FromState": "",
        "SmsStatus": "received",
        "FromCity": "",
        "Body": body,
        "FromCountry": "US",
        "To": to,
        "ToZip": "",
        "NumSegments": "1",
        "MessageSid": sid,
        "AccountSid": account_id,
        "From": sender,
        "ApiVersion": "2010-04-01",
    }


def send_text(*, line: Line, sender: str, body: str, base_url: str) -> Sent:
    """Sign with the line's newest key and post it to a running Nod. Raises NotReached."""
    key = line.newest_key()
    if key is None:
        raise NotReached(f"{line.address} has no signing key: add one in the admin.")
    form = twilio_form(account_id=line.account_id, sender=sender, to=line.address, body=body)
    status, answer = post_signed(url=f"{base_url}/webhooks/{line.provider}/", form=form, key=key)
    return Sent(form["MessageSid"], status, answer)


def post_signed(*, url: str, form: Mapping[str, str], key: str) -> tuple[int, str]:
    """Sign a form and post it, over a connection of its own; (status, answer). Raises NotReached.

    One that is kept for the next form may be closed by the server at the moment of its coming.
    """
    headers = {
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        "X-Twilio-Signature": RequestValidator(key).compute_signature(url, form),
        "User-Agent": "TwilioProxy/1.1",
        "Connection": "close",
    }
    try:
        with urllib3.PoolManager(timeout=SECONDS, retries=False) as pool:
            answer = pool.request(
                "POST", url, body=urlencode(form), headers=headers, redirect=False
            )
    except urllib3.exceptions.SSLError as error:
        raise NotReached(f"{url} shows no certificate that a provider would accept.") from error
    except urllib3.exceptions.HTTPError as error:
        raise NotReached(f"{url} does not answer: is Nod running there?") from error
    return answer.status, answer.data.decode(errors="replace")
