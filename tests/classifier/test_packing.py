"""Batches under a budget, for reading and for training."""

import random

from hypothesis import given
from hypothesis import strategies as st

from classifier.packing import packed
from classifier.training.batches import epoch_batches

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


@given(lengths_of_texts, st.integers(0, 2**32))
def test_an_epoch_has_every_row_once_and_its_order_is_the_dices(
    lengths: list[int], seed: int
) -> None:
    batches = epoch_batches(lengths, 500, random.Random(seed))
    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    assert batches == epoch_batches(lengths, 500, random.Random(seed))


def test_batches_are_of_one_length_so_that_little_is_padding() -> None:
    dice = random.Random(1)
    lengths = [dice.randint(5, 60) for _ in range(1_000)]
    padded = sum(
        len(batch) * max(lengths[index] for index in batch)
        for batch in epoch_batches(lengths, 1_000, dice)
    )
    assert padded < 1.2 * sum(lengths)
