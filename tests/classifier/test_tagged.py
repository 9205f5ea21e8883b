"""How well the rules do on the texts tagged by hand: what they are asked for."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from classifier.data import starter_rows
from classifier.subtags import DATA_CORRECTION, FRUSTRATION, PREFERENCE, TAGS
from classifier.tagged import HELD_OUT, SHIPPED, TUNED_ON, WRITTEN, found_in, tagged_rows
from classifier.taxonomy import Taxonomy

# Of the tags that are given on rows that no rule was written with, this share has to be right.
PRECISION = {PREFERENCE: 0.95, DATA_CORRECTION: 0.95, FRUSTRATION: 0.90}
# And of those given by hand this share found; of corrections that is little (docs/classifier.md).
RECALL = {PREFERENCE: 0.70, DATA_CORRECTION: 0.30, FRUSTRATION: 0.80}


@pytest.mark.parametrize("tag", TAGS)
def test_tags_are_right_where_no_rule_was_written_for_them(tag: str, taxonomy: Taxonomy) -> None:
    found = found_in(tagged_rows(HELD_OUT, taxonomy), taxonomy)
    assert found.both[tag] / found.rules[tag] >= PRECISION[tag]
    assert found.both[tag] / found.by_hand[tag] >= RECALL[tag]


def test_no_row_stands_in_two_of_the_sets(taxonomy: Taxonomy) -> None:
    sets = [{tagged.row.pair for tagged in tagged_rows(path, taxonomy)} for path in SHIPPED]
    assert not sets[0] & sets[1]
    assert not (sets[0] | sets[1]) & sets[2]


def test_the_rows_of_the_starter_set_stand_there_with_the_same_labels(taxonomy: Taxonomy) -> None:
    starter = {(row.pair, tuple(row.labels.items())) for row in starter_rows(taxonomy)}
    for path, written in ((TUNED_ON, 72), (HELD_OUT, 0), (WRITTEN, 72)):
        rows = [tagged.row for tagged in tagged_rows(path, taxonomy)]
        known = [row for row in rows if (row.pair, tuple(row.labels.items())) in starter]
        assert len(rows) - len(known) == written


def run(*arguments: object) -> str:
    out = StringIO()
    call_command("subtags", *map(str, arguments), stdout=out, stderr=StringIO(), verbosity=0)
    return out.getvalue()


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    file = tmp_path / "mine.jsonl"
    rows = [
        {"text": "call instead", "intent": "other", "tone": "neutral", "tags": ["preference"]},
        {"text": "ring me", "intent": "other", "tone": "neutral", "tags": []},
        {"text": "a letter, ta", "intent": "other", "tone": "neutral", "tags": ["preference"]},
        {"text": "gits", "intent": "other", "tone": "hostile", "tags": ["frustration"]},
        {"text": "Laughed at “Call instead”", "intent": "other", "tone": "neutral", "tags": []},
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def test_the_command_says_what_was_right_missed_and_wrong(mine: Path) -> None:
    said = run(mine)
    assert "preference              2  1 of 2 0.50 (0.09–0.91)         1 of 2 0.50" in said
    assert "missed:\n  preference      a letter, ta\n" in said
    assert "given wrongly:\n  preference      ring me\n" in said


def test_the_command_says_what_hangs_on_the_tone(mine: Path) -> None:
    assert "frustration             1  1 of 1 1.00" in run(mine)
    assert "frustration             1  –" in run(mine, "--without-tone")


def test_the_command_reports_the_shipped_sets_one_by_one() -> None:
    said = run()
    assert [f"{path.stem}: " in said for path in SHIPPED] == [True, True, True]


def test_the_command_refuses_a_file_it_cannot_read(tmp_path: Path) -> None:
    (tmp_path / "wrong.jsonl").write_text('{"text": "hm", "intent": "other", "tags": ["rage"]}\n')
    with pytest.raises(CommandError, match=r"wrong\.jsonl:1: `tags` must be a list"):
        run(tmp_path / "wrong.jsonl")
    with pytest.raises(CommandError, match=r"nowhere\.jsonl"):
        run(tmp_path / "nowhere.jsonl")
