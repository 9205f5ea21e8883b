"""manage.py classify IN OUT: a file of replies, of any size, read in bounded memory."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from classifier.data import DataError
from classifier.files import FORMATS, read_file
from classifier.reader import live_reader


class Command(BaseCommand):
    help = "Read every reply of a .csv or .jsonl file and write each row back with its reading."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", type=Path, metavar="IN", help="columns text and prompt")
        parser.add_argument("target", type=Path, metavar="OUT", help="of the same kind as IN")

    def handle(self, *args: Any, **options: Any) -> None:
        source, target = options["source"], options["target"]
        quiet = options["verbosity"] == 0
        if source.suffix.lower() not in FORMATS or target.suffix.lower() != source.suffix.lower():
            raise CommandError(
                f"IN and OUT must both end in {' or both in '.join(FORMATS)}: rename them, or"
                " convert IN first."
            )
        reader = live_reader()
        self.stderr.write(f"Reading with {reader.name}.")
        try:
            size = source.stat().st_size
            with tqdm(total=size, unit="B", unit_scale=True, disable=quiet) as bar:

                def move(position: int, rows: int) -> None:
                    bar.set_postfix(rows=rows, refresh=False)
                    bar.update(position - bar.n)

                rows = read_file(source, target, reader=reader, on_progress=move)
        except (DataError, OSError) as exc:
            raise CommandError(str(exc)) from exc
        self.stdout.write(f"{rows} rows read into {target}.")
