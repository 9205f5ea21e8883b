"""What no model of ours can read is told, and hardly anything else."""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.data import starter_files
from classifier.readings import Unfamiliar
from classifier.unfamiliar import LOOKED_AT, unfamiliar

FOLDER = Path(__file__).resolve().parents[1] / "data/unfamiliar"
OTHER, GIBBERISH = Unfamiliar.OTHER_LANGUAGE, Unfamiliar.GIBBERISH


def texts_of(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FOLDER / name).read_text().splitlines()]


READABLE = texts_of("readable.jsonl")
UNREADABLE = texts_of("unreadable.jsonl")


@pytest.mark.parametrize("row", READABLE, ids=lambda row: row["text"])
def test_what_people_text_here_is_left_to_the_model(row: dict[str, Any]) -> None:
    assert unfamiliar(row["text"]) is None


@pytest.mark.parametrize("what", Unfamiliar)
def test_nine_of_ten_texts_that_it_cannot_read_are_told(what: Unfamiliar) -> None:
    texts = [row["text"] for row in UNREADABLE if row["what"] == what]
    told = [text for text in texts if unfamiliar(text) is what]
    assert len(told) >= 0.9 * len(texts)


def test_of_every_language_some_are_told_but_of_those_close_to_spanish_or_rare() -> None:
    told: dict[str, int] = defaultdict(int)
    for row in UNREADABLE:
        told[row.get("language", "none")] += unfamiliar(row["text"]) is not None
    assert [language for language, number in told.items() if not number] == ["Haitian Creole"]


def test_of_the_starter_set_hardly_a_row_is_told() -> None:
    """The limit is 3 in 1,000; the few that there are are in French or are no words."""
    texts = [
        json.loads(line)["text"]
        for path in starter_files()
        for line in path.read_text().splitlines()
    ]
    told = [text for text in texts if unfamiliar(text) is not None]
    assert len(told) <= 0.0005 * len(texts)
    assert len([text for text in told if len(text.split()) < 4]) <= 5


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("好", OTHER),  # one sign is a word
        ("да", OTHER),
        ("OK да спасибо 👍👍", OTHER),
        ("see you at Кафе Пушкин on Tuesday", None),  # a name in a text that can be read
        ("ಠ_ಠ", None),
        ("𝓨𝓮𝓼 𝓘'𝓶 𝓬𝓸𝓶𝓲𝓷𝓰", None),  # letters in fancy dress
        ("ＹＥＳ", None),
        ("nein danke", None),  # too short to tell
        ("Ich kann morgen leider nicht kommen 🙏🙏🙏🙏🙏🙏", OTHER),  # emoji are of no language
        ("https://xkjhdfq.example/sdkjfh", None),
        ("NOOOOOOO", None),
        ("sdkjfhsdkjfh", GIBBERISH),
        ("sdkjfhsdkjfh sorry my cat", None),
        ("", None),
    ],
)
def test_borders(text: str, what: Unfamiliar | None) -> None:
    assert unfamiliar(text) is what


@given(st.text(st.characters()))
def test_any_string_is_looked_at(text: str) -> None:
    assert unfamiliar(text) in (None, *Unfamiliar)


def test_only_the_beginning_of_a_long_text_is_looked_at() -> None:
    english = "will be there on tuesday. " * 20
    assert len(english) > LOOKED_AT
    assert unfamiliar(english + "Ich kann morgen leider nicht kommen. " * 1000) is None
