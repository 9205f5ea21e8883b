"""What every provider's request becomes: small frozen types, no Django rows, no wire names.

Foreign words end at `webhooks/providers/`; from here on only these are spoken.
"""

from dataclasses import dataclass
from enum import Enum

from django.core.exceptions import BadRequest, PermissionDenied


class UnsignedRequest(PermissionDenied):
    """Not signed with one of the keys of the line it names: 403, nothing is stored."""


class MalformedRequest(BadRequest):
    """Signed, but not a form we can keep: 400, nothing is stored."""


class Receipt(Enum):
    """How far an outbound text got, in our words."""

    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    CANCELED = "canceled"


@dataclass(frozen=True)
class InboundText:
    """One text, parsed once at the edge."""

    provider: str
    account_id: str
    provider_id: str  # unique within (provider, account): the idempotency key
    sender: str
    to: str
    body: str  # repaired (base64, NUL) but otherwise as written; may be empty
    raw: bytes  # the whole form as it came
    media_count: int = 0  # pictures, sounds, places: what a person has to look at
    opt_out_type: str = ""  # STOP, START, HELP or empty
    replied_to: str = ""  # provider_id of the text this one answers, where the channel knows
    button_payload: str = ""  # what the business named the button that was tapped, where it was one
    idempotency_token: str = ""


@dataclass(frozen=True)
class InboundStatus:
    """One delivery receipt of an outbound text."""

    provider: str
    account_id: str
    provider_id: str
    sender: str  # our line
    to: str
    receipt: Receipt
    provider_status: str
    error_code: str
    opted_out: bool  # the carrier refused it because the person wants no texts
    raw: bytes
