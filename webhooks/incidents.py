"""Texts that are like a row which the newest model version must read rightly and does not
(classifier/must_pass.py) go into the dataset although they were read surely.

A model that is sure of what it mistakes asks nobody: without them it would meet such texts again
and again and never be told. The rows themselves are never learnt from. Which of the texts come
first in the game, labelgame/upkeep/incidents.py says.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from classifier.judged import failed_rows
from classifier.likeness import most_alike_taken_for_the_same
from classifier.readings import RULES, Pair
from webhooks.models import Message, Reading

EACH = 20  # texts for a row, of those that were taken for the same as it
LOOKED_BACK = timedelta(days=30)
LOOKED_AT = 10_000  # the latest: a second's work

AsExample = Message.AsExample


@dataclass(frozen=True, slots=True)
class Text:
    message: int
    pair: Pair
    found: str


def collect(*, now: datetime) -> int:
    """Mark what is like those rows as due; how many are new among them. Again, it marks nothing."""
    failed = failed_rows()
    if not failed:
        return 0
    texts = _taken_for({row.found for row in failed}, now=now)
    places = most_alike_taken_for_the_same(
        [text.pair for text in texts], [text.found for text in texts],
        [row.pair for row in failed], [row.found for row in failed], each=EACH,
    )  # fmt: skip
    wanted = [texts[place].message for place in places]
    return Message.objects.filter(pk__in=wanted, example=AsExample.NO).update(example=AsExample.DUE)


def _taken_for(labels: set[str], *, now: datetime) -> list[Text]:
    """What is an example already is among them: it takes the place of one that would be new."""
    readings = (
        Reading.objects.between(now - LOOKED_BACK, now)
        .exclude(model_version=RULES)
        .filter(
            intent__in=labels,
            message__state=Message.State.DECIDED,
            message__line__business__shares_examples=True,
        )
        .order_by("-pk")  # the latest, by the index that there is
    )
    columns = ("message_id", "message__reminder__body", "message__body", "intent")
    return [
        Text(message, Pair(prompt or "", text), found)
        for message, prompt, text, found in readings.values_list(*columns)[:LOOKED_AT]
    ]
