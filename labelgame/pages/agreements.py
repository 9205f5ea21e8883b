"""How far the players agree, as the last full run found it (labelgame/upkeep/weighing.py), in words
and bars for a page.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from classifier.intervals import wilson
from classifier.taxonomy import Label, Question, current_taxonomy
from labelgame.models import Poll, QuestionState
from labelgame.pages.cards import label_of
from labelgame.pages.words import ago
from labelgame.rules.scoring import CANT_TELL

OF_LATE = 500  # settled cards that the answers per card are counted on
PAIRS = 10  # that are shown, the most confused first

# As labelgame/aggregation/agreement.py has them. Not imported: it brings numpy along, and a page
# needs none.
RELIABLE, TENTATIVE = 0.8, 0.667

METHODS = {
    "majority": "majority vote",
    "dawid_skene": "Dawid–Skene",
    "one_coin": "one-coin Dawid–Skene",
    "glad": "GLAD",
    "mace": "MACE",
}


@dataclass(frozen=True)
class Alpha:
    value: float | None  # None: undefined
    cards: int
    meaning: str  # what it is good for, or why it is undefined

    @property
    def shown(self) -> str:
        return "–" if self.value is None else f"{self.value:.2f}".replace("-", "\u2212")

    @property
    def grade(self) -> str:
        """What colours its bar."""
        value = self.value or 0.0
        return "reliable" if value >= RELIABLE else "tentative" if value >= TENTATIVE else "low"

    @property
    def width(self) -> str:
        return f"{100 * min(max(self.value or 0.0, 0.0), 1.0):.0f}%"


@dataclass(frozen=True)
class Tried:
    """A method of consensus on labels that it had not been told."""

    name: str
    right: int
    of: int
    log_loss: float | None
    is_chosen: bool

    @property
    def percent(self) -> str:
        return f"{100 * self.right / self.of:.1f}\u202f%" if self.of else "–"


@dataclass(frozen=True)
class Reserve:
    """Cards whose label is known and was told to nobody, the consensus included."""

    right: int
    of: int
    low: str
    high: str


@dataclass(frozen=True)
class Cost:
    """In answers, of the cards that settled of late."""

    cards: int
    answers: int
    by_reviewer: int

    @property
    def per_card(self) -> str:
        return f"{self.answers / self.cards:.1f}" if self.cards else "–"


@dataclass(frozen=True)
class Agreed:
    question: Question
    state: QuestionState | None  # None: no full run yet
    weighed: str  # how long ago
    overall: Alpha | None
    labels: Sequence[tuple[Label, Alpha]]
    pairs: Sequence[tuple[Label, Label, int, Alpha]]  # with the cards on which both were said
    method: str
    basis: str  # what the methods were tried on
    tried: Sequence[Tried]
    reserve: Reserve | None  # None: no card of it has been weighed
    cost: Cost
    doubted: int  # settled cards that are asked again because a model does not believe their label


def agreed(*, now: datetime) -> list[Agreed]:
    states = {state.question: state for state in QuestionState.objects.all()}
    questions = current_taxonomy().questions
    return [_agreed(question, states.get(question.name), now) for question in questions]


def _agreed(question: Question, state: QuestionState | None, now: datetime) -> Agreed:
    found: Mapping[str, Any] = state.agreement if state else {}
    evidence: Sequence[Mapping[str, Any]] = list(state.evidence) if state else []
    method = state.method if state else ""
    return Agreed(
        question=question,
        state=state,
        weighed=ago(state.computed_at, now) if state else "",
        overall=_alpha(found["overall"]) if found else None,
        labels=[
            (label_of(question.name, name), _alpha(found["labels"][name]))
            for name in _in_order(question, found.get("labels", {}))
        ],
        pairs=[
            (
                label_of(question.name, pair["one"]),
                label_of(question.name, pair["other"]),
                pair["apart"],
                _alpha(pair),
            )
            for pair in found.get("pairs", [])[:PAIRS]
        ],
        method=METHODS.get(method, method),
        basis=evidence[0]["basis"] if evidence else "",
        tried=[_tried(each, method) for each in evidence],
        reserve=_reserve(state.reserve) if state else None,
        cost=_cost(question.name),
        doubted=Poll.objects.with_room().of_question(question.name).filter(relabel__gt=0).count(),
    )


def _in_order(question: Question, names: Collection[str]) -> list[str]:
    """As players see them: PostgreSQL keeps the keys of a JSON object in an order of its own."""
    known = [name for name in (*question.label_names, CANT_TELL) if name in names]
    return [*known, *(name for name in names if name not in known)]


def _alpha(found: Mapping[str, Any]) -> Alpha:
    _, _, meaning = found["words"].partition(": ")
    return Alpha(found["value"], found["tasks"], meaning)


def _tried(evidence: Mapping[str, Any], chosen: str) -> Tried:
    name = evidence["method"]
    return Tried(
        METHODS.get(name, name),
        evidence["right"],
        evidence["of"],
        evidence["log_loss"],
        name == chosen,
    )


def _reserve(found: Mapping[str, int]) -> Reserve | None:
    if not found.get("of"):
        return None
    low, high = wilson(found["right"], found["of"])
    return Reserve(found["right"], found["of"], f"{100 * low:.0f}", f"{100 * high:.0f}")


def _cost(question: str) -> Cost:
    settled = Poll.objects.settled().of_question(question).filter(votes__gt=0)
    latest = list(settled.order_by("-settled_at").values_list("votes", "method")[:OF_LATE])
    return Cost(
        cards=len(latest),
        answers=sum(votes for votes, _ in latest),
        by_reviewer=sum(method == "reviewer" for _, method in latest),
    )
