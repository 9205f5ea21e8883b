"""Do the labels that settle shift all at once? Then what settles as the risen label goes to a
reviewer, not to a training: texts change slowly, people who want to spoil a model do not.

The labels of the last settlements against those of the weeks before; a reviewer's word on what is
held lets the rest through again, because what a reviewer settled counts as it is.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from classifier.examples import IMPORT
from classifier.intervals import wilson
from labelgame.models import Poll

RECENT = 60  # settlements that are looked at
BEFORE = 200  # fewest that must lie before them: less says nothing about what is usual
WITHIN = timedelta(days=90)
# A label has risen when even the lower end of its recent share is twice its usual one, and a fifth
# of all. Ten-fold days happen to a rare label by chance; a fifth of all texts does not.
TIMES = 2.0
LEAST = 0.2


def risen(before: Mapping[str, int], recent: Mapping[str, int]) -> frozenset[str]:
    """The labels that come much oftener than they used to. Pure."""
    usual, now = sum(before.values()), sum(recent.values())
    if usual < BEFORE or now < RECENT:
        return frozenset()
    return frozenset(
        label
        for label, count in recent.items()
        if wilson(count, now)[0] > max(LEAST, TIMES * wilson(before.get(label, 0), usual)[1])
    )


@dataclass
class Watch:
    """Keeps count while a batch settles."""

    held: dict[str, frozenset[str]] = field(default_factory=dict)
    since: datetime | None = None
    news: Counter[tuple[str, str]] = field(default_factory=Counter)

    @classmethod
    def begin(cls, *, now: datetime) -> "Watch":
        return cls(since=now - WITHIN)

    def holds(self, question: str, label: str) -> bool:
        if self.since is None:
            return False
        if question not in self.held or sum(self.news.values()) >= RECENT // 4:
            self.held[question] = _risen_of(question, self.since)
            self.news.clear()
        return label in self.held[question]

    def settled(self, question: str, label: str) -> None:
        self.news[question, label] += 1


def _risen_of(question: str, since: datetime) -> frozenset[str]:
    polls = Poll.objects.settled().of_question(question).filter(settled_at__gt=since)
    polls = polls.exclude(method=IMPORT)  # a file may well hold a hundred of one label
    latest = list(
        polls.order_by("-settled_at").values_list("settled_as", flat=True)[: RECENT + 10 * BEFORE]
    )
    return risen(Counter(latest[RECENT:]), Counter(latest[:RECENT]))
