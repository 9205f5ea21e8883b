"""manage.py simulate_loop: does the model get better by itself, and what does picking save?"""

import json
import shutil
import subprocess
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from classifier.data import DataError, load_rows, starter_rows
from classifier.taxonomy import current_taxonomy
from labelgame.dice import loaded_dice
from labelgame.simulation import learning_page, processes, throwaway
from labelgame.simulation.crowd import Crowd, invite
from labelgame.simulation.inflow import NoInflow, as_in_life
from labelgame.simulation.known import Known
from labelgame.simulation.loop import (
    BY_LOT,
    MIX,
    Alone,
    BrokeOff,
    Nod,
    Step,
    go_round,
    pick,
    put_first_live,
)
from labelgame.simulation.people import crowd_of
from labelgame.simulation.saved import saved
from labelgame.simulation.shipped import Shipped, ship
from labelgame.simulation.texting import NotTaken

ARMS = {MIX: [MIX], BY_LOT: [BY_LOT], "both": [MIX, BY_LOT]}


class Command(BaseCommand):
    help = (
        "Train a model on a fifth of the starter set, then let the rest come as texts, as often of"
        " each kind as in life, and simulated people answer, in steps; after each, the training"
        " that starts by itself and the gate's verdict. In installations that are thrown away."
        " Half an hour for each way of picking on two cores."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--picking", choices=ARMS, default="both", help="what is asked next")
        parser.add_argument("--steps", type=int, default=5)
        parser.add_argument(
            "--answers", type=int, default=2000, help="about the first question, of a step (2,000)"
        )
        parser.add_argument(
            "--trainings", type=int, default=1,
            help="of the same rows, each with another seed, whose mean is the score of a step (1)",
        )  # fmt: skip
        parser.add_argument("--rows", type=int, help="of the starter set, used at all: all")
        parser.add_argument("--share", type=float, default=0.2, help="of these, known at first")
        parser.add_argument(
            "--even", action="store_true",
            help="all the other rows come, instead of as many of each intent as in life, where most"
            " people confirm",
        )  # fmt: skip
        parser.add_argument("--players", type=int, default=30)
        parser.add_argument("--seed", type=int, default=4)
        parser.add_argument("--base-model", help="a checkpoint's folder or hub name")
        parser.add_argument(
            "--retrain-after", type=int, default=settings.RETRAIN_AFTER_ROWS, metavar="ROWS",
            help="new ones, before a training starts by itself",
        )  # fmt: skip
        parser.add_argument(
            "--processes", action="store_true",
            help="for the mix: text a Nod that runs with all its processes and asks what it is"
            " unsure of; the lot asks about any text all the same",
        )  # fmt: skip
        parser.add_argument("--json", type=Path, metavar="OUT", help="also write all figures here")
        parser.add_argument(
            "--docs", type=Path, metavar="DIR", help="fill learning.md in this folder, and draw"
        )
        parser.add_argument(
            "--here", type=Path, metavar="ROWS.jsonl",
            help="go round in this very installation, which must be empty, with these rows",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        counts = [options[name] for name in ("steps", "answers", "trainings")]
        if min(counts) < 1 or not 0 < options["share"] < 1:
            raise CommandError(
                "Give a step, an answer, a training, and a share between 0 and 1 at least."
            )
        try:
            arms = self._here(options) if options["here"] else self._elsewhere(options)
        except subprocess.CalledProcessError as exc:
            raise CommandError("The loop broke off; the lines above say why.") from exc
        except (BrokeOff, NoInflow, NotTaken, DataError, throwaway.NotEmpty) as exc:
            raise CommandError(str(exc)) from exc
        self._tell(arms, options)

    def _tell(self, arms: dict[str, list[Step]], options: dict[str, Any]) -> None:
        if options["json"]:
            told = {name: [step.as_dict() for step in steps] for name, steps in arms.items()}
            options["json"].write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
        if options["docs"]:
            try:
                learning_page.write(options["docs"], arms, how=how(options))
            except (OSError, learning_page.NoPlace) as exc:
                raise CommandError(str(exc)) from exc
        if (found := saved(arms.get(MIX, ()), arms.get(BY_LOT, ()))) is not None:
            self.stdout.write(
                f"{found.score:.4f} took {found.by_mix:,.0f} answers by the mix and"
                f" {found.by_lot:,.0f} by lot: {found.share:.0%}"
            )

    # ---- in an installation of its own -----------------------------------------------------

    def _here(self, options: dict[str, Any]) -> dict[str, list[Step]]:
        throwaway.assert_thrown_away(versions=True)
        now, taxonomy, seed = timezone.now(), current_taxonomy(), options["seed"]
        rows = load_rows([options["here"]], taxonomy)
        if not options["even"]:
            rows = as_in_life(rows, taxonomy.primary.name, Random(seed))
        put_first_live(now=now)
        pick(options["picking"])
        known = Known([*starter_rows(taxonomy), *rows], taxonomy, seed=seed)
        dice = Random(seed)
        seats = invite(crowd_of(options["players"], dice), now=now, seed=seed)
        crowd = Crowd(seats, known, now, dice)
        steps = []
        with (
            loaded_dice(seed),
            tqdm(
                total=options["steps"] * options["answers"],
                unit="answer",
                desc=options["picking"],
                disable=options["verbosity"] == 0,
            ) as bar,
            self._nod(crowd, options) as nod,
        ):
            first = taxonomy.primary.name
            crowd.on_answer = lambda answer: bar.update(answer.poll.question == first)
            for step in go_round(
                nod, rows,
                steps=options["steps"], answers=options["answers"], trainings=options["trainings"],
            ):  # fmt: skip
                steps.append(step)
                with bar.external_write_mode():
                    self.stdout.write(step.words)
        return {options["picking"]: steps}

    @contextmanager
    def _nod(self, crowd: Crowd, options: dict[str, Any]) -> Iterator[Nod]:
        if not options["processes"]:
            yield Alone(crowd)
            return
        with processes.started(Path(settings.VAR_DIR)) as base_url:
            yield processes.Running(crowd, base_url)

    # ---- from outside ----------------------------------------------------------------------

    def _elsewhere(self, options: dict[str, Any]) -> dict[str, list[Step]]:
        with TemporaryDirectory(prefix="nod-loop-") as name:
            folder = Path(name)
            shipped = ship(
                folder, rows=options["rows"], share=options["share"], seed=options["seed"]
            )
            self.stdout.write(f"the first model learns from {shipped.rows} rows")
            first = folder / "first"
            env = self._environment(first, options)
            throwaway.manage("migrate", "--verbosity", "0", env=env, code=shipped.code)
            throwaway.manage("train", env=env, code=shipped.code, quiet=True)
            arms = {}
            for picking in ARMS[options["picking"]]:
                shutil.copytree(first, folder / picking)  # both start from the same model
                arms[picking] = self._arm(folder / picking, picking, shipped, options)
        return arms

    def _arm(
        self, var_dir: Path, picking: str, shipped: Shipped, options: dict[str, Any]
    ) -> list[Step]:
        told = var_dir / "steps.json"
        with_processes = options["processes"] and picking == MIX
        passed_on = [
            f"--{name}={options[name]}"
            for name in ("steps", "answers", "trainings", "players", "seed", "verbosity")
        ]
        throwaway.manage(
            "simulate_loop", "--here", str(shipped.held_back), "--picking", picking,
            "--json", str(told), *passed_on,
            *(["--processes"] if with_processes else []), *(["--even"] if options["even"] else []),
            env=self._environment(var_dir, options), code=shipped.code,
        )  # fmt: skip
        steps = json.loads(told.read_text(encoding="utf-8"))[picking]
        return [Step.from_dict(step) for step in steps]

    def _environment(self, var_dir: Path, options: dict[str, Any]) -> dict[str, str]:
        base = options["base_model"] or settings.BASE_MODEL
        given = {
            "BASE_MODEL": str(Path(base).absolute()) if base and Path(base).is_dir() else base,
            "RETRAIN_AFTER_ROWS": str(options["retrain_after"]),
        }
        if options["processes"]:
            given |= {**processes.SETTINGS, "PORT": str(processes.free_port())}
        return throwaway.environment(var_dir, given)


def how(options: dict[str, Any]) -> str:
    """The command, so that it can be run again, and what it stands for."""
    said = [
        f"--{name} {options[name]}"
        for name in ("picking", "steps", "answers", "trainings", "share", "players", "seed", "rows")
        if options[name] is not None
    ]
    said += [f"--{name}" for name in ("even", "processes") if options[name]]
    return f"`manage.py simulate_loop {' '.join(said)}`, on {date.today():%d %B %Y}."
