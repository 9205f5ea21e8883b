"""The honest thing to beat: TF-IDF and logistic regression, fitted in-process in seconds.

It serves while no transformer is live, says so in every reading's `model`, and is what the first
candidate has to beat at the gate. Nothing of it is ever written to disk.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from classifier import rules
from classifier.data import Row, split, starter_rows
from classifier.keys import spelled_out
from classifier.readings import BASELINE, Pair
from classifier.scoring import Scores, named_scores
from classifier.taxonomy import Taxonomy, current_taxonomy
from classifier.text import normalise

INVERSE_REGULARISATION = (
    8.0  # C; texts are short and their features rare, so trust them more than 1
)

ANY_WORD = r"\S+"  # scikit-learn's own pattern drops one-letter words: "c", "y", "1", "?"


class Baseline:
    """Words and characters of the reply, words of the reminder; one linear model per question."""

    name = BASELINE

    def __init__(self, rows: Sequence[Row], taxonomy: Taxonomy) -> None:
        """`rows`: only such as reach a model (rules.left_to_models)."""
        self.taxonomy = taxonomy
        self.thresholds: dict[str, float] = {}
        self.parts = (
            # The reply: words in pairs, and pieces of words for typos. The reminder: words.
            (
                _reply,
                TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=ANY_WORD),
            ),
            (_reply, TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True)),
            (_reminder, TfidfVectorizer(sublinear_tf=True, token_pattern=ANY_WORD)),
        )
        pairs = [row.pair for row in rows]
        features = hstack(
            [part.fit_transform(map(side, pairs)) for side, part in self.parts], format="csr"
        )
        self.models = {
            question.name: _fitted(features, [row.labels[question.name] for row in rows])
            for question in taxonomy.questions
        }

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


@cache
def starter_baseline() -> Baseline:
    """Fitted on the starter set's training side, once per process."""
    taxonomy = current_taxonomy()
    rows = rules.left_to_models(starter_rows(taxonomy), taxonomy)
    return Baseline(split(rows).train, taxonomy)


def _reply(pair: Pair) -> str:
    return normalise(spelled_out(pair)) or "…"


def _reminder(pair: Pair) -> str:
    return normalise(pair.prompt) or "…"  # never empty: a vocabulary needs a word


def _fitted(features: csr_matrix, labels: Sequence[str | None]) -> LogisticRegression:
    known = [index for index, label in enumerate(labels) if label is not None]
    model = LogisticRegression(
        C=INVERSE_REGULARISATION, class_weight="balanced", max_iter=300, tol=1e-3
    )
    return model.fit(features[known], [labels[index] for index in known])


def _columns(model: LogisticRegression, features: csr_matrix, names: Sequence[str]) -> np.ndarray:
    """(pairs, labels) in the taxonomy's order; a label that no row had gets nothing."""
    columns = np.zeros((features.shape[0], len(names)), dtype=np.float32)
    columns[:, [names.index(name) for name in model.classes_]] = model.predict_proba(features)
    return columns
