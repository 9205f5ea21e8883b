"""The same reply as another thumb would have typed it. Pure, given the dice.

Only what phones really do, and only what leaves the meaning as it was: training data has to look
like what comes in, noise included. Capitals are left alone: a model is shown none
(classifier/text.py), but for the mark of shouting, which is a tone.
"""

import random
import re
from collections import defaultdict
from collections.abc import Sequence

from classifier.data import TELLING_WORDS, Row
from classifier.readings import Pair
from classifier.surrogates import unmasked

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
NEIGHBOURS = {
    key: row[max(0, place - 1) : place] + row[place + 1 : place + 2]
    for row in _ROWS
    for place, key in enumerate(row)
}
SHORTEST_TYPO_WORD = 4  # letters: a typo in "no" or "yes" may make another word of it

# Emoji that people use for one another. Never across a line: 🙂 is not 🙃.
_ALIKE = ("😊🙂☺😀😃", "😂🤣😆", "❤💕💖🥰", "😢😭😞", "🎉🥳🎊", "😡🤬😠", "👍👌✅", "🙏🤞")
EMOJI_ALIKE = {one: [other for other in group if other != one] for group in _ALIKE for one in group}

# What a reminder asks, roughly. A reply that tells its own story means the same under another
# reminder of the kind; under one that asks whether to cancel it may not.
_ASKS = (
    re.compile(r"\b(?:cancel|stop|remove|not|no longer|instead|rather|another|move|wrong|fixed)\b"),
    re.compile(r"\b(?:reply|text|press|type)\b|\by/n\b"),
    re.compile(r"\?"),
)
KindOfReminder = tuple[bool, ...]

# What people say for yes, and for no, where the reminder alone decides what that means. "Ya" and
# "na" are words of other languages, too; "sure" and "ok" do not answer every question.
_PLAIN = (
    ("yes", "yeah", "yep", "yup", "yea", "ye", "yh", "aye"),
    ("no", "nope", "nah", "naw", "nop"),
)
PLAIN_ALIKE = {one: [other for other in group if other != one] for group in _PLAIN for one in group}
# By itself, or before words that it does not make one saying with, as "no" does with "worries".
_PLAIN_ANSWER = re.compile(
    rf"(\W*)({'|'.join(PLAIN_ALIKE)})"
    r"(\W*|[,.!]*\s+(?:i|i'?m|i'?ve|we|we'?re|he|he'?s|she|she'?s|they|it|it'?s|that|that'?s|this|you"
    r"|but|and|still|just|thanks|thank|thx|ta|sorry|mate|love|sir|ma'?am)\b.*)",
    re.IGNORECASE | re.DOTALL,
)
# Replies that begin so answer their reminder, however much follows: “no that's all sorted now” says
# nothing without it.
_ANSWERING = re.compile(
    rf"\W*(?:{'|'.join(PLAIN_ALIKE)}|y|n|ya|na|s[ií]|not|ok|okay|k|sure|correct|right|true|wrong|neither"
    r"|both|either|please|it|it'?s|that|that'?s|still|already|leave)\b",
    re.IGNORECASE,
)

REMINDER_MISSING = 0.1  # of the augmented: it may be unknown, or another line's
REMINDER_SWAPPED = 0.1  # of the augmented: “netflix is on” means no more than its reminder asks


class Augmenter:
    """Knows the training rows, so that a reply can be put under another's reminder."""

    def __init__(self, rows: Sequence[Row], *, share: float) -> None:
        self.rows = rows
        self.share = share
        self.reminders: dict[KindOfReminder, list[str]] = defaultdict(list)
        for prompt in dict.fromkeys(row.prompt for row in rows if row.prompt):
            self.reminders[kind_of_reminder(prompt)].append(prompt)

    def pair(self, index: int, dice: random.Random) -> Pair:
        """This row's pair, as it is or retyped; in the place of chips, other words each time."""
        row = self.rows[index]
        prompt, text = row.prompt, row.text
        if dice.random() < self.share:
            text = with_another_plain_answer(text, dice)
        if dice.random() >= self.share:
            return unmasked(Pair(prompt, text), dice)
        if tells_by_itself(text):
            chance = dice.random()
            if chance < REMINDER_MISSING:
                return unmasked(Pair("", text), dice)
            if chance < REMINDER_MISSING + REMINDER_SWAPPED and prompt:
                reminder = dice.choice(self.reminders[kind_of_reminder(prompt)])
                return unmasked(Pair(reminder, text), dice)
        raw = unmasked(Pair(prompt, text), dice)
        return Pair(raw.prompt, retyped(raw.text, dice))


def tells_by_itself(text: str) -> bool:
    """Would it mean the same under another reminder of the kind, and under none?"""
    return len(text.split()) >= TELLING_WORDS and _ANSWERING.match(text) is None


def kind_of_reminder(prompt: str) -> KindOfReminder:
    """Does it speak of not coming? Does it offer keys? Does it ask?"""
    words = prompt.lower()
    return tuple(pattern.search(words) is not None for pattern in _ASKS)


def with_another_plain_answer(text: str, dice: random.Random) -> str:
    """“Yeah” where “yes” was said, in the same letters. What it answers decides the label, and no
    such word should lean to one: people who write “yup” in a made-up reply mostly mean to come.
    """
    found = _PLAIN_ANSWER.fullmatch(text)
    if found is None:
        return text
    before, said, rest = found.groups()
    other = dice.choice(PLAIN_ALIKE[said.lower()])
    if said.isupper():
        other = other.upper()
    elif said.istitle():
        other = other.capitalize()
    return before + other + rest


def retyped(text: str, dice: random.Random) -> str:
    """One or two slips of the thumb."""
    for slip in dice.sample(_SLIPS, k=dice.choice((1, 1, 2))):
        text = slip(text, dice)
    return text


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


def with_a_like_emoji(text: str, dice: random.Random) -> str:
    """Each emoji that has its like becomes one of them."""
    return "".join(dice.choice(EMOJI_ALIKE[char]) if char in EMOJI_ALIKE else char for char in text)


def with_a_held_letter(text: str, dice: random.Random) -> str:
    """“Yesss”, “sooo”: one of the words that people draw out."""
    words = text.split(" ")
    places = [at for at, word in enumerate(words) if word.lower() in HELD]
    if places:
        at = dice.choice(places)
        words[at] += words[at][-1] * dice.randint(2, 4)
    return " ".join(words)


HELD = {
    "yes", "yeah", "yep", "no", "nah", "nope", "so", "ok", "okay", "hi", "hey", "please", "thanks",
    "bye", "sorry", "ugh",
}  # fmt: skip


def with_other_spelling(text: str, dice: random.Random) -> str:
    """As it is written in a hurry."""
    words = text.split(" ")
    places = [at for at, word in enumerate(words) if word.lower() in SHORT_FORMS]
    if places:
        at = dice.choice(places)
        words[at] = SHORT_FORMS[words[at].lower()]
    return " ".join(words)


SHORT_FORMS = {
    "you": "u", "are": "r", "your": "ur", "please": "pls", "thanks": "thx", "tomorrow": "tmrw",
    "to": "2", "for": "4", "because": "cos", "appointment": "appt", "okay": "ok", "ok": "okay",
    "yes": "yeah", "yeah": "yes", "thursday": "thurs", "wednesday": "weds", "tuesday": "tues",
    "minutes": "mins", "with": "w", "and": "n", "about": "abt", "going": "goin", "what": "wat",
}  # fmt: skip


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


_SLIPS = (
    without_apostrophes,
    without_punctuation,
    with_typo,
    with_a_like_emoji,
    with_other_spelling,
    with_a_held_letter,
)
