"""Which part of the mix a card comes from: doubt, disagreement, rarity, old labels, lot; and which
question has its turn where they take turns. Pure.
"""

from collections.abc import Mapping, Sequence

# The golden ratio's fraction: its multiples fall as evenly as any numbers can (Weyl), so that every
# part has its share in any ten cards, not only in a thousand.
_STEP = 0.6180339887498949
# The root of two's: between these two no whole numbers make a sum, so that the questions fall as
# evenly within each part of the mix as on the whole.
_STEP_OF_TURNS = 0.4142135623730951


def part_at(mix: Mapping[str, float], number: int) -> str:
    """The part of a player's card by its number. `mix`: part -> share, not all 0."""
    total = sum(mix.values())
    if total <= 0:
        raise ValueError("One part of the mix must be above 0: set it on the settings page.")
    place = (number * _STEP) % 1.0 * total
    for part, share in mix.items():
        if place < share:
            return part
        place -= share
    return max(mix, key=lambda part: mix[part])  # what rounding left over


def in_turn(questions: Sequence[str], first_share: float, number: int) -> list[str]:
    """All of them, the one whose turn a player's card by its number is in front. `questions`: the
    primary one first, which has `first_share` of the turns; the others share the rest.
    """
    first, *others = questions
    beyond = (number * _STEP_OF_TURNS) % 1.0 - first_share
    if not others or beyond < 0:
        return [first, *others]
    turn = others[min(int(beyond / (1 - first_share) * len(others)), len(others) - 1)]
    return [turn, first, *(each for each in others if each != turn)]
