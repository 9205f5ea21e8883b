"""How many pairs of rows stand on the border between two labels? Pure.

A pair: two replies to the same reminder that share most of their words and have another label each.
What tells the two apart is then what a model has to learn. Reactions are left out: they share the
reminder's words, and rules read them.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import combinations

from classifier.data import Row
from classifier.reactions import parse_reaction
from classifier.taxonomy import Question
from classifier.text import fold, normalise

COMMON_WORDS = 2  # at least: with one, a bare “no” would be paired with every “no …”
COMMON_SHARE = 0.5  # of the shorter reply's different words; more than this stand in the other one
WANTED = 25  # pairs on a border that people really confuse

Border = tuple[str, str]


def pairs_per_border(rows: Sequence[Row], question: Question) -> Mapping[Border, int]:
    """Two labels, in the taxonomy's order -> pairs; the border with the most first, and all that
    there could be.
    """
    answers: dict[str, list[tuple[str, frozenset[str]]]] = defaultdict(list)
    for row in rows:
        label = row.labels[question.name]
        if label is not None and row.prompt.strip() and parse_reaction(row.text) is None:
            answers[normalise(row.prompt)].append((label, frozenset(fold(row.text).split())))
    counts = Counter(dict.fromkeys(combinations(question.label_names, 2), 0))
    place = question.label_names.index
    for replies in answers.values():
        for (label, words), (other, others) in combinations(replies, 2):
            if label != other and share_most_words(words, others):
                one, two = sorted((label, other), key=place)
                counts[one, two] += 1
    return dict(counts.most_common())


def share_most_words(words: frozenset[str], others: frozenset[str]) -> bool:
    common = len(words & others)
    return common >= COMMON_WORDS and common > COMMON_SHARE * min(len(words), len(others))
