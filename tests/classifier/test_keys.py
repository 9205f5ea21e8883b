"""Keys that a reminder offers are read in the reminder's own words; nothing else is touched."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.keys import offered_keys, spelled_out
from classifier.readings import Pair

WORDS = "Reply text send 1 2 Y AM PM OR ONLY to confirm or"


@pytest.mark.parametrize(
    ("prompt", "keys"),
    [
        ("Reply 1 to confirm, 2 to cancel.", {"1": "to confirm", "2": "to cancel"}),
        ("Text 1 to cancel, 2 to confirm", {"1": "to cancel", "2": "to confirm"}),
        ("Press 1 confirm 2 drop 9 stop texts", {"1": "confirm", "2": "drop", "9": "stop texts"}),
        ("Reply A=accept, B=another time", {"a": "accept", "b": "another time"}),
        ("Do you need to cancel? Reply YES to cancel or NO to keep it.",
         {"yes": "to cancel", "no": "to keep it"}),
        ("Reply C to confirm or call 555-0142 to change.", {"c": "to confirm"}),
        ("Reply ✅ if ok, ❌ if not.", {"check mark button": "if ok", "cross mark": "if not"}),
        ("To confirm text 3, to move it text 1, to cancel text 2.",
         {"3": "To confirm", "1": "to move it", "2": "to cancel"}),
        ("To end them, send END ME.", {"end me": "To end them"}),
        ("Responde SI para confirmar o NO para cancelar.",
         {"si": "para confirmar", "no": "para cancelar"}),
        ("Reply YES within 30 min to take it.", {"yes": "within 30 min to take it"}),
        ("Text back 👍 if 13:00 still works, 👎 if not.",
         {"thumbs up": "if 13:00 still works", "thumbs down": "if not"}),
        ("Reply 1 to keep Friday at 3 PM, 2 to cancel.",
         {"1": "to keep Friday at 3 PM", "2": "to cancel"}),
        ("1 = coming. 0 = not coming. Donation Sat 10:15", {"1": "coming", "0": "not coming"}),
        ("Bins on Friday. OUT = done, IN=not yet", {"out": "done", "in": "not yet"}),
    ],
)  # fmt: skip
def test_what_a_reminder_offers(prompt: str, keys: dict[str, str]) -> None:
    assert offered_keys(prompt) == keys


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        "See you on Tuesday at 2:30.",
        "Reply Y or N.",  # what they mean follows from the question: the model's business
        "How was your visit? Reply 1-5",
        "Reply AM or PM.",
        "Text us back. Reply ONLY if you cannot come, text BY noon.",
        "Please reply to confirm.",
        "Text us if you need to move it.",
        "Reply 1 to confirm. To cancel reply 1.",  # it says two things
        "No access = $40 charge, pets loose = NO visit.",
        "Facial at 3. Running late = $15",
        "1 = coming, 1 = not coming",
    ],
)
def test_what_offers_no_key_in_words(prompt: str) -> None:
    assert offered_keys(prompt) == {}


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2", "2, to cancel"),
        (" 2. ", " 2. , to cancel"),
        ("2 please", "2 please, to cancel"),
        ("two", "two, to cancel"),
        ("Option 2 please", "Option 2 please, to cancel"),
        ("no. 2", "no. 2, to cancel"),
        ("#1", "#1, to confirm"),
        ("3", "3"),
        ("two of us", "two of us"),
        ("2 pm is better", "2 pm is better"),
        ("see you then", "see you then"),
    ],
)
def test_only_a_bare_key_is_spelled_out(text: str, read: str) -> None:
    assert spelled_out(Pair("Reply 1 to confirm, 2 to cancel", text)) == read


@given(prompt=st.text(), text=st.text())
def test_whatever_the_texts_the_reply_stays_in_front(prompt: str, text: str) -> None:
    assert spelled_out(Pair(prompt, text)).startswith(text)


@given(st.lists(st.sampled_from([*WORDS.split(), *"= ,.;:'\"\n-/👍"]), max_size=60).map(" ".join))
def test_reminders_of_any_shape_are_taken_apart_quickly(prompt: str) -> None:
    assert all(offered_keys(prompt).values())
