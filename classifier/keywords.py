"""The carriers' own words: a whole message that is STOP, START, HELP or the like. Pure.

Handled before any model, by the reader (what does it mean?) and by webhooks (who may be texted?).
Only a whole message counts, as at the carriers: "STOP PLEASE" and "cancel my appt" are for the
model.
"""

import re
import unicodedata
from enum import StrEnum


class Keyword(StrEnum):
    STOP = "STOP"
    CANCEL = "CANCEL"
    START = "START"
    HELP = "HELP"


STOP_WORDS = frozenset(
    {"STOP", "STOPALL", "STOP ALL", "UNSUBSCRIBE", "END", "QUIT", "REVOKE", "OPTOUT", "OPT OUT"}
)
# In the default opt-out set of Twilio and others too, but also the natural answer to a reminder:
# kept apart, so that whoever asks has to say which of the two it means here.
CANCEL_WORDS = frozenset({"CANCEL"})
# Twilio's START set holds YES as well. Here it does not: a bare yes answers the reminder.
START_WORDS = frozenset({"START", "UNSTOP"})
HELP_WORDS = frozenset({"HELP", "INFO"})

_KEYWORDS = {
    word: keyword
    for keyword, words in (
        (Keyword.STOP, STOP_WORDS),
        (Keyword.CANCEL, CANCEL_WORDS),
        (Keyword.START, START_WORDS),
        (Keyword.HELP, HELP_WORDS),
    )
    for word in words
}
_LONGEST = max(map(len, _KEYWORDS))
_GAP = re.compile(r"[\s\-_\u2010-\u2015]+")  # "OPT-OUT", "stop  all"


def keyword_of(text: str) -> Keyword | None:
    """The keyword this message is, whatever its case and the spaces and punctuation around it."""
    first, last = 0, len(text)
    while first < last and _is_edge(text[first]):
        first += 1
    while last > first and _is_edge(text[last - 1]):
        last -= 1
    if last - first > 2 * _LONGEST:  # twice: room for odd spacing inside "STOP ALL"
        return None
    word = unicodedata.normalize("NFKC", text[first:last]).upper()  # NFKC: full-width "ＳＴＯＰ"
    return _KEYWORDS.get(_GAP.sub(" ", word))


def _is_edge(char: str) -> bool:
    """Space, punctuation, or invisible; but not a question mark: "cancel?" asks."""
    return char not in "?？¿" and unicodedata.category(char)[0] in "ZPC"
