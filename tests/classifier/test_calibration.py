"""Temperatures: sure where right, unsure where not."""

from dataclasses import replace

import numpy as np
import pytest

from classifier.data import Row
from classifier.engines import softmax
from classifier.taxonomy import Taxonomy
from classifier.training.calibration import FEWEST_ROWS, temperature_for
from classifier.training.produce import fitted_temperatures, fitted_thresholds, usual_rows

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


def rows(number: int, *, hard: bool, label: str = "confirm") -> list[Row]:
    return [Row("", "yes", {"intent": label, "tone": None}, hard=hard)] * number


def test_what_a_model_was_in_doubt_about_tells_it_nothing_of_all_others(
    taxonomy: Taxonomy,
) -> None:
    usual, hard = rows(100, hard=False), rows(100, hard=True, label="cancel")
    sure = np.zeros((200, len(taxonomy.primary.labels)), dtype=np.float32)
    sure[:, taxonomy.primary.column("confirm")] = 5.0  # right on the usual ones, on no other
    logits = [sure, np.zeros((200, 4), dtype=np.float32)]
    places = usual_rows([*usual, *hard])
    assert places == list(range(100))
    assert fitted_temperatures(logits, usual + hard, taxonomy, places)["intent"] < 0.5
    assert fitted_temperatures(logits, usual + hard, taxonomy, range(200))["intent"] > 2
    thresholds = [
        fitted_thresholds(logits, usual + hard, taxonomy, {"intent": 1.0}, of)["confirm"]
        for of in (places, range(200))
    ]
    assert thresholds[0] < softmax(sure)[0].max() < thresholds[1]


def test_a_row_without_an_intent_is_no_mistake_of_the_models(taxonomy: Taxonomy) -> None:
    [toned] = rows(1, hard=False, label="other")
    some = [
        *rows(100, hard=False),
        *[replace(toned, labels={"intent": None, "tone": None})] * 50,
    ]
    sure = np.zeros((150, len(taxonomy.primary.labels)), dtype=np.float32)
    sure[:, taxonomy.primary.column("confirm")] = 6.0
    logits = [sure, np.zeros((150, 4), dtype=np.float32)]
    thresholds = fitted_thresholds(logits, some, taxonomy, {"intent": 1.0}, range(150))
    assert thresholds["confirm"] < softmax(sure)[0].max()


def test_where_hardly_any_other_row_validates_the_hard_ones_have_to_do() -> None:
    few = rows(FEWEST_ROWS - 1, hard=False) + rows(50, hard=True)
    assert usual_rows(few) == list(range(len(few)))
