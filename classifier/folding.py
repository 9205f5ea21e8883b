"""Which texts are one example, how much it weighs, and how doubtful it is. Pure.

"Yes!!" and "yes" to the same reminder are asked about once and labelled once. What must not fold:
a short reply under two reminders, because a bare "yes" means what it means to *that* reminder; and
a longer one under two kinds of reminder, because "yes that works for me" says one thing to “Do you
need to cancel?” and another to “See you Tuesday?”.
"""

import hashlib
import math
import re
from collections.abc import Mapping

from classifier.data import TELLING_WORDS
from classifier.readings import Pair
from classifier.text import fold

# What a reminder may speak of, in folded words. Under each a longer reply may mean something else,
# so each is a kind of its own, and so is each mix of them, and asking about it or only naming it.
# Too many kinds cost an answer more; too few would give a text a label that is not its own.
MATTERS: Mapping[str, re.Pattern[str]] = {
    name: re.compile(rf"\b(?:{words})")
    for name, words in {
        "come": r"com(?:e|ing)\b|confirm|attend|make it|see you|still (?:good|on)|works?\b|ok\b"
        r"|ready|venir|viene|asist",
        "cancel": r"cancel|call(?:ed|ing)? (?:it )?off|anular",
        "move": r"resched|re sched|move|another (?:day|time|date)|different (?:day|time|date)"
        r"|earlier|sooner|wait ?list|waiting list|mover|cambiar|reprogram",
        "texts": r"unsub|opt (?:in|out)|stop\b|texts\b|messages\b|mensajes\b",
        "person": r"is this\b|still the (?:number|right)|(?:right|correct) number|es este\b",
        "need": r"do you (?:still )?(?:need|want|have)\b|would you like|any (?:questions|changes)"
        r"|necesita|quiere",
        "past": r"did you|have you|were you|how (?:was|did)\b",
    }.items()
}
NO_MATTER = "-"  # such reminders have nothing in common: none is of the kind of another
_WORD = re.compile(r"[^\W_][\w'’]*")
_SENTENCE = re.compile(r"[^.!?\n]+[.!?\n]?")

# A training row weighs 1 + ln(times seen), and no more than this: a text that came twenty times is
# worth four that came once. By their numbers alone the ten commonest texts, which every model reads
# well, would be all that a training sees.
MOST_WEIGHT = 4.0
UNREAD_DOUBT = 0.5  # of what no model has read: neither before nor behind what one has


def fold_key(pair: Pair) -> str:
    """Of a masked pair: the same for all that are one example."""
    reply = fold(pair.text)
    kind = kind_of(pair.prompt) if is_telling(pair.text) else NO_MATTER
    under = fold(pair.prompt) if kind == NO_MATTER else kind
    return hashlib.sha256(f"{under}\n{reply}".encode()).hexdigest()


def is_telling(reply: str) -> bool:
    """Whether a reply says enough to mean the same under all reminders of a kind. Emoji are no
    words, however many a model is told for one: 👍👍 is as bare as “yes”.
    """
    return len(_WORD.findall(reply)) >= TELLING_WORDS


def kind_of(prompt: str) -> str:
    """What a reminder speaks of, sentence by sentence: "come cancel?" names coming and asks whether
    to cancel. Empty for no reminder, NO_MATTER for one that names none of it.
    """
    found = set()
    for sentence in _SENTENCE.findall(prompt):
        words, mark = fold(sentence), "?" if sentence.endswith("?") else ""
        found |= {name + mark for name, named in MATTERS.items() if named.search(words)}
    return " ".join(sorted(found)) or (NO_MATTER if fold(prompt) else "")


def weight_of(times_seen: int) -> float:
    """In a training."""
    return min(1.0 + math.log(max(times_seen, 1)), MOST_WEIGHT)


def doubt_of(scores: Mapping[str, float]) -> float:
    """1 less the lead of the likeliest label over the next: 0 is sure, 1 is torn between two.

    The lead rather than the entropy: what a player settles is mostly which of two it is, and seven
    labels that share a little between them are no doubt about the first.
    """
    if not scores:
        return UNREAD_DOUBT
    first, second = (*sorted(scores.values(), reverse=True), 0.0)[:2]
    doubt = 1.0 - (first - second)
    # NaN, from a model gone wrong, is all doubt and no number for a database.
    return min(max(doubt, 0.0), 1.0) if math.isfinite(doubt) else 1.0
