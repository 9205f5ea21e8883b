"""No player's word may be more than a stated part of what a model learns of a label. Pure.

Each example has the amount that a training gives it and is made up of the players who gave its
label; what came by hand or from a file is nobody's. A player who has more than the cap of a label
keeps that part of each of their examples which leaves them at the cap; the parts of others stay
whole. An example that two players settled then stands on the word of the second, by half.

Lowering one player lowers the whole, and so may put a second one above the cap; where that ends is
known beforehand: all who are capped keep the same amount, and that amount is the cap's share of all
that is kept.

Fewer players than 1 / cap cannot all be below it. Where nobody's examples are there to make up the
rest, it is then as near as can be: they are equal, and the one who did least says how much that is.
"""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from math import fsum
from typing import TypeVar

Player = TypeVar("Player", bound=Hashable)

_SLACK = 1 + 1e-9  # what rounding may have put on top


def weights_under_cap(
    contributions: Sequence[Mapping[Player, float]],
    labels: Sequence[str],
    amounts: Sequence[float],
    *,
    cap: float,
) -> list[float]:
    """One weight from 0 to 1 for each example, by which its amount is taken. `contributions`: how
    much of it each player is, in whatever measure; none of nobody's examples.
    """
    if not 0 < cap <= 1:
        raise ValueError(f"A cap is a share above 0 and up to 1, not {cap}.")
    shares = [_shares(parts) for parts in contributions]
    examples: dict[str, list[int]] = defaultdict(list)
    for example, label in enumerate(labels):
        examples[label].append(example)
    weights = [1.0] * len(shares)
    for of_label in examples.values():
        kept = _kept(
            [shares[example] for example in of_label],
            [amounts[example] for example in of_label],
            cap,
        )
        for example in of_label:
            if shares[example]:
                parts = shares[example].items()
                weights[example] = min(1.0, fsum(part * kept[player] for player, part in parts))
    return weights


def _shares(parts: Mapping[Player, float]) -> dict[Player, float]:
    total = fsum(parts.values())
    return {player: part / total for player, part in parts.items() if part > 0}


def _kept(
    shares: Sequence[Mapping[Player, float]], amounts: Sequence[float], cap: float
) -> dict[Player, float]:
    """Of one label: the part of their own that each player keeps."""
    parts: dict[Player, list[float]] = defaultdict(list)
    for of_example, amount in zip(shares, amounts, strict=True):
        for player, part in of_example.items():
            parts[player].append(part * amount)
    # fsum: the order of examples must not decide about the last digit.
    theirs = {player: fsum(of_player) for player, of_player in parts.items()}
    nobodys = fsum(each for of, each in zip(shares, amounts, strict=True) if not of)
    most = _most(sorted(theirs.values(), reverse=True), nobodys, cap)
    return {
        player: 1.0 if amount <= most * _SLACK else most / amount
        for player, amount in theirs.items()
    }


def _most(amounts: Sequence[float], nobodys: float, cap: float) -> float:
    """That a player may keep. `amounts`: the largest first."""
    for capped in range(len(amounts) + 1):
        free = 1 - capped * cap  # the share of those who are not capped
        if free <= 0:
            break
        most = cap * (fsum(amounts[capped:]) + nobodys) / free
        if most > 0 and (capped == len(amounts) or amounts[capped] <= most * _SLACK):
            return most
    return min(amounts, default=0.0)
