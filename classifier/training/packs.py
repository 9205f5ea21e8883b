"""Texts of different lengths side by side, so that hardly any padding is computed. Pure.

Replies have from two to a hundred tokens. Padded to the longest of a step, half of what is computed
is for nothing; laid one behind the other in rows of one width, one place in twenty is. Each text
then attends to itself alone (network.py). Krell et al., 2021, "Efficient Sequence Packing without
Cross-contamination".
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from classifier.tokens import Ints

# Places in a row. Most replies have some 15, so four fit; attention within a row grows with it.
WIDTH = 64


@dataclass(frozen=True, slots=True)
class Pack:
    """Each array (rows, places), int64."""

    ids: Ints  # tokens; the padding token where there is none
    text: Ints  # whose place it is, by index; -1: nobody's
    position: Ints  # within its text, from 0
    slot: Ints  # which of its reminder's vectors stands there; -1: a token does


def pack(texts: Sequence[Sequence[int]], *, slots: int, pad_id: int, alone: bool) -> Pack:
    """`texts`: token ids. `slots`: places kept free behind each one's first token. `alone`: a row
    for every text, for encoders that cannot be told who may attend to whom.
    """
    lengths = [len(text) + slots for text in texts]
    width = max(lengths) if alone else max(WIDTH, *lengths)
    rows = [[index] for index in range(len(texts))] if alone else first_fit(lengths, width)
    shape = (len(rows), width)
    made = Pack(
        ids=np.full(shape, pad_id, dtype=np.int64),
        text=np.full(shape, -1, dtype=np.int64),
        position=np.zeros(shape, dtype=np.int64),
        slot=np.full(shape, -1, dtype=np.int64),
    )
    for row, indices in enumerate(rows):
        start = 0
        for index in indices:
            end = start + lengths[index]
            made.ids[row, start] = texts[index][0]
            made.ids[row, start + 1 + slots : end] = texts[index][1:]
            made.text[row, start:end] = index
            made.position[row, start:end] = np.arange(lengths[index])
            made.slot[row, start + 1 : start + 1 + slots] = np.arange(slots)
            start = end
    return made


def first_fit(lengths: Sequence[int], width: int) -> list[list[int]]:
    """Indices of `lengths` in rows of at most `width`: the longest first, each into the first row
    that has room (Johnson, 1973: at most a fifth more rows than the fewest possible).
    """
    rows: list[list[int]] = []
    room: list[int] = []
    for index in sorted(range(len(lengths)), key=lambda index: -lengths[index]):
        for row, left in enumerate(room):
            if lengths[index] <= left:
                rows[row].append(index)
                room[row] -= lengths[index]
                break
        else:
            rows.append([index])
            room.append(width - lengths[index])
    return rows
