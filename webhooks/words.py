"""States, outcomes and times as the admin says them, and the colour that goes with each.

Not inside webhooks/admin/: unfold loads template tags, which need this, before any admin.
"""

from datetime import datetime
from urllib.parse import parse_qsl

from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from classifier.taxonomy import current_taxonomy
from webhooks import outcomes
from webhooks.models import Decision, Delivery, Endpoint, Line, Message, Reminder, StatusUpdate
from webhooks.providers import PROVIDERS

MESSAGE_STATES: dict[str, str] = {Message.State.UNROUTED: "no line"}

# Colours are unfold's: success, info, warning, danger, or the plain one for anything else.
ACTION_COLOURS: dict[str, str] = {Decision.Action.ACT: "success", Decision.Action.HOLD: "warning"}
MESSAGE_COLOURS: dict[str, str] = {Message.State.WAITING: "info", Message.State.UNROUTED: "danger"}
DELIVERY_COLOURS: dict[str, str] = {
    Delivery.State.WAITING: "info",
    "again": "warning",
    Delivery.State.DELIVERED: "success",
    Delivery.State.FAILED: "danger",
}
ENDPOINT_COLOURS: dict[str, str] = {
    "working": "success",
    "failing": "danger",
    "paused": "warning",
    "disabled": "danger",
}
REMINDER_COLOURS: dict[str, str] = {"open": "success"}
RECEIPT_COLOURS: dict[str, str] = {
    StatusUpdate.Status.SENT: "info",
    StatusUpdate.Status.DELIVERED: "success",
    StatusUpdate.Status.READ: "success",
    StatusUpdate.Status.FAILED: "danger",
}

OUTCOMES = {
    outcomes.DELIVERED.name: "taken",
    outcomes.GONE.name: "wants no more events, ever (410)",
    outcomes.BUSY.name: "busy: asked to wait",
    outcomes.REDIRECTED.name: "points elsewhere: redirects are not followed",
    outcomes.REFUSED.name: "refused",
    outcomes.UNREACHABLE.name: "not reached",
    outcomes.TIMED_OUT.name: "no answer in time",
    outcomes.FORBIDDEN_ADDRESS.name: "not sent: a private address",
    outcomes.UNSIGNABLE.name: "not sent: no secret to sign with",
    outcomes.BROKEN.name: "not sent: a fault of ours, see the log",
}


def badge(text: str, colour: str = "") -> SafeString:
    return render_to_string("unfold/helpers/label.html", {"text": text, "type": colour})


def copyable(text: str, explanation: str = "") -> SafeString:
    """A text with a button that copies it."""
    return render_to_string(
        "admin/webhooks/_copyable.html", {"text": text, "explanation": explanation}
    )


def moment(at: datetime | None) -> str:
    return f"{at:%d %b %Y, %H:%M}" if at else "–"


def outcome(name: str) -> str:
    return OUTCOMES.get(name, name)


def delivery_state(delivery: Delivery) -> tuple[str, str]:
    """(what colours it, what is said)."""
    if delivery.state == Delivery.State.WAITING and delivery.failures:
        return "again", "to be tried again"
    return delivery.state, delivery.get_state_display()


def endpoint_state(endpoint: Endpoint, now: datetime) -> str:
    if endpoint.disabled_at:
        return "disabled"
    if endpoint.paused_until and endpoint.paused_until > now:
        return "paused"
    return "failing" if endpoint.failing_since else "working"


def endpoint_details(endpoint: Endpoint, now: datetime) -> str:
    state = endpoint_state(endpoint, now)
    return {
        "disabled": f"{endpoint.disabled_because} Since {moment(endpoint.disabled_at)}.",
        "paused": f"It asked us to wait until {moment(endpoint.paused_until)}.",
        "failing": f"Every attempt since {moment(endpoint.failing_since)} has failed.",
        "working": "",
    }[state].strip()


def endpoint_standing(endpoint: Endpoint, now: datetime) -> SafeString:
    """Its state, and what there is to say about it."""
    state = endpoint_state(endpoint, now)
    details = endpoint_details(endpoint, now)
    return format_html("{} {}", badge(state, ENDPOINT_COLOURS[state]), details)


def reminder_state(reminder: Reminder, now: datetime) -> str:
    if reminder.closed_at and reminder.closed_at <= now:
        return "replaced"
    return "open" if reminder.expires_at > now else "expired"


def two_lines(first: str, second: str) -> SafeString:
    return format_html('{}<br><span class="nod-quiet">{}</span>', first, second)


def line(line: Line | None, address: str = "") -> SafeString:
    """Whose it is, and the address; `address` stands in for a line that there is not."""
    return two_lines(line.business.name, line.address) if line else two_lines("no line", address)


def short(text: str, *, otherwise: str = "") -> SafeString:
    """The beginning of somebody's words, in the direction they are written in."""
    words = Truncator(" ".join(text.split())).chars(60)
    if not words:
        return format_html('<span class="nod-quiet">{}</span>', otherwise)
    return format_html('<span class="nod-words" dir="auto">{}</span>', words)


def label(name: str) -> str:
    """As the taxonomy words it; a label of another taxonomy by its name."""
    known = {
        label.name: label.title
        for question in current_taxonomy().questions
        for label in question.labels
    }
    return known.get(name, name)


def without_words(message: Message) -> str:
    if message.media_count:
        return "a picture" if message.media_count == 1 else f"{message.media_count} pictures"
    return "empty"


def carrier_error(code: str, *, provider: str) -> str:
    """“30003: handset not reached”. A code that we have no words for stays a number."""
    adapter = PROVIDERS.get(provider)
    meaning = adapter.errors.get(code, "") if adapter else ""
    return f"{code}: {meaning}" if meaning else code


def parameters(raw: bytes | memoryview, *, provider: str) -> list[tuple[str, str]]:
    """A form as it was on the wire, name by name, in its order; an error code with its meaning."""
    return [
        (name, carrier_error(value, provider=provider) if name == "ErrorCode" else value)
        for name, value in parse_qsl(bytes(raw).decode(errors="replace"), keep_blank_values=True)
    ]
