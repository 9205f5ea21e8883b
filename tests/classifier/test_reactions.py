"""Reactions that phones write as text, in every form that was met."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.reactions import Reaction, ReactionKind, parse_reaction, prompt_reacted_to

REMINDER = "Hi Ana, your cut is on Tuesday at 3. Reply C to cancel, STOP to opt out."
QUOTED = f"“{REMINDER}”"


@pytest.mark.parametrize(
    ("body", "kind", "removed"),
    [
        (f"Liked {QUOTED}", "like", False),
        (f"Loved {QUOTED}", "love", False),
        (f"Disliked {QUOTED}", "dislike", False),
        (f"Laughed at {QUOTED}", "laugh", False),
        (f"Emphasized {QUOTED}", "emphasis", False),
        (f"Emphasised {QUOTED}", "emphasis", False),
        (f"Questioned {QUOTED}", "question", False),
        (f"Reacted 🔥 to {QUOTED}", "other", False),
        (f"Reacted 👍🏽 to {QUOTED}", "like", False),
        (f"Reacted ❤️ to {QUOTED}", "love", False),
        (f"Reacted 👎 to {QUOTED}", "dislike", False),
        (f"Reacted ❌ to {QUOTED}", "dislike", False),
        (f"Reacted ❓ to {QUOTED}", "question", False),
        (f"Reacted 👨‍👩‍👧 to {QUOTED}", "other", False),
        (f"Reacted with a sticker to {QUOTED}", "sticker", False),
        (f"Removed a heart from {QUOTED}", "love", True),
        (f"Removed a like from {QUOTED}", "like", True),
        (f"Removed a dislike from {QUOTED}", "dislike", True),
        (f"Removed a laugh from {QUOTED}", "laugh", True),
        (f"Removed an exclamation from {QUOTED}", "emphasis", True),
        (f"Removed an emphasis from {QUOTED}", "emphasis", True),
        (f"Removed a question mark from {QUOTED}", "question", True),
        (f"Removed 🔥 from {QUOTED}", "other", True),
        (f'Liked "{REMINDER}"', "like", False),
        (f"\u200a\u200b👍\u200b to “\u200a{REMINDER}\u200a”\u200a", "like", False),
        (f"\u200a\u200b👎\u200b reagiert auf “\u200a{REMINDER}\u200a”\u200a", "dislike", False),
        (f"\u200a\u200c👍\u200c from “\u200a{REMINDER}\u200a”\u200a", "like", True),
        (f"👍 to “ {REMINDER} ”", "like", False),
        (f"Aimé {QUOTED}", "like", False),
        (f"A aimé {QUOTED}", "like", False),
        (f"N’aime pas {QUOTED}", "dislike", False),
        (f"A ri a {QUOTED}", "laugh", False),
        (f"Gras {QUOTED}", "emphasis", False),
        (f"Interrogation {QUOTED}", "question", False),
        (f"A réagi avec 👍 à {QUOTED}", "like", False),
        (f"A retiré 👍 de {QUOTED}", "like", True),
        (f"A supprimé un cœur depuis {QUOTED}", "love", True),
        (f"A supprimé un « j'aime » depuis {QUOTED}", "like", True),
        (f"A supprimé un point d'exclamation depuis {QUOTED}", "emphasis", True),
        (f"Le Gusta {QUOTED}", "like", False),
        (f"Le gustó {QUOTED}", "like", False),
        (f"A le encanta {QUOTED}", "love", False),
        (f"Gefällt: „{REMINDER}“", "like", False),
        (f"Gefällt nicht: „{REMINDER}“", "dislike", False),
        (f"„{REMINDER}“ ein Herz hinzugefügt", "love", False),
        (f"„{REMINDER}“ ein Fragezeichen hinzugefügt", "question", False),
        (f"Hat mit 👍 auf „{REMINDER}“ reagiert", "like", False),
        (f"Hat ein Herz von „{REMINDER}“ entfernt", "love", True),
    ],
)
def test_a_reaction_is_told_with_what_it_quotes(body: str, kind: str, removed: bool) -> None:
    reaction = parse_reaction(body)
    assert reaction is not None
    assert (reaction.kind, reaction.removed) == (ReactionKind(kind), removed)
    assert reaction.quote == REMINDER


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("Liked an image", "like"),
        ("Loved a movie", "love"),
        ("Removed a like from an image", "like"),
        ("Reacted 👍 to a photo", "like"),
    ],
)
def test_a_reaction_to_a_picture_has_no_quote(body: str, kind: str) -> None:
    reaction = parse_reaction(body)
    assert reaction is not None
    assert (reaction.kind, reaction.quote) == (ReactionKind(kind), None)


def test_a_quote_may_span_lines_and_be_cut() -> None:
    reaction = parse_reaction("Liked “Hi Ana,\nyour cut is on “Tuesday”…”")
    assert reaction == Reaction(
        ReactionKind.LIKE, None, False, "Hi Ana,\nyour cut is on “Tuesday”…"
    )


@pytest.mark.parametrize(
    "body",
    [
        "Loved it!",
        "Liked your office, see you then",
        "👍",
        "Removed my name from your list",
        "Removed me from “the list”",
        "I liked “the office” a lot",
        "Reacted badly to “it”",
        "to “x”",
        "Liked “never closed",
        "\u200a\u200bnot an emoji\u200b to “\u200ax\u200a”",
        "",
    ],
)
def test_words_of_the_persons_own_are_no_reaction(body: str) -> None:
    assert parse_reaction(body) is None


@pytest.mark.parametrize(
    ("quote", "prompt", "answers"),
    [
        ("Hi Ana, your cut is on Tuesday…", REMINDER, REMINDER),
        ("hi  ana, your cut\nis on tuesday", REMINDER, REMINDER),
        ("Do you need to cancel your visit?", REMINDER, "Do you need to cancel your visit?"),
        ("Do you need to?", REMINDER, REMINDER),  # too short to be sure
        ("Do you need to?", "", "Do you need to?"),
        (None, REMINDER, REMINDER),
    ],
)
def test_the_quote_is_the_reminder_only_where_ours_is_missing_or_another(
    quote: str | None, prompt: str, answers: str
) -> None:
    assert prompt_reacted_to(Reaction(ReactionKind.LIKE, None, False, quote), prompt) == answers


@given(st.text(st.characters() | st.sampled_from('“”"„\u200a\u200b👍 '), max_size=60))
def test_no_string_raises(body: str) -> None:
    parse_reaction(body)
    parse_reaction(f"Liked {body}")


@pytest.mark.parametrize(
    "body",
    [
        "Liked “" + '" ' * 5_000,
        "\u200a\u200b👍\u200b" + "\u200a" * 10_000 + "x",
        "removed a " + "a " * 5_000,
        "“" * 5_000 + "”" * 5_000,
        " " * 10_000 + "Liked “x”" + " " * 10_000 + "x",
    ],
)
def test_ten_thousand_hostile_characters_take_no_time(body: str) -> None:
    started = time.perf_counter()
    parse_reaction(body)
    assert time.perf_counter() - started < 0.2
