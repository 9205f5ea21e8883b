"""Which texts go through a model together: near in length, under a budget of padded tokens. Pure.

Every text of a batch is padded to its longest, so batches of mixed lengths spend most of their time
on nothing. For reading; a training, whose steps are chosen by other means, lays texts behind each
other (training/packs.py).
"""

from collections.abc import Iterator, Sequence


def packed(lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Indices of `lengths`, longest first, in batches whose count · longest stays within `budget`.

    Every index once; a text longer than the budget makes a batch of its own. Longest first, so that
    memory is asked for once, at its highest, and a text too large for the machine fails at once.
    """
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lambda index: -lengths[index]):
        if batch and (len(batch) + 1) * lengths[batch[0]] > budget:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch
