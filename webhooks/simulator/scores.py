"""A reading as bars: every label of a question, its share, and where the policy begins to act."""

from collections.abc import Sequence
from dataclasses import dataclass

from classifier.taxonomy import Label, Question
from webhooks.models import Decision
from webhooks.policy import Reason
from webhooks.story import Bar


@dataclass(frozen=True)
class Score:
    """One label's bar."""

    label: Label
    share: float  # 0 to 1
    is_first: bool = False
    acts_from: float | None = None  # on the best label's bar, where the decision asked about it

    @property
    def width(self) -> str:
        return f"{self.share:.1%}"

    @property
    def mark(self) -> str:
        return f"{self.acts_from:.0%}" if self.acts_from is not None else ""

    @property
    def percent(self) -> str:
        return percent(self.share)

    @property
    def acts_from_percent(self) -> str:
        return percent(self.acts_from or 0)


def percent(share: float) -> str:
    """A number people may take at its word: never 100 % for what is only nearly so."""
    if 0 < share < 0.01:
        return "<1\u202f%"
    if 0.99 < share < 1:
        return ">99\u202f%"
    return f"{share * 100:.0f}\u202f%"


def scores_of(
    question: Question, bars: Sequence[Bar], *, acts_from: float | None = None
) -> list[Score]:
    """In the taxonomy's order, so that a label stays in its place; empty bars while unread."""
    if not bars:
        return [Score(label, 0.0) for label in question.labels]
    by_name = {bar.label: bar for bar in bars}
    known = [name for name in question.label_names if name in by_name]
    # A model version may have labels that today's taxonomy has not.
    unknown = [bar.label for bar in bars if bar.label not in known]
    return [
        Score(
            label_of(question, name),
            by_name[name].score,
            by_name[name].is_first,
            acts_from=acts_from if by_name[name].is_first else None,
        )
        for name in (*known, *unknown)
    ]


def label_of(question: Question, name: str) -> Label:
    """With its words for people, or by its bare name when the taxonomy does not know it."""
    if name in question.label_names:
        return question.label(name)
    return Label(name, title=name, meaning="", emoji="", hotkey="", examples=())


def threshold_of(decision: Decision | None) -> float | None:
    """What the confidence was held against; None where a keyword or the label alone decided."""
    if decision is None or decision.reason not in (Reason.SURE, Reason.UNSURE):
        return None
    return decision.threshold
