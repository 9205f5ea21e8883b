"""Hidden checks: cards whose label is known. They tell how players answer, and never count.

At first they are rows that came with Nod, hand-written and labelled twice. Later they grow from
cards on which everybody agreed and from a reviewer's picks. Of the picks a part is kept in reserve
and never shown: what consensus makes of those cards says how good it is.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from itertools import zip_longest

from django.db import transaction
from django.db.models import Count, Q

from classifier.data import DataError, Row, place_of, starter_rows
from classifier.examples import IMPORT, Arrival, Settlement, add_examples, settle_all
from classifier.masking import masked_pair
from classifier.models import ExampleSource
from classifier.readings import Pair
from classifier.taxonomy import Question, current_taxonomy
from labelgame.models import Gold, Poll
from labelgame.models.polls import Kind
from labelgame.rules.scoring import NOT_YET
from labelgame.upkeep.booking import book_as

PLANTED = 8  # of each label, from the shipped rows
WANTED = 40  # of each label, with what grows
UNANIMOUS = 3  # answers that agree, at least
SURE = 0.99


def plant(*, now: datetime) -> int:
    """Checks from the shipped rows, where a question has none at all; how many."""
    taxonomy = current_taxonomy()
    missing = [
        question
        for question in taxonomy.questions
        if not Gold.objects.filter(question=question.name).exists()
    ]
    if not missing:
        return 0
    try:
        rows = starter_rows(taxonomy)
    except DataError:
        return 0  # another taxonomy: its checks grow from what its players agree on
    return sum(_plant(question, rows, now) for question in missing)


def _plant(question: Question, rows: Sequence[Row], now: datetime) -> int:
    chosen = _chosen(question, rows)
    arrivals = [
        Arrival(
            pair=row.pair,
            source=ExampleSource.Kind.IMPORT,
            reference=f"shipped:{place_of(row)}",
            received_at=now,
        )
        for row in chosen
    ]
    examples = add_examples(arrivals=arrivals, now=now)
    known = [
        Settlement(example, name, label, 1.0, method="hand", by=IMPORT)
        for row, example in zip(chosen, examples, strict=True)
        for name, label in row.labels.items()
        if label is not None
    ]
    settlements = _once(known)
    with transaction.atomic():
        settle_all(settlements=settlements, now=now)
        return _check(question, settlements, now)


def _once(settlements: Sequence[Settlement]) -> list[Settlement]:
    """Two rows may fold into one example; the first one's labels are its."""
    once = {(each.example.pk, each.question): each for each in settlements[::-1]}
    return list(once.values())[::-1]


def _check(question: Question, settlements: Sequence[Settlement], now: datetime) -> int:
    """Make checks of examples whose label for the question is known; how many. All at once: others
    want to write, too."""
    known = [each for each in settlements if each.question == question.name]
    polls = [
        Poll(
            example=each.example,
            question=question.name,
            state=Poll.State.SETTLED,
            settled_as=each.label,
            settled_at=now,
            probability=each.probability,
            method=each.method,
            lot=0.0,
            created_at=now,
        )
        for each in known
    ]
    Poll.objects.bulk_create(
        polls,
        update_conflicts=True,
        unique_fields=["example", "question"],
        update_fields=["state", "settled_as", "settled_at", "probability", "method"],
    )
    examples = [each.example for each in known]
    kept = Poll.objects.of_question(question.name).filter(example__in=examples, gold=None)
    made = [
        Gold(
            poll=poll,
            question=question.name,
            label=poll.settled_as,
            source=Gold.Source.SHIPPED,
            created_at=now,
        )
        for poll in kept.order_by("pk")
    ]
    Gold.objects.bulk_create(made, ignore_conflicts=True)
    return len(made)


def _chosen(question: Question, rows: Sequence[Row]) -> list[Row]:
    """As many of each label, in turn; plain ones, that anybody can tell, and no two alike. Rows are
    ordered by a hash of their words, so the choice is the same everywhere and of every trade.
    """
    of_label: dict[str, list[Row]] = {label: [] for label in question.label_names}
    seen: set[str] = set()
    for row in sorted(rows, key=place_of):
        label = row.labels[question.name]
        if label is None or len(of_label[label]) >= PLANTED or row.pair.text in seen:
            continue
        if not 3 <= len(row.pair.text.split()) <= 14 or not _tells_nobody(row.pair):
            continue
        seen.add(row.pair.text)
        of_label[label].append(row)
    in_turn = zip_longest(*of_label.values())
    return [row for some in in_turn for row in some if row is not None]


def _tells_nobody(pair: Pair) -> bool:
    """Whether the reply holds no chip: with one, its label might hang on what was hidden."""
    return masked_pair(pair).text == pair.text


def grow(*, now: datetime) -> int:
    """Checks from what everybody agreed on, for labels that have too few; how many."""
    grown = 0
    for question in current_taxonomy().questions:
        known = Gold.objects.filter(question=question.name, retired_at=None)
        counts = dict(known.values_list("label").annotate(Count("pk")))
        for label in question.label_names:
            more = WANTED - counts.get(label, 0)
            if more > 0:
                grown += _grow(question.name, label, more, now)
    return grown


def _grow(question: str, label: str, more: int, now: datetime) -> int:
    agreed = Q(answers__kind=Kind.VOTE, answers__undone_at=None) & ~Q(answers__label=label)
    polls = (
        Poll.objects.settled()
        .of_question(question)
        .showable()
        .filter(settled_as=label, votes__gte=UNANIMOUS, probability__gte=SURE, is_apart=False)
        .filter(gold=None, rulings=None)
        .exclude(pk__in=Poll.objects.filter(agreed, settled_as=label, question=question))
        .order_by("pk")[:more]
    )
    made = [
        Gold(
            poll=poll,
            question=question,
            label=label,
            source=Gold.Source.UNANIMOUS,
            created_at=now,
        )
        for poll in polls
    ]
    Gold.objects.bulk_create(made, ignore_conflicts=True)
    return len(made)


@transaction.atomic
def withdraw(*, poll: Poll, now: datetime, earned: Counter[int]) -> bool:
    """What everybody agreed on is agreed on no more: whether it was a check for that. Who met it
    earns by what the card settles as in the end, as if they had answered after others.
    """
    grown = Gold.objects.filter(poll=poll, source=Gold.Source.UNANIMOUS, retired_at=None)
    if not grown.update(retired_at=now):
        return False
    poll.offers.filter(kind=Kind.GOLD).update(kind=Kind.LATE)
    met = poll.answers.filter(kind=Kind.GOLD)
    book_as(answers=met.standing(), settled_as=NOT_YET, now=now, earned=earned)
    met.update(kind=Kind.LATE)
    return True
