"""Which labels should a person look at again? Those that a model does not believe which learnt from
all the other rows. Pure: rows in, ranked suspicions out.

Confident learning (Northcutt, Jiang & Chuang, 2021, "Confident Learning: Estimating Uncertainty in
Dataset Labels", JAIR 70): every row is judged by a model that has not seen it, and ranked by its
self-confidence, the probability of the label that it was given.

Measured with 5 % of the starter rows' intents planted wrong, three times: of the first 100, 57 were
planted ones by self-confidence and 37 by normalised margin (self-confidence less the strongest
other label). For the tone 66 and 55. Taking off what each label is believed on average, as the
paper does where classes are unequal, helped neither.

scikit-learn's cross_val_predict with a splitter would come to the same numbers. It hands the model
encoded labels where ours takes whole rows, warns of a label that one fold lacks, which is an
everyday thing here, and tells nothing while it works: the loop below is shorter than the disguise.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from classifier.baseline import Baseline
from classifier.data import DataError, Row, place_of
from classifier.rules import left_to_models
from classifier.scoring import Scorer
from classifier.taxonomy import Question, Taxonomy

# Each row is judged by a model that learnt from nine tenths of the others. With five folds, half
# the time, 2 planted ones fewer are among the first 100.
FOLDS = 10

Fit = Callable[[Sequence[Row], Taxonomy], Scorer]


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A row whose label the model would not have given."""

    row: Row
    label: str  # what the row says
    belief: float  # the model's probability of that: the lower, the more suspicious
    believed: str  # what the model says
    confidence: float  # its probability of that

    def as_dict(self) -> dict[str, Any]:
        return {
            "where": self.row.where,
            "prompt": self.row.prompt,
            "text": self.row.text,
            "label": self.label,
            "belief": round(self.belief, 4),
            "believed": self.believed,
            "confidence": round(self.confidence, 4),
        }


def suspicions(
    rows: Sequence[Row],
    taxonomy: Taxonomy,
    question: Question,
    *,
    fit: Fit = Baseline,
    folds: int = FOLDS,
    on_progress: Callable[[int, int], object] = lambda done, total: None,
) -> list[Suspicion]:
    """The most suspicious first. Rows that a rule decides, or that have no label for the question,
    are left out. `on_progress` is told how many rows are judged, of how many.

    Raises DataError where the rows are too few to learn anything from a part of them.
    """
    # Nothing but this question: the others may have no label in these rows, and cost time.
    asked = replace(taxonomy, questions=(question,))
    labelled = [
        row for row in left_to_models(rows, taxonomy) if row.labels[question.name] is not None
    ]
    found: list[Suspicion] = []
    done = 0
    for fold in range(folds):
        judged = [row for row in labelled if _fold_of(row, folds) == fold]
        if judged:
            learnt = [row for row in labelled if _fold_of(row, folds) != fold]
            found += _disbelieved(_fitted(fit, learnt, asked), judged, question)
        done += len(judged)
        on_progress(done, len(labelled))
    return sorted(found, key=lambda suspicion: suspicion.belief)


def _fold_of(row: Row, folds: int) -> int:
    """By its words: twins are judged together, and no row changes its fold when others come."""
    return place_of(row) % folds


def _fitted(fit: Fit, rows: Sequence[Row], asked: Taxonomy) -> Scorer:
    question = asked.primary.name
    if len({row.labels[question] for row in rows}) < 2:
        raise DataError(
            f"Too few rows are labelled for the question {question}: a part of them holds no two"
            " labels. Give more rows; some 50 per label do."
        )
    return fit(rows, asked)


def _disbelieved(model: Scorer, rows: Sequence[Row], question: Question) -> list[Suspicion]:
    found = []
    for row, scores in zip(rows, model.scores([row.pair for row in rows]), strict=True):
        beliefs, label = scores[question.name], row.labels[question.name]
        assert label is not None  # the others were left out
        believed = max(beliefs, key=beliefs.__getitem__)
        if believed != label:
            found.append(Suspicion(row, label, beliefs[label], believed, beliefs[believed]))
    return found
