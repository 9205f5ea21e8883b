"""How varied are these rows? Rows that differ only by a name, a day or a number count once. Pure.

A model learns from differences. A thousand rows out of ten moulds teach it ten things, and a test
set from the same moulds would not notice.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer

from classifier.borders import Border, pairs_per_border
from classifier.data import TELLING_WORDS, Row
from classifier.taxonomy import Taxonomy
from classifier.text import ELONGATED, SHOUTED, normalise

NEAR = 0.7  # of the words of two replies in common (Jaccard): one is the other with a word changed
LENGTHS = (0.1, 0.25, 0.5, 0.75, 0.9, 0.99)
GRAMS = (1, 2, 3)
SAMPLE_WORDS = 2000  # distinct n-grams fall with the number of words: counted on equally many
KIND_ROWS = 10  # of a kind of business; one with fewer is an anecdote
# Words of a text on average in collections of real ones. They were sent to friends and family;
# nobody has published what people answer to reminders, nor more of these than a mean.
REAL_TEXTS = {
    "11,000 British texts (Tagg, 2009)": 17.5,
    "936 of Irish students (Lyddy et al., 2014)": 14.3,
    "4,827 not spam (Almeida et al., 2011)": 13.2,
}

_DAY = re.compile(
    r"\b(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?s?\b"
    r"|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]*\b|\btom+or+ow\b|\btmrw?\b"
)
_NUMBER = re.compile(r"\d+")
_FIRST_WORD = re.compile(r"[^\W\d_]+")
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]+\b")  # a capital inside a sentence


@dataclass(frozen=True, slots=True)
class Variety:
    rows: int
    reminders: int
    kinds: int  # of business
    without_reminder: int
    labels: Mapping[str, Mapping[str, int]]  # question -> label -> rows
    telling: int  # replies of TELLING_WORDS words or more, which the next two are shares of
    repeated: float  # that another one equals but for names, days and numbers
    near: float  # that another one nearly equals, those included
    distinct: Mapping[int, float]  # n -> distinct n-grams per n-gram, in SAMPLE_WORDS words
    mean_words: float
    words: Mapping[float, int]  # quantile -> words of a reply
    with_emoji: float
    unpunctuated: float
    lower_case: float
    borders: Mapping[Border, int]  # two labels of the primary question -> pairs of rows


def variety_of(rows: Sequence[Row], taxonomy: Taxonomy) -> Variety:
    if not rows:
        raise ValueError("There are no rows.")
    moulds = [mould(row.text) for row in rows]
    telling = [text for text in moulds if len(text.split()) >= TELLING_WORDS]
    lengths = np.array([len(row.text.split()) for row in rows])
    return Variety(
        rows=len(rows),
        reminders=len({normalise(row.prompt) for row in rows} - {""}),
        kinds=kinds_of_business(rows),
        without_reminder=sum(not row.prompt.strip() for row in rows),
        labels={
            question.name: {
                name: sum(row.labels[question.name] == name for row in rows)
                for name in question.label_names
            }
            for question in taxonomy.questions
        },
        telling=len(telling),
        repeated=_repeated(telling),
        near=_near(telling),
        distinct={n: distinct_share([row.text for row in rows], n) for n in GRAMS},
        mean_words=float(lengths.mean()),
        words={at: round(float(np.quantile(lengths, at))) for at in LENGTHS},
        with_emoji=_share(normalise(row.text) != _without_emoji(row.text) for row in rows),
        unpunctuated=_share(not re.search(r"[.,!?]", row.text) for row in rows),
        lower_case=_share(row.text == row.text.lower() for row in rows),
        borders=pairs_per_border(rows, taxonomy.primary),
    )


def kinds_of_business(rows: Sequence[Row]) -> int:
    """With KIND_ROWS rows or more. The first word of a row's `trade` names the kind: writers told
    theirs apart (“dental_recall”, “gym_us”, “gym2”).
    """
    trades = [str(row.extra.get("trade", "")) for row in rows]
    kinds = Counter(found[0] for trade in trades if (found := _FIRST_WORD.search(trade)))
    return sum(count >= KIND_ROWS for count in kinds.values())


def mould(text: str) -> str:
    """The reply without its name, day and numbers."""
    text = _NAME.sub("name", text)
    text = normalise(text).replace(SHOUTED, "").replace(ELONGATED, "")
    return " ".join(re.findall(r"[\w']+", _NUMBER.sub("0", _DAY.sub("day", text))))


def distinct_share(texts: Sequence[str], n: int) -> float:
    """Distinct n-grams per n-gram (Li et al., 2016, distinct-n), in SAMPLE_WORDS words taken evenly
    from all texts: sets of any size compare.
    """
    step = max(1, sum(len(text.split()) for text in texts) // SAMPLE_WORDS)
    grams: list[tuple[str, ...]] = []
    for text in texts[::step]:
        words = normalise(text).split()
        grams += zip(*(words[at:] for at in range(n)), strict=False)
    return len(set(grams)) / len(grams) if grams else 0.0


def _repeated(moulds: Sequence[str]) -> float:
    counts = Counter(moulds)
    return _share(counts[text] > 1 for text in moulds)


def _near(moulds: Sequence[str]) -> float:
    """Share of texts to which another one is near, by the words they have in common."""
    if len(moulds) < 2:
        return 0.0
    counted = CountVectorizer(binary=True, tokenizer=str.split, token_pattern=None)
    words = counted.fit_transform(moulds)
    sizes = np.asarray(words.sum(axis=1)).ravel()
    common = (words @ words.T).tocoo()
    near = np.zeros(len(moulds), dtype=bool)
    apart = common.row != common.col
    one, other, both = common.row[apart], common.col[apart], common.data[apart]
    near[one[both / (sizes[one] + sizes[other] - both) >= NEAR]] = True
    return float(near.mean())


def _without_emoji(text: str) -> str:
    return normalise("".join(char for char in text if not 0x2600 <= ord(char) <= 0x1FAFF))


def _share(marks: Iterable[bool]) -> float:
    found = list(marks)
    return sum(found) / len(found) if found else 0.0
