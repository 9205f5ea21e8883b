"""Keys that a reminder offers: “Reply 1 to confirm, 2 to cancel”. Pure.

Under that reminder “2” says “to cancel”, and under the next one something else. What a key means
stands in the reminder, so it is read there rather than guessed: a reply that is nothing but an
offered key goes to the model as the key with the reminder's words for it behind. Whatever is not
plainly such an offer is left as it is.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from classifier.readings import Pair
from classifier.text import fold

# As reminders write them: a figure, one or two words in capitals, an emoji that people answer with.
# Neither a part of 555-0142, 10:30, 3 PM or 1-5, nor of a word with an apostrophe.
_CAPITALS = "A-ZÁÉÍÓÚÑ"
_KEY_WORDS = (
    rf"\d{{1,2}}(?! ?[aApP]\.?[mM])|[{_CAPITALS}]{{2,}}['’][{_CAPITALS}]"
    rf"|[{_CAPITALS}]{{2,}} [{_CAPITALS}]{{2,}}|[{_CAPITALS}]+|[👍👎✅❌]\ufe0f?"
)
_KEY = re.compile(rf"(?<![\w:/'’-])(?:{_KEY_WORDS})(?![\w/'’-]|:\d)")
_NO_KEYS = frozenset(
    {"I", "AM", "PM", "ONLY", "IF", "NOW", "ASAP", "US", "BACK", "BY", "OR", "AND"}
)
_ASKS = re.compile(
    r"\b(?i:reply|text(?: back)?|txt(?: back)?|press|type|send|answer|responda|responde|contest[ae]"
    rf"|env[ií][ae])\b:?(?i: with| con)?\s+[\"'“‘]?(?={_KEY.pattern})"
)
# “1 = coming. 2 = not coming”: two such keys are an offer, with no word for “reply” before them.
_SET_EQUAL = re.compile(rf"{_KEY.pattern}(?=\s?=)")
_SENTENCE_END = re.compile(r"[.;!?\n](?=\s|$)|$")
_LINK = " \t=:,\"'“”‘’–—→>-"  # between a key and its meaning, and behind a meaning
_JOIN = re.compile(r"[\s,/]*(?:\b(?i:or|and|o|y)\b)?[\s,/]*$")  # before the next key
# Another way to answer is no part of what the key means, nor is what stands in brackets.
_OTHER_WAY = re.compile(
    r",\s|:\s| / |\(|\b(?i:or|o) (?i:call|ring|phone|let|tell|visit|click|llam)\w*.*$"
)
_BEFORE = re.compile(r"(?:^|[.,;!?])\s*((?i:to|para) [^.,;!?]+?)[\s,]*$")  # "to cancel text 2"
_COURTESY = re.compile(r"\b(?:please|pls|plz|thanks|thank you|thx|ta|cheers|gracias|por favor)\b")
# How people name a key beside typing it: “two”, “option 2”, “no. 2”, “#2”.
_CALLED = re.compile(r"^(?:(?:option|number|opción|número) (?=\w+$)|(?:no|nr|#)[ .]*(?=\d+$))")
_NUMBERS = {
    word: str(number)
    for words in ("one two three four five", "uno dos tres cuatro cinco")
    for number, word in enumerate(words.split(), start=1)
}
LONGEST_REPLY = 40  # characters: no key with a courtesy is longer


def spelled_out(pair: Pair) -> str:
    """The reply, with the reminder's own words for it where it is a key that the reminder offers:
    “2” -> “2, to cancel”. Else the reply as it is.
    """
    if not pair.prompt or len(pair.text) > LONGEST_REPLY:
        return pair.text
    meanings = offered_keys(pair.prompt)
    if not meanings:
        return pair.text
    reply = fold(pair.text)
    bare = " ".join(_COURTESY.sub(" ", reply).split())  # "1 please"
    key = _CALLED.sub("", bare)
    meaning = next(
        (meanings[key] for key in (reply, bare, key, _NUMBERS.get(key, "")) if key in meanings), ""
    )
    return f"{pair.text}, {meaning}" if meaning else pair.text


@lru_cache(maxsize=1024)  # reminders repeat, and a page of replies is read under one
def offered_keys(prompt: str) -> dict[str, str]:
    """Key, folded as replies are -> what the reminder says it means. Empty where it offers none,
    and without a key that it gives two meanings.
    """
    found: dict[str, set[str]] = {}
    asked = list(_ASKS.finditer(prompt))
    for at, asks in enumerate(asked):
        following = asked[at + 1] if at + 1 < len(asked) else None
        end = _SENTENCE_END.search(prompt, asks.end()).start()  # type: ignore[union-attr]  # "$"
        # “to move text 1, to cancel text 2”: the words before belong to the key, not those behind.
        reversed_order = following is not None and following.start() < end
        clause = prompt[asks.end() : following.start() if following and reversed_order else end]
        before = _BEFORE.search(prompt[: asks.start()])
        if not (keys := _keys_of(clause)):  # “Reply AM or PM”
            continue
        ends = [*(key.start() for key in keys[1:]), len(clause)]
        for key, until in zip(keys, ends, strict=True):
            meaning = "" if reversed_order else _meaning(clause[key.end() : until])
            if not meaning and len(keys) == 1 and before is not None:
                meaning = before[1]
            if meaning:
                found.setdefault(fold(key[0]), set()).add(meaning)
    if not asked:
        for name, meaning in _set_equal(prompt):
            found.setdefault(name, set()).add(meaning)
    return {key: meanings.pop() for key, meanings in found.items() if len(meanings) == 1}


def _set_equal(prompt: str) -> Iterator[tuple[str, str]]:
    keys = list(_SET_EQUAL.finditer(prompt))
    if len(keys) < 2:
        return
    ends = [*(key.start() for key in keys[1:]), len(prompt)]
    for key, until in zip(keys, ends, strict=True):
        said = prompt[key.end() : until]
        meaning = _meaning(said[: _SENTENCE_END.search(said).start()])  # type: ignore[union-attr]
        if meaning:
            yield fold(key[0]), meaning


def _keys_of(clause: str) -> list[re.Match[str]]:
    """Figures are keys only where the first key is one: “YES within 30 min” offers no 30."""
    keys = [key for key in _KEY.finditer(clause) if key[0] not in _NO_KEYS]
    return [key for key in keys if key[0].isdigit() == keys[0][0].isdigit()]


def _meaning(words: str) -> str:
    words = _JOIN.sub("", words.lstrip(_LINK))
    return _JOIN.sub("", _OTHER_WAY.split(words, maxsplit=1)[0]).strip(_LINK)
