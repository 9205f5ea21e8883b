"""Pairs -> token ids: the reply is kept, the reminder gives way."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from classifier.readings import Pair
from classifier.tokens import PairTokenizer


@pytest.fixture(scope="module")
def tokenizer(tiny_base: Path) -> PairTokenizer:
    return PairTokenizer.from_folder(tiny_base, max_tokens=24, pad_id=0)


@pytest.fixture(scope="module")
def plain(tiny_base: Path) -> Tokenizer:
    return Tokenizer.from_file(str(tiny_base / "tokenizer.json"))


def test_a_pair_is_what_the_tokenizer_itself_makes_of_it(
    tokenizer: PairTokenizer, plain: Tokenizer
) -> None:
    [tokens] = tokenizer.encode([Pair("Can you?", "No 👍")])
    theirs = plain.encode("can you?", "no thumbs up")
    assert (tokens.ids, tokens.types) == (theirs.ids, theirs.type_ids)


def test_the_reminder_is_cut_before_the_reply(tokenizer: PairTokenizer, plain: Tokenizer) -> None:
    [tokens] = tokenizer.encode([Pair("can you park " * 40, "not you")])
    assert len(tokens) == 24
    assert plain.decode(tokens.ids).endswith("not you")


def test_a_reply_that_fills_the_window_leaves_no_reminder(tokenizer: PairTokenizer) -> None:
    [tokens] = tokenizer.encode([Pair("no " * 50, "yes " * 2_500)])
    assert (len(tokens), sum(tokens.types)) == (24, 22)  # [CLS] [SEP], then the reply


def test_a_remembered_reminder_stays_whole(tokenizer: PairTokenizer) -> None:
    prompt = "can you not park"
    whole = tokenizer.encode([Pair(prompt, "no")])
    tokenizer.encode([Pair(prompt, "no " * 20)])
    assert tokenizer.encode([Pair(prompt, "no")]) == whole


@given(st.lists(st.tuples(st.text(st.characters(), max_size=20), st.text(st.characters()))))
def test_any_strings_give_one_result_each_within_the_window(
    tokenizer: PairTokenizer, pairs: list[tuple[str, str]]
) -> None:
    encoded = tokenizer.encode([Pair(*pair) for pair in pairs])
    assert len(encoded) == len(pairs)
    assert all(3 <= len(tokens) <= 24 for tokens in encoded)


def test_a_batch_is_padded_to_its_longest_and_masked(tokenizer: PairTokenizer) -> None:
    batch = tokenizer.batch(tokenizer.encode([Pair("", "no"), Pair("can you", "yes")]))
    assert batch.ids.shape == (2, 6)
    assert batch.mask.tolist() == [[1, 1, 1, 1, 0, 0], [1] * 6]
    assert batch.ids[0, 4:].tolist() == [0, 0]
