"""manage.py simulate_crowd: is the game's consensus worth its rules?"""

import json
import subprocess
from argparse import ArgumentParser
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from classifier.data import DataError, starter_rows
from classifier.taxonomy import current_taxonomy
from labelgame.simulation import throwaway, words
from labelgame.simulation.game import play_game
from labelgame.simulation.judging import Played, played_from

USUAL_ANSWERS = 3.5  # of all kinds, to a card: where the progress bar expects the end


class Command(BaseCommand):
    help = (
        "Let simulated people of mixed skill, some of them blind and one malicious, play the real"
        " game about texts whose labels only the simulation knows, each crowd in an installation"
        " that is thrown away; print how often consensus and majority are right, what whom earned"
        " and when who was found out. Some three minutes a crowd."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--crowds", type=int, default=1, help="how many, each from other dice")
        parser.add_argument("--players", type=int, default=30, help="of each crowd (30)")
        parser.add_argument("--examples", type=int, default=400, help="texts to play for (400)")
        parser.add_argument("--seed", type=int, default=4, help="of the first crowd (4)")
        parser.add_argument("--json", type=Path, metavar="OUT", help="also write all figures here")
        parser.add_argument(
            "--here", action="store_true",
            help="play one crowd in this very database, which must be empty",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        if options["crowds"] < 1 or options["players"] < 3 or options["examples"] < 1:
            raise CommandError("Give one crowd, three players and one example at least.")
        games = [self._here(options)] if options["here"] else self._elsewhere(options)
        if options["json"]:
            told = json.dumps({"crowds": [game.as_dict() for game in games]}, indent=2)
            options["json"].write_text(told + "\n", encoding="utf-8")
        if not options["here"]:
            self.stdout.write(words.of_many(games))

    def _here(self, options: dict[str, Any]) -> Played:
        try:
            throwaway.assert_thrown_away()
            rows = starter_rows(current_taxonomy())
        except (throwaway.NotEmpty, DataError) as exc:
            raise CommandError(str(exc)) from exc
        cards = options["examples"] * len(current_taxonomy().questions)
        with tqdm(
            total=round(cards * USUAL_ANSWERS), unit="answer", disable=options["verbosity"] == 0
        ) as bar:
            return play_game(
                rows=rows,
                players=options["players"],
                examples=options["examples"],
                seed=options["seed"],
                now=timezone.now(),
                on_answer=lambda answer: bar.update(),
            )

    def _elsewhere(self, options: dict[str, Any]) -> list[Played]:
        games = []
        for number in range(options["crowds"]):
            with TemporaryDirectory(prefix="nod-crowd-") as folder:
                game = self._in_a_folder(Path(folder), options["seed"] + number, options)
            self.stdout.write(
                f"crowd {number + 1} of {options['crowds']}: {words.of_a_game(game)}\n"
            )
            games.append(game)
        return games

    def _in_a_folder(self, folder: Path, seed: int, options: dict[str, Any]) -> Played:
        env = throwaway.environment(folder)
        told = folder / "played.json"
        try:
            throwaway.manage("migrate", "--verbosity", "0", env=env)
            throwaway.manage(
                "simulate_crowd", "--here", "--json", str(told), "--seed", str(seed),
                "--players", str(options["players"]), "--examples", str(options["examples"]),
                "--verbosity", str(options["verbosity"]), env=env,
            )  # fmt: skip
        except subprocess.CalledProcessError as exc:
            raise CommandError("The crowd's game broke off; the lines above say why.") from exc
        [game] = json.loads(told.read_text(encoding="utf-8"))["crowds"]
        return played_from(game)
