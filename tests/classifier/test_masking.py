"""What identifies people becomes chips, and what they say stays."""

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from classifier.masking import CHIP, KINDS, Chip, masked, masked_pair
from classifier.reactions import ReactionKind, parse_reaction
from classifier.readings import Pair

any_text = st.text(st.characters(exclude_categories=()), max_size=200)  # lone surrogates too
# Made of what the rules look for, so that they meet in every order.
PIECES = (
    r"Dana will Will May may hi thanks Mr Mrs. Dr. T. J. my wife here this is and de la van 3rd the"
    r" of June 12 elm St. Road 10:30 2pm 555-0142 07700 900123 ref card AB12 CDE #4471 a@b.example"
    r" x.example/y [name] [date] [na me] 's - , . ! “ ” SW1A 1AA 1/2 Monday"
)
crowded = st.lists(st.sampled_from([*PIECES.split(), "\n", "\x00", "\ud800"]), max_size=40).map(
    " ".join
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Dana here, call 07700 900123", "[name] here, call [phone]"),
        ("mail me at dana@mail.example", "mail me at [email]"),
        ("its on https://pay.example/r/7.", "its on [link]."),
        ("we moved to 14 Hawthorn Road, LS6 2QT", "we moved to [address], [address]"),
        ("can we do 15th March instead", "can we do [date] instead"),
        ("the 19th at 10:30", "[date] at [time]"),
        ("Tuesday 4 June", "[date]"),
        ("card 4000 0012 3456 7899", "card [number]"),
        ("my reg is AB12 CDE", "my reg is [number]"),
        ("Mrs Young can't", "Mrs [name] can't"),
        ("my wife Chiamaka is ill", "my wife [name] is ill"),
        ("Soy Lupita, no puedo el lunes 3", "Soy [name], no puedo el [date]"),
        ("Siobhán O'Dwyer's dog", "[name]'s dog"),
        ("grace cant make it", "[name] cant make it"),
        ("hi mark, ok", "hi [name], ok"),
        ("tell Hope I'm late", "tell [name] I'm late"),
        ("Maria de la Cruz", "[name]"),
        # as address books, other keyboards and hiders write it
        ("call (202) 555\u20110125", "call [phone]"),
        ("07700\u200b900\u200b123 it is", "[phone] it is"),
        ("".join(f"{digit}\ufe0f\u20e3" for digit in "07700900123") + " ok", "[phone] ok"),
        ("07700_900_123 or 07700/900/123", "[phone] or [phone]"),
        ("born 3\u20112\u20111985", "born [date]"),
        ("ssn 123\u201145\u20116789", "ssn [number]"),
    ],
)
def test_what_identifies_becomes_a_chip_of_its_kind(text: str, shown: str) -> None:
    assert masked(text).text == shown


@pytest.mark.parametrize(
    "text",
    [
        "2", "C", "4 instead", "see you at 4", "2 works", "tomorrow", "can we do Friday",
        "yes i may be late", "mark me down", "hope so", "will do", "May I bring my dog",
        "Will it hurt?", "bill me", "212?? you said £160", "$640 is too much", "20%", "24/7",
        "my 2nd visit", "10 min drive", "b4 2 plz", "thanks hun", "my dog ate the card",
        "this is ridiculous", "no puedo mañana", "👍", "", " ",
    ],
)  # fmt: skip
def test_what_identifies_nobody_stays(text: str) -> None:
    assert masked(text).text == text


def test_known_names_are_masked_wherever_they_stand() -> None:
    assert masked("QUORRA who? im not quorra", known_names=["Ms Quorra Vint"]).text == (
        "[name] who? im not [name]"
    )
    assert masked("will do", known_names=["Will Vint"]).text == "will do"
    assert masked("ms who?", known_names=["Ms Vint"]).text == "ms who?"


def test_the_names_of_the_reminder_are_masked_in_the_reply() -> None:
    pair = Pair("Hi Dana, lunch for Wibblet with Dr. Okafor on 3 May.", "who is wibblet")
    assert masked_pair(pair) == Pair(
        "Hi [name], lunch for [name] with Dr. [name] on [date].", "who is [name]"
    )


def test_a_chip_says_what_it_stands_for() -> None:
    text = "call Dana on 07700 900123"
    found = masked(text).found
    assert found == (Chip("name", 5, 9), Chip("phone", 13, 25))
    assert [text[chip.start : chip.end] for chip in found] == ["Dana", "07700 900123"]


@pytest.mark.parametrize("frame", ["Liked “{}”", "Reacted 👎 to “{}”", "Le gustó “{}”"])
def test_a_reaction_stays_one(frame: str) -> None:
    body = frame.format("Hi Dana, your cut is on 3 May at 10:30. Reply C to cancel.")
    reaction = parse_reaction(masked(body).text)
    assert reaction is not None
    assert reaction.kind in {ReactionKind.LIKE, ReactionKind.DISLIKE}
    assert reaction.quote == "Hi [name], your cut is on [date] at [time]. Reply C to cancel."


@given(st.one_of(any_text, crowded))
@example("12 Elm St. Foo is here")
@example("[name")
@example("Dra. Dana")
def test_masking_a_masked_text_changes_nothing(text: str) -> None:
    once = masked(text)
    again = masked(once.text)
    assert again.text == once.text
    assert again.found == ()


@given(st.one_of(any_text, crowded))
def test_outside_the_chips_every_character_stays(text: str) -> None:
    outcome = masked(text)
    rest, at = [], 0
    for chip in outcome.found:
        assert chip.kind in KINDS
        assert at <= chip.start < chip.end
        rest += [text[at : chip.start], chip.words]
        at = chip.end
    assert "".join([*rest, text[at:]]) == outcome.text


@pytest.mark.parametrize(
    "piece",
    ["a", "1 ", "1-", "(", "'", "@", "a.a", "Dana ", "calle ", "12 elm ", "hi will, ", "the 3rd ",
     "http://", "J. ", "de la ", "oh one ", "Aa", "1a", "AB12 ", "\x00", "\ud800", "[name] ", "["],
)  # fmt: skip
def test_a_long_text_takes_no_longer_than_its_length(piece: str) -> None:
    """Ten thousand characters take milliseconds here; what grows with the square takes minutes."""
    text = (piece * 10_000)[:10_000]
    started = time.perf_counter()
    masked(text)
    assert time.perf_counter() - started < 5


def test_chips_of_other_words_are_none() -> None:
    assert CHIP.fullmatch("[name]")
    assert not CHIP.fullmatch("[surname]")
