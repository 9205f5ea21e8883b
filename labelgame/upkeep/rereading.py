"""What a new model makes of the cards that still wait: its guess, and where it is torn.

A guess is as old as its text. When a better model goes live, much of what the one before was torn
about is plain to it, and asking by the old doubt would ask people for what the model knows by now.

Hidden checks that no model was asked about are read as well: the guess is said after any card, and
where it were missing, a player would know what the card was.
"""

import time
from collections.abc import Sequence
from random import Random

from django.db import transaction

from classifier.folding import doubt_of
from classifier.models import Example, ModelVersion
from classifier.reader import live_reader
from classifier.readings import Pair
from classifier.surrogates import unmasked
from labelgame.models import Poll
from labelgame.upkeep.polls import guess_of

BATCH = 64  # examples, or somewhat more
SECONDS = 0.5  # at a time: so long a text may wait for it, in the worker that has the model


def read_for_a_while() -> int:
    """How many polls."""
    until, read = time.monotonic() + SECONDS, 0
    while time.monotonic() < until and (some := read_some()):
        read += some
    return read


def read_some() -> int:
    """Of the open polls that another model has read, or none, and of the checks that none has.
    0: none is left.
    """
    live = ModelVersion.objects.live().values_list("name", flat=True).first()
    if not _unread(live, most=1):
        return 0
    reader = live_reader()  # of another name, where the live version cannot be loaded
    polls = _unread(reader.name if live else None, most=BATCH * 2)
    examples = {poll.example_id: poll.example for poll in polls}
    pairs = [_as_it_is_read(example) for example in examples.values()]
    readings = dict(zip(examples, reader.read(pairs), strict=True))
    for poll in polls:
        is_asked = reader.taxonomy.question(poll.question) is not None
        scores = (
            readings[poll.example_id].scores_of(poll.question, primary=reader.taxonomy.primary.name)
            if is_asked
            else {}
        )
        poll.guess, poll.doubt, poll.read_by = guess_of(scores), doubt_of(scores), reader.name
    _keep(polls)
    return len(polls)


def _as_it_is_read(example: Example) -> Pair:
    """With words in the place of its chips, the same each time: a model never learnt a chip."""
    return unmasked(Pair(example.prompt, example.text), Random(str(example.public_id)))


def _unread(name: str | None, *, most: int) -> list[Poll]:
    """Checks first, for there are few. `name` None: while no version is live, open polls wait."""
    checks = Poll.objects.checks().filter(read_by="").select_related("example").order_by("pk")
    found = list(checks[:most])
    return found + (_outdated(name, most=most - len(found)) if name else [])


def _outdated(name: str, *, most: int) -> list[Poll]:
    # Not “another than”: along an index, one looks on both sides of a name.
    polls = Poll.objects.open().select_related("example")
    before = list(polls.filter(read_by__lt=name).order_by("read_by", "pk")[:most])
    after = polls.filter(read_by__gt=name).order_by("read_by", "pk")
    return before + list(after[: most - len(before)])


@transaction.atomic
def _keep(polls: Sequence[Poll]) -> None:
    """But of those that somebody is answering at this moment: they come with the next batch."""
    of_these = Poll.objects.filter(pk__in=[poll.pk for poll in polls])
    wanted = of_these.open() | of_these.checks()
    free = wanted.select_for_update(skip_locked=True, no_key=True).order_by("pk")
    pks = set(free.values_list("pk", flat=True))
    renewed = [poll for poll in polls if poll.pk in pks]
    Poll.objects.bulk_update(renewed, ["guess", "doubt", "read_by"])
