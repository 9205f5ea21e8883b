"""manage.py classify IN OUT: a file of replies, of any size, read in bounded memory."""

from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from classifier.data import DataError
from classifier.distributed import IN_FLIGHT, CannotDistribute, by_workers
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
        parser.add_argument(
            "--distributed", action="store_true",
            help="let the workers of the queue `files` read, on all their machines",
        )  # fmt: skip
        parser.add_argument(
            "--in-flight", type=int, default=IN_FLIGHT, metavar="N",
            help="chunks under way at once; about two for each worker (default: %(default)s)",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        source, target = options["source"], options["target"]
        quiet = options["verbosity"] == 0
        if source.suffix.lower() not in FORMATS or target.suffix.lower() != source.suffix.lower():
            raise CommandError(
                f"IN and OUT must both end in {' or both in '.join(FORMATS)}: rename them, or"
                " convert IN first."
            )
        if options["in_flight"] < 1:
            raise CommandError("--in-flight must be 1 or more.")

        try:
            with tqdm(total=source.stat().st_size, unit="B", unit_scale=True, disable=quiet) as bar:

                def say(sentence: str) -> None:
                    with bar.external_write_mode():
                        self.stderr.write(sentence)

                def plan(begun_with: str) -> Plan:
                    name = version_for(begun_with, say)
                    if options["distributed"]:
                        return by_workers(name, in_flight=options["in_flight"], say=say)
                    return here(reader_of(name))

                def move(position: int, rows: int) -> None:
                    bar.set_postfix(rows=rows, refresh=False)
                    bar.update(position - bar.n)

                rows = read_file(
                    source,
                    target,
                    plan=plan,
                    say=say,
                    on_progress=move,
                    afresh=options["afresh"],
                )
        except (DataError, DamagedVersion, CannotDistribute, OSError) as exc:
            raise CommandError(str(exc)) from exc
        except KeyboardInterrupt as exc:
            raise CommandError("Broken off.", returncode=130) from exc  # as shells say of Ctrl-C
        self.stdout.write(f"{rows} rows read into {target}.")


def version_for(begun_with: str, say: Callable[[str], object]) -> str:
    """The live one, but a file that was begun with another one is finished with that."""
    live = live_name()
    if begun_with in ("", live):
        say(f"Reading with {live}.")
        return live
    say(
        f"Reading with {begun_with}, as this file was begun, though {live} is live since: scores"
        " of two versions do not compare. --afresh reads every row with the live one."
    )
    return begun_with
