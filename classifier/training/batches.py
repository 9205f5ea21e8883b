"""An epoch's steps: shuffled, yet replies to one reminder near each other. Pure, given the dice."""

import random
from collections.abc import Sequence


def epoch_steps(
    reminders: Sequence[str], *, rows: int, per_reminder: int, dice: random.Random
) -> list[list[int]]:
    """Indices of `reminders` (a row's reminder each), every one once, `rows` a step.

    The rows of one reminder go in handfuls of at most `per_reminder`: a step then encodes few
    reminders, and still meets several.
    """
    of_reminder: dict[str, list[int]] = {}
    for index in dice.sample(range(len(reminders)), len(reminders)):
        of_reminder.setdefault(reminders[index], []).append(index)
    handfuls = [
        indices[start : start + per_reminder]
        for indices in of_reminder.values()
        for start in range(0, len(indices), per_reminder)
    ]
    dice.shuffle(handfuls)
    order = [index for handful in handfuls for index in handful]
    return [order[start : start + rows] for start in range(0, len(order), rows)]
