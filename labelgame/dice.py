"""The one place of the game where chance comes in."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

_dice: Random = secrets.SystemRandom()  # players look for a pattern in checks; there is none


def roll() -> tuple[float, float]:
    """Two numbers from 0 to 1: whether a card is a hidden check, and whether one comes back."""
    return _dice.random(), _dice.random()


def lot() -> float:
    """From 0 to 1: a card's place among those that are drawn by lot."""
    return _dice.random()


@contextmanager
def loaded_dice(seed: int) -> Iterator[None]:
    """The same throws each time, in this process: for simulations."""
    global _dice
    before, _dice = _dice, Random(seed)
    try:
        yield
    finally:
        _dice = before
