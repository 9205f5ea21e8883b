"""Which reminder a text answers. None, or several that it may answer, is an outcome: never a guess.

SMS carries no thread, so the open reminders of (line, person) are the candidates. Where the channel
names the text that is answered, or a reaction quotes it, that decides among them.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeVar

from classifier.reactions import parse_reaction
from classifier.text import normalise
from webhooks.models import Message, Reminder
from webhooks.policy import Match

LEAST_QUOTE = 20  # characters; a shorter quote could be of any reminder


class Asked(Protocol):
    """What matching looks at in a reminder."""

    body: str
    provider_id: str


R = TypeVar("R", bound=Asked)


@dataclass(frozen=True)
class Matched:
    match: Match
    reminder: Reminder | None = None
    candidates: Sequence[Reminder] = field(default_factory=tuple)


def among(candidates: Sequence[R], *, replied_to: str, quote: str) -> Sequence[R]:
    """Those of the candidates that the text can be an answer to (pure); perhaps none: then it
    answers something that is no longer open, or that was never told to us."""
    if replied_to:
        # A reminder whose id we were not told may be the one.
        candidates = [each for each in candidates if each.provider_id in ("", replied_to)]
        named = [each for each in candidates if each.provider_id == replied_to]
        candidates = named or candidates
    wanted = normalise(quote).removesuffix("...").rstrip()
    if len(wanted) >= LEAST_QUOTE:
        candidates = [each for each in candidates if normalise(each.body).startswith(wanted)]
    return candidates


def match_reminders(messages: Sequence[Message]) -> list[Matched]:
    """One outcome per message, in order, with one query for all of them."""
    found = defaultdict[tuple[int | None, str], list[Reminder]](list)
    if messages:
        earliest = min(message.received_at for message in messages)
        for reminder in Reminder.objects.filter(
            line__in={message.line_id for message in messages},
            to__in={message.sender for message in messages},
            expires_at__gt=earliest,
        ).order_by("created_at"):
            found[reminder.line_id, reminder.to].append(reminder)
    return [_match(message, found[message.line_id, message.sender]) for message in messages]


def _match(message: Message, reminders: Sequence[Reminder]) -> Matched:
    reaction = parse_reaction(message.body)
    fits = among(
        [reminder for reminder in reminders if is_open(reminder, message.received_at)],
        replied_to=message.replied_to,
        quote=(reaction.quote if reaction else None) or "",
    )
    if not fits:
        return Matched(Match.NONE)
    if len(fits) > 1:
        return Matched(Match.SEVERAL, candidates=fits)
    return Matched(Match.ONE, reminder=fits[0])


def is_open(reminder: Reminder, moment: datetime) -> bool:
    closed = reminder.closed_at is not None and reminder.closed_at <= moment
    return reminder.created_at <= moment < reminder.expires_at and not closed
