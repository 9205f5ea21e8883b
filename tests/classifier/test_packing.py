"""Batches under a budget, for reading and for training."""

import random

from hypothesis import given
from hypothesis import strategies as st

from classifier.packing import packed
from classifier.training.batches import epoch_steps

lengths_of_texts = st.lists(st.integers(1, 300), max_size=200)


@given(lengths_of_texts, st.integers(1, 2_000))
def test_every_text_is_in_one_batch_and_no_batch_over_budget(
    lengths: list[int], budget: int
) -> None:
    batches = list(packed(lengths, budget))
    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    for batch in batches:
        padded = len(batch) * max(lengths[index] for index in batch)
        assert padded <= budget or len(batch) == 1


reminders_of_rows = st.lists(st.sampled_from("abcdefgh"), max_size=200)


@given(reminders_of_rows, st.integers(0, 2**32))
def test_an_epoch_has_every_row_once_and_its_order_is_the_dices(
    reminders: list[str], seed: int
) -> None:
    def steps() -> list[list[int]]:
        return epoch_steps(reminders, rows=24, per_reminder=8, dice=random.Random(seed))

    assert sorted(index for step in steps() for index in step) == list(range(len(reminders)))
    assert steps() == steps()


def test_a_step_has_few_reminders_and_no_reminder_takes_a_step_for_itself() -> None:
    reminders = [f"reminder {number % 30}" for number in range(600)]
    steps = epoch_steps(reminders, rows=24, per_reminder=8, dice=random.Random(1))
    met = [len({reminders[index] for index in step}) for step in steps]
    assert min(met) > 1
    assert sum(met) / len(met) < 6  # 24 rows of as many reminders would have some 17
