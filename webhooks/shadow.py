"""What would another model version have decided? It reads the texts of late, and whatever it would
have decided otherwise is kept, to be looked at before it goes live, or after it did so by itself.

Beside a message's way: nobody waits for it and no decision changes. Only the reading is the other
version's; the reminder is the one that was found then, and the rules are those of today.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import transaction

from classifier.models import ModelVersion
from classifier.reader import reader_of
from classifier.readings import RULES, Pair
from classifier.readings import Reading as ModelReading
from webhooks import policy
from webhooks.actions import READ_BATCH
from webhooks.models import ChangedDecision, Decision, Message, ShadowRun
from webhooks.sampling import READ
from webhooks.waiting import read_with

LOOKED_BACK = timedelta(days=1)  # what people still remember, and can still put right
# Where a day brought fewer, as a Sunday does, the last ones: among them a change that one text in
# fifty meets shows in some four.
FEWEST = 200
MOST = 2_000  # of a busier day, the last: seconds to read, and more than anybody will look through
LONGEST_SECONDS = 3600  # in the background, where others go first

Decided = tuple[str, str]  # action, label


@dataclass(frozen=True)
class Turn:
    """What became of one kind of decision: (act, confirm) -> (hold, other)."""

    was: Decided
    would: Decided
    changes: Sequence[ChangedDecision]  # the newest texts first


def due() -> ModelVersion | None:
    """The newest judged version, if nobody knows yet what it would decide otherwise."""
    newest = ModelVersion.objects.exclude(verdict="").newest_first().first()
    if newest is None or ShadowRun.objects.filter(version=newest.name).exists():
        return None
    return newest


def make(
    *,
    version: ModelVersion,
    now: datetime,
    on_progress: Callable[[int, int], object] = lambda done, total: None,
) -> ShadowRun:
    """In place of the version's run before. Raises DamagedVersion, and changes nothing, if its
    folder is not whole. `on_progress` is told how many texts are read, of how many.
    """
    reader = reader_of(version.name)
    decisions = _decisions(version, now=now)
    changes: list[ChangedDecision] = []
    for start in range(0, len(decisions), READ_BATCH):
        batch = decisions[start : start + READ_BATCH]
        messages = [decision.message for decision in batch]
        found = read_with(reader, dict(enumerate(map(_pair, messages))), messages)
        changes += filter(None, (_change(each, found.get(i)) for i, each in enumerate(batch)))
        on_progress(start + len(batch), len(decisions))
    return _keep(version, changes, texts=len(decisions), now=now)


def turns_of(run: ShadowRun) -> list[Turn]:
    """First what the version would act upon, for nobody would look at it; then what it would no
    longer act upon; of either the commonest first.
    """
    turns: dict[tuple[Decided, Decided], list[ChangedDecision]] = defaultdict(list)
    rows = run.changes.select_related("decision__reading", "decision__message__reminder")
    for change in rows.defer("decision__reading__result", "decision__message__raw").order_by("pk"):
        was = change.decision
        turns[(was.action, was.label), (change.action, change.label)].append(change)
    found = [Turn(was, would, changes) for (was, would), changes in turns.items()]
    return sorted(found, key=_weight)


def _weight(turn: Turn) -> tuple[bool, bool, int]:
    act = policy.Action.ACT
    return turn.would[0] != act, turn.was[0] != act, -len(turn.changes)


def _decisions(version: ModelVersion, *, now: datetime) -> list[Decision]:
    """What Nod decided of late by what a model had read, the newest first. Not what this version
    had read itself: it may be live by now.
    """
    # In the order of the primary key: nothing is sorted, and what is older is not looked at.
    of_models = (
        Decision.objects.filter(supersedes=None, reason__in=[each.value for each in READ])
        .exclude(reading__model_version__in=(RULES, version.name))
        .select_related("reading", "message__reminder")
        .defer("reading__result", "message__raw")
        .order_by("-pk")
    )
    since = now - LOOKED_BACK
    return [
        decision
        for place, decision in enumerate(of_models[:MOST])
        if place < FEWEST or decision.decided_at >= since
    ]


def _pair(message: Message) -> Pair:
    """As it was read: under several open reminders, none."""
    return Pair(message.reminder.body if message.reminder else "", message.body)


def _change(decision: Decision, reading: ModelReading | None) -> ChangedDecision | None:
    """None: the same decision would follow from this reading."""
    match = policy.Match(decision.message.match)
    ruling = policy.decide(replace(policy.facts_of(reading), match=match))
    if (ruling.action, ruling.label) == (decision.action, decision.label):
        return None
    return ChangedDecision(
        decision=decision,
        action=ruling.action.value,
        label=ruling.label,
        confidence=reading.confidence if reading else 0.0,
    )


@transaction.atomic
def _keep(
    version: ModelVersion, changes: Sequence[ChangedDecision], *, texts: int, now: datetime
) -> ShadowRun:
    facts = {"made_at": now, "texts": texts, "changed": len(changes)}
    run, _ = ShadowRun.objects.update_or_create(version=version.name, defaults=facts)
    run.changes.all().delete()
    for change in changes:
        change.run = run
    ChangedDecision.objects.bulk_create(changes)
    return run
