"""The honest thing to beat: TF-IDF and logistic regression, fitted in-process in seconds.

It serves while no transformer is live, says so in every reading's `model`, and is what the first
candidate has to beat at the gate. What it learnt is kept beside the model versions under a hash of
what it learnt from, so that the next process reads it in a second instead of learning it again.
"""

import hashlib
import logging
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import sklearn
from django.conf import settings
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from classifier import baseline_file, keys, rules, text
from classifier.data import DataError, Row, digest_of, split, starter_rows
from classifier.dataset import rows_of_files
from classifier.judged import is_nods_own
from classifier.keys import spelled_out
from classifier.readings import BASELINE, Pair
from classifier.scoring import Scores, named_scores
from classifier.taxonomy import Taxonomy, current_taxonomy
from classifier.text import normalise

log = logging.getLogger(__name__)

# C: texts are short and their features rare, so trust them more than 1.
INVERSE_REGULARISATION = 8.0

ENOUGH_LABELS = 2  # of a question, to tell one from another

ANY_WORD = r"\S+"  # scikit-learn's own pattern drops one-letter words: "c", "y", "1", "?"

# What the features are made by: another version of any of them has to learn anew.
_MAKERS = (Path(__file__), Path(keys.__file__), Path(text.__file__))


class Baseline:
    """Words and characters of the reply, words of the reminder; one linear model per question."""

    name = BASELINE

    def __init__(
        self, rows: Sequence[Row], taxonomy: Taxonomy, *, keep_in: Path | None = None
    ) -> None:
        """`rows`: only such as reach a model (rules.left_to_models). `keep_in`: a folder where what
        they teach is kept and found again.
        """
        self.taxonomy = taxonomy
        self.thresholds: dict[str, float] = {}
        # The reply: words in pairs, and pieces of words for typos. The reminder: words.
        words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=ANY_WORD)
        pieces = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True)
        about = TfidfVectorizer(sublinear_tf=True, token_pattern=ANY_WORD)
        self.parts = ((_reply, words), (_reply, pieces), (_reminder, about))
        self.models = {question.name: _unfitted() for question in taxonomy.questions}
        vectorizers = (words, pieces, about)
        kept = None if keep_in is None else keep_in / f"baseline-{_key(rows, taxonomy)}.npz"
        if kept is not None and baseline_file.load(kept, vectorizers, self.models):
            return
        self._learn(rows)
        if kept is not None:
            baseline_file.save(kept, vectorizers, self.models)

    def _learn(self, rows: Sequence[Row]) -> None:
        pairs = [row.pair for row in rows]
        features = hstack(
            [part.fit_transform(map(side, pairs)) for side, part in self.parts], format="csr"
        )
        for question, model in self.models.items():
            labels = [row.labels[question] for row in rows]
            known = [index for index, label in enumerate(labels) if label is not None]
            seen = {label for label in labels if label is not None}
            if len(seen) < ENOUGH_LABELS:
                _learn_nothing(model, sorted(seen), features.shape[1])
            else:
                model.fit(features[known], [labels[index] for index in known])

    def scores(self, pairs: Sequence[Pair]) -> list[Scores]:
        features = hstack(
            [part.transform(map(side, pairs)) for side, part in self.parts], format="csr"
        )
        return named_scores(
            {
                question.name: _columns(self.models[question.name], features, question.label_names)
                for question in self.taxonomy.questions
            },
            self.taxonomy,
        )


class Unknowing:
    """Reads where there is nothing to learn from: every label alike, so that people decide."""

    name = BASELINE

    def __init__(self, taxonomy: Taxonomy) -> None:
        self.taxonomy = taxonomy
        self.thresholds: dict[str, float] = {}

    def scores(self, pairs: Sequence[Pair]) -> list[Scores]:
        return [
            {
                question.name: dict.fromkeys(question.label_names, 1 / len(question.label_names))
                for question in self.taxonomy.questions
            }
            for _ in pairs
        ]


@cache
def starter_baseline() -> Baseline | Unknowing:
    """What the training side of the files teaches, once per process: of the starter set where its
    labels are the taxonomy's, and of an installation's own.
    """
    taxonomy = current_taxonomy()
    train = split(rules.left_to_models(_rows(taxonomy), taxonomy)).train
    if not train:
        return Unknowing(taxonomy)
    return Baseline(train, taxonomy, keep_in=Path(settings.MODELS_DIR))


def _rows(taxonomy: Taxonomy) -> Sequence[Row]:
    try:
        return rows_of_files(taxonomy)
    except DataError as exc:  # a training says so, too; until then texts are read
        log.error("The baseline cannot learn from every file: %s", exc)
    return starter_rows(taxonomy) if is_nods_own(taxonomy) else []


def _key(rows: Sequence[Row], taxonomy: Taxonomy) -> str:
    digest = hashlib.sha256(f"{digest_of(rows)} {sklearn.__version__}".encode())
    digest.update(repr(taxonomy.label_names).encode())
    for maker in _MAKERS:
        digest.update(maker.read_bytes())
    return digest.hexdigest()[:16]


def _reply(pair: Pair) -> str:
    return normalise(spelled_out(pair)) or "…"


def _reminder(pair: Pair) -> str:
    return normalise(pair.prompt) or "…"  # never empty: a vocabulary needs a word


def _unfitted() -> LogisticRegression:
    return LogisticRegression(
        C=INVERSE_REGULARISATION, class_weight="balanced", max_iter=300, tol=1e-3
    )


def _learn_nothing(model: LogisticRegression, seen: Sequence[str], features: int) -> None:
    """As if fitted. Rows need not answer every question, and may all answer it alike."""
    model.classes_ = np.array(seen, dtype=np.str_)
    model.coef_, model.intercept_ = np.zeros((1, features)), np.zeros(1)


def _columns(model: LogisticRegression, features: csr_matrix, names: Sequence[str]) -> np.ndarray:
    """(pairs, labels) in the taxonomy's order; a label that no row had gets nothing."""
    columns = np.zeros((features.shape[0], len(names)), dtype=np.float32)
    places = [names.index(name) for name in model.classes_]
    if len(places) < ENOUGH_LABELS:
        # Nobody knows, and nothing is to be acted upon: even shares, the label that was seen ahead.
        columns[:] = 1 / (len(names) + len(places))
        columns[:, places] *= 2
        return columns
    columns[:, places] = model.predict_proba(features)
    return columns
