"""Does a text say anything that a model could have learnt? Pure.

Asked beside the model, of what the rules leave to it. A model that has only ever read English and
Spanish is just as sure of German as of English, and of keys hit by a sleeve: what is told here goes
to a person instead.

Nearly every text is let through by its words, most of which stand in the lists that masking uses
(classifier/everyday.py); only what is left is shown to a language identifier. Fewer than four
words say too little of their language: “da”, “nein danke” and a name alone are left to the model.
A false alarm costs a person's look, so whatever is doubtful is let through, too.
"""

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

from classifier.everyday import EVERYDAY, NAMES, key_of
from classifier.readings import Unfamiliar
from classifier.text import ELONGATED, normalise

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

LOOKED_AT = 400  # characters: enough for any language, and what is dear is bounded
FEWEST_WORDS = 4  # that tell a language written in Latin letters

# With all its sureness a language identifier takes textspeak and typos for Frisian. Measured on the
# starter set with the words that only one of its files has left out of the lists: of its first
# 18,371 rows 8 were told as unfamiliar, and those 8 were French, German or mashed keys.
KNOWN_SHARE = 0.6  # of the words; where no more are known, LIKELY is sure enough
LIKELY = 0.6
NEARLY_KNOWN_SHARE = 0.75  # “ja, ich bin um 10 da”: half of it is English as well
CERTAIN = 0.9

# English and Spanish, and what short texts in their dialects and in textspeak are taken for:
# Nigerian Pidgin, Galician, Aragonese, Extremaduran.
READABLE = frozenset({"en", "es", "pcm", "gl", "an", "ext"})
NO_LANGUAGE = "zxx"

MASHED_LETTERS = 6  # fewer may be somebody's shorthand
# Of the threes of letters those that stand in no word that is known, which “sdkjfh” has four in
# five of, “qwertyuiop” two in five, a typo one in ten.
MASHED_SHARE = 0.4

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_NO_WORD = re.compile(r"\S*(?:[\d/@]|\w\.\w)\S*")  # links, mails, references
_SIGNS = frozenset({"So", "Sk", "Sm"})  # emoji among them, which are words only for the model


def unfamiliar(text: str) -> Unfamiliar | None:
    """Why no model should be believed about this text; None for nearly every text."""
    text = _without_signs(text[:LOOKED_AT])
    if not text.isascii() and _is_in_other_letters(text):
        return Unfamiliar.OTHER_LANGUAGE
    if _is_known_enough(_WORD.findall(text)):  # most texts, at a third of the cost
        return None
    words = _WORD.findall(_NO_WORD.sub(" ", normalise(text)).replace(ELONGATED, ""))
    if not words or _is_known_enough(words):
        return None
    known = sum(map(_is_known, words))
    if not known and _is_mashed(words):
        return Unfamiliar.GIBBERISH
    return _by_language(words, known) if len(words) >= FEWEST_WORDS else None


def _without_signs(text: str) -> str:
    if text.isascii():
        return text
    text = unicodedata.normalize("NFKC", text)  # before: bold and circled letters are letters
    return "".join(" " if unicodedata.category(char) in _SIGNS else char for char in text)


def _is_in_other_letters(text: str) -> bool:
    """Whether most letters are of a script that is not Latin. Lone ones are not counted, for
    “¯\\_(ツ)_/¯” and “ಠ_ಠ” are faces; but a Chinese sign is a word by itself.
    """
    latin = other = 0
    for word in "".join(c if unicodedata.category(c)[0] in "LM" else " " for c in text).split():
        names = [unicodedata.name(char, "") for char in word if char.isalpha()]
        foreign = [name for name in names if not name.startswith("LATIN")]
        latin += len(names) - len(foreign)
        if len(word) > 1 or (foreign and foreign[0].startswith("CJK")):
            other += len(foreign)
    return other > latin


def _is_known_enough(words: list[str]) -> bool:
    return sum(map(_is_known, words)) > NEARLY_KNOWN_SHARE * len(words)


def _is_known(word: str) -> bool:
    """“i'll” and “que” are; of a word that nobody has listed its parts may be."""
    key = key_of(word)
    return key in EVERYDAY or ("'" in key and all(part in EVERYDAY for part in key.split("'")))


def _is_mashed(words: list[str]) -> bool:
    """Whether keys were hit, of which no two words know anything."""
    keys = [key_of(word) for word in words]
    if sum(map(len, keys)) < MASHED_LETTERS or any(key in NAMES for key in keys):
        return False
    threes = [three for key in keys for three in _threes(key)]
    return sum(three not in _known_threes() for three in threes) >= MASHED_SHARE * len(threes)


def _threes(key: str) -> list[str]:
    spaced = f" {key} "
    return [spaced[at : at + 3] for at in range(len(key))]


@cache
def _known_threes() -> frozenset[str]:
    return frozenset(three for word in EVERYDAY | NAMES for three in _threes(word))


def _by_language(words: list[str], known: int) -> Unfamiliar | None:
    language, likely = identifier().classify(" ".join(words))
    if language == NO_LANGUAGE:
        return Unfamiliar.GIBBERISH if not known and likely >= LIKELY else None
    enough = LIKELY if known <= KNOWN_SHARE * len(words) else CERTAIN
    is_other = language not in READABLE and likely >= enough
    return Unfamiliar.OTHER_LANGUAGE if is_other else None


@cache
def identifier() -> "LanguageIdentifier":
    """Loaded once in a process, which takes it a second: workers ask for it when they start."""
    # Imported only where it is needed: the web processes meet hardly a text that asks for it.
    from py3langid.langid import LanguageIdentifier

    return LanguageIdentifier.from_model_file("data/model.npz.xz", norm_probs=True)
