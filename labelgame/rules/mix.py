"""Which part of the mix a card comes from: doubt, disagreement, rarity, old labels, lot. Pure."""

from collections.abc import Mapping

# The golden ratio's fraction: its multiples fall as evenly as any numbers can (Weyl), so that every
# part has its share in any ten cards, not only in a thousand.
_STEP = 0.6180339887498949


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
