"""What goes into a reader and what comes out: `Pair` -> `Reading`. Pure.

`Reading.as_dict()` is the object that the API returns, `classify` writes and webhooks store.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

RULES = (
    "rules"  # stands in `Reading.model` where a keyword or reaction decided and no model was asked
)
BASELINE = "baseline-tfidf"  # stands there while no trained version is live

TONE = "tone"
TONE_SIGNS = {"positive": 1, "negative": -1, "hostile": -1}  # sentiment = Σ sign · P(label)


class Unfamiliar(StrEnum):
    """Why a model's reading of a text should not be believed (classifier/unfamiliar.py)."""

    OTHER_LANGUAGE = "other_language"
    GIBBERISH = "gibberish"


@dataclass(frozen=True, slots=True)
class Pair:
    """A reply with the reminder it answers. `prompt` may be empty; both raw, as they were sent."""

    prompt: str
    text: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What was made of one pair. `intent` is the answer to the taxonomy's primary question."""

    intent: str
    confidence: float  # of `intent`, in [0, 1]
    scores: Mapping[str, float]  # every label of the primary question, summing to 1
    tone: str | None  # None and empty where the taxonomy has no question `tone`
    tone_scores: Mapping[str, float]
    sentiment: float | None  # in [-1, 1]
    model: str  # the version's name, or RULES
    others: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    # question -> label -> probability, for the questions that only another taxonomy asks
    threshold: float | None = None
    # The confidence from which the model version lets `intent` be acted upon; None: it says nothing
    tags: tuple[str, ...] = ()  # what else the text says (classifier/subtags.py)
    unfamiliar: Unfamiliar | None = (
        None  # whatever the scores say, the model never learnt such texts
    )

    @property
    def second(self) -> tuple[str, float]:
        """The label that comes next to `intent`, with its score; nothing where there is no other.

        What `intent` is not is compared, not the second in a row: a model gone wrong scores NaN.
        """
        rest = {label: score for label, score in self.scores.items() if label != self.intent}
        label = likeliest(rest) if rest else ""
        return label, rest.get(label, 0.0)

    def as_dict(self) -> dict[str, Any]:
        known = {
            "intent": self.intent,
            "confidence": self.confidence,
            "scores": dict(self.scores),
            "tone": self.tone,
            "tone_scores": dict(self.tone_scores),
            "sentiment": self.sentiment,
            "model": self.model,
            "unfamiliar": self.unfamiliar.value if self.unfamiliar else None,
            "tags": list(self.tags),
        }
        for question, scores in self.others.items():
            known |= {question: likeliest(scores), f"{question}_scores": dict(scores)}
        return known

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> "Reading":
        """What `as_dict` made, but for the threshold, which is no part of it. What was kept before
        there were tags has none.
        """
        known = {"intent", "confidence", "scores", "tone", "tone_scores", "sentiment", "model"}
        others = {
            name.removesuffix("_scores"): scores
            for name, scores in kept.items()
            if name.endswith("_scores") and name not in known
        }
        values = {name: kept[name] for name in known}
        unfamiliar = kept.get("unfamiliar")  # what was kept before it was asked about has none
        return cls(
            **values,
            others=others,
            unfamiliar=Unfamiliar(unfamiliar) if unfamiliar else None,
            tags=tuple(kept.get("tags", ())),
        )

    def scores_of(self, question: str, *, primary: str) -> Mapping[str, float]:
        if question == primary:
            return self.scores
        return self.tone_scores if question == TONE else self.others[question]


def reading_from_scores(
    scores: Mapping[str, Mapping[str, float]],
    *,
    primary: str,
    model: str,
    thresholds: Mapping[str, float] | None = None,
    unfamiliar: Unfamiliar | None = None,
) -> Reading:
    """`scores`: question -> label -> probability. `thresholds`: label of the primary question ->
    the confidence from which it may be acted upon.
    """
    intent = likeliest(scores[primary])
    tone_scores = {} if primary == TONE else scores.get(TONE, {})
    return Reading(
        intent=intent,
        confidence=scores[primary][intent],
        scores=scores[primary],
        tone=likeliest(tone_scores) if tone_scores else None,
        tone_scores=tone_scores,
        sentiment=sentiment_of(scores.get(TONE, {})),
        model=model,
        others={name: scores[name] for name in scores if name not in (primary, TONE)},
        threshold=(thresholds or {}).get(intent),
        unfamiliar=unfamiliar,
    )


def likeliest(scores: Mapping[str, float]) -> str:
    return max(scores, key=scores.__getitem__)


def sentiment_of(tone_scores: Mapping[str, float]) -> float | None:
    """P(positive) − P(negative) − P(hostile), or None where those labels do not all exist."""
    if not TONE_SIGNS.keys() <= tone_scores.keys():
        return None
    return sum(sign * tone_scores[label] for label, sign in TONE_SIGNS.items())
