"""What a training learns from the dataset, and how one gets from a version back to the answers."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from classifier import actions, examples, lineage
from classifier.data import (
    DataError,
    Row,
    Split,
    assert_no_overlap,
    digest_of,
    frozen_test_rows,
    starter_rows,
)
from classifier.dataset import number_of_rows, rows_of_examples, training_rows
from classifier.masking import CHIP
from classifier.models import Example, ExampleLabel, JudgedRow, ModelVersion
from classifier.taxonomy import Taxonomy, load_taxonomy
from classifier.training.config import TrainingConfig
from classifier.training.produce import produce, training_split
from classifier.training.targets import targets_of

from .conftest import Tiny
from .test_examples import LATER, add, settle
from .test_taxonomy import SMALL

pytestmark = [pytest.mark.django_db, pytest.mark.database]

SHARES = {"confirm": 0.7, "other": 0.3}


@pytest.fixture(autouse=True)
def no_files(settings: Settings, tmp_path: Path) -> None:
    settings.ROWS_DIR = tmp_path / "rows"


def settled(text: str, label: str = "confirm", **facts: object) -> Example:
    example = add(text, text)
    settle(example, label, **facts)
    return example


def test_a_settled_example_teaches_what_its_answers_were_divided_over(taxonomy: Taxonomy) -> None:
    example = settled("let us say so then", probability=0.7, probabilities=SHARES)
    settle(example, "negative", question="tone")
    [row] = rows_of_examples(taxonomy)
    assert row.labels == {"intent": "confirm", "tone": "negative"}
    assert {label: share for label, share in row.shares["intent"].items() if share} == SHARES
    assert row.extra["example"] == str(example.public_id)
    assert targets_of([row], taxonomy)[0].sum() == pytest.approx(1.0)


def test_an_unsettled_tone_is_not_taught(taxonomy: Taxonomy) -> None:
    settled("let us say so then")
    assert rows_of_examples(taxonomy)[0].labels["tone"] is None


def test_a_tone_that_settled_first_is_taught_alone(taxonomy: Taxonomy) -> None:
    example = add("let us say so then", "first")
    settle(example, "negative", question="tone")
    rows = number_of_rows(taxonomy)
    [row] = rows_of_examples(taxonomy)
    assert row.labels == {"intent": None, "tone": "negative"}
    intent, tone = targets_of([row], taxonomy)
    assert float(intent.sum()) == 0
    assert float(tone.sum()) == pytest.approx(row.weight)
    settle(example, "confirm")
    [row] = rows_of_examples(taxonomy)
    assert row.labels == {"intent": "confirm", "tone": "negative"}
    assert number_of_rows(taxonomy) == rows


def test_a_row_says_whether_a_models_doubt_made_it_one(taxonomy: Taxonomy) -> None:
    settled("let us say so then")
    read = settled("then again perhaps we had better")
    Example.objects.filter(pk=read.pk).update(guess="other")
    assert [row.hard for row in rows_of_examples(taxonomy)] == [False, True]


def test_what_came_often_weighs_more(taxonomy: Taxonomy) -> None:
    settled("let us say so then")
    for number in range(9):
        add("Let us say so, then!", f"again {number}")
    [row] = rows_of_examples(taxonomy)
    assert row.weight == pytest.approx(3.3, abs=0.01)


def test_nothing_else_than_settled_and_trainable_examples_is_taught(taxonomy: Taxonomy) -> None:
    rows = number_of_rows(taxonomy)
    add("nobody has labelled this", "open")
    settle(add("drawn to measure with", "drawn", drawn=True), "other")
    examples.pull(example=settled("this one names Bob"), by="pia", reason="a name", now=LATER)
    examples.send_to_review(example=settled("what is that now"), question="intent", now=LATER)
    judged = next(row for row in frozen_test_rows(taxonomy) if len(row.text.split()) > 4)
    settle(add(judged.text, "judged", prompt=judged.prompt), "other")
    assert rows_of_examples(taxonomy) == []
    assert number_of_rows(taxonomy) == rows


def test_rows_of_a_file_are_counted(taxonomy: Taxonomy, settings: Settings) -> None:
    rows = number_of_rows(taxonomy)
    assert rows >= len(starter_rows(taxonomy))
    settings.ROWS_DIR.mkdir()
    line = '{"text": "let us say so then", "intent": "confirm"}'
    (settings.ROWS_DIR / "ours.jsonl").write_text(f"{line}\n\n  \n{line}")
    assert number_of_rows(taxonomy) == rows + 2


def test_a_row_that_an_operator_adds_to_the_judged_ones_is_taught_no_more(
    taxonomy: Taxonomy,
) -> None:
    settled("my car is on fire so no")
    assert len(rows_of_examples(taxonomy)) == 1
    JudgedRow.objects.create(pack="test", text="My car is on fire, so no!")
    assert rows_of_examples(taxonomy) == []


def test_an_example_that_contradicts_a_row_of_the_starter_set_does_not_stop_the_training(
    taxonomy: Taxonomy,
) -> None:
    shipped = starter_rows(taxonomy)
    same = next(row for row in shipped if row.labels["intent"] == "cancel" and "[" not in row.text)
    settle(add(same.text, "same", prompt=same.prompt), "confirm")
    settled("let us say so then")
    rows = training_rows(taxonomy)
    assert len(rows) in (len(shipped) + 1, len(shipped) + 2)  # two, where masking changed the words
    training_split(rows, taxonomy)


def test_reactions_that_say_the_same_do_not_stand_against_each_other(taxonomy: Taxonomy) -> None:
    settle(add("Liked “see you tuesday?”", "m1", prompt="see you tuesday?"), "confirm")
    settle(add("Loved “see you tuesday?”", "m2", prompt="see you tuesday?"), "other")
    training_split([*starter_rows(taxonomy), *rows_of_examples(taxonomy)], taxonomy)


def test_labels_of_another_taxonomy_are_passed_over(tmp_path: Path, taxonomy: Taxonomy) -> None:
    (tmp_path / "small.toml").write_text(SMALL)
    small = load_taxonomy(tmp_path / "small.toml")
    settled("let us say so then")
    assert rows_of_examples(small) == []
    Example.objects.all().delete()
    with pytest.raises(DataError):
        training_rows(small)


def test_another_taxonomy_may_learn_from_examples_alone(tmp_path: Path, settings: Settings) -> None:
    settings.TAXONOMY_FILE = tmp_path / "small.toml"
    settings.TAXONOMY_FILE.write_text(SMALL)
    small = load_taxonomy(settings.TAXONOMY_FILE)
    question = small.primary
    settle(add("the match was long", "m1"), question.label_names[0], question=question.name)
    assert [row.text for row in training_rows(small)] == ["the match was long"]


def test_answers_that_move_a_share_make_another_training(taxonomy: Taxonomy) -> None:
    example = settled("let us say so then", probability=0.7, probabilities=SHARES)
    before = digest_of(rows_of_examples(taxonomy))
    settle(example, "confirm", probability=0.8, probabilities={"confirm": 0.8, "other": 0.2})
    assert digest_of(rows_of_examples(taxonomy)) != before


# ---- lineage -------------------------------------------------------------------------------


def test_from_a_version_back_to_the_answers_and_from_an_example_to_its_versions(
    tiny: Tiny, tiny_base: Path, taxonomy: Taxonomy, models_dir: Path
) -> None:
    taught = settled("let us say so then", answers=["a1", "a2"])
    untaught = add("nobody has labelled this", "open")
    rows = rows_of_examples(taxonomy)
    data = Split((*tiny.data.train, *rows), tiny.data.validation)
    config = TrainingConfig(base_model=str(tiny_base), max_tokens=64, epochs=1)
    version = produce(data, taxonomy, config, models_dir=models_dir, now=LATER, quiet=True)
    assert version is not None
    training = version.report["training"]
    assert (training["examples"], training["labels"]) == (1, 1)

    later = LATER + timedelta(minutes=1)
    row = actions.register_candidate(version=version, report=version.report, now=later)
    settle(taught, "other", answers=["a3"])  # what it learnt stays on record
    [label] = lineage.labels_behind(row)
    assert (label.example, label.label, label.answers) == (taught, "confirm", ["a1", "a2"])
    assert list(lineage.labels_behind(row, validated=True)) == []
    assert lineage.versions_that_learnt(taught) == [row]
    assert lineage.versions_that_learnt(untaught) == []


def test_what_only_validated_was_not_learnt(
    tiny: Tiny, models_dir: Path, taxonomy: Taxonomy
) -> None:
    example = settled("let us say so then")
    folder = models_dir / "v1"
    folder.mkdir()
    lineage.write(folder, Split((), tuple(rows_of_examples(taxonomy))))
    version = ModelVersion.objects.create(name="v1", folder="v1", created_at=LATER)
    assert lineage.versions_that_learnt(example) == []
    assert [each.example for each in lineage.labels_behind(version, validated=True)] == [example]


def test_a_version_of_before_there_were_examples_learnt_none(models_dir: Path) -> None:
    example = settled("let us say so then")
    version = ModelVersion.objects.create(name="old", folder="old", created_at=LATER)
    assert list(lineage.labels_behind(version)) == []
    assert lineage.versions_that_learnt(example) == []
    assert ExampleLabel.objects.count() == 1


def test_what_validates_holds_words_where_chips_were_the_same_ones_each_time(
    taxonomy: Taxonomy,
) -> None:
    rows = [
        Row("Hi [name], [date]?", f"number {at} for [name] please", {"intent": "confirm"})
        for at in range(200)
    ]
    once, again = training_split(rows, taxonomy), training_split(rows, taxonomy)
    assert once == again
    assert once.validation
    assert not [row for row in once.validation if CHIP.search(row.prompt + row.text)]


def test_words_that_a_chip_got_by_chance_from_a_row_that_is_learnt_stop_no_training(
    taxonomy: Taxonomy,
) -> None:
    """It would fail again every day: the same row gets the same words each time."""
    masked = [
        Row("", f"can {number} of us come at [time] instead", {"intent": "reschedule"})
        for number in range(200)
    ]
    before = training_split(masked, taxonomy).validation
    twins = [replace(row, prompt="Some other reminder") for row in before]
    data = training_split([*masked, *twins], taxonomy)
    assert_no_overlap(data.train, data.validation)
    learnt = {row.text for row in data.train}
    assert learnt & {row.text for row in twins}
    assert {row.text for row in data.validation} == {row.text for row in before} - learnt


def test_words_that_a_chip_got_by_chance_from_a_row_that_judges_are_left_out(
    taxonomy: Taxonomy,
) -> None:
    masked = [
        Row("", f"can {number} of us come at [time] instead", {"intent": "reschedule"})
        for number in range(200)
    ]
    judging, *others = training_split(masked, taxonomy).validation
    assert training_split(masked, taxonomy, held_out=[judging]).validation == tuple(others)
