"""manage.py variety: how varied is what a model learns from, and what it is judged on?"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from classifier.borders import WANTED
from classifier.data import DataError, Row, frozen_test_rows, load_rows
from classifier.dataset import training_rows
from classifier.taxonomy import current_taxonomy
from classifier.variety import KIND_ROWS, NEAR, REAL_TEXTS, SAMPLE_WORDS, Variety, variety_of


class Command(BaseCommand):
    help = "Print how varied the training rows and the test set are, or the rows of files."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="*", type=Path, metavar="F.jsonl")
        parser.add_argument(
            "--against", type=Path, metavar="REAL.jsonl", help="real texts to compare with"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        taxonomy = current_taxonomy()
        try:
            sets: dict[str, list[Row]] = {
                path.stem: load_rows([path], taxonomy) for path in options["files"]
            } or {"training": training_rows(taxonomy), "test set": frozen_test_rows(taxonomy)}
            if options["against"]:
                sets[options["against"].stem] = load_rows([options["against"]], taxonomy)
            measured = {name: variety_of(rows, taxonomy) for name, rows in sets.items()}
        except (DataError, OSError, ValueError) as exc:
            raise CommandError(str(exc)) from exc
        self.stdout.write(as_columns(measured))
        self.stdout.write("\nWords on average in collections of real private texts:")
        for collection, words in REAL_TEXTS.items():
            self.stdout.write(f"  {collection:<44}{words:>5}")


def as_columns(measured: dict[str, Variety]) -> str:
    """A line per figure, a column per set."""
    lines: list[tuple[str, list[str]]] = [("", list(measured))]
    sets = list(measured.values())

    def line(words: str, values: list[object]) -> None:
        lines.append((words, [str(value) for value in values]))

    line("rows", [f"{each.rows:,}" for each in sets])
    line("different reminders", [each.reminders for each in sets])
    line(f"kinds of business, {KIND_ROWS} rows or more", [each.kinds for each in sets])
    line("rows without a reminder", [each.without_reminder for each in sets])
    for question, labels in sets[0].labels.items():
        for label in labels:
            line(f"{question} {label}", [each.labels[question][label] for each in sets])
    line("replies of 4 words or more", [f"{each.telling:,}" for each in sets])
    line("  equal but for name, day, number", [_percent(each.repeated) for each in sets])
    line(f"  {NEAR:.0%} of the words in common", [_percent(each.near) for each in sets])
    for n in sets[0].distinct:
        words = f"distinct {n}-grams in {SAMPLE_WORDS:,} words"
        line(words, [_percent(each.distinct[n]) for each in sets])
    line("words on average", [f"{each.mean_words:.1f}" for each in sets])
    for at in sets[0].words:
        line(f"words, {at:.0%} have at most", [each.words[at] for each in sets])
    line("with an emoji", [_percent(each.with_emoji) for each in sets])
    line("without punctuation", [_percent(each.unpunctuated) for each in sets])
    line("all lower case", [_percent(each.lower_case) for each in sets])
    line(f"pairs on a border, {WANTED} are wanted", [""] * len(sets))
    for one, other in sets[0].borders:
        line(f"  {one} and {other}", [each.borders[one, other] for each in sets])
    widths = [max(len(values[at]) for _, values in lines) for at in range(len(sets))]
    return "\n".join(
        (
            f"{words:<36}"
            + "  ".join(f"{value:>{width}}" for value, width in zip(values, widths, strict=True))
        ).rstrip()
        for words, values in lines
    )


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
