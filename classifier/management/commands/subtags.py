"""manage.py subtags: how far do the rules give replies the tags that reading them gives?"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from classifier.data import DataError
from classifier.intervals import wilson
from classifier.subtags import TAGS
from classifier.tagged import SHIPPED, Found, found_in, tagged_rows
from classifier.taxonomy import STARTER_TAXONOMY, load_taxonomy


class Command(BaseCommand):
    help = (
        "Print how often a tag that the rules give is right and how many of those"
        " that were given by hand they find; on the shipped texts or those of a file."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, metavar="F.jsonl")
        parser.add_argument(
            "--without-tone", action="store_true", help="as if every text were read as neutral"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        taxonomy = load_taxonomy(STARTER_TAXONOMY)
        for path in [options["file"]] if options["file"] else SHIPPED:
            try:
                rows = tagged_rows(path, taxonomy)
            except DataError as exc:
                raise CommandError(str(exc)) from exc
            with tqdm(total=len(rows), unit="row", disable=options["verbosity"] == 0) as bar:
                with_tone = not options["without_tone"]
                found = found_in(rows, taxonomy, with_tone=with_tone, on_row=bar.update)
            self.stdout.write(f"{path.stem}: {len(rows)} rows\n{as_table(found)}\n")


def as_table(found: Found) -> str:
    """A line per tag, then what was missed and what was given wrongly."""
    lines = [f"{'tag':<16}{'by hand':>9}  {'precision':<32}recall"]
    lines += [
        f"{tag:<16}{found.by_hand[tag]:>9}"
        f"  {share(found.both[tag], found.rules[tag]):<32}"
        f"{share(found.both[tag], found.by_hand[tag])}"
        for tag in TAGS
    ]
    for heading, texts in (("missed:", found.missed), ("given wrongly:", found.wrong)):
        lines += [heading, *([f"  {tag:<16}{text}" for tag, text in texts] or ["  nothing"])]
    return "\n".join(lines) + "\n"


def share(part: int, whole: int) -> str:
    """ "12 of 13 0.92 (0.67–0.99)"; the interval is of 95 %."""
    if not whole:
        return "–"
    low, high = wilson(part, whole)
    return f"{part} of {whole} {part / whole:.2f} ({low:.2f}–{high:.2f})"
