"""The same reply as another thumb would have typed it. Pure, given the dice.

Only what phones really do, and only what leaves the meaning as it was: training data has to look
like what comes in, noise included.
"""

import random

from classifier.data import TELLING_WORDS
from classifier.readings import Pair

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
NEIGHBOURS = {
    key: row[max(0, place - 1) : place] + row[place + 1 : place + 2]
    for row in _ROWS
    for place, key in enumerate(row)
}
SHORTEST_TYPO_WORD = 4  # letters: a typo in "no" or "yes" may make another word of it


def augmented(pair: Pair, dice: random.Random) -> Pair:
    """One or two slips of the thumb, or the reminder missing."""
    # A reply that says it all must be understood alone: the reminder may be unknown or another's.
    if len(pair.text.split()) >= TELLING_WORDS and dice.random() < 0.3:
        return Pair("", pair.text)
    text = pair.text
    for slip in dice.sample(_SLIPS, k=dice.choice((1, 1, 2))):
        text = slip(text, dice)
    return Pair(pair.prompt, text)


def without_apostrophes(text: str, dice: random.Random) -> str:
    return text.replace("'", "").replace("\u2019", "")


def without_punctuation(text: str, dice: random.Random) -> str:
    """Question marks stay half of the time: they are all that makes some questions questions."""
    dropped = ".,;:!" + ("?" if len(text.split()) >= TELLING_WORDS and dice.random() < 0.5 else "")
    return text.translate(str.maketrans("", "", dropped))


def with_typo(text: str, dice: random.Random) -> str:
    """One word with a neighbouring key, a missing, a doubled or two swapped letters."""
    words = text.split(" ")
    places = [
        at for at, word in enumerate(words) if len(word) >= SHORTEST_TYPO_WORD and word.isalpha()
    ]
    if not places:
        return text
    at = dice.choice(places)
    words[at] = _mistyped(words[at], dice)
    return " ".join(words)


def _mistyped(word: str, dice: random.Random) -> str:
    at = dice.randrange(1, len(word) - 1)  # first letters are hit most surely, and tell words apart
    head, letter, tail = word[:at], word[at], word[at + 1 :]
    kind = dice.randrange(4)
    if kind == 0 and letter.lower() in NEIGHBOURS:
        return head + dice.choice(NEIGHBOURS[letter.lower()]) + tail
    if kind == 1:
        return head + tail
    if kind == 2:
        return head + letter + letter + tail
    return head + tail[0] + letter + tail[1:]


_SLIPS = (without_apostrophes, without_punctuation, with_typo)
