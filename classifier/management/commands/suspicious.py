"""manage.py suspicious: which labels should a person look at again?"""

import json
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from classifier.data import DataError, load_rows
from classifier.dataset import training_rows
from classifier.suspicious import Suspicion, suspicions
from classifier.taxonomy import current_taxonomy


class Command(BaseCommand):
    help = (
        "Print the rows whose label a model does not believe that learnt from all the others, of"
        " the training rows or of a file."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, metavar="F.jsonl")
        parser.add_argument("--question", help="default: the first of the taxonomy")
        parser.add_argument("--top", type=int, default=100, help="how many, default: 100")
        parser.add_argument("--json", type=Path, metavar="OUT", help="also write them here")

    def handle(self, *args: Any, **options: Any) -> None:
        taxonomy = current_taxonomy()
        if options["top"] < 1:
            raise CommandError("--top must be 1 or more.")
        question = taxonomy.question(options["question"] or taxonomy.primary.name)
        if question is None:
            raise CommandError(
                f"{options['question']!r} is no question here. Ask about one of"
                f" {', '.join(taxonomy.label_names)}."
            )
        try:
            rows = (
                load_rows([options["file"]], taxonomy)
                if options["file"]
                else training_rows(taxonomy)
            )
            with tqdm(total=len(rows), unit="row", disable=options["verbosity"] == 0) as bar:

                def move(done: int, total: int) -> None:
                    bar.total = total
                    bar.update(done - bar.n)

                found = suspicions(rows, taxonomy, question, on_progress=move)
        except DataError as exc:
            raise CommandError(str(exc)) from exc
        first = found[: options["top"]]
        if options["json"]:
            listed = {
                "question": question.name,
                "rows": len(rows),
                "disbelieved": len(found),
                "suspicions": [suspicion.as_dict() for suspicion in first],
            }
            text = json.dumps(listed, indent=2, ensure_ascii=False)
            options["json"].write_text(text + "\n", encoding="utf-8")
        self.stdout.write(as_list(first))
        self.stdout.write(
            f"{len(found)} of {len(rows)} labels of the question {question.name} are disbelieved;"
            f" {len(first)} shown, the least believed first. A disbelieved label may well be right."
        )


def as_list(found: Sequence[Suspicion]) -> str:
    """A paragraph per row."""
    return "".join(
        f"{number}. {each.row.where}\n"
        f"   labelled {each.label} ({each.belief:.3f}), believed {each.believed}"
        f" ({each.confidence:.2f})\n"
        f"   reminder: {each.row.prompt or '–'}\n"
        f"   reply:    {each.row.text}\n\n"
        for number, each in enumerate(found, start=1)
    )
