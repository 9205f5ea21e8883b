"""Reactions that arrive as text: `Liked “…”`, `Reacted 👍 to “…”`, Google Messages' form. Pure.

A reaction quotes the whole reminder, words like CANCEL and STOP included, so it has to be found in
the raw body before any rule or model sees it; the reader does that. The marker characters of Google
Messages do not survive stripping or normalising: give the body as it came.

Linear in the length of the text: a reaction is cut at its first opening and last closing quotation
mark, and only what stands around the quote (a few dozen characters) is looked at.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

import emoji

from classifier.text import normalise


class ReactionKind(StrEnum):
    LIKE = "like"
    LOVE = "love"
    DISLIKE = "dislike"
    LAUGH = "laugh"
    EMPHASIS = "emphasis"
    QUESTION = "question"
    STICKER = "sticker"
    OTHER = "other"  # any emoji that says neither yes nor no


@dataclass(frozen=True, slots=True)
class Reaction:
    kind: ReactionKind
    emoji: str | None  # None where the phone named the reaction in words
    removed: bool
    quote: str | None  # None for a picture, film or other thing that has no words


LONGEST_FRAME = 60  # characters before or after the quote; the longest known frame has 46
SURE_QUOTE = 20  # characters: a shorter quote is too little to tell one reminder from another

_OPEN = '"\u201c\u201d\u201e\u00ab\u300c'
_CLOSE = '"\u201d\u201c\u00bb\u300d'
_HAIR_SPACE = "\u200a"
_ADDED, _REMOVED = "\u200b", "\u200c"  # Google Messages puts one of these round the emoji
_INVISIBLE = re.compile("[\u200a-\u200c\u200e\u200f\u202a-\u202e\u2060\ufeff]")
_QUOTED_LIKE = re.compile("^(a supprimé un )« ?j.aime ?»", re.I)  # a quote before the quote

# What stands around the quote ("…" is the quote) -> what was done. Small letters, straight quotes.
_FRAMES: dict[str, ReactionKind] = {
    # iOS, English
    "liked …": ReactionKind.LIKE,
    "loved …": ReactionKind.LOVE,
    "disliked …": ReactionKind.DISLIKE,
    "laughed at …": ReactionKind.LAUGH,
    "emphasized …": ReactionKind.EMPHASIS,
    "emphasised …": ReactionKind.EMPHASIS,
    "questioned …": ReactionKind.QUESTION,
    "reacted with a sticker to …": ReactionKind.STICKER,
    # iOS, French; "aimé" stands for both the heart and the thumb there
    "aimé …": ReactionKind.LIKE,
    "a aimé …": ReactionKind.LIKE,
    "a adoré …": ReactionKind.LOVE,
    "n'aime pas …": ReactionKind.DISLIKE,
    "n'a pas aimé …": ReactionKind.DISLIKE,
    "a ri a …": ReactionKind.LAUGH,
    "a ri à …": ReactionKind.LAUGH,
    "gras …": ReactionKind.EMPHASIS,
    "interrogation …": ReactionKind.QUESTION,
    # iOS, Spanish
    "le gusta …": ReactionKind.LIKE,
    "le gustó …": ReactionKind.LIKE,
    "a le gusta …": ReactionKind.LIKE,
    "a le gustó …": ReactionKind.LIKE,
    "le encanta …": ReactionKind.LOVE,
    "le encantó …": ReactionKind.LOVE,
    "a le encanta …": ReactionKind.LOVE,
    "a le encantó …": ReactionKind.LOVE,
    "no le gusta …": ReactionKind.DISLIKE,
    "no le gustó …": ReactionKind.DISLIKE,
    # iOS, German
    "gefällt: …": ReactionKind.LIKE,
    "gefällt nicht: …": ReactionKind.DISLIKE,
    "… ein herz hinzugefügt": ReactionKind.LOVE,
    "… ein lachen hinzugefügt": ReactionKind.LAUGH,
    "… ein ausrufezeichen hinzugefügt": ReactionKind.EMPHASIS,
    "… ein fragezeichen hinzugefügt": ReactionKind.QUESTION,
}
# A thing without words is named in place of the quote, also when it came with words.
_THING = re.compile(
    r" (?:an? (?:image|photo|picture|movie|video|gif|attachment|audio message|voice message|link"
    r"|location|contact|sticker|file|animation)|\d+ (?:images|photos|movies|videos|attachments))$",
    re.I,
)
_EMOJI = r"(?P<emoji>\S{1,40})"  # a family with skin tones is 11 code points; `_kind_of` checks
_EMOJI_FRAMES = tuple(
    re.compile(frame.format(_EMOJI))
    for frame in (
        "reacted {} to …",
        "{} to …",  # Google Messages' form, its markers stripped on the way
        "a réagi avec {} à …",
        "reaccionó con {} a …",
        "hat mit {} auf … reagiert",
    )
)
_EMOJI_REMOVED_FRAMES = tuple(
    re.compile(frame.format(_EMOJI))
    for frame in ("removed {} from …", "a retiré {} de …", "(?:hat )?{} von … entfernt")
)
_REMOVED_FRAMES: dict[str, ReactionKind] = {
    "heart": ReactionKind.LOVE,
    "like": ReactionKind.LIKE,
    "dislike": ReactionKind.DISLIKE,
    "laugh": ReactionKind.LAUGH,
    "exclamation": ReactionKind.EMPHASIS,
    "emphasis": ReactionKind.EMPHASIS,
    "question mark": ReactionKind.QUESTION,
    "sticker": ReactionKind.STICKER,
    "cœur": ReactionKind.LOVE,
    "coeur": ReactionKind.LOVE,
    "j'aime": ReactionKind.LIKE,
    "je n'aime pas": ReactionKind.DISLIKE,
    "rire": ReactionKind.LAUGH,
    "point d'exclamation": ReactionKind.EMPHASIS,
    "point d'interrogation": ReactionKind.QUESTION,
    "herz": ReactionKind.LOVE,
    "lachen": ReactionKind.LAUGH,
    "ausrufezeichen": ReactionKind.EMPHASIS,
    "fragezeichen": ReactionKind.QUESTION,
}
_REMOVED_FRAME = re.compile(
    r"(?:removed an? (?P<en>[a-z ]+) from …"
    r"|a supprimé un (?P<fr>[a-zœ' ]+) depuis …"
    r"|(?:hat )?(?:ein )?(?P<de>[a-zäöü]+) von … entfernt)"
)

# An emoji reaction says yes, no, or something that a person should see.
_LIKES = frozenset("👍👌✅✔☑🙏👏🙌💯🆗🤝💪🫡🤙🫶")
_LOVES = frozenset("❤♥❣🧡💛💚💙💜🖤🤍🤎🩷🩵🩶💕💖💗💓💘💝💞🥰😍😘")
_EMOJI_KINDS = (
    dict.fromkeys(_LIKES, ReactionKind.LIKE)
    | dict.fromkeys(_LOVES, ReactionKind.LOVE)
    | dict.fromkeys("👎❌✖🚫⛔🙅", ReactionKind.DISLIKE)
    | dict.fromkeys("❓❔⁉", ReactionKind.QUESTION)
    | dict.fromkeys("😂🤣😆😹", ReactionKind.LAUGH)
    | dict.fromkeys("‼❗❕", ReactionKind.EMPHASIS)
)


def parse_reaction(raw_body: str) -> Reaction | None:
    """The reaction this body is, or None for words of the person's own."""
    return _google(raw_body) or _quoted(raw_body) or _thing(raw_body)


def prompt_reacted_to(reaction: Reaction, prompt: str) -> str:
    """The reminder a reaction answers: ours, unless missing or clearly not what is quoted."""
    quote = reaction.quote
    if quote is None or not quote.strip():
        return prompt
    if not prompt.strip():
        return quote
    quoted = normalise(quote).removesuffix("...").rstrip()
    if len(quoted) < SURE_QUOTE or normalise(prompt).startswith(quoted):
        return prompt
    return quote


def _google(body: str) -> Reaction | None:
    """HAIR SPACE, ZWSP, emoji, ZWSP, some words, HAIR SPACE, quote, HAIR SPACE, some words.

    The words are in the phone's language; the markers are not. Leading space may have been
    stripped.
    """
    marker = next((char for char in body[:LONGEST_FRAME] if char in (_ADDED, _REMOVED)), None)
    if marker is None:
        return None
    _, _, rest = body.partition(marker)
    chars, found, rest = rest.partition(marker)
    kind = _kind_of(chars.strip())
    start = rest.find(_HAIR_SPACE)
    end = rest.rstrip().rfind(_HAIR_SPACE)
    if not found or kind is None or not 0 <= start <= LONGEST_FRAME or end <= start:
        return None
    return Reaction(kind, chars.strip(), marker == _REMOVED, rest[start + 1 : end])


def _quoted(body: str) -> Reaction | None:
    """The frame around the outermost quotation marks, if it is one of the known."""
    body = _QUOTED_LIKE.sub(r"\1j'aime", body.strip())
    start = next((i for i, char in enumerate(body[: LONGEST_FRAME + 1]) if char in _OPEN), -1)
    tail = body[-LONGEST_FRAME - 1 :]
    back = next((i for i, char in enumerate(reversed(tail)) if char in _CLOSE), -1)
    end = len(body) - 1 - back
    if start < 0 or back < 0 or end <= start:
        return None
    frame = _words(f"{body[:start]} … {body[end + 1 :]}")
    return _from_frame(frame, _INVISIBLE.sub("", body[start + 1 : end]).strip())


def _thing(body: str) -> Reaction | None:
    """`Liked an image`: short, no quotation marks, and nothing else in the text."""
    if len(body) > 2 * LONGEST_FRAME:
        return None
    frame, things = _THING.subn(" …", _words(body))
    return _from_frame(frame, None) if things else None


def _words(frame: str) -> str:
    """Small letters, straight apostrophes, single spaces, nothing invisible."""
    frame = _INVISIBLE.sub("", unicodedata.normalize("NFC", frame)).replace("\u2019", "'").lower()
    return " ".join(frame.split())


def _from_frame(frame: str, quote: str | None) -> Reaction | None:
    if (kind := _FRAMES.get(frame.removeprefix("hat "))) is not None:
        return Reaction(kind, None, False, quote)
    if (found := _REMOVED_FRAME.fullmatch(frame)) is not None:
        kind = _REMOVED_FRAMES.get(found["en"] or found["fr"] or found["de"])
        return Reaction(kind, None, True, quote) if kind is not None else None
    for frames, removed in ((_EMOJI_FRAMES, False), (_EMOJI_REMOVED_FRAMES, True)):
        for pattern in frames:
            found = pattern.fullmatch(frame)
            if found is not None and (kind := _kind_of(found["emoji"])) is not None:
                return Reaction(kind, found["emoji"], removed, quote)
    return None


def _kind_of(chars: str) -> ReactionKind | None:
    """What an emoji says; None where these characters are no single emoji."""
    if not emoji.purely_emoji(chars) or emoji.emoji_count(chars) != 1:
        return None
    return _EMOJI_KINDS.get(chars[0], ReactionKind.OTHER)  # skin tones and genders come after
