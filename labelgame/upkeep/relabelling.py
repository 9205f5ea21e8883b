"""Old labels that a model does not believe are asked again.

classifier/suspicious.py ranks them.
"""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Greatest

from classifier.data import DataError
from classifier.dataset import training_rows
from classifier.examples import IMPORT
from classifier.models import Example, ExampleLabel
from classifier.models.examples import ExampleLabelQuerySet
from classifier.suspicious import suspicions
from classifier.taxonomy import Question, Taxonomy, current_taxonomy
from labelgame.models import GameSettings, Poll
from labelgame.models.polls import PollQuerySet
from labelgame.upkeep.polls import new_poll

# So many are asked again at a time, of so many that are ranked first: the first hundred of a file
# with 5 % planted errors held 57 of them (classifier/suspicious.py), and the next hold fewer.
MOST, RANKED = 50, 500


def look_again(*, now: datetime) -> int:
    """Rank the labels that players gave, and ask again about the least believed; how many."""
    taxonomy = current_taxonomy()
    return sum(_look_again(question, taxonomy, now) for question in taxonomy.questions)


def _look_again(question: Question, taxonomy: Taxonomy, now: datetime) -> int:
    if not (_settled(question.name).exists() or _given(question.name).exists()):
        return 0
    try:
        found = suspicions(training_rows(taxonomy), taxonomy, question)
    except DataError:
        return 0  # too few rows to learn anything from a part of them
    doubted = {
        each.row.extra["example"]: 1.0 - each.belief
        for each in found
        if "example" in each.row.extra
    }
    first = Example.objects.filter(public_id__in=list(doubted)[:RANKED])
    doubts = {pk: doubted[str(name)] for pk, name in first.values_list("pk", "public_id")}
    return ask_again(doubts=doubts, question=question.name, now=now)


def _settled(question: str) -> PollQuerySet:
    """By players, who may say otherwise, or by a file while they were asked."""
    most = GameSettings.current().most_votes
    settled = Poll.objects.settled().of_question(question).filter(gold=None, rulings=None)
    return settled.filter(Q(votes__gt=0) | Q(method=IMPORT), votes__lt=most)


def _given(question: str) -> ExampleLabelQuerySet:
    """By a file, and never asked."""
    asked = Poll.objects.of_question(question).filter(example=OuterRef("example"))
    labels = ExampleLabel.objects.standing().of_question(question).filter(by=IMPORT)
    return labels.filter(~Exists(asked))


@transaction.atomic
def ask_again(*, doubts: Mapping[int, float], question: str, now: datetime) -> int:
    """`doubts`: example -> how little its label is believed, from 0 to 1. The least believed are
    asked of one more player, and what too few were asked yet, of as many as usual; of how many.
    The label stands until somebody says otherwise; a reviewer's stands anyway.
    """
    settled = {poll.example_id: poll for poll in _settled(question).filter(example__in=doubts)}
    given = {
        label.example_id: label.example
        for label in _given(question).filter(example__in=doubts).select_related("example")
    }
    asked = 0
    for pk in sorted(doubts, key=lambda pk: -doubts[pk]):
        if asked == MOST:
            break
        if pk in settled:
            asked += _ask_one_more(settled[pk], doubts[pk])
        elif pk in given:
            asked += _ask_first(given[pk], question, doubts[pk], now)
    return asked


def _ask_one_more(poll: Poll, doubt: float) -> int:
    return Poll.objects.filter(pk=poll.pk, state=Poll.State.SETTLED).update(
        state=Poll.State.OPEN,
        relabel=doubt,
        wanted=Greatest(F("votes") + 1, GameSettings.current().first_votes),
        taken=F("votes"),
        due_at=None,
    )


def _ask_first(example: Example, question: str, doubt: float, now: datetime) -> int:
    poll = new_poll(example, question, GameSettings.current().first_votes, now)
    poll.relabel = doubt
    poll.save(force_insert=True)
    return 1
