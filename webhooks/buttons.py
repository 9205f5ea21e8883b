"""Buttons of quick replies, on WhatsApp and RCS: what was tapped is known, not read.

Their payload is set by the business when it sends them. One that is the name of a label is decided
by it before any model; any other is told in the event, and the words are read as ever.
"""

from classifier.taxonomy import current_taxonomy
from webhooks.models import Message


def label_of(message: Message) -> str:
    """The label of the primary question that the tapped button is named like, or nothing."""
    payload = message.button_payload.strip().lower()
    return next((name for name in current_taxonomy().primary.label_names if name == payload), "")
