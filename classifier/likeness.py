"""Which texts are most like these? Pure.

By the words that reply and reminder have in common, rare ones most (TF-IDF): it needs no model, and
a model that reads a text wrongly may well take its likes for something else, too.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from classifier.masking import CHIP
from classifier.readings import Pair
from classifier.text import normalise

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import TfidfVectorizer

# Chosen by what came first for four failed must-pass rows among the open cards of a simulated loop:
# they decide what people are asked, and no figure of a report rests on them.
LEAST = 0.15  # below, two texts share little but the words that all of them have
# The reply's part of how like two texts are; the reminder has the rest. What a single word means,
# the reminder says.
REPLYS_PART, OF_ONE_WORD = 0.7, 0.2


def most_alike(pairs: Sequence[Pair], to: Sequence[Pair], *, each: int) -> Mapping[int, float]:
    """Place in `pairs` -> how like, from 0 to 1: of every one of `to` the `each` most like."""
    if not pairs or not to:
        return {}
    parts = np.array([[OF_ONE_WORD if _is_one_word(pair) else REPLYS_PART] for pair in to])
    replies = _cosines(_pieces(), [pair.text for pair in pairs], [pair.text for pair in to])
    reminders = _cosines(_words(), [pair.prompt for pair in pairs], [pair.prompt for pair in to])
    alike = parts * replies + (1 - parts) * reminders
    found: dict[int, float] = {}
    for likenesses in alike:
        for place in np.argsort(-likenesses, kind="stable")[:each].tolist():
            if (likeness := float(likenesses[place])) >= LEAST:
                found[place] = max(likeness, found.get(place, 0.0))
    return found


def most_alike_taken_for_the_same(
    pairs: Sequence[Pair], taken_for: Sequence[str], to: Sequence[Pair], found: Sequence[str],
    *, each: int,
) -> Mapping[int, float]:  # fmt: skip
    """As `most_alike`, among those that were taken for the same label only. `taken_for`: of each of
    `pairs`; `found`: of each of `to`.
    """
    alike: dict[int, float] = {}
    for label in sorted(set(found)):
        places = [place for place, taken in enumerate(taken_for) if taken == label]
        rows = [pair for pair, taken in zip(to, found, strict=True) if taken == label]
        among = most_alike([pairs[place] for place in places], rows, each=each)
        alike |= {places[place]: much for place, much in among.items()}
    return alike


def _is_one_word(pair: Pair) -> bool:
    return len(pair.text.split()) == 1


def _said(text: str) -> str:
    """Without chips: that both name somebody makes no two texts alike."""
    return normalise(CHIP.sub(" ", text)) or "…"  # never empty: a vocabulary needs a word


# Imported where it is used: scikit-learn takes seconds, and every process knows of this module.
def _words() -> "TfidfVectorizer":
    from sklearn.feature_extraction.text import TfidfVectorizer

    from classifier.baseline import ANY_WORD

    return TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=ANY_WORD)


def _pieces() -> "TfidfVectorizer":
    """Of words, for typos and endings."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True)


def _cosines(features: "TfidfVectorizer", texts: Sequence[str], to: Sequence[str]) -> np.ndarray:
    """(to, texts), each from 0 to 1."""
    theirs = features.fit_transform([_said(text) for text in texts])
    ours = features.transform([_said(text) for text in to])
    return np.asarray((ours @ theirs.T).todense())
