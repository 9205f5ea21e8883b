"""How often texts of each kind come. Pure, given dice.

The starter set has as many rows of a kind as a model needs to learn it, so that one text in
fourteen asks for no more. In life most of those who answer a reminder say that they will be there,
and hardly any ask who is texting. What picking is worth shows only there: by lot, people would
answer to one “yes” after another.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from random import Random

from classifier.data import Row

# Of a hundred answers to reminders. Assumed, not measured: nobody publishes such counts.
IN_LIFE = {
    "confirm": 62,
    "reschedule": 11,
    "cancel": 10,
    "question": 8,
    "other": 5,
    "wrong_number": 2,
    "opt_out": 2,
}


class NoInflow(ValueError):
    """Of these rows no texts can be made that come as often as in life; the message says why."""


def as_in_life(
    rows: Sequence[Row], question: str, dice: Random, shares: Mapping[str, float] = IN_LIFE
) -> list[Row]:
    """As many of `rows` as there can be with `shares` (above 0, of any sum) of the labels of
    `question`, in any order. Rows without a label of it stay as frequent as they are. Raises
    NoInflow.
    """
    of_label: dict[str, list[Row]] = defaultdict(list)
    unlabelled: list[Row] = []
    for row in rows:
        label = row.labels[question]
        (unlabelled if label is None else of_label[label]).append(row)
    if strange := sorted(of_label.keys() - shares.keys()):
        raise NoInflow(f"Nobody has said how often {', '.join(strange)} comes: use --even.")
    if missing := sorted(shares.keys() - of_label.keys()):
        raise NoInflow(f"No row is left of {', '.join(missing)}: use more rows, or --even.")
    # The label that runs out first says how many texts there can be.
    most = min(len(of_label[label]) / share for label, share in shares.items())
    kept: list[Row] = []
    for label, share in shares.items():
        kept += dice.sample(of_label[label], round(most * share))
    labelled = len(rows) - len(unlabelled)
    kept += dice.sample(unlabelled, round(len(unlabelled) * len(kept) / labelled))
    dice.shuffle(kept)
    return kept
