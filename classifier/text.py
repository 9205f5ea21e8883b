"""The one normalisation of texts, called by training and by serving alike. Pure.

What goes into the tokenizer is `normalise(text)`, never the raw text, so that what was learned and
what is read cannot drift apart. `fold` goes further and is only for telling whether two texts are
the same: splits and overlap checks use it, models do not.
"""

import re
import unicodedata

import emoji

# Marks for what lower-casing and collapsing would lose: tone needs it. One character each, because
# the words already fill the model's window, and both stand in the base model's vocabulary.
ELONGATED = "~"  # "sooooo" -> "so~"
SHOUTED = "^"  # "WHERE ARE YOU" -> "^ where are you"

SHOUTED_WORDS = 2  # "YES" or "C" alone answers a reminder that asked for it in capitals
SHOUTED_SHARE = 0.7  # of the letters; "I'll be there at MY TIME" is emphasis, not shouting

_QUOTES = str.maketrans(
    dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u00b4\u0060\u02bc", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"')
)
_EMOJI_STARTS = frozenset(chars[0] for chars in emoji.EMOJI_DATA)
_LONGEST_EMOJI = max(map(len, emoji.EMOJI_DATA))
_SKIN_TONE = re.compile(r"_(?:medium-)?(?:light|medium|dark)_skin_tone")
_GENDER = re.compile(r"^(?:wom[ae]n|m[ae]n|person|people)_(?=.)")
# What may be left of an emoji that is not one by itself; dropped, so that dropping invisible
# characters between two of them cannot make a new emoji.
_EMOJI_PARTS = re.compile("[\u20e3\ufe00-\ufe0f\U0001f1e6-\U0001f1ff\U000e0000-\U000e01ef]")
_EMOTICONS = {
    ":)": "smiling face", ":-)": "smiling face", "(:": "smiling face", "=)": "smiling face",
    ":d": "grinning face", ":-d": "grinning face", ";)": "winking face", ";-)": "winking face",
    ":(": "frowning face", ":-(": "frowning face", "=(": "frowning face", ":'(": "crying face",
    ":/": "confused face", ":-/": "confused face", ">:(": "angry face", "<3": "red heart",
    "</3": "broken heart",
}  # fmt: skip
_EMOTICON = re.compile(
    r"(?<![^\s.,!?])(?:"
    + "|".join(re.escape(face) for face in sorted(_EMOTICONS, key=len, reverse=True))
    + r")(?![^\s.,!?])"
)
_LETTERS = re.compile(r"[^\W\d_]+")
_HELD_LETTER = re.compile(r"(.)\1{2,}")
_MANY_MARKS = re.compile(r"(~)~+|([^\w\s])\2{3,}")
_NOT_WORDS = re.compile(r"[\W_]+")


def normalise(text: str) -> str:
    """The text as a model sees it. Never raises; doing it twice changes nothing.

    NFKC rather than NFC: phones and spam filters' victims write in full-width, bold and circled
    letters, and nobody is ever shown the result, so that a form lost is a meaning gained.
    """
    text = text if text.isascii() else _plain(text)
    text = "".join(char if char.isprintable() else " " for char in text)
    shouted = _is_shouted(text)
    text = text.lower()
    text = _EMOTICON.sub(lambda face: f" {_EMOTICONS[face[0]]} ", text)
    text = _LETTERS.sub(_shortened, text)
    text = _MANY_MARKS.sub(lambda marks: marks[1] or marks[2] * 3, text)
    text = " ".join(text.split())
    return f"{SHOUTED} {text}" if shouted else text


def fold(text: str) -> str:
    """What is left when only the words count: "Yes!!" and "yes" are the same answer."""
    words = normalise(text)
    return _NOT_WORDS.sub(" ", words.replace("'", "")).strip() or words


def _plain(text: str) -> str:
    """Emoji as words, one form for each character, nothing invisible."""
    text = _with_emoji_as_words(text)  # before NFKC, which takes some apart
    text = _EMOJI_PARTS.sub("", text).translate(_QUOTES)
    text = unicodedata.normalize("NFKC", text)
    text = "".join(
        char for char in text if char in "\n\t\r" or unicodedata.category(char)[0] != "C"
    )
    return unicodedata.normalize("NFKC", text).translate(
        _QUOTES
    )  # again: NFKC makes new ones of ŉ, ‴


def _with_emoji_as_words(text: str) -> str:
    """The longest known emoji at each place. By hand, because the library's own search takes a
    second for 10,000 characters of joiners and skin tones.
    """
    parts, at = [], 0
    while at < len(text):
        size = 0
        if text[at] in _EMOJI_STARTS:
            sizes = range(_LONGEST_EMOJI, 0, -1)
            size = next((size for size in sizes if text[at : at + size] in emoji.EMOJI_DATA), 0)
        parts.append(_emoji_words(text[at : at + size]) if size else text[at])
        at += size or 1
    return "".join(parts)


def _emoji_words(chars: str) -> str:
    """ "👍🏽" -> " thumbs up ": no tokenizer here knows 👍 from 👎, but all know up from down.

    Skin tones and genders are dropped: they must not change what a text is taken to mean.
    """
    name = _SKIN_TONE.sub("", emoji.EMOJI_DATA[chars]["en"].strip(":")).removeprefix("keycap_")
    words = _GENDER.sub("", name).replace("_", " ")
    return f" {words.lower()} "


def _is_shouted(text: str) -> bool:
    words = [word for word in _LETTERS.findall(text) if len(word) > 1]
    letters = "".join(words)
    capitals = sum(map(str.isupper, letters))
    return len(words) >= SHOUTED_WORDS and capitals >= SHOUTED_SHARE * len(letters)


def _shortened(letters: re.Match[str]) -> str:
    """ "sooo" -> "so~", "gooood" -> "good~": once; "e" and "o" twice inside a word."""
    word = letters[0]
    short = _HELD_LETTER.sub(
        lambda run: run[1] * (2 if run[1] in "eo" and run.end() < len(word) else 1), word
    )
    return word if short == word else short + ELONGATED
