"""How quickly a training learns, against `transformers.Trainer` with its defaults; and how quickly
texts are read while a training runs beside.

The Trainer is given what most people would give it: a sequence classifier of the same base model
over the pair (reminder, reply), the same rows and as many epochs, padding by batch; everything else
as it comes (tests/bench/trainer.py). It learns the intent alone, ours the tone as well. Both are
judged on the same validation rows, with three seeds each: how far these spread says which
difference is chance.
"""

import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from django.conf import settings
from transformers import AutoTokenizer

from classifier.data import Split, starter_rows
from classifier.reader import Reader
from classifier.readings import Pair
from classifier.scoring import scorer_of
from classifier.taxonomy import STARTER_TAXONOMY, Taxonomy, load_taxonomy
from classifier.training.config import TrainingConfig
from classifier.training.loop import accelerator_for_training, kept_epoch, train_network
from classifier.training.produce import text_tokenizer, training_split
from tests.bench.reading import milliseconds, version_to_measure
from tests.bench.table import Limit, Line, percentile

ROWS, EPOCHS = 720, 3
EVERY = 3  # of the validation rows: enough to compare two by, and a third of the time
SEEDS = (1, 2, 3)
T_95 = 2.132  # Student's t at 95 %, one-sided, for two times three seeds
AIM_TRAINING = 2.0
SLOWER_WHILE_TRAINING = 1.5
WARM_UP, READINGS = 30, 600


@dataclass(frozen=True)
class Learnt:
    rate: float  # rows a second, validation included
    f1: float  # macro-F1 of the intent


def measure() -> Iterable[Line | Limit]:
    taxonomy = load_taxonomy(STARTER_TAXONOMY)
    idle, busy = latencies(taxonomy)
    for name, share, aim in (("p50", 0.5, None), ("p95", 0.95, 1 / SLOWER_WHILE_TRAINING)):
        yield Line(f"one text while training, {name}", "ms", percentile(busy, share),
                   "the same while none trains", percentile(idle, share), aim,
                   lower_is_better=True)  # fmt: skip

    data = rows_to_learn(taxonomy)
    ours: list[Learnt] = []
    theirs: list[Learnt] = []
    for seed in SEEDS:  # in turn: a slow moment of the machine hits both
        ours.append(by_nod(data, taxonomy, seed))
        theirs.append(by_trainer(seed))
    yield Line("examples learnt", "rows/s", statistics.median(each.rate for each in ours),
               "Trainer, its defaults", statistics.median(each.rate for each in theirs),
               AIM_TRAINING)  # fmt: skip
    points, by_chance = behind([100 * each.f1 for each in ours], [100 * each.f1 for each in theirs])
    yield Limit(f"macro-F1 behind the Trainer's, {len(SEEDS)} seeds", "points", points, by_chance)


def rows_to_learn(taxonomy: Taxonomy) -> Split:
    """Few rows, evenly from all files, for both."""
    whole = training_split(starter_rows(taxonomy), taxonomy)
    train = whole.train[:: len(whole.train) // ROWS][:ROWS]
    return Split(train, whole.validation[::EVERY])


def by_nod(data: Split, taxonomy: Taxonomy, seed: int) -> Learnt:
    """After the epoch that is kept."""
    config = TrainingConfig(epochs=EPOCHS, seed=seed)
    words = AutoTokenizer.from_pretrained(config.checkpoint)
    started = time.perf_counter()
    _, history = train_network(
        data, taxonomy, config, tokenizer=text_tokenizer(words, config),
        accelerator=accelerator_for_training(), quiet=True,
    )  # fmt: skip
    seconds = time.perf_counter() - started
    kept = kept_epoch(history, len(data.validation))
    rate = len(data.train) * len(history) / seconds
    return Learnt(rate, kept.macro_f1[taxonomy.primary.name])


def by_trainer(seed: int) -> Learnt:
    """In a process of its own: ours asks torch for deterministic kernels, which the Trainer's
    defaults do not, and leaves accelerate another state.
    """
    command = [sys.executable, "-m", "tests.bench.trainer", str(seed)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return Learnt(*json.loads(done.stdout.splitlines()[-1]))


def behind(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, float]:
    """How far our mean is behind theirs, and how far it may be by chance: so far that seeds which
    spread like these show it once in twenty times where there is no difference.
    """
    chance = statistics.variance(ours) / len(ours) + statistics.variance(theirs) / len(theirs)
    return statistics.fmean(theirs) - statistics.fmean(ours), T_95 * math.sqrt(chance)


def latencies(taxonomy: Taxonomy) -> tuple[list[float], list[float]]:
    """Of one text in ms, on an idle machine and beside a training as the worker runs it."""
    with tempfile.TemporaryDirectory() as folder:
        version = version_to_measure(Path(folder))
        reader = Reader(scorer_of(version, budget=settings.READER_TOKEN_BUDGET, gpu=False))
        pairs = [row.pair for row in starter_rows(taxonomy)[: WARM_UP + READINGS]]
        idle = each_alone(reader, pairs)
        code = (
            "import django; django.setup()\n"
            "from classifier import trainings; trainings.step_aside()\n"
            "from tests.bench.training import train_for_ever; train_for_ever()"
        )
        beside = subprocess.Popen(
            [sys.executable, "-c", code],
            env=os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"},
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert beside.stdout is not None
            beside.stdout.readline()  # it has begun
            busy = each_alone(reader, pairs)
        finally:
            beside.kill()
            beside.wait()
    return idle, busy


def each_alone(reader: Reader, pairs: Sequence[Pair]) -> list[float]:
    return [milliseconds(partial(reader.read, [pair])) for pair in pairs][WARM_UP:]


def train_for_ever() -> None:
    """Says "begun" when its first step is done; somebody has to kill it."""
    taxonomy = load_taxonomy(STARTER_TAXONOMY)
    data = training_split(starter_rows(taxonomy), taxonomy)
    config = TrainingConfig(epochs=1000, patience=1000)
    words = AutoTokenizer.from_pretrained(config.checkpoint)
    begun = False

    def say(progress: object) -> None:
        nonlocal begun
        if not begun:
            begun = True
            print(f"begun {datetime.now(UTC)}", flush=True)

    train_network(
        data, taxonomy, config, tokenizer=text_tokenizer(words, config),
        accelerator=accelerator_for_training(), quiet=True, on_progress=say,
    )  # fmt: skip
