"""The taxonomy file: what it holds, and what is said of a wrong one."""

from pathlib import Path

import pytest

from classifier.taxonomy import Taxonomy, TaxonomyError, load_taxonomy, parse_taxonomy

SMALL = """
[topic]
asks = "What is it about?"
precedence = ["sport", "news"]
[topic.labels.news]
title = "News"
meaning = "Of the world."
emoji = "N"
hotkey = "1"
examples = ["a", "b", "c"]
[topic.labels.sport]
title = "Sport"
meaning = "Of the field."
emoji = "S"
hotkey = "2"
examples = ["a", "b", "c"]
"""


def test_the_starter_taxonomy_asks_for_intent_and_tone(taxonomy: Taxonomy) -> None:
    assert taxonomy.primary.name == "intent"
    assert set(taxonomy.label_names["tone"]) == {"positive", "neutral", "negative", "hostile"}


def test_several_intents_stand_under_the_strongest(taxonomy: Taxonomy) -> None:
    order = "opt_out wrong_number reschedule cancel question confirm other"
    assert taxonomy.primary.precedence == tuple(order.split())


def test_only_an_opt_out_and_a_wrong_number_end_texting(taxonomy: Taxonomy) -> None:
    ending = {label.name for label in taxonomy.primary.labels if label.ends_texting}
    assert ending == {"opt_out", "wrong_number"}


def test_another_job_needs_no_rules_and_no_tone() -> None:
    taxonomy = parse_taxonomy(SMALL, file="small.toml")
    assert taxonomy.label_names == {"topic": ("news", "sport")}
    assert (taxonomy.keywords, taxonomy.reactions) == ({}, {})


@pytest.mark.parametrize(
    ("change", "to", "says"),
    [
        ("[topic]\n", "[topic\n", "not valid TOML"),
        ('["sport", "news"]', '["sport"]', "precedence"),
        ('title = "News"\n', "", "[topic.labels.news] has no `title`"),
        ('["a", "b", "c"]', '["a", "b"]', "`examples` needs 3"),
        ('hotkey = "2"', 'hotkey = "1"', "hotkey"),
        ("[topic.labels.sport]", "[topic.labels.Sport]", "small letters"),
        ('emoji = "S"', 'emoji = "S"\nends_texting = "no"', "ends_texting"),
        ("[topic.labels.sport]", "[elsewhere.sport]", "at least two"),
    ],
)
def test_a_wrong_file_is_refused_with_its_name_and_key(change: str, to: str, says: str) -> None:
    with pytest.raises(TaxonomyError) as error:
        parse_taxonomy(SMALL.replace(change, to), file="small.toml")
    assert "small.toml" in str(error.value)
    assert says in str(error.value)


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        ('[keywords]\nHALT = { topic = "news" }', "Use one of: STOP"),
        ('[keywords]\nSTOP = { topic = "weather" }', "news, sport"),
        ("[reactions]\nlike = { read_as = 1 }", "read_as"),
        ("[reactions]\nlike = 1", "must be a table"),
    ],
)
def test_a_rule_must_name_labels_that_exist(rules: str, says: str) -> None:
    with pytest.raises(TaxonomyError, match=says):
        parse_taxonomy(f"{SMALL}{rules}", file="small.toml")


def test_an_empty_or_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(TaxonomyError, match="has no question"):
        parse_taxonomy("", file="empty.toml")
    with pytest.raises(TaxonomyError, match="Give the path"):
        load_taxonomy(tmp_path / "nowhere.toml")
