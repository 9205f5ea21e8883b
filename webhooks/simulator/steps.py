"""The story of one message as six steps, in words and pictures. It reads; it decides nothing.

Received, matched, read, decided, told, delivered: the order of docs/journey.md. The templates keep
room for a step that has not happened yet, so that nothing on the page moves when it does.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from classifier.readings import RULES as DECIDED_BY_RULE
from classifier.taxonomy import Label, current_taxonomy
from webhooks.models import Delivery, Event, Reminder
from webhooks.simulator.scores import Score, label_of, scores_of, threshold_of
from webhooks.simulator.sendings import Sending, sendings_of
from webhooks.story import Story

SOON = timedelta(seconds=6)  # a sweep and a little; what takes longer is worth a word
QUICK, SLOW = "400ms", "3s"  # how often the page asks while work goes on, and while it pauses


@dataclass(frozen=True)
class Told:
    """One event, its JSON in pieces that can be coloured."""

    event: Event
    pieces: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Steps:
    """All that the story's templates draw."""

    story: Story
    open_reminders: Sequence[Reminder]  # those it may answer
    intents: Sequence[Score]
    tones: Sequence[Score]
    told: Sequence[Told]
    sendings: Sequence[Sending]
    is_late: bool  # something that should have happened by now has not

    @property
    def is_decided(self) -> bool:
        return self.story.decision is not None

    @property
    def is_delivered(self) -> bool:
        return self.is_decided and not any(sending.pending for sending in self.sendings)

    @property
    def is_given_up(self) -> bool:
        return any(sending.delivery.state == Delivery.State.FAILED for sending in self.sendings)

    @property
    def best_intent(self) -> Score | None:
        return next((score for score in self.intents if score.is_first), None)

    @property
    def best_tone(self) -> Score | None:
        return next((score for score in self.tones if score.is_first), None)

    @property
    def decided_label(self) -> Label | None:
        decision = self.story.decision
        return label_of(current_taxonomy().primary, decision.label) if decision else None

    @property
    def also_label(self) -> Label | None:
        """What the text may say besides."""
        decision = self.story.decision
        if decision is None or not decision.also:
            return None
        return label_of(current_taxonomy().primary, decision.also)

    @property
    def by_rule(self) -> bool:
        reading = self.story.reading
        return reading is not None and reading.model_version == DECIDED_BY_RULE

    @property
    def sentiment(self) -> float | None:
        reading = self.story.reading
        return reading.result.get("sentiment") if reading else None

    @property
    def sentiment_words(self) -> str:
        """With a sign, unless it is nothing to speak of."""
        value = round(self.sentiment or 0, 2)
        return f"{value:+.2f}".replace("-", "−") if value else "0.00"

    @property
    def sentiment_at(self) -> str:
        """Where it stands on a line from −1 to 1."""
        return f"{((self.sentiment or 0) + 1) / 2:.1%}"

    @property
    def seconds_to_decide(self) -> str:
        decision = self.story.decision
        return seconds(self.story.message.received_at, decision.decided_at) if decision else ""

    @property
    def status(self) -> str:
        """One sentence: where it stands, and what is waited for."""
        if not self.is_decided:
            if self.is_late:
                return "Kept, but not read yet: is the reading worker running?"
            return "Kept. Waiting for the reading worker…"
        if not self.sendings:
            return "Decided. No endpoint wants to be told: add one in the admin."
        if self.is_delivered:
            return self._end
        if any(sending.pending and sending.tries for sending in self.sendings):
            return "Decided. Not everybody could be told yet; Nod tries again."
        if self.is_late:
            return "Decided, but not sent yet: is the delivery worker running?"
        return "Decided. Waiting for the delivery worker…"

    @property
    def _end(self) -> str:
        if self.is_given_up:
            return "Decided, but given up on telling: see the last step."
        last = max(each.delivery.delivered_at or each.event.created_at for each in self.sendings)
        took = seconds(self.story.message.received_at, last)
        verified = all(sending.is_verified for sending in self.sendings)
        return f"Done in {took}, signature verified." if verified else f"Done in {took}."

    @property
    def poll_every(self) -> str:
        """How often the page asks again; empty when nothing more will happen by itself."""
        if self.story.is_over:
            return ""
        pauses = any(sending.pending and sending.tries for sending in self.sendings)
        return SLOW if pauses or self.is_late else QUICK

    @property
    def seen(self) -> str:
        """Another one whenever the page would look different: the browser says what it shows."""
        tries = sum(len(sending.tries) for sending in self.sendings)
        pending = "".join(sending.pending[:1] for sending in self.sendings)
        return f"{self.is_decided:d}.{len(self.told)}.{tries}.{pending}.{self.is_late:d}"


def steps_of(story: Story, *, now: datetime) -> Steps:
    """Everything the page shows of a message at this moment."""
    taxonomy = current_taxonomy()
    tone = taxonomy.question("tone")
    sendings = sendings_of(story, now=now)
    return Steps(
        story=story,
        open_reminders=_open_reminders(story),
        intents=scores_of(taxonomy.primary, story.intents, acts_from=threshold_of(story.decision)),
        tones=scores_of(tone, story.tones) if tone else (),
        told=[Told(told.event, list(pieces_of(told.pretty_body))) for told in story.events],
        sendings=sendings,
        is_late=_is_late(story, sendings, now=now),
    )


def _open_reminders(story: Story) -> list[Reminder]:
    """Before it is matched: every one that it could answer. Afterwards: what was found."""
    message = story.message
    if story.decision is None and message.line is not None:
        asked = Reminder.objects.asked(line=message.line, person=message.sender)
        return list(asked.open_at(message.received_at).order_by("created_at", "pk"))
    return [message.reminder] if message.reminder else list(story.candidates)


def _is_late(story: Story, sendings: Sequence[Sending], *, now: datetime) -> bool:
    if story.decision is None:
        return now - story.message.received_at > SOON
    return any(
        sending.pending and not sending.tries and now - sending.event.created_at > SOON
        for sending in sendings
    )


def seconds(since: datetime, until: datetime) -> str:
    return f"{max((until - since).total_seconds(), 0):.2f}\u202fs"


PIECE = re.compile(
    r'(?P<key>"(?:[^"\\]|\\.)*"(?=\s*:))|(?P<string>"(?:[^"\\]|\\.)*")'
    r"|(?P<number>-?\d[\d.eE+-]*)|(?P<word>true|false|null)|(?P<rest>[\s{}\[\],:]+|.)"
)


def pieces_of(json_text: str) -> Iterator[tuple[str, str]]:
    """(kind, piece) in a row; the pieces put together are the text again."""
    for found in PIECE.finditer(json_text):
        yield found.lastgroup or "rest", found.group()
