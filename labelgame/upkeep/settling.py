"""Step 9, the settling: what a card's answers say together, and what follows from it.

Answers are weighed some seconds after they came, when they can be undone no more, with the skills
that the last full run found (weighing.py): a sum of a few logarithms for each card, so it
keeps up with any number of players. A crash between two cards loses nothing: a poll stays due until
the transaction that settled it is committed.
"""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from classifier import examples
from classifier.taxonomy import current_taxonomy
from labelgame.consensus import Confusion, Said, posterior
from labelgame.models import Answer, GameSettings, PlayerSkill, Poll, QuestionState
from labelgame.models.polls import Kind
from labelgame.rules.redundancy import Next, Step, next_step
from labelgame.rules.scoring import CANT_TELL, NOT_YET
from labelgame.upkeep.booking import add_to_week, book_poll
from labelgame.upkeep.gold import withdraw
from labelgame.upkeep.shifts import Watch

log = logging.getLogger(__name__)

BATCH = (
    20  # polls of one transaction: some tens of milliseconds, in which SQLite writes nothing else
)


@dataclass(frozen=True)
class Knowledge:
    """Of one question, from the last full run."""

    method: str
    priors: Mapping[str, float]
    skills: Mapping[int, Confusion]  # player -> confusion


@dataclass
class Desk:
    """What all polls of a batch are settled by."""

    settings: GameSettings
    earned: Counter[int] = field(default_factory=Counter)  # player -> points, till they are added
    known: dict[str, Knowledge] = field(default_factory=dict)
    watch: Watch = field(default_factory=Watch)

    def knowledge(self, question: str) -> Knowledge:
        if question not in self.known:
            self.known[question] = _knowledge(question)
        return self.known[question]


def has_due(*, now: datetime) -> bool:
    return Poll.objects.due().filter(due_at__lte=now).exists()


def settle_due(*, now: datetime) -> int:
    """Weigh every poll that is due; how many."""
    desk = Desk(GameSettings.current(), watch=Watch.begin(now=now))
    weighed, failed = 0, list[int]()
    due = Poll.objects.due().filter(due_at__lte=now).order_by("due_at", "pk")
    while pks := list(due.exclude(pk__in=failed).values_list("pk", flat=True)[:BATCH]):
        try:
            weighed += _settle_batch(pks, desk, now)
        except Exception:
            # One of them; the others must not wait for it.
            for pk in pks:
                try:
                    weighed += _settle_batch([pk], desk, now)
                except Exception:
                    log.exception("Poll %s cannot be settled; it is tried again.", pk)
                    failed.append(pk)
    return weighed


@transaction.atomic
def _settle_batch(pks: Sequence[int], desk: Desk, now: datetime) -> int:
    locked = Poll.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=pks)
    # By example, because their rows are locked one after the other, too.
    locked = locked.order_by("example_id", "pk")
    # Asked again under the lock: another worker may have been here.
    polls = [poll for poll in locked.select_related("example") if poll.due_at is not None]
    desk.earned.clear()
    for poll in polls:
        _weigh(poll, desk, now)
    add_to_week(desk.earned, now=now)
    return len(polls)


def _weigh(poll: Poll, desk: Desk, now: datetime) -> None:
    poll.due_at = None
    asked = current_taxonomy().question(poll.question)
    is_known = _is_known(poll)
    if asked is None or is_known or poll.state not in (Poll.State.OPEN, Poll.State.SETTLED):
        poll.save(update_fields=["due_at"])
        if is_known and poll.state == Poll.State.SETTLED:  # an answer that came after that
            book_poll(poll=poll, settled_as=poll.settled_as, now=now, earned=desk.earned)
        return
    # A label that the taxonomy has no more says nothing.
    known = poll.answers.counting().filter(label__in=(*asked.label_names, CANT_TELL))
    answers = list(known.select_related("player").order_by("pk"))
    found = _next(answers, poll, desk)
    match found.step:
        case Step.SETTLE if desk.watch.holds(poll.question, found.label):
            _send_to_review(poll, found, Poll.Why.SHIFTED, desk, now)
        case Step.SETTLE:
            _settle(poll, answers, found, desk, now)
        case Step.ASK:
            _ask_more(poll, found, desk, now)
        case Step.REVIEW:
            _send_to_review(poll, found, Poll.Why.SPLIT, desk, now)


def _is_known(poll: Poll) -> bool:
    """No consensus overrules a reviewer, nor a file until its label is asked about again."""
    is_given = poll.state == Poll.State.SETTLED and poll.method == examples.IMPORT
    return is_given or poll.rulings.exists()


def _next(answers: Sequence[Answer], poll: Poll, desk: Desk) -> Next:
    return next_step(
        _probabilities(answers, desk.knowledge(poll.question)),
        votes=len(answers),
        heard=sum(answer.player.weight > 0 for answer in answers),
        weight=sum(answer.player.weight for answer in answers),
        first=desk.settings.first_votes,
        most=desk.settings.most_votes,
        target=desk.settings.target,
    )


def _probabilities(answers: Sequence[Answer], known: Knowledge) -> dict[str, float]:
    said = [Said(each.player_id, each.label, each.player.weight) for each in answers]
    return posterior(said, skills=known.skills, priors=known.priors)


def _settle(poll: Poll, answers: Sequence[Answer], found: Next, desk: Desk, now: datetime) -> None:
    known = desk.knowledge(poll.question)
    if found.label == CANT_TELL:
        examples.unsettle(example=poll.example, question=poll.question, now=now)
    else:
        shares = {
            label: share
            for label, share in _probabilities(answers, known).items()
            if label != CANT_TELL
        }
        total = sum(shares.values())
        examples.settle(
            settlement=examples.Settlement(
                example=poll.example,
                question=poll.question,
                label=found.label,
                probability=found.probability,
                probabilities={label: share / total for label, share in shares.items()},
                votes=len(answers),
                method=known.method,
                answers=[str(answer.pk) for answer in answers],
            ),
            now=now,
        )
    desk.watch.settled(poll.question, found.label)
    if poll.settled_as not in ("", found.label):
        withdraw(poll=poll, now=now, earned=desk.earned)
    is_new = poll.settled_as != found.label or poll.state != Poll.State.SETTLED
    poll.state, poll.settled_as, poll.settled_at = Poll.State.SETTLED, found.label, now
    poll.probability, poll.method = found.probability, known.method
    poll.disagreement, poll.relabel = 0.0, 0.0
    poll.save()
    if is_new or _has_unbooked(poll):
        book_poll(poll=poll, settled_as=found.label, now=now, earned=desk.earned)


def _has_unbooked(poll: Poll) -> bool:
    """Also of those who answered late, which do not count."""
    earns = poll.answers.standing().filter(kind__in=(Kind.VOTE, Kind.LATE))
    return earns.exclude(settled_as=poll.settled_as).exists()


def _ask_more(poll: Poll, found: Next, desk: Desk, now: datetime) -> None:
    """Of one more player. What had settled before stands no more, and trains no more."""
    if poll.settled_as:
        examples.unsettle(example=poll.example, question=poll.question, now=now)
        withdraw(poll=poll, now=now, earned=desk.earned)
        book_poll(poll=poll, settled_as=NOT_YET, now=now, earned=desk.earned)
    poll.state = Poll.State.OPEN
    poll.settled_as, poll.settled_at, poll.probability = "", None, found.probability
    poll.wanted = max(poll.wanted, poll.votes) + 1
    poll.disagreement = found.disagreement
    poll.save()


def _send_to_review(poll: Poll, found: Next, why: Poll.Why, desk: Desk, now: datetime) -> None:
    examples.send_to_review(example=poll.example, question=poll.question, now=now)
    if poll.settled_as:
        withdraw(poll=poll, now=now, earned=desk.earned)
    poll.state, poll.why_review = Poll.State.REVIEW, why
    poll.probability, poll.disagreement = found.probability, found.disagreement
    poll.save()


def _knowledge(question: str) -> Knowledge:
    """Before the first full run: everybody is right as often as a usual player, and no label is
    likelier than another.
    """
    state = QuestionState.objects.filter(question=question).first()
    skills = PlayerSkill.objects.filter(question=question).values_list("player_id", "confusion")
    priors = even_priors(question)
    if state:  # of the labels that there are now; a new one has the least that any other has
        priors = {label: state.priors[label] for label in priors if label in state.priors}
    return Knowledge(state.method if state else "usual skills", priors, dict(skills))


def even_priors(question: str) -> dict[str, float]:
    asked = current_taxonomy().question(question)
    labels = [*asked.label_names, CANT_TELL] if asked else [CANT_TELL]
    return {label: 1.0 / len(labels) for label in labels}
