"""Rows in, and a split that never moves."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.data import (
    DataError,
    Row,
    assert_no_overlap,
    load_rows,
    parse_row,
    read_rows,
    split,
)
from classifier.taxonomy import Taxonomy

LABELS = {"intent": "confirm", "tone": None}
words = st.text(st.characters(codec="utf-8"), max_size=30)


def a_row(prompt: str, text: str, intent: str = "confirm") -> Row:
    return Row(prompt, text, {"intent": intent, "tone": None})


def test_a_row_keeps_the_keys_that_are_not_ours(taxonomy: Taxonomy) -> None:
    line = json.dumps({"prompt": "p", "text": "t", "intent": "cancel", "tone": "hostile", "id": 7})
    row = parse_row(line, taxonomy, where="f:1")
    assert row == Row("p", "t", {"intent": "cancel", "tone": "hostile"}, {"id": 7}, "f:1")


def test_label_stands_for_intent_and_prompt_and_tone_may_be_missing(taxonomy: Taxonomy) -> None:
    row = parse_row('{"text": "t", "label": "confirm"}', taxonomy, where="f:1")
    assert (row.prompt, row.labels) == ("", LABELS)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "is not JSON"),
        ("[]", "no JSON object"),
        ('{"intent": "confirm"}', "has no `text`"),
        ('{"text": "t"}', "has no `intent`"),
        ('{"text": "t", "intent": "confrim"}', "'confrim' is not a label"),
        ('{"text": "t", "intent": "confirm", "tone": "rude"}', "tone 'rude'"),
        ('{"text": "t", "intent": "confirm", "prompt": 1}', "`prompt` is no text"),
    ],
)
def test_a_wrong_row_is_named_by_file_and_line(
    tmp_path: Path, taxonomy: Taxonomy, line: str, says: str
) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(f'{{"text": "fine", "intent": "other"}}\n\n{line}\n')
    with pytest.raises(DataError) as error:
        list(read_rows(file, taxonomy))
    assert f"{file}:3" in str(error.value)
    assert says in str(error.value)


def test_the_same_texts_twice_are_one_row_and_a_contradiction_is_an_error(
    tmp_path: Path, taxonomy: Taxonomy
) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(
        '{"text": "Yes 👍", "intent": "confirm"}\n{"text": "yes  👍🏽", "intent": "confirm"}\n'
    )
    assert len(load_rows([file], taxonomy)) == 1
    file.write_text(file.read_text() + '{"text": "YES 👍", "intent": "other"}\n')
    with pytest.raises(DataError, match="other labels"):
        load_rows([file], taxonomy)


@given(st.lists(st.tuples(words, words), max_size=20))
def test_no_split_has_overlap_and_every_row_is_on_one_side(pairs: list[tuple[str, str]]) -> None:
    rows = [a_row(*pair) for pair in pairs]
    sides = split(rows)
    assert_no_overlap(sides.train, sides.validation)
    assert len(sides.train) + len(sides.validation) == len(rows)


def test_a_long_reply_is_on_one_side_whatever_it_answers() -> None:
    sides = split([a_row(f"reminder {n}", "Yes, I’ll be there!") for n in range(40)])
    assert not sides.train or not sides.validation


def test_a_short_reply_is_on_both_sides_under_different_reminders() -> None:
    sides = split([a_row(f"reminder {n}", "yes") for n in range(200)])
    assert 15 <= len(sides.validation) <= 50  # about 15 %


def test_overlap_is_found_and_told() -> None:
    with pytest.raises(DataError, match="1 rows stand on both sides"):
        assert_no_overlap(
            [a_row("a", "i will be there ok")],
            [a_row("b", "I'll no"), a_row("b", "I will be there, OK?")],
        )
