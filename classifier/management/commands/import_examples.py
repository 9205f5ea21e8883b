"""manage.py import_examples F: rows of a file become examples of the dataset."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from classifier.data import DataError
from classifier.example_files import FORMATS, import_file
from classifier.taxonomy import TaxonomyError, current_taxonomy

MOST_SHOWN = 10  # contradictions


class Command(BaseCommand):
    help = (
        "Put the rows of a .jsonl or .csv file into the dataset, masked. Rows with a label arrive"
        " settled, rows without one open. The same file again adds nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file", type=Path, metavar="F",
            help="text, prompt, and where known a label per question",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        file, quiet = options["file"], options["verbosity"] == 0
        if file.suffix.lower() not in FORMATS:
            raise CommandError(f"F must end in {' or '.join(FORMATS)}: rename or convert it.")
        try:
            size = 2 * file.stat().st_size
            with tqdm(total=size, unit="B", unit_scale=True, disable=quiet) as bar:

                def move(position: int) -> None:
                    bar.update(position - bar.n)

                done = import_file(
                    file, taxonomy=current_taxonomy(), now=timezone.now(), on_progress=move
                )
        except (DataError, TaxonomyError, OSError) as exc:
            raise CommandError(str(exc)) from exc
        except KeyboardInterrupt as exc:
            raise CommandError("Broken off: the same command goes on.", returncode=130) from exc
        for contradiction in done.contradictions[:MOST_SHOWN]:
            self.stderr.write(contradiction)
        if number := len(done.contradictions):
            self.stderr.write(
                f"{number} rows fold into an example that an earlier row labelled otherwise; the"
                " earlier one stands."
            )
        self.stdout.write(
            f"{done.rows} rows are {len(done.examples)} examples, {len(done.labelled)} of them"
            " with a label."
        )
