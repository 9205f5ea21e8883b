"""manage.py train: rows -> a new model version, judged, and live if it is better."""

from argparse import ArgumentParser
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from classifier import trainings
from classifier.data import DataError, Row, load_rows
from classifier.dataset import number_of_rows, rows_to_learn
from classifier.models import ModelVersion, TrainingRun
from classifier.reports import as_table
from classifier.taxonomy import Taxonomy, TaxonomyError, current_taxonomy, load_taxonomy
from classifier.versions import BadExport, DamagedVersion

BY = "manage.py train"
# What makes it another training than the one that may have been asked for.
OF_ITS_OWN = ("data", "taxonomy", "base_model", "epochs", "no_promote")


class Command(BaseCommand):
    help = "Train a model version, compare it with the live one, and put it live if it is better."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--data", nargs="+", type=Path, metavar="F.jsonl",
            help="JSON-lines files to train on, in place of the starter set and ROWS_DIR",
        )  # fmt: skip
        parser.add_argument("--taxonomy", type=Path, help="default: TAXONOMY_FILE")
        parser.add_argument(
            "--base-model", help="a checkpoint's folder or hub name; default: BASE_MODEL"
        )
        parser.add_argument("--epochs", type=int)
        parser.add_argument(
            "--hurry", action="store_true",
            help="fewer epochs: minutes in place of a quarter of an hour, for the first start",
        )  # fmt: skip
        parser.add_argument(
            "--if-none", action="store_true", help="do nothing if a model version is live"
        )
        parser.add_argument(
            "--waiting", action="store_true",
            help="do the training that waits, if one does, as the training worker does",
        )  # fmt: skip
        parser.add_argument(
            "--no-promote", action="store_true", help="leave it a candidate, however good"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["waiting"]:
            if (run := trainings.take_up(now=timezone.now())) is not None:
                trainings.step_aside()
                trainings.do(run)
            return
        if options["if_none"] and (live := ModelVersion.objects.live().first()) is not None:
            self.stdout.write(f"{live.name} is live: nothing to train.")
            return
        if options["epochs"] is not None and options["epochs"] < 1:
            raise CommandError("--epochs must be 1 or more.")
        try:
            taxonomy = load_taxonomy(options["taxonomy"] or Path(settings.TAXONOMY_FILE))
            rows = rows_for(options["data"], taxonomy)
            self.stdout.write(self.train(rows, taxonomy, options))
        except trainings.OneIsUnderWay as exc:
            raise CommandError(str(exc)) from exc
        except trainings.Stopped as exc:
            raise CommandError("Somebody stopped this training, or took it over.") from exc
        # OSError: no such checkpoint, disk full
        except (TaxonomyError, DataError, DamagedVersion, BadExport, OSError) as exc:
            raise CommandError(str(exc)) from exc
        except RuntimeError as exc:  # torch's: no memory, or a layer that it cannot compute
            raise CommandError(
                f"The training broke off ({type(exc).__name__}): {exc}\nWhat it had learnt is kept:"
                " give the same command again. If it breaks off there once more, choose another"
                " checkpoint with --base-model; --traceback shows where it was."
            ) from exc

    def train(self, rows: list[Row], taxonomy: Taxonomy, options: dict[str, Any]) -> str:
        # Imported when needed: torch takes seconds, which --if-none must not cost at every start.
        from classifier.training.config import TrainingConfig, base_model_from
        from classifier.training.loop import accelerator_for_training
        from classifier.training.run import Outcome, refused_before, train_version

        config = TrainingConfig(
            base_model=base_model_from(options["base_model"] or settings.BASE_MODEL)
        )
        if options["hurry"]:
            config = config.hurried()
        config = replace(config, epochs=options["epochs"] or config.epochs)
        if options["if_none"] and (refused := refused_before(rows, taxonomy, config)) is not None:
            return (
                f"{refused.name} was made from the same rows, and the gate refused it: nothing to"
                f" train until there are other rows.\n{refused.verdict}"
            )
        # It would answer questions that nobody here asks.
        is_of_other_labels = taxonomy.label_names != current_taxonomy().label_names
        # What the scheduler compares with: of other rows it says nothing.
        if options["data"]:
            given: dict[str, Any] = {"other_rows": True}
        else:
            given = {"rows_given": number_of_rows(taxonomy)}

        def trained(
            on_progress: Callable[[object], object], on_stage: Callable[[str], object]
        ) -> Outcome | None:
            return train_version(
                rows=rows,
                taxonomy=taxonomy,
                config=config,
                by=BY,
                lineage={"reason": BY, "hurried": options["hurry"], **given},
                now=timezone.now(),
                may_promote=not (options["no_promote"] or is_of_other_labels),
                quiet=options["verbosity"] == 0,
                on_progress=on_progress,
                on_stage=on_stage,
            )

        # One of several only helps the first one, whose run it is.
        if not accelerator_for_training().is_main_process:
            trained(lambda progress: None, lambda stage: None)
            return ""
        in_its_place = not any(options[name] for name in OF_ITS_OWN)
        run = trainings.begin(by=BY, now=timezone.now(), in_its_place=in_its_place)
        with trainings.accounted_for(run):
            outcome = trained(trainings.signs_of_life(run), trainings.signs_of_stages(run))
            assert outcome is not None  # only helpers get none
            trainings.finish(
                run, TrainingRun.State.FINISHED, now=timezone.now(), version=outcome.candidate
            )
        name, training = outcome.candidate.name, outcome.candidate.report["training"]
        standing = f"{name} is live." if outcome.promoted else f"{name} stays a candidate."
        if is_of_other_labels and outcome.verdict.passed:
            standing += " Its labels are not those of TAXONOMY_FILE: set it, then promote."
        return "\n\n".join(
            (
                f"{name}: trained on {training['rows']} rows in {training['seconds']:.0f} s.",
                as_table(outcome.candidate.report),
                as_table(outcome.rival_report),
                outcome.verdict.words,
                standing,
            )
        )


def rows_for(files: list[Path] | None, taxonomy: Taxonomy) -> list[Row]:
    if files:
        return load_rows(files, taxonomy)
    try:
        return rows_to_learn(taxonomy)
    except DataError as exc:
        raise DataError(
            f"{exc} The starter set has Nod's own labels: give rows of yours with --data."
        ) from exc
