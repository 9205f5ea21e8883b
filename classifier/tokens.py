"""Pairs -> token ids, the one way for training and serving.

Built on the tokenizer's own file (`tokenizer.json`) rather than on transformers, so that a process
that only reads on a CPU never imports torch. Reminders repeat and replies do not: a reminder is
normalised and tokenised once and remembered.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tokenizers import Encoding, Tokenizer

from classifier.readings import Pair
from classifier.text import normalise

Ints = npt.NDArray[np.int64]

REMEMBERED_PROMPTS = (
    4096  # a few MB; a business has some dozen reminders, filled with names and times
)
# The tokenizer need not see more: what is cut by characters here would be cut by tokens anyway.
CHARACTERS_PER_TOKEN = 24


@dataclass(frozen=True, slots=True)
class Tokens:
    """One pair: `ids` and `types`, each a number per token. Types: 0 reminder, 1 reply and the
    separator behind it, so that even an empty reply has a token.
    """

    ids: list[int]
    types: list[int]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class Batch:
    """Pairs padded to the longest; each array of shape (pairs, tokens), int64."""

    ids: Ints
    mask: Ints  # 1 where there is a token, 0 where there is padding
    types: Ints


class PairTokenizer:
    def __init__(self, tokenizer: Tokenizer, *, max_tokens: int, pad_id: int) -> None:
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self.tokenizer = tokenizer
        self.max_tokens = max_tokens
        self.pad_id = pad_id
        # What is left for words: [CLS] reminder [SEP] reply [SEP] takes three, other models four.
        self.room = max_tokens - tokenizer.num_special_tokens_to_add(is_pair=True)
        self._prompt = lru_cache(REMEMBERED_PROMPTS)(self._words)

    @classmethod
    def from_folder(cls, folder: Path, *, max_tokens: int, pad_id: int) -> "PairTokenizer":
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        return cls(tokenizer, max_tokens=max_tokens, pad_id=pad_id)

    def encode(self, pairs: Sequence[Pair]) -> list[Tokens]:
        """One result per pair, in order."""
        replies = self.tokenizer.encode_batch(
            [self._clipped(pair.text) for pair in pairs], add_special_tokens=False
        )
        return [
            self._together(pair.prompt, reply) for pair, reply in zip(pairs, replies, strict=True)
        ]

    def batch(self, tokens: Sequence[Tokens]) -> Batch:
        """Padded to the longest of `tokens`."""
        shape = (len(tokens), max(map(len, tokens)))
        ids = np.full(shape, self.pad_id, dtype=np.int64)
        mask, types = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
        for row, pair in enumerate(tokens):
            ids[row, : len(pair)] = pair.ids
            types[row, : len(pair)] = pair.types
            mask[row, : len(pair)] = 1
        return Batch(ids, mask, types)

    def _together(self, prompt: str, reply: Encoding) -> Tokens:
        """The reply is what is asked about: the reminder gives way first, the reply only then."""
        if len(reply) > self.room:
            reply.truncate(self.room)
        reminder = self._prompt(prompt)
        if len(reminder) + len(reply) > self.room:
            reminder = self._words(prompt)  # afresh: the remembered one must stay whole
            reminder.truncate(self.room - len(reply))
        ids = self.tokenizer.post_process(reminder, reply).ids
        ours = len(reply) + 1  # BERT, RoBERTa and their kin all end with one separator
        return Tokens(ids, [0] * (len(ids) - ours) + [1] * ours)

    def _words(self, text: str) -> Encoding:
        return self.tokenizer.encode(self._clipped(text), add_special_tokens=False)

    def _clipped(self, text: str) -> str:
        return normalise(text)[: self.max_tokens * CHARACTERS_PER_TOKEN]
