"""Texts -> token ids: one result each, within the window, the middle given up first."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from classifier.tokens import TextTokenizer


@pytest.fixture(scope="module")
def tokenizer(tiny_base: Path) -> TextTokenizer:
    return TextTokenizer.from_folder(tiny_base, max_tokens=24, pad_id=0)


@pytest.fixture(scope="module")
def plain(tiny_base: Path) -> Tokenizer:
    return Tokenizer.from_file(str(tiny_base / "tokenizer.json"))


def test_a_text_is_what_the_tokenizer_itself_makes_of_it(
    tokenizer: TextTokenizer, plain: Tokenizer
) -> None:
    assert tokenizer.encode(["No 👍"]) == [plain.encode("no thumbs up").ids]


def test_a_long_text_keeps_how_it_begins_and_how_it_ends(
    tokenizer: TextTokenizer, plain: Tokenizer
) -> None:
    [ids] = tokenizer.encode(["stop you " + "can you park " * 400 + "not late"])
    assert len(ids) == 24
    words = plain.decode(ids)
    assert words.startswith("stop you")
    assert words.endswith("not late")


@given(st.lists(st.text(st.characters())))
def test_any_strings_give_one_result_each_within_the_window(
    tokenizer: TextTokenizer, texts: list[str]
) -> None:
    encoded = tokenizer.encode(texts)
    assert len(encoded) == len(texts)
    assert all(2 <= len(ids) <= 24 for ids in encoded)


def test_a_batch_is_padded_to_its_longest_and_masked(tokenizer: TextTokenizer) -> None:
    batch = tokenizer.batch(tokenizer.encode(["no", "can you not"]))
    assert batch.ids.shape == (2, 5)
    assert batch.mask.tolist() == [[1, 1, 1, 0, 0], [1] * 5]
    assert batch.ids[0, 3:].tolist() == [0, 0]


@given(st.lists(st.text("abc ", max_size=40), max_size=30), st.integers(1, 200))
def test_batches_hold_every_text_once(
    tokenizer: TextTokenizer, texts: list[str], budget: int
) -> None:
    ids = tokenizer.encode(texts)
    indices = [index for batch, _ in tokenizer.batches(ids, budget) for index in batch]
    assert sorted(indices) == list(range(len(texts)))
