"""What a training learns from: the rows that ship with Nod, those of this installation's files, and
the examples that people settled.

An example teaches what its answers were divided over, as shares, and weighs by how often it came.
It teaches each question that it is settled for, also while others are open. Never one that is kept
apart to measure with, reserved, pulled, or in a reviewer's hands.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

from django.conf import settings
from django.dispatch import Signal

from classifier.data import Row, load_rows, number_of_lines, starter_files, starter_rows
from classifier.folding import weight_of
from classifier.judged import is_nods_own
from classifier.models import Example, ExampleLabel
from classifier.readings import Pair
from classifier.rules import apply
from classifier.splits import splits_of
from classifier.taxonomy import Question, Taxonomy
from classifier.text import normalise

FETCHED = 2_000  # labels in memory at a time
# What the model took for something else teaches it most. No more than half as much again: where
# people err, they err against the model, too.
CORRECTION = 1.5
# Sent before a training takes its rows: whoever says how much a label is believed says it now.
rows_are_wanted = Signal()


def rows_to_learn(taxonomy: Taxonomy) -> list[Row]:
    """For a training: `training_rows`, with what every label weighs at this moment."""
    rows_are_wanted.send(sender=None)
    return training_rows(taxonomy)


def training_rows(taxonomy: Taxonomy) -> list[Row]:
    """The starter set, where its labels are the taxonomy's; every JSON-lines file in ROWS_DIR; and
    the settled examples.

    Raises DataError where a file cannot be used or two rows contradict each other.
    """
    files = rows_of_files(taxonomy)
    return [*files, *rows_of_examples(taxonomy, beside=files)]


def number_of_rows(taxonomy: Taxonomy) -> int:
    """About as many as a training would be given; cheap, for the scheduler asks every minute: the
    files are counted, not read, so that a row which stands there twice counts twice.
    """
    starter = starter_files() if takes_starter_rows(taxonomy) else []
    return number_of_lines([*starter, *own_files()]) + Example.objects.trainable().count()


def rows_of_files(taxonomy: Taxonomy) -> list[Row]:
    starter = starter_rows(taxonomy) if takes_starter_rows(taxonomy) else []
    return [*starter, *load_rows(own_files(), taxonomy)]


def own_files() -> list[Path]:
    return sorted(Path(settings.ROWS_DIR).glob("*.jsonl"))


def takes_starter_rows(taxonomy: Taxonomy) -> bool:
    """Where its labels are others they cannot be read, which is said if there is nothing else."""
    return is_nods_own(taxonomy) or not (own_files() or Example.objects.trainable().exists())


def rows_of_examples(taxonomy: Taxonomy, *, beside: Sequence[Row] = ()) -> list[Row]:
    """The oldest first. One that says the same words to a model as a row of a file is left out:
    hand-written rows were labelled twice, and two that disagree would stop the training.
    """
    splits = splits_of(taxonomy)
    taken = {_words(row.pair, taxonomy) for row in beside}
    rows = []
    for row in _labelled(taxonomy):
        words = _words(row.pair, taxonomy)
        # Asked again, though it was when the example came: an operator may have added a judged row.
        if words not in taken and not splits.is_reserved(row.pair):
            taken.add(words)
            rows.append(row)
    return rows


def _words(pair: Pair, taxonomy: Taxonomy) -> tuple[str, str]:
    """What a model is given, behind the rules."""
    given = apply(pair, taxonomy).pair
    return normalise(given.prompt), normalise(given.text)


def _labelled(taxonomy: Taxonomy) -> Iterator[Row]:
    labels = (
        ExampleLabel.objects.standing()
        .filter(example__in=Example.objects.trainable())
        .select_related("example")
        .defer("answers", "example__reading")
        .order_by("example_id", "question")
    )
    for example, standing in groupby(
        labels.iterator(chunk_size=FETCHED), key=lambda label: label.example
    ):
        if (row := _row(example, {each.question: each for each in standing}, taxonomy)) is not None:
            yield row


def _row(example: Example, standing: Mapping[str, ExampleLabel], taxonomy: Taxonomy) -> Row | None:
    """None where nothing in it is a label of this taxonomy, as after a change of the file."""
    known = {
        question.name: label
        for question in taxonomy.questions
        if (label := standing.get(question.name)) and label.label in question.label_names
    }
    if not known:
        return None
    shares = {
        question.name: _shares(known[question.name], question)
        for question in taxonomy.questions
        if question.name in known and known[question.name].probabilities
    }
    return Row(
        example.prompt,
        example.text,
        {
            question.name: known[question.name].label if question.name in known else None
            for question in taxonomy.questions
        },
        extra={"example": str(example.public_id), "labels": [each.pk for each in known.values()]},
        where=f"example {example.public_id}",
        shares=shares,
        weight=_weight(example, known.get(taxonomy.primary.name)),
        believed={name: label.weight for name, label in known.items() if label.weight < 1},
        # Of what a model read and is not kept apart, nothing was drawn by lot.
        hard=bool(example.guess),
    )


def _weight(example: Example, primary: ExampleLabel | None) -> float:
    """By how often the text came; more where the model had it wrong."""
    corrects = primary is not None and example.guess not in ("", primary.label)
    return weight_of(example.times_seen) * (CORRECTION if corrects else 1.0)


def _shares(label: ExampleLabel, question: Question) -> dict[str, float]:
    shares = {name: label.probabilities.get(name, 0.0) for name in question.label_names}
    total = sum(shares.values())
    return {name: share / total for name, share in shares.items()} if total > 0 else {}
