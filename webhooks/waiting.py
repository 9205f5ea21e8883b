"""Step 5, inside: claiming waiting messages, and asking the model about them.

Nothing here holds a transaction or a lock while the model runs: a claim is one conditional UPDATE
that runs out by itself when its worker dies.
"""

import logging
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

from classifier.reader import Reader, live_reader
from classifier.readings import Pair, Reading
from classifier.text import normalise
from config.logs import kind_and_place
from webhooks.buttons import label_of
from webhooks.consent import keyword_in
from webhooks.matching import Matched
from webhooks.models import Message

logger = logging.getLogger(__name__)

MOST_READING_ATTEMPTS = 3  # then people read it


def has_waiting_messages() -> bool:
    return Message.objects.waiting().unclaimed(now=timezone.now(), lease=lease()).exists()


def lease() -> timedelta:
    return timedelta(seconds=settings.CLAIM_LEASE_SECONDS)


def claim_messages(*, now: datetime, limit: int) -> tuple[uuid.UUID, list[Message]]:
    """Take up to `limit` of the oldest waiting messages by one conditional UPDATE.

    A message that was claimed before without coming to a decision is taken alone: if it is the one
    that kills readers, it takes no other with it.
    """
    free = Message.objects.waiting().unclaimed(now=now, lease=lease())
    oldest = list(free.oldest_first().values_list("pk", "reading_attempts")[:limit])
    first_tried = next((i for i, (_, attempts) in enumerate(oldest) if attempts), len(oldest))
    chosen = [pk for pk, _ in oldest[: max(first_tried, 1)]]
    claim = uuid.uuid4()
    free.filter(pk__in=chosen).update(
        claim=claim, claimed_at=now, reading_attempts=models.F("reading_attempts") + 1
    )
    # By id as well: along the claim alone, every batch would walk through all that waits.
    mine = Message.objects.waiting().filter(pk__in=chosen, claim=claim)
    mine = mine.select_related("line__business")
    return claim, list(mine.oldest_first())


def read(messages: Sequence[Message], matches: Sequence[Matched]) -> dict[int, Reading | None]:
    """Readings by place in the list; None where there are no words, or no hope.

    What the model stumbles over is left out: its claim runs out, it is tried again, and in the
    end it goes to people.
    """
    readable = {
        i: Pair(prompt=_prompt(matches[i]), text=message.body)
        for i, message in enumerate(messages)
        if has_words(message) and message.reading_attempts <= MOST_READING_ATTEMPTS
    }
    found: dict[int, Reading | None] = dict.fromkeys(
        i for i in range(len(messages)) if i not in readable
    )
    if readable:
        found |= _read_pairs(readable, messages)
    return dict(sorted(found.items()))


def _read_pairs(
    pairs: Mapping[int, Pair], messages: Sequence[Message]
) -> dict[int, Reading | None]:
    """By the live model. Of what it fails on, a keyword or a button alone comes back."""
    # These are decided whatever the model says, also when it says nothing.
    found: dict[int, Reading | None] = dict.fromkeys(
        i for i in pairs if keyword_in(messages[i])[0] is not None or label_of(messages[i])
    )
    try:
        reader = live_reader()
    except Exception as error:
        # No text's fault: the attempt does not count.
        logger.error("No model could be loaded: %s", kind_and_place(error))
        Message.objects.filter(pk__in=[messages[i].pk for i in pairs]).update(
            reading_attempts=models.F("reading_attempts") - 1
        )
        return found
    return found | read_with(reader, pairs, messages)


def read_with(
    reader: Reader, pairs: Mapping[int, Pair], messages: Sequence[Message]
) -> dict[int, Reading]:
    """All at once; if that fails one by one, so that only those are left out that it fails on.
    By place in the list of messages.
    """
    found: dict[int, Reading] = {}
    try:
        return dict(zip(pairs, reader.read(list(pairs.values())), strict=True))
    except Exception as error:
        logger.error("Reading %s texts failed: %s", len(pairs), kind_and_place(error))
    for i, pair in pairs.items() if len(pairs) > 1 else ():
        try:
            [found[i]] = reader.read([pair])
        except Exception as error:
            logger.error("Reading message %s failed: %s", messages[i].pk, kind_and_place(error))
    return found


def has_words(message: Message) -> bool:
    """Whether a person would see anything: invisible characters are no words."""
    return bool(normalise(message.body).strip())


def _prompt(matched: Matched) -> str:
    """The reminder's words. When it could be several, none: the wrong one would mislead."""
    return matched.reminder.body if matched.reminder else ""
