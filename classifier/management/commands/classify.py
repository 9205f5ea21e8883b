"""manage.py classify IN OUT: a file of replies, of any size, read in bounded memory."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from classifier.data import DataError
from classifier.files import FORMATS, Plan, here, read_file
from classifier.reader import live_name, reader_of
from classifier.versions import DamagedVersion


class Command(BaseCommand):
    help = (
        "Read every reply of a .csv or .jsonl file and write each row back with its reading."
        " The same command again goes on where a killed one was."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", type=Path, metavar="IN", help="columns text and prompt")
        parser.add_argument("target", type=Path, metavar="OUT", help="of the same kind as IN")
        parser.add_argument(
            "--afresh", action="store_true",
            help="read every row with the live version, whatever a killed run has left",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        source, target = options["source"], options["target"]
        quiet = options["verbosity"] == 0
        if source.suffix.lower() not in FORMATS or target.suffix.lower() != source.suffix.lower():
            raise CommandError(
                f"IN and OUT must both end in {' or both in '.join(FORMATS)}: rename them, or"
                " convert IN first."
            )
        try:
            size = source.stat().st_size
            with tqdm(total=size, unit="B", unit_scale=True, disable=quiet) as bar:

                def move(position: int, rows: int) -> None:
                    bar.set_postfix(rows=rows, refresh=False)
                    bar.update(position - bar.n)

                rows = read_file(
                    source,
                    target,
                    plan=self.plan,
                    say=self.stderr.write,
                    on_progress=move,
                    afresh=options["afresh"],
                )
        except (DataError, DamagedVersion, OSError) as exc:
            raise CommandError(str(exc)) from exc
        self.stdout.write(f"{rows} rows read into {target}.")

    def plan(self, begun_with: str) -> Plan:
        """The live version, but a file that was begun with another one is finished with that."""
        live = live_name()
        name = begun_with or live
        if name == live:
            self.stderr.write(f"Reading with {name}.")
        else:
            self.stderr.write(
                f"Reading with {name}, as this file was begun, though {live} is live since: scores"
                " of two versions do not compare. --afresh reads every row with the live one."
            )
        try:
            return here(reader_of(name))
        except DamagedVersion as exc:
            if name == live:
                raise
            raise DamagedVersion(f"{exc} Or give --afresh, to read every row with {live}.") from exc
