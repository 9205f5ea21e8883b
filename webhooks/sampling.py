"""Which texts are put into the dataset for people to label. Pure.

Those that were read unsurely, for they teach most; and a few by lot among all that were read, so
that what people say of those is true of all texts. Never what a rule or a keyword decided: no model
is asked about those. What is like a known incident is added later (webhooks/incidents.py).
"""

import hashlib
from uuid import UUID

from classifier.readings import RULES
from webhooks.policy import DOUBTS, Reason

# Where a model's reading was looked at. In the others there was a keyword, or nothing to read. What
# is in another language could neither be labelled by players nor be masked, gibberish teaches none.
READ = frozenset(
    {
        *DOUBTS,
        Reason.SURE,
        Reason.NEEDS_A_PERSON,
        Reason.NO_OPEN_REMINDER,
        Reason.SEVERAL_OPEN_REMINDERS,
    }
)


def is_drawn(public_id: UUID, *, share: float) -> bool:
    """A lot that falls the same however often it is drawn: by a hash of the message's id.

    The unsure are drawn from, too. What is measured on the sure ones alone would say nothing of
    how much is held that need not be.
    """
    digest = hashlib.sha256(f"example {public_id}".encode()).digest()
    return int.from_bytes(digest[:8]) < share * 2**64


def is_wanted(*, reason: Reason, model: str, drawn: bool) -> bool:
    return reason in READ and model != RULES and (drawn or reason in DOUBTS)
