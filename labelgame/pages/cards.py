"""Cards as players see them, what is said after an answer, and why there may be none.

Before an answer a card holds nothing but the masked words and the question: no earlier answer, no
guess of the model.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from classifier.taxonomy import Label, Question, current_taxonomy
from labelgame.models import Answer, GameSettings, Offer, Player, Poll, Round
from labelgame.rules.scoring import CANT_TELL, SKIP

# Answers that are not labels, as people read them; their keys are the game's own.
CANT_TELL_LABEL = Label(
    name=CANT_TELL,
    title="Can't tell",
    meaning="The words can be taken in more than one way, and nothing decides between them.",
    emoji="🤷",
    hotkey="0",
    examples=(),
)
SKIPPED = Label(
    name=SKIP,
    title="Skip",
    meaning="You would rather not say. Somebody else is asked.",
    emoji="⏭️",
    hotkey="s",
    examples=(),
)
LEAK_KEY = "n"  # of “This names somebody”


def label_of(question: str, name: str) -> Label:
    """As people read it. Of a label that the taxonomy no longer has, the name is left."""
    if name in (CANT_TELL, SKIP):
        return CANT_TELL_LABEL if name == CANT_TELL else SKIPPED
    known = current_taxonomy().question(question)
    if known is None or name not in known.label_names:
        return Label(name=name, title=name, meaning="", emoji="", hotkey="", examples=())
    return known.label(name)


# ---- a card --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shown:
    card: UUID
    question: Question
    prompt: str
    text: str
    number: int  # within the round, from 1
    of: int

    @property
    def leak_key(self) -> str:
        """Empty where a label has it: an answer must never take the card out."""
        taken = {label.hotkey for label in self.question.labels}
        return "" if LEAK_KEY in taken else LEAK_KEY


def shown(offer: Offer, round_: Round, *, place: int = 0) -> Shown:
    """`place`: how many cards are in hand before this one."""
    question = current_taxonomy().question(offer.poll.question)
    assert question is not None, "the picker asks what the taxonomy asks"
    example = offer.poll.example
    number = min(round_.answered + place + 1, round_.cards)
    return Shown(
        offer.public_id, question, example.prompt, example.text, number=number, of=round_.cards
    )


def all_shown(offers: Sequence[Offer], round_: Round) -> list[Shown]:
    return [shown(offer, round_, place=place) for place, offer in enumerate(offers)]


# ---- after an answer -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Said:
    card: UUID
    label: Label
    guess: Label | None  # the model's; None where it was not asked

    @property
    def is_same(self) -> bool:
        return self.guess is not None and self.guess.name == self.label.name


def said(answer: Answer) -> Said:
    question = answer.poll.question
    guess = label_of(question, answer.guess) if answer.guess else None
    return Said(answer.public_id, label_of(question, answer.label), guess)


def last_said(round_: Round) -> Said | None:
    """The round's last answer, for a page that is opened in the middle of it."""
    answers = Answer.objects.standing().filter(round=round_).select_related("poll")
    last = answers.newest_first().first()
    return said(last) if last else None


# ---- nothing left --------------------------------------------------------------------------

WEEK = timedelta(days=7)
COUNTED = 1_000  # of the cards that came of late; beyond, “more than” says enough


@dataclass(frozen=True, slots=True)
class NothingLeft:
    why: str
    when: str  # more comes


def nothing_left(*, player: Player, now: datetime) -> NothingLeft:
    """Asked where the picker had no card for this player."""
    open_ = Poll.objects.open().showable()
    theirs = open_.unanswered_by(player)
    if theirs.exists():
        return _in_other_hands(theirs.count(), now)
    others = open_.count()
    if others:
        one = others == 1
        why = (
            f"You have answered every card there is. {others:,} {'waits' if one else 'wait'} for"
            f" the answers of others."
        )
    else:
        why = "Every card is answered, and nothing waits."
    return NothingLeft(why, _arrivals(now))


def _in_other_hands(cards: int, now: datetime) -> NothingLeft:
    """What is left has been handed out, or has just been answered and is not weighed yet."""
    minutes = -(-GameSettings.current().lease_seconds // 60)
    why = (
        "The last card is with somebody else just now."
        if cards == 1
        else f"The last {cards:,} cards are with others just now."
    )
    when = (
        f"What they leave, or answer differently, comes back within {minutes}"
        f" {'minute' if minutes == 1 else 'minutes'}."
    )
    return NothingLeft(why, when)


def _arrivals(now: datetime) -> str:
    came = list(Poll.objects.order_by("-pk").values_list("created_at", flat=True)[:COUNTED])
    lately = sum(moment > now - WEEK for moment in came)
    if not came:
        return "Cards come from texts that Nod is unsure of. The first one is asked at once."
    if not lately:
        return f"The last card came on {came[0]:%-d %B}. The next one is asked at once."
    number = f"more than {COUNTED:,}" if lately == COUNTED else f"{lately:,}"
    return (
        f"In the last seven days {number} {'card' if lately == 1 else 'cards'} came, the latest"
        f" {_ago(now - came[0])}. The next one is asked at once."
    )


def _ago(past: timedelta) -> str:
    minutes = int(past.total_seconds() // 60)
    for size, unit in ((1440, "day"), (60, "hour"), (1, "minute")):
        if number := minutes // size:
            return f"{number} {unit}{'' if number == 1 else 's'} ago"
    return "a moment ago"
