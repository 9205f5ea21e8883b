"""Step 8 of a message's way: what the model was unsure of, and a few by lot, go into the dataset.

Which, stands in the message since its decision (`Message.example`), in the same transaction. The
adding comes later and in another worker, so that masking slows no reading, and what goes wrong here
takes back no decision. Adding twice adds once: the dataset knows a message by its public id.
"""

import logging
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.db.models import Prefetch

from classifier.examples import Arrival, add_examples
from classifier.models import ExampleSource
from classifier.readings import Pair
from classifier.readings import Reading as ModelReading
from config.logs import kind_and_place
from webhooks import sampling
from webhooks.models import Decision, Message
from webhooks.policy import DOUBTS, Reason

logger = logging.getLogger(__name__)

BATCH = 64  # messages in one transaction: some tens of milliseconds, in which SQLite writes nothing
# else

AsExample = Message.AsExample


def has_due() -> bool:
    return Message.objects.due_as_examples().exists()


def add_due(*, now: datetime) -> int:
    """Add the oldest that are due; how many there were.

    Not claimed: two workers at once would add the same ones once.
    """
    first = Decision.objects.filter(supersedes=None).select_related("reading")
    due = list(
        Message.objects.due_as_examples()
        .oldest_first()
        .defer("raw")
        .select_related("line__business", "reminder")
        .prefetch_related(Prefetch("decisions", first, to_attr="first"))[:BATCH]
    )
    shared = [message for message in due if _may_be_shared(message)]
    _mark([message for message in due if not _may_be_shared(message)], AsExample.NO)
    try:
        _add(shared, now=now)
    except (OperationalError, InterfaceError):
        raise  # the database, not a text: they stay due
    except Exception as error:
        logger.error("Adding %s examples failed: %s", len(shared), kind_and_place(error))
        _add_each(shared, now=now)
    return len(due)


def _add_each(messages: Sequence[Message], *, now: datetime) -> None:
    """One by one, so that only those are left out that cannot be added."""
    for message in messages:
        try:
            _add([message], now=now)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            logger.error("Adding message %s failed: %s", message.pk, kind_and_place(error))
            _mark([message], AsExample.FAILED)


def _add(messages: Sequence[Message], *, now: datetime) -> None:
    add_examples(arrivals=[_arrival(message) for message in messages], now=now)
    _mark(messages, AsExample.ADDED)


def _arrival(message: Message) -> Arrival:
    decision: Decision = message.first[0]  # type: ignore[attr-defined]  # the prefetch's
    assert decision.reading is not None  # what was not read is never due
    return Arrival(
        # As it was read: under several open reminders, none.
        pair=Pair(message.reminder.body if message.reminder else "", message.body),
        source=ExampleSource.Kind.MESSAGE,
        reference=str(message.public_id),
        received_at=message.received_at,
        reading=ModelReading.from_dict(decision.reading.result),
        unsure=decision.reason in DOUBTS,
        drawn=sampling.is_drawn(message.public_id, share=settings.EXAMPLES_RANDOM_SHARE),
        contested=message.is_contested,
    )


def contest(*, message: Message) -> bool:
    """Somebody says that it was read wrongly: it is due as an example, also where it is one
    already, so that people are asked. Whether they can be: not about what no model decided, nor of
    a business that shares nothing.
    """
    first = Decision.objects.filter(message=message, supersedes=None).select_related("reading")
    decision = first.first()
    if decision is None or decision.reading is None or not _may_be_shared(message):
        return False
    model, reason = decision.reading.model_version, Reason(decision.reason)
    if not sampling.is_wanted(reason=reason, model=model, drawn=True):  # by somebody, not by lot
        return False
    Message.objects.filter(pk=message.pk).update(example=AsExample.DUE, is_contested=True)
    return True


def _may_be_shared(message: Message) -> bool:
    """Asked again: a business may have said no since."""
    return message.line is not None and message.line.business.shares_examples


def _mark(messages: Sequence[Message], state: AsExample) -> None:
    Message.objects.filter(pk__in=[message.pk for message in messages]).update(example=state)
