"""An epoch's batches: shuffled, yet each of pairs of about one length. Pure, given the dice."""

import random
from collections.abc import Sequence

from classifier.packing import packed

BUCKET = 256  # pairs that are sorted together: enough for even lengths, few enough to stay shuffled


def epoch_batches(lengths: Sequence[int], budget: int, dice: random.Random) -> list[list[int]]:
    """Indices of `lengths`, each once, in batches under `budget` padded tokens, in random order."""
    order = dice.sample(range(len(lengths)), len(lengths))
    batches = []
    for start in range(0, len(order), BUCKET):
        bucket = order[start : start + BUCKET]
        for batch in packed([lengths[index] for index in bucket], budget):
            batches.append([bucket[index] for index in batch])
    dice.shuffle(batches)
    return batches
