"""manage.py evaluate: how good is what reads now, on the labelled rows of a file?"""

import json
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from classifier.data import DataError, Row, as_it_is_read, read_rows, split_key
from classifier.dataset import training_rows
from classifier.evaluation import evaluate
from classifier.reader import live_reader
from classifier.readings import Reading
from classifier.reports import as_table
from classifier.taxonomy import Taxonomy

CHUNK = 500  # rows between two moves of the bar


class Command(BaseCommand):
    help = "Judge the live model (rules included) on the labelled rows of a JSON-lines file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--data", required=True, type=Path, metavar="F.jsonl")
        parser.add_argument("--json", type=Path, metavar="OUT", help="also write the report here")

    def handle(self, *args: Any, **options: Any) -> None:
        reader = live_reader()
        try:
            given = list(read_rows(options["data"], reader.taxonomy))
        except DataError as exc:
            raise CommandError(f"{exc} (The labels are those of {reader.name}.)") from exc
        if not given:
            raise CommandError(f"{options['data']} has no rows.")
        if learnt := number_learnt(given, reader.taxonomy):
            self.stderr.write(
                f"{learnt} of these {len(given)} rows stand in the training data too, as it is now:"
                " what the model has learnt by heart makes the figures kinder than life."
            )
        # An export is masked; what a model reads is not.
        rows = [as_it_is_read(row) for row in given]
        readings: list[Reading] = []
        with tqdm(total=len(rows), unit="row", disable=options["verbosity"] == 0) as bar:
            for start in range(0, len(rows), CHUNK):
                chunk = rows[start : start + CHUNK]
                readings += reader.read([row.pair for row in chunk])
                bar.update(len(chunk))
        report = evaluate(
            rows, readings, reader.taxonomy, model=reader.name,
            thresholds=reader.scorer.thresholds or None,
        )  # fmt: skip
        if options["json"]:
            text = json.dumps(report, indent=2, ensure_ascii=False)
            options["json"].write_text(text + "\n", encoding="utf-8")
        self.stdout.write(as_table(report))


def number_learnt(rows: Sequence[Row], taxonomy: Taxonomy) -> int:
    """How many say what a row to learn from or to tune on says. Of a version that was trained with
    `--data` nobody kept the rows.
    """
    try:
        learnt = {split_key(row) for row in training_rows(taxonomy)}
    except DataError:
        return 0  # there are no rows of this taxonomy, or none that can be read
    return sum(split_key(row) in learnt for row in rows)
