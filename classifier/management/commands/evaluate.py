"""manage.py evaluate: how good is what reads now, on the labelled rows of a file?"""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from classifier.data import DataError, read_rows
from classifier.evaluation import evaluate
from classifier.reader import live_reader
from classifier.readings import Reading
from classifier.reports import as_table
from classifier.surrogates import as_it_is_read

CHUNK = 500  # rows between two moves of the bar


class Command(BaseCommand):
    help = "Judge the live model (rules included) on the labelled rows of a JSON-lines file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--data", required=True, type=Path, metavar="F.jsonl")
        parser.add_argument("--json", type=Path, metavar="OUT", help="also write the report here")

    def handle(self, *args: Any, **options: Any) -> None:
        reader = live_reader()
        try:
            # An export is masked; what a model reads is not.
            rows = [as_it_is_read(row) for row in read_rows(options["data"], reader.taxonomy)]
        except DataError as exc:
            raise CommandError(f"{exc} (The labels are those of {reader.name}.)") from exc
        if not rows:
            raise CommandError(f"{options['data']} has no rows.")
        readings: list[Reading] = []
        with tqdm(total=len(rows), unit="row", disable=options["verbosity"] == 0) as bar:
            for start in range(0, len(rows), CHUNK):
                chunk = rows[start : start + CHUNK]
                readings += reader.read([row.pair for row in chunk])
                bar.update(len(chunk))
        report = evaluate(rows, readings, reader.taxonomy, model=reader.name)
        if options["json"]:
            text = json.dumps(report, indent=2, ensure_ascii=False)
            options["json"].write_text(text + "\n", encoding="utf-8")
        self.stdout.write(as_table(report))
