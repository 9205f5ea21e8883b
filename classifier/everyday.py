"""The lists that names are told by: words that are names somewhere, and words of every day. Pure
but for reading them, once.
"""

import unicodedata
from pathlib import Path

FOLDER = Path(__file__).with_name("data")
VERB_TELLS = "+"  # before a line of names.txt: everyday words that a verb behind them makes names

_NOT_DECOMPOSED = str.maketrans("łøđıß’", "lodis'")


def key_of(word: str) -> str:
    """The word as the lists hold it: small, without accents, for half of all phones leave them
    out.
    """
    small = word.casefold()
    if not small.isascii():
        small = unicodedata.normalize("NFKD", small.translate(_NOT_DECOMPOSED))
        small = "".join(char for char in small if not unicodedata.combining(char))
    return small


def word_set(words: str) -> frozenset[str]:
    """Written as a line of words, which reads better than sixty strings."""
    return frozenset(words.split())


def _lines(name: str) -> list[str]:
    text = (FOLDER / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


_NAME_LINES = _lines("names.txt")
NAMES = frozenset(key_of(word) for line in _NAME_LINES for word in line.lstrip("+ ").split())
TOLD_BY_A_VERB = frozenset(
    key_of(word) for line in _NAME_LINES if line.startswith(VERB_TELLS) for word in line[1:].split()
)
EVERYDAY = frozenset(key_of(word) for line in _lines("everyday.txt") for word in line.split())
