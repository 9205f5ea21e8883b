"""Batches under a budget, for reading and for training."""

import random

from hypothesis import given
from hypothesis import strategies as st

from classifier.packing import packed
from classifier.training.batches import epoch_steps
from classifier.training.packs import WIDTH, first_fit, pack

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


@given(lengths_of_texts)
def test_rows_hold_every_text_once_and_no_row_more_than_its_width(lengths: list[int]) -> None:
    rows = first_fit(lengths, 300)
    assert sorted(index for row in rows for index in row) == list(range(len(lengths)))
    assert all(sum(lengths[index] for index in row) <= 300 for row in rows)


@given(
    st.lists(st.lists(st.integers(3, 9), min_size=2, max_size=90), min_size=1, max_size=30),
    st.integers(0, 4),
    st.booleans(),
)
def test_a_pack_gives_every_text_back(texts: list[list[int]], slots: int, alone: bool) -> None:
    made = pack(texts, slots=slots, pad_id=0, alone=alone)
    for index, text in enumerate(texts):
        own = made.text == index
        assert made.ids[own & (made.slot < 0)].tolist() == text
        assert made.slot[own].tolist() == [-1, *range(slots), *[-1] * (len(text) - 1)]
        assert made.position[own].tolist() == list(range(len(text) + slots))
    assert (made.ids[made.text < 0] == 0).all()


def test_hardly_a_place_is_padding() -> None:
    dice = random.Random(3)
    texts = [[3] * min(60, 2 + int(dice.expovariate(1 / 10))) for _ in range(32)]
    made = pack(texts, slots=4, pad_id=0, alone=False)
    assert made.ids.shape[1] == WIDTH
    assert (made.text >= 0).mean() > 0.85
