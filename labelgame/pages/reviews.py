"""What a reviewer sees: which cards wait, what was said of one, and what the guide does not say.

Whose answer it was is not told: a card is decided by its words.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count
from django.http import Http404

from classifier.models import ExampleLabel
from classifier.taxonomy import Label, Question, current_taxonomy
from labelgame.access import reviews_for
from labelgame.models import Answer, Contest, Player, Poll, Ruling
from labelgame.models.polls import Kind
from labelgame.pages.cards import label_of
from labelgame.pages.words import ago
from labelgame.rules.scoring import CANT_TELL, SKIP

SHOWN = 50  # waiting cards on one page, the oldest; a reviewer decides them one by one
GAPS = 20


def question_of(poll: Poll) -> Question:
    """Http404 where the taxonomy has it no more: there is nothing to say."""
    question = current_taxonomy().question(poll.question)
    if question is None:
        raise Http404("The taxonomy does not ask this any more.")
    return question


# ---- the list ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Waiting:
    poll: Poll
    question: str  # as it is asked
    why: str
    is_contest: bool
    asked: str  # how long ago


@dataclass(frozen=True)
class Queue:
    cards: list[Waiting]  # the oldest first
    is_all: bool


def queue_for(player: Player, *, now: datetime) -> Queue:
    """Two short walks along the indexes of what waits, however many cards there are."""
    in_review = Poll.objects.in_review().showable().asked()
    divided = in_review.order_by("pk").values_list("pk", flat=True)
    contests = Contest.objects.waiting().order_by("pk")
    contested = dict.fromkeys(contests.values_list("answer__poll", flat=True)[: SHOWN + 1])
    waiting = sorted({*divided[: SHOWN + 1], *contested})
    polls = reviews_for(player).filter(pk__in=waiting).select_related("example").order_by("pk")
    cards = [_waiting(poll, is_contest=poll.pk in contested, now=now) for poll in polls[:SHOWN]]
    return Queue(cards, is_all=len(waiting) <= SHOWN)


def _waiting(poll: Poll, *, is_contest: bool, now: datetime) -> Waiting:
    question = current_taxonomy().question(poll.question)
    why = "a player contests it" if is_contest else poll.get_why_review_display()
    asks = question.asks if question else poll.question
    return Waiting(poll, asks, why, is_contest, ago(poll.created_at, now))


def next_for(player: Player, *, after: Poll, now: datetime) -> Poll | None:
    """The one to go on with: the next in the list, or the first that was passed over."""
    cards = [each.poll for each in queue_for(player, now=now).cards if each.poll.pk != after.pk]
    return next((poll for poll in cards if poll.pk > after.pk), cards[0] if cards else None)


# ---- one card ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Bar:
    label: Label
    votes: int
    share: float  # of all votes
    is_first: bool

    @property
    def width(self) -> str:
        return f"{self.share:.1%}"


@dataclass(frozen=True)
class Said:
    """What players said of a card."""

    bars: list[Bar]
    votes: int
    skipped: int


def said_of(poll: Poll) -> Said:
    question = question_of(poll)
    answers = Answer.objects.standing().exclude(kind=Kind.REPEAT).filter(poll=poll)
    counts = Counter(answers.values_list("label", flat=True))
    skipped = counts.pop(SKIP, 0)
    votes, most = counts.total(), max(counts.values(), default=0)
    names = dict.fromkeys([*question.label_names, CANT_TELL, *counts])
    bars = [
        Bar(
            label_of(poll.question, name),
            counts[name],
            counts[name] / votes if votes else 0.0,
            is_first=bool(most) and counts[name] == most,
        )
        for name in names
    ]
    return Said(bars, votes, skipped)


def contests_of(poll: Poll) -> list[tuple[Contest, Label]]:
    """With what the player had said."""
    rows = Contest.objects.filter(answer__poll=poll).select_related("answer").order_by("pk")
    return [(contest, label_of(poll.question, contest.answer.label)) for contest in rows]


def rulings_of(poll: Poll) -> list[tuple[Ruling, Label]]:
    return [
        (ruling, label_of(poll.question, ruling.label)) for ruling in poll.rulings.order_by("-pk")
    ]


def labels_of(poll: Poll) -> list[tuple[ExampleLabel, Label]]:
    """What it settled as before, the latest first."""
    rows = poll.example.labels.of_question(poll.question).newest_first()
    return [(row, label_of(poll.question, row.label)) for row in rows]


# ---- what the guide does not say -------------------------------------------------------------


@dataclass(frozen=True)
class Gaps:
    """Rulings for which the guide had no sentence. Their texts are shown only while nobody has
    pulled them.
    """

    shown: list[tuple[Ruling, Label]]  # the oldest that are not written, so that none is forgotten
    unwritten: int
    written: int


def gaps() -> Gaps:
    counted = Ruling.objects.gaps().aggregate(all=Count("pk"), written=Count("written_at"))
    waiting = Ruling.objects.gaps().unwritten().select_related("poll__example").order_by("pk")
    shown = [(ruling, label_of(ruling.poll.question, ruling.label)) for ruling in waiting[:GAPS]]
    return Gaps(shown, counted["all"] - counted["written"], counted["written"])


def has_answered(player: Player, poll: Poll) -> bool:
    return Answer.objects.standing().filter(player=player, poll=poll).exists()
