"""The phone's side of it: reminders and replies as bubbles, oldest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from classifier.taxonomy import Label, current_taxonomy
from webhooks.models import Decision, Message, Reminder
from webhooks.policy import Action
from webhooks.simulator.scores import label_of

RECEIPTS = {Action.ACT: "acted on", Action.HOLD: "held", Action.IGNORE: "ignored"}


@dataclass(frozen=True)
class Text:
    """One bubble: a reminder, or a reply with what became of it."""

    at: datetime
    body: str
    message: Message | None = None
    decision: Decision | None = None

    @property
    def label(self) -> Label | None:
        if self.decision is None or not self.decision.label:
            return None
        return label_of(current_taxonomy().primary, self.decision.label)

    @property
    def receipt(self) -> str:
        """What a reply has come to, in a word or two."""
        return RECEIPTS[Action(self.decision.action)] if self.decision else "kept"


def text_of(message: Message) -> Text:
    """A reply with its latest decision; many are best fetched with `decisions` prefetched."""
    decisions = sorted(message.decisions.all(), key=lambda each: (each.decided_at, each.pk))
    return Text(message.received_at, message.body, message, decisions[-1] if decisions else None)


def thread_of(reminders: Sequence[Reminder], messages: Sequence[Message]) -> list[Text]:
    asked = [Text(reminder.created_at, reminder.body) for reminder in reminders]
    return sorted([*asked, *map(text_of, messages)], key=lambda text: text.at)
