"""From pairs to logits: order kept, reminders remembered."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.engines import Floats, Network
from classifier.readings import Pair
from classifier.tokens import Batch, TextTokenizer


class Counting:
    """An engine whose vectors say how long the reminder is, and whose answer adds the reply's."""

    budget = 200
    at_once = 3

    def __init__(self) -> None:
        self.reminders = 0

    def remember(self, reminders: Batch) -> Floats:
        self.reminders += len(reminders.ids)
        lengths: Floats = reminders.mask.sum(axis=1).astype(np.float32)
        return lengths.reshape(-1, 1, 1)

    def answer(self, replies: Batch, vectors: Floats) -> Sequence[Floats]:
        length = replies.mask.sum(axis=1).astype(np.float32)
        return [np.stack([vectors[:, 0, 0], length], axis=1)]


@pytest.fixture(scope="module")
def tokenizer(tiny_base: Path) -> TextTokenizer:
    return TextTokenizer.from_folder(tiny_base, max_tokens=40, pad_id=0)


texts = st.text("abc ", max_size=12)


@given(pairs=st.lists(st.tuples(texts, texts), min_size=1, max_size=40), budget=st.integers(1, 200))
def test_every_pair_gets_its_own_reminder_in_the_order_of_the_pairs(
    tokenizer: TextTokenizer, pairs: list[tuple[str, str]], budget: int
) -> None:
    network = Network(Counting(), tokenizer, budget=budget, remembered=3)
    [logits] = network.logits([Pair(*pair) for pair in pairs])
    expected = [[len(ids) for ids in tokenizer.encode(pair)] for pair in pairs]
    assert logits.tolist() == expected


def test_a_reminder_is_read_once_and_the_least_lately_used_is_forgotten(
    tokenizer: TextTokenizer,
) -> None:
    engine = Counting()
    network = Network(engine, tokenizer, budget=100, remembered=2)
    for prompt in ("a", "b", "a", "a", "c"):  # b goes, a was used after it
        network.logits([Pair(prompt, "yes")])
    assert engine.reminders == 3
    network.logits([Pair("a", "no")])
    assert engine.reminders == 3
    network.logits([Pair("b", "no")])
    assert engine.reminders == 4


def test_more_reminders_than_are_remembered_are_read_all_the_same(tokenizer: TextTokenizer) -> None:
    network = Network(Counting(), tokenizer, budget=100, remembered=2)
    pairs = [Pair("a" * size, "yes") for size in range(9)]
    assert len(network.logits(pairs)[0]) == 9
    assert len(network._vectors) == 2
