"""How sure is sure: one temperature per question, fitted on validation rows.

Dividing logits by a temperature never changes which label wins; it makes "0.9" mean right nine
times in ten.
"""

from collections.abc import Sequence

import numpy as np

from classifier.engines import Floats, softmax

# Tried in even steps of ratio: the loss is smooth and flat around its minimum, 2 % is fine enough.
TEMPERATURES = np.geomspace(0.2, 10.0, 200)
FEWEST_ROWS = 20  # below, a temperature would be fitted to noise


def temperature_for(logits: Floats, labels: Sequence[int | None]) -> float:
    """`logits` (rows, labels), `labels` the right column of each row, None where nobody knows."""
    known = [index for index, label in enumerate(labels) if label is not None]
    if len(known) < FEWEST_ROWS:
        return 1.0
    right = [label for label in labels if label is not None]
    losses = [
        -np.log(softmax(logits[known], temperature)[np.arange(len(known)), right] + 1e-12).mean()
        for temperature in TEMPERATURES
    ]
    return float(TEMPERATURES[int(np.argmin(losses))])
