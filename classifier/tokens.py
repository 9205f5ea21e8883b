"""Texts -> token ids, the one way for training and serving, for reminders and for replies.

Built on the tokenizer's own file (`tokenizer.json`) rather than on transformers, so that a process
that only reads on a CPU never imports torch.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from classifier.keys import spelled_out
from classifier.packing import packed
from classifier.readings import Pair
from classifier.text import normalise

Ints = npt.NDArray[np.int64]

# The tokenizer need not see more: what is cut by characters here would be cut by tokens anyway.
CHARACTERS_PER_TOKEN = 24


@dataclass(frozen=True, slots=True)
class Batch:
    """Texts padded to the longest; each array of shape (texts, tokens), int64."""

    ids: Ints
    mask: Ints  # 1 where there is a token, 0 where there is padding


class TextTokenizer:
    """Every text gets the model's own first and last token, so that even an empty one has two."""

    def __init__(self, tokenizer: Tokenizer, *, max_tokens: int, pad_id: int) -> None:
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self.tokenizer = tokenizer
        self.max_tokens = max_tokens
        self.pad_id = pad_id

    @classmethod
    def from_folder(cls, folder: Path, *, max_tokens: int, pad_id: int) -> "TextTokenizer":
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        return cls(tokenizer, max_tokens=max_tokens, pad_id=pad_id)

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of each text, in order, at most `max_tokens` of them."""
        encodings = self.tokenizer.encode_batch([self._clipped(text) for text in texts])
        return [self._shortened(encoding.ids) for encoding in encodings]

    def encode_replies(self, pairs: Sequence[Pair]) -> list[list[int]]:
        """Of each pair's reply, a key of the reminder's spelled out (classifier/keys.py)."""
        return self.encode([spelled_out(pair) for pair in pairs])

    def batches(
        self, ids: Sequence[Sequence[int]], budget: int
    ) -> Iterator[tuple[list[int], Batch]]:
        """Every text once, by its index, in batches of even length under `budget` padded tokens."""
        for indices in packed([len(text) for text in ids], budget):
            yield indices, self.batch([ids[index] for index in indices])

    def batch(self, ids: Sequence[Sequence[int]]) -> Batch:
        """Padded to the longest of `ids`."""
        shape = (len(ids), max(map(len, ids)))
        padded = np.full(shape, self.pad_id, dtype=np.int64)
        mask = np.zeros(shape, dtype=np.int64)
        for row, text in enumerate(ids):
            padded[row, : len(text)] = text
            mask[row, : len(text)] = 1
        return Batch(padded, mask)

    def _shortened(self, ids: list[int]) -> list[int]:
        """Out of the middle: people say what they want first or last, the story between."""
        if len(ids) <= self.max_tokens:
            return ids
        head = self.max_tokens // 2
        return ids[:head] + ids[head - self.max_tokens :]

    def _clipped(self, text: str) -> str:
        words = normalise(text)
        half = self.max_tokens * CHARACTERS_PER_TOKEN // 2
        return words if len(words) <= 2 * half else f"{words[:half]} {words[-half:]}"
