"""All the way round, in steps: texts come in, people answer, labels settle, a training starts by
itself, and the gate decides. Nobody lends a hand.

Two ways round. `Alone` does it all in this process, on a clock of its own: every text becomes an
example, so that picking by lot has the same choice as the mix. `Running` (processes.py) texts a Nod
that runs with all its processes: there the webhook decides what becomes an example.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory
from typing import Any, Protocol

from django.conf import settings
from django.utils import timezone

from classifier import actions, trainings
from classifier.data import Row
from classifier.dataset import rows_to_learn
from classifier.examples import CONSENSUS, Arrival, add_examples
from classifier.judged import judged_rows, test_rows
from classifier.models import Example, ExampleLabel, ExampleSource, ModelVersion, TrainingRun
from classifier.reader import live_reader
from classifier.readings import RULES, Reading
from classifier.scoring import scorer_of
from classifier.taxonomy import Taxonomy, current_taxonomy
from classifier.training.config import TrainingConfig, base_model_from
from classifier.training.produce import produce
from classifier.training.run import learnt_from, report_of
from labelgame import background
from labelgame.models import GameSettings
from labelgame.simulation.crowd import Crowd
from labelgame.simulation.known import Known
from labelgame.upkeep import relabelling, rereading

DAY = timedelta(days=1)  # between two steps: a training by itself comes no oftener
READ_TOGETHER = 64
MIX, BY_LOT = "mix", "random"


class BrokeOff(Exception):
    """The loop cannot go on; the message says where it ended."""


class Nod(Protocol):
    crowd: Crowd

    def receive(self, rows: Sequence[Row]) -> None:
        """These texts come in and are read."""

    def play(self, answers: int) -> None:
        """People give so many, or as many as there are cards for."""

    def learn(self) -> TrainingRun | None:
        """A day passes; the training that started by itself, once it is over; None: none did."""


@dataclass(frozen=True, slots=True)
class Step:
    """Where it stood after so many steps. Scores are macro-F1 on the frozen test set."""

    number: int
    texts: int  # that came so far
    examples: int  # that they became
    answers: int  # given so far about the first question, of all kinds
    settled: int  # labels of the first question that players settled
    right: int  # of these
    in_review: int
    version: str  # that this step's training made; empty: none was made
    rows: int  # it learnt
    # In the first question: its own, and of the same rows learnt again by other seeds.
    scores: tuple[float, ...]
    tone: float | None  # its own in the second question, where there is one
    promoted: bool
    verdict: str
    failed: tuple[str, ...]  # the gate's checks that did not hold
    live: str
    live_score: float
    because: str  # why the training started
    seconds: float

    @property
    def score(self) -> float | None:
        """None where nothing was trained."""
        return fmean(self.scores) if self.scores else None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> "Step":
        """As JSON has it, which knows no tuples."""
        lists = {name: tuple(value) for name, value in told.items() if isinstance(value, list)}
        return cls(**{**told, **lists})

    @property
    def words(self) -> str:
        share = f", {self.right / self.settled:.1%} of them right" if self.settled else ""
        made = (
            f"{self.version} scores {self.scores[0]:.4f} (mean of {len(self.scores)}:"
            f" {self.score:.4f})"
            if self.score is not None
            else "no training"
        )
        fate = "" if not self.version else "promoted" if self.promoted else "refused"
        if self.failed:
            fate += f" ({', '.join(self.failed)})"
        return (
            f"step {self.number}: {self.texts} texts, {self.answers} answers, {self.settled} labels"
            f"{share}; {made}, {fate}; live: {self.live}, {self.live_score:.4f}"
        )


def go_round(
    nod: Nod,
    rows: Sequence[Row],
    *,
    steps: int,
    answers: int,
    trainings: int = 1,
) -> Iterator[Step]:
    """The first one is where it starts. `answers`: about the first question, of each step; `rows`
    come in equal parts; `trainings`: whose mean is the score of a step.
    """
    yield where_it_starts(trainings=trainings)
    texts = 0
    for number in range(1, steps + 1):
        began = time.monotonic()
        part = rows[texts : round(len(rows) * number / steps)]
        nod.receive(part)
        texts += len(part)
        nod.play(answers)
        run = nod.learn()
        yield step_after(
            run, nod.crowd, number=number, texts=texts, began=began, trainings=trainings
        )


def pick(picking: str) -> None:
    """By the usual mix, or by lot alone."""
    game = GameSettings.current()
    if picking == BY_LOT:
        game.doubt_share = game.disagreement_share = game.rarity_share = game.relabel_share = 0.0
        game.random_share = 1.0
    game.save()


def put_first_live(*, now: datetime) -> ModelVersion:
    """What the small starter set made, whatever the gate said of it: one has to begin somewhere."""
    live = ModelVersion.objects.live().first()
    if live is None:
        live = ModelVersion.objects.newest_first().first()
        if live is None:
            raise BrokeOff("There is no first model: its training failed.")
        actions.promote(
            version=live, by="the simulation", now=now, reason="the first one",
            although="a simulation has to begin somewhere",
        )  # fmt: skip
    return live


def where_it_starts(*, trainings: int) -> Step:
    live = ModelVersion.objects.live().get()
    scores = scores_of(live, trainings=trainings)
    return Step(
        number=0, texts=0, examples=0, answers=0, settled=0, right=0, in_review=0,
        version=live.name, rows=live.report["training"]["rows"],
        scores=scores, tone=tone_of(live), promoted=True, verdict=live.verdict,
        failed=failed(live), live=live.name, live_score=score_of(live), because="", seconds=0.0,
    )  # fmt: skip


def step_after(
    run: TrainingRun | None,
    crowd: Crowd,
    *,
    number: int,
    texts: int,
    began: float,
    trainings: int,
) -> Step:
    version = run.version if run else None
    live = ModelVersion.objects.live().get()
    settled, right = labels_of_players(crowd.known)
    scores = scores_of(version, trainings=trainings) if version else ()
    return Step(
        number=number,
        texts=texts,
        examples=Example.objects.count(),
        answers=answers_so_far(crowd),
        settled=settled,
        right=right,
        in_review=Example.objects.in_review().count(),
        version=version.name if version else "",
        rows=version.report["training"]["rows"] if version else 0,
        scores=scores,
        tone=tone_of(version) if version else None,
        promoted=version == live,
        verdict=version.verdict if version else "",
        failed=failed(version) if version else (),
        live=live.name,
        live_score=score_of(live),
        because=run.because if run else "",
        seconds=round(time.monotonic() - began, 1),
    )


def scores_of(version: ModelVersion, *, trainings: int) -> tuple[float, ...]:
    """Its own, and what the same rows give with other seeds, which nobody will ever serve. One
    training more or less is a point of a hundred, as much as a step of the loop is worth.
    """
    scores = [score_of(version)]
    if trainings > 1:
        taxonomy = current_taxonomy()
        rows = rows_to_learn(taxonomy)
        scores += [learnt_again(rows, taxonomy, seed=seed) for seed in range(1, trainings)]
    return tuple(scores)


def learnt_again(rows: Sequence[Row], taxonomy: Taxonomy, *, seed: int) -> float:
    """A background training as it would be with another seed, judged as a candidate is."""
    config = TrainingConfig(base_model=base_model_from(settings.BASE_MODEL), seed=seed)
    judged = judged_rows(taxonomy)
    with TemporaryDirectory(prefix="nod-again-") as folder:
        version = produce(
            learnt_from(rows, taxonomy, judged), taxonomy, config,
            models_dir=Path(folder), now=timezone.now(), held_out=judged, quiet=True,
        )  # fmt: skip
        assert version is not None  # this process trains alone
        report = report_of(scorer_of(version, gpu=False), test_rows(taxonomy), taxonomy)
    return float(report["questions"][report["primary"]]["macro_f1"])


def score_of(version: ModelVersion) -> float:
    report = version.report
    return float(report["questions"][report["primary"]]["macro_f1"])


def tone_of(version: ModelVersion) -> float | None:
    tone = version.report["questions"].get("tone")
    return float(tone["macro_f1"]) if tone else None


def failed(version: ModelVersion) -> tuple[str, ...]:
    checks = version.checks.get("checks", [])
    return tuple(check["name"] for check in checks if not check["holds"])


def answers_so_far(crowd: Crowd) -> int:
    """About the first question. The score sees no other, and by lot people are asked about each
    question as often, by the mix mostly about the first: it would win by that alone.
    """
    return crowd.answers_about(current_taxonomy().primary.name)


def labels_of_players(known: Known) -> tuple[int, int]:
    """How many settled for the first question, and how many of them right."""
    question = current_taxonomy().primary.name
    labels = ExampleLabel.objects.standing().of_question(question).filter(by=CONSENSUS)
    truths = [
        known.truth_of(example, question) == label
        for example, label in labels.values_list("example_id", "label")
    ]
    return len(truths), sum(truths)


@dataclass
class Alone:
    crowd: Crowd

    def receive(self, rows: Sequence[Row]) -> None:
        reader, now = live_reader(), self.crowd.now
        for start in range(0, len(rows), READ_TOGETHER):
            some = rows[start : start + READ_TOGETHER]
            readings = reader.read([row.pair for row in some])
            arrivals = [
                arrival(row, reading, now=now)
                for row, reading in zip(some, readings, strict=True)
                if reading.model != RULES  # no model is asked about those
            ]
            add_examples(arrivals=arrivals, now=now)
        background.see_to_game(now=now)
        background.weigh(now=now)

    def play(self, answers: int) -> None:
        goal = answers_so_far(self.crowd) + answers
        while (left := goal - answers_so_far(self.crowd)) > 0:
            if not self.crowd.play_break(most=left):
                break  # nothing is left to settle

    def learn(self) -> TrainingRun | None:
        self.crowd.weigh(anyway=True)
        self.crowd.settle()
        self.crowd.now += DAY
        now = self.crowd.now
        relabelling.look_again(now=now)
        if (due := trainings.why_train(now=now)) is None:
            return None
        reason, because = due
        trainings.request_training(reason=reason, because=because, by="scheduler", now=now)
        run = trainings.take_up(now=now)
        assert run is not None  # nobody else is here to take it
        trainings.do(run)
        while rereading.read_some():
            pass
        run.refresh_from_db()
        return over(run)


def arrival(row: Row, reading: Reading, *, now: datetime) -> Arrival:
    sure = reading.threshold is not None and reading.confidence >= reading.threshold
    return Arrival(
        pair=row.pair,
        source=ExampleSource.Kind.MESSAGE,
        reference=f"simulated {row.where}",
        received_at=now,
        reading=reading,
        unsure=not sure,
    )


def over(run: TrainingRun) -> TrainingRun:
    if run.state != TrainingRun.State.FINISHED or run.version is None:
        raise BrokeOff(f"The training ended {run.state}: {run.error or 'no word of why'}")
    return run
