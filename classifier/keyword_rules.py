"""What most appointment products do: look for words. Here only to be compared with, never to read.

A fair specimen of its kind: the words that reminders ask for, the words people use most, the first
rule that fits wins.
"""

import re
from collections.abc import Sequence

from classifier.readings import Pair
from classifier.scoring import Scores
from classifier.taxonomy import Taxonomy

NAME = "keyword-rules"

_RULES = {
    "intent": (
        ("opt_out", r"\b(stop|unsubscribe|opt ?out|remove me|quit|end)\b"),
        ("wrong_number", r"wrong (number|person|#)|who(\b.*)? is this|who dis"),
        ("reschedule", r"\b(resched(ule)?|move|another (day|time)|instead|change|later|2)\b"),
        ("cancel", r"\b(cancel|can'?t|cannot|won'?t|not coming|no|nope|3|n)\b"),
        ("question", r"\?|^(what|when|where|how|who|do|does|is|can)\b"),
        ("confirm", r"\b(yes|yeah|yep|ok|okay|sure|confirm(ed)?|see you|be there|y|c|1)\b|👍"),
    ),
    "tone": (
        ("hostile", r"fuck|idiot|stupid|damn|hell|shit"),
        ("negative", r"sorry|unfortunately|sick|bad|annoy|wait(ing|ed)|[☹😢😭😡]"),
        ("positive", r"thank|great|perfect|love|awesome|[😊❤🎉]"),
    ),
}  # fmt: skip
_ELSE = {"intent": "other", "tone": "neutral"}


class KeywordRules:
    name = NAME

    def __init__(self, taxonomy: Taxonomy) -> None:
        """Raises ValueError for a taxonomy that its words do not speak of."""
        if any(
            name not in _RULES or not {label for label, _ in _RULES[name]} <= set(labels)
            for name, labels in taxonomy.label_names.items()
        ):
            raise ValueError("keyword rules are written for Nod's own labels")
        self.taxonomy = taxonomy
        self.thresholds: dict[str, float] = {}

    def scores(self, pairs: Sequence[Pair]) -> list[Scores]:
        return [
            {
                question: {label: float(label == _found(question, pair.text)) for label in labels}
                for question, labels in self.taxonomy.label_names.items()
            }
            for pair in pairs
        ]


def _found(question: str, text: str) -> str:
    words = text.lower()
    rules = _RULES[question]
    return next((label for label, rule in rules if re.search(rule, words)), _ELSE[question])
