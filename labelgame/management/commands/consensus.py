"""manage.py consensus LABELS OUT: what the answers of any file of them settle on."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from classifier.data import DataError
from labelgame.aggregation import agreement
from labelgame.consensus import METHODS, Consensus, TooManyToTellApart, Votes, run
from labelgame.vote_files import FORMATS, read_gold, read_votes, whole, write_labels

AUTO = "auto"


class Command(BaseCommand):
    help = (
        "Settle the answers of a .csv or .jsonl file (task, worker, label) into one label for each"
        " task, with its probability (task, label, probability). Who is right more often counts for"
        " more; how that is judged is chosen by what does best on these answers."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("labels", type=Path, metavar="LABELS", help="task, worker, label")
        parser.add_argument("out", type=Path, metavar="OUT", help="task, label, probability")
        parser.add_argument(
            "--method", choices=[AUTO, *METHODS], default=AUTO, help="default: %(default)s"
        )
        parser.add_argument(
            "--gold", type=Path, metavar="GOLD", help="task, label: labels that are known"
        )
        parser.add_argument(
            "--json", type=Path, metavar="REPORT",
            help="also write the evidence for the method and the agreement of the workers here",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        source, target, quiet = options["labels"], options["out"], options["verbosity"] == 0
        for path in (source, target, options["gold"]):
            if path and path.suffix.lower() not in FORMATS:
                raise CommandError(
                    f"{path} must end in {' or '.join(FORMATS)}: rename or convert it."
                )
        for path in (target, options["json"]):
            if path and not path.absolute().parent.is_dir():
                raise CommandError(f"{path.parent} is no folder: make it first.")
        try:
            gold = read_gold(options["gold"]) if options["gold"] else {}
            votes = read(source, quiet)
            found = settle(votes, gold, options["method"], quiet)
            agreed = agreement.report(votes)
            write_labels(target, found)
            if options["json"]:
                with whole(options["json"]) as out:
                    out.write(json.dumps(report(votes, found, agreed), indent=2) + "\n")
        except (DataError, TooManyToTellApart, OSError) as exc:
            raise CommandError(str(exc)) from exc
        except KeyboardInterrupt as exc:
            raise CommandError("Broken off, nothing is written.", returncode=130) from exc
        self.say(votes, gold, found, agreed)
        self.stdout.write(f"{len(found.tasks)} tasks settled into {target}, by {found.method}.")

    def say(
        self,
        votes: Votes,
        gold: dict[str, str],
        found: Consensus,
        agreed: agreement.AgreementReport,
    ) -> None:
        if votes.said_again:
            self.stderr.write(
                f"{votes.said_again} answers were given again by the same worker to the same task:"
                " the last one counts."
            )
        if strange := len(set(gold) - set(votes.task_names)):
            self.stderr.write(f"{strange} tasks of the gold have no answers and are left out.")
        for each in found.evidence:
            self.stderr.write(
                f"{each.method}: right on {each.right} of {each.of} {each.basis},"
                f" log loss {each.log_loss:.3f}"
            )
        self.stderr.write(f"Agreement (Krippendorff's alpha): {agreed.overall.words}.")


def read(source: Path, quiet: bool) -> Votes:
    with tqdm(total=source.stat().st_size, unit="B", unit_scale=True, disable=quiet) as bar:
        votes = read_votes(source, on_progress=lambda position: bar.update(position - bar.n))
        bar.update(bar.total - bar.n)
    return votes


def settle(votes: Votes, gold: dict[str, str], method: str, quiet: bool) -> Consensus:
    with tqdm(total=1, unit="step", disable=quiet) as bar:

        def move(done: int, of: int, doing: str) -> None:
            bar.total = of
            bar.set_description(doing, refresh=False)
            bar.update(done - bar.n)

        return run(votes, gold=gold, method=None if method == AUTO else method, on_progress=move)


def report(votes: Votes, found: Consensus, agreed: agreement.AgreementReport) -> dict[str, Any]:
    return {
        "answers": len(votes),
        "said_again": votes.said_again,
        "tasks": len(found.tasks),
        "workers": len(votes.worker_names),
        "method": found.method,
        "evidence": [each.as_dict() for each in found.evidence],
        "priors": dict(found.priors),
        "agreement": agreed.as_dict(),
    }
