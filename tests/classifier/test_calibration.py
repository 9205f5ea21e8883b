"""Temperatures: sure where right, unsure where not."""

import numpy as np
import pytest

from classifier.engines import softmax
from classifier.training.calibration import temperature_for

dice = np.random.default_rng(7)


def test_a_model_twice_too_sure_gets_a_temperature_of_two() -> None:
    honest = dice.normal(size=(4_000, 3)).astype(np.float32) * 2
    labels = [int(dice.choice(3, p=row / row.sum())) for row in softmax(honest).astype(float)]
    assert temperature_for(honest * 2, labels) == pytest.approx(2.0, rel=0.1)


def test_too_few_labelled_rows_leave_the_logits_as_they_are() -> None:
    logits = dice.normal(size=(30, 3)).astype(np.float32)
    assert temperature_for(logits, [0] * 10 + [None] * 20) == 1.0


def test_a_temperature_never_changes_which_label_wins() -> None:
    logits = dice.normal(size=(100, 5)).astype(np.float32)
    assert (softmax(logits, 7.0).argmax(axis=1) == logits.argmax(axis=1)).all()
    assert softmax(logits, 7.0).sum(axis=1) == pytest.approx(1.0)
