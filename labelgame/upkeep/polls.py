"""The polls of the dataset's examples: opened for what is new, closed for what was pulled, settled
as a file says, and what was handed out and never answered taken back. All of it may be done again
and again.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from django.core.cache import cache
from django.db import transaction
from django.db.models import Case, F, Max, Q, Value, When

from classifier.examples import IMPORT
from classifier.folding import doubt_of
from classifier.models import Example, ExampleLabel
from classifier.models.examples import ExampleLabelQuerySet
from classifier.readings import likeliest
from classifier.taxonomy import current_taxonomy
from labelgame.dice import lot
from labelgame.models import Answer, GameSettings, Gold, Offer, Poll
from labelgame.models.polls import Kind, PollQuerySet
from labelgame.rules.scoring import NOT_YET, PULLED
from labelgame.upkeep.booking import add_to_week, book_as, book_poll, rebook_checks

BATCH = 500
# Ids are given out before they are committed: an example may appear below the newest one that has
# polls, a label below the newest one that was seen. So far below it is looked for, too.
OVERLAP = 1_000
TOGETHER = 50  # polls settled in one transaction: SQLite writes nothing else meanwhile
# The newest label that was seen. Forgotten, all labels are looked at once more.
_SEEN = "labelgame.newest_label_seen"
_SEEN_SECONDS = 86_400
_SETTLED = ["state", "settled_as", "settled_at", "probability", "method", "disagreement", "due_at"]
_NOT_ASKED = (Example.State.PULLED, Example.State.REVIEW)
LOOKED_BACK = timedelta(days=30)  # for what was pulled; it takes seconds, but workers may be down
CONTESTED = 1.0  # as much as people can be divided
KEPT_OFFERS = timedelta(days=7)  # so long an answer may come late


def open_polls(*, now: datetime) -> int:
    """One for each question of each example that has none and wants a label; how many."""
    opened = 0
    first_votes = GameSettings.current().first_votes
    for question in current_taxonomy().questions:
        newest = Poll.objects.of_question(question.name).aggregate(newest=Max("example_id"))
        since = max((newest["newest"] or 0) - OVERLAP, 0)
        wanting = (
            Example.objects.wanting(question.name)
            .filter(pk__gt=since)
            .exclude(polls__question=question.name)
            .order_by("pk")
        )
        while examples := list(wanting[:BATCH]):
            Poll.objects.bulk_create(
                [new_poll(example, question.name, first_votes, now) for example in examples],
                ignore_conflicts=True,
            )
            opened += len(examples)
    return opened


def new_poll(example: Example, question: str, first_votes: int, now: datetime) -> Poll:
    """Not saved yet."""
    scores: Mapping[str, float] = example.reading.get("scores", {}).get(question, {})
    return Poll(
        example=example,
        question=question,
        wanted=first_votes,
        guess=guess_of(scores),
        doubt=doubt_of(scores),
        read_by=example.reading.get("model", ""),
        lot=lot(),
        is_apart=example.kept_apart,
        created_at=now,
    )


def guess_of(scores: Mapping[str, float]) -> str:
    """Empty where no model was asked."""
    return likeliest(scores) if scores else ""


def ask_contested(*, now: datetime) -> int:
    """Of examples whose reading somebody says was wrong: the model and a person are divided, so
    they are asked first among what people are divided about; how many. What has answers already is
    on its way, and what has settled, people have said.
    """
    contested = Example.objects.contested().filter(contested_at__gt=now - LOOKED_BACK)
    polls = Poll.objects.open().of_question(current_taxonomy().primary.name)
    waiting = polls.filter(example__in=contested, votes=0, disagreement=0)
    # One by one: nobody else's rows are held meanwhile.
    return sum(
        Poll.objects.open().filter(pk=pk, votes=0).update(disagreement=CONTESTED)
        for pk in list(waiting.values_list("pk", flat=True)[:BATCH])
    )


def close_pulled(*, now: datetime) -> int:
    """Polls of examples that somebody pulled of late, here or in the admin; how many."""
    pulled = Example.objects.pulled().filter(pulled_at__gt=now - LOOKED_BACK)
    polls = list(Poll.objects.exclude(state=Poll.State.CLOSED).filter(example__in=pulled)[:BATCH])
    for poll in polls:
        close_as_pulled(poll=poll, now=now)
    return len(polls)


def close_unasked(*, now: datetime) -> int:
    """Open polls of questions that the taxonomy asks no more; how many."""
    names = sorted(current_taxonomy().question_names)
    # Not “none of these”: nothing should lie between two names, and an index is asked for that.
    between = [Q(question__gt=one, question__lt=next_) for one, next_ in pairwise(names)]
    gaps = [Q(question__lt=names[0]), *between, Q(question__gt=names[-1])]
    polls = [poll for gap in gaps for poll in Poll.objects.with_room().filter(gap)[:BATCH]]
    for poll in polls:
        with transaction.atomic():
            Poll.objects.filter(pk=poll.pk).update(state=Poll.State.CLOSED, due_at=None)
            poll.offers.filter(released_at=None).update(released_at=now)
    return len(polls)


@transaction.atomic
def close_as_pulled(*, poll: Poll, now: datetime) -> None:
    """Nothing is won or lost by it any more, and whoever holds it lets go. What had settled stays
    booked: else whoever was wrong could undo that, and the gain of those who were right.
    """
    Poll.objects.filter(pk=poll.pk).update(state=Poll.State.CLOSED, due_at=None)
    poll.offers.filter(released_at=None).update(released_at=now)
    waiting = poll.answers.standing().filter(settled_as=NOT_YET).exclude(kind=Kind.REPEAT)
    book_as(answers=waiting, settled_as=PULLED, now=now)


def reopen_put_back(*, now: datetime) -> int:
    """Polls of examples that were pulled and named nobody after all, and of questions that are
    asked again; how many.
    """
    asked = current_taxonomy().question_names
    closed = Poll.objects.filter(state=Poll.State.CLOSED, question__in=asked)
    # Not “in these states”: the few polls are to be walked through, not all examples in a state.
    polls = list(closed.exclude(example__state__in=_NOT_ASKED)[:BATCH])
    for poll in polls:
        reopen(poll=poll, now=now)
    return len(polls)


@transaction.atomic
def reopen(*, poll: Poll, now: datetime) -> None:
    if known := _known_label(poll):
        _settle_again(poll, known, now)
    else:
        _open_again(poll, now)
        _settle_as_given([poll.pk], poll.question, now)


def _known_label(poll: Poll) -> str:
    """What a reviewer said of it, or what it is a check of. Empty: players are to say."""
    ruling = poll.rulings.order_by("-pk").first()
    # What everybody agreed on, and then did not, is not known.
    undone = Gold.objects.filter(source=Gold.Source.UNANIMOUS, retired_at__isnull=False)
    gold = Gold.objects.filter(poll=poll).exclude(pk__in=undone).first()
    return ruling.label if ruling else gold.label if gold else ""


def _settle_again(poll: Poll, label: str, now: datetime) -> None:
    poll.state, poll.settled_as = Poll.State.SETTLED, label
    poll.settled_at = poll.settled_at or now
    poll.save(update_fields=["state", "settled_as", "settled_at"])
    book_poll(poll=poll, settled_as=label, now=now)
    checks = poll.answers.standing().filter(kind="gold", settled_as=PULLED)
    rebook_checks(answers=checks.select_related("poll__gold"), now=now)


def _open_again(poll: Poll, now: datetime) -> None:
    poll.state = Poll.State.OPEN
    poll.taken = poll.votes
    poll.due_at = now if poll.votes >= poll.wanted else None
    poll.save(update_fields=["state", "taken", "due_at"])
    # What had settled before keeps what it earned until the card settles anew.
    pulled = poll.answers.standing().filter(kind__in=(Kind.VOTE, Kind.LATE), settled_as=PULLED)
    book_as(answers=pulled, settled_as=NOT_YET, now=now)


def settle_given(*, now: datetime) -> int:
    """Open polls whose label a file has brought since; how many. Those that are open because such
    a label is doubted go on.
    """
    newest: int = ExampleLabel.objects.aggregate(newest=Max("pk"))["newest"] or 0
    # Not beyond the newest: the database may be an older copy of itself.
    since = max(min(cache.get(_SEEN, 0), newest) - OVERLAP, 0)
    settled = 0
    for question in current_taxonomy().label_names:
        given = _given(question).filter(pk__gt=since)
        polls = _undoubted(question).filter(example__in=given.values("example"))
        pks = list(polls.order_by("example_id").values_list("pk", flat=True))
        for start in range(0, len(pks), TOGETHER):
            settled += _settle_as_given(pks[start : start + TOGETHER], question, now)
    cache.set(_SEEN, newest, _SEEN_SECONDS)
    return settled


def _given(question: str) -> ExampleLabelQuerySet:
    """By files, of the labels that there are now."""
    labels = current_taxonomy().label_names[question]
    standing = ExampleLabel.objects.standing().of_question(question)
    return standing.filter(by=IMPORT, label__in=labels)


def _undoubted(question: str) -> PollQuerySet:
    return Poll.objects.open().of_question(question).filter(relabel=0)


@transaction.atomic
def _settle_as_given(pks: Sequence[int], question: str, now: datetime) -> int:
    """Of these polls those that are still open and have a label; how many."""
    # In the order in which whoever weighs answers locks them.
    locked = _undoubted(question).filter(pk__in=pks).select_for_update(no_key=True)
    polls = {poll.example_id: poll for poll in locked.order_by("example_id")}
    labels = {label.example_id: label for label in _given(question).filter(example__in=polls)}
    settled = [polls[example] for example in labels]
    for poll in settled:
        label = labels[poll.example_id]
        poll.state, poll.settled_as, poll.settled_at = Poll.State.SETTLED, label.label, now
        poll.probability, poll.method = label.probability, IMPORT
        poll.disagreement, poll.due_at = 0.0, None
    Poll.objects.bulk_update(settled, _SETTLED)
    Offer.objects.filter(poll__in=settled, released_at=None).update(released_at=now)
    earned = Counter[int]()
    answers = Answer.objects.standing().filter(poll__in=settled)
    answered = set(answers.values_list("poll_id", flat=True))
    for poll in settled:
        if poll.pk in answered:
            book_poll(poll=poll, settled_as=poll.settled_as, now=now, earned=earned)
    add_to_week(earned, now=now)
    return len(settled)


def free_expired(*, now: datetime) -> int:
    """Take back the cards that nobody answered; how many."""
    freed = 0
    for offer in Offer.objects.expired(now).order_by("pk")[:BATCH]:
        with transaction.atomic():
            # First the poll, as whoever answers does, or each would wait for the other's row.
            Poll.objects.select_for_update(no_key=True).get(pk=offer.poll_id)
            if Offer.objects.filter(pk=offer.pk, released_at=None).update(released_at=now):
                freed += 1
                if offer.kind == "vote":
                    give_room(poll_id=offer.poll_id)
    Offer.objects.filter(released_at__lt=now - KEPT_OFFERS).delete()
    return freed


def give_room(*, poll_id: int) -> None:
    Poll.objects.filter(pk=poll_id, taken__gt=0).update(taken=F("taken") - 1)


def weigh_rarity(
    *, question: str, lacking: Mapping[str, float], alike: Mapping[int, float]
) -> None:
    """`lacking`: label -> how much the model lacks it, from 0. A poll is as rare as what it was
    taken for. `alike`: poll -> how like it is to what the model must read rightly and does not;
    such ones go before all others.
    """
    before = 1.0 + max(lacking.values(), default=0.0)
    cases = [When(pk=pk, then=Value(round(before + much, 2))) for pk, much in alike.items()]
    cases += [When(guess=label, then=Value(float(much))) for label, much in lacking.items() if much]
    polls = Poll.objects.open().of_question(question)
    # Only what changes is written: most polls keep their place.
    new = Case(*cases, default=Value(0.0)) if cases else Value(0.0)
    changed = list(polls.filter(~Q(rarity=new)).order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(changed), BATCH):
        with transaction.atomic():
            # But those that somebody is busy with: they are weighed the next time.
            free = Poll.objects.select_for_update(skip_locked=True, no_key=True).order_by("pk")
            some = list(free.filter(pk__in=changed[start : start + BATCH]).values_list("pk"))
            Poll.objects.filter(pk__in=[pk for (pk,) in some]).update(rarity=new)
