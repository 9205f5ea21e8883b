"""manage.py masking: how much of what identifies people does masking find?"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from classifier.data import DataError
from classifier.intervals import wilson
from classifier.masking import KINDS
from classifier.planted import FLOORS, SHIPPED, Miss, Recall, planted_rows, recall_of


class Command(BaseCommand):
    help = (
        "Print what share of planted identifiers masking hides, by kind, what it misses and how"
        " many words it takes for nothing; on the shipped texts or those of a file."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, metavar="F.jsonl")

    def handle(self, *args: Any, **options: Any) -> None:
        files = [options["file"]] if options["file"] else SHIPPED
        for path in files:
            try:
                rows = planted_rows(path)
            except (DataError, OSError) as exc:
                raise CommandError(str(exc)) from exc
            with tqdm(total=len(rows), unit="row", disable=options["verbosity"] == 0) as bar:
                recall = recall_of(rows, on_row=bar.update)
            self.stdout.write(f"{path.stem}: {len(rows)} rows\n{as_table(recall)}\n")


def as_table(recall: Recall) -> str:
    """A line per kind, then what was missed and what was taken for nothing."""
    lines = [f"{'kind':<9}{'hidden':>12}{'recall':>9}   95 % interval   as its kind   asked for"]
    for kind in KINDS:
        planted, hidden = recall.planted[kind], recall.hidden[kind]
        if not planted:
            continue
        low, high = wilson(hidden, planted)
        lines.append(
            f"{kind:<9}{f'{hidden} of {planted}':>12}{hidden / planted:>9.3f}"
            f"   {low:.3f} to {high:.3f}{recall.named[kind]:>13}"
            f"{FLOORS.get(kind, '–'):>12}"
        )
    lines += ["missed:", *_listed(recall.misses)]
    lines += [f"masked for nothing, {len(recall.lost)} of {recall.words:,} other words:"]
    lines += _listed(recall.lost)
    lines.append(f"clean texts that lost a word: {recall.spoilt} of {recall.clean}")
    return "\n".join(lines) + "\n"


def _listed(misses: list[Miss]) -> list[str]:
    return [f"  {miss.kind:<9}{miss.words}   ({miss.text})" for miss in misses] or ["  nothing"]
