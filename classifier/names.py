"""Which words of a text are people's names. Pure."""

import re

from classifier.identifiers import Found

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


def names(text: str, known: frozenset[str]) -> list[Found]:
    """In the order of the text. `known`: words that are names here, in small letters."""
    return [
        Found("name", word.start(), word.end())
        for word in _WORD.finditer(text)
        if word[0].casefold() in known
    ]


def words_of(name: str) -> list[str]:
    """The words of a full name, as `names` knows them."""
    return [word[0].casefold() for word in _WORD.finditer(name)]
