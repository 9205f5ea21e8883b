"""manage.py export_examples F: the dataset as a file, masked."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from classifier.example_files import FORMATS, export_file
from classifier.models import Example
from classifier.taxonomy import TaxonomyError, current_taxonomy


class Command(BaseCommand):
    help = (
        "Write the examples, with labels, votes and probabilities, to a .jsonl or .csv file. Never"
        " raw words, never what was pulled."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="F")
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--settled", action="store_true", help="labelled ones alone")
        which.add_argument("--open", action="store_true", help="those without a label alone")
        which.add_argument(
            "--trainable", action="store_true", help="what a training would learn from alone"
        )
        which.add_argument(
            "--kept-apart", action="store_true", help="the labelled ones that measure alone"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        file, quiet = options["file"], options["verbosity"] == 0
        if file.suffix.lower() not in FORMATS:
            raise CommandError(f"F must end in {' or '.join(FORMATS)}: rename it.")
        examples = Example.objects.all()
        if options["settled"]:
            examples = examples.settled()
        elif options["open"]:
            examples = examples.open()
        elif options["trainable"]:
            examples = examples.trainable()
        elif options["kept_apart"]:
            examples = examples.measuring()
        try:
            with tqdm(total=examples.showable().count(), unit="ex", disable=quiet) as bar:

                def move(rows: int) -> None:
                    bar.update(rows - bar.n)

                rows = export_file(file, examples, taxonomy=current_taxonomy(), on_progress=move)
        except (TaxonomyError, OSError) as exc:
            raise CommandError(str(exc)) from exc
        except KeyboardInterrupt as exc:
            raise CommandError("Broken off.", returncode=130) from exc
        self.stdout.write(f"{rows} examples written to {file}.")
