"""How quickly a training learns, against `transformers.Trainer` with its defaults; and how quickly
texts are read while a training runs beside.

The Trainer is given what most people would give it: a sequence classifier of the same base model
over the pair (reminder, reply), the same rows and as many epochs, padding by batch; everything else
as it comes. It learns the intent alone, ours the tone as well. Both are judged on the same
validation rows.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DataCollatorWithPadding,
    Trainer,
    TrainingArguments,
)

from classifier.data import Row, Split, starter_rows
from classifier.evaluation import macro_f1
from classifier.reader import Reader
from classifier.readings import Pair
from classifier.scoring import scorer_of
from classifier.taxonomy import STARTER_TAXONOMY, Taxonomy, load_taxonomy
from classifier.text import normalise
from classifier.training.config import TrainingConfig
from classifier.training.loop import accelerator_for_training, train_network
from classifier.training.produce import text_tokenizer, training_split
from tests.bench.reading import milliseconds, version_to_measure
from tests.bench.table import Limit, Line

ROWS, EPOCHS = 1200, 3
AIM_TRAINING = 2.0
F1_MAY_DIFFER = 5.0  # points: the noise of so few rows and seeds
SLOWER_WHILE_TRAINING = 1.5
WARM_UP, READINGS = 30, 300


def measure() -> Iterable[Line | Limit]:
    taxonomy = load_taxonomy(STARTER_TAXONOMY)
    whole = training_split(starter_rows(taxonomy), taxonomy)
    step = len(whole.train) // ROWS
    data = Split(whole.train[::step][:ROWS], whole.validation)
    # First: the Trainer leaves accelerate's state behind, which no other training can change.
    idle, busy = latencies(taxonomy)
    ours, our_f1 = by_nod(data, taxonomy)
    theirs, their_f1 = by_trainer(data, taxonomy)
    yield Line("examples learnt", "rows/s", ours, "Trainer, its defaults", theirs, AIM_TRAINING)
    yield Limit("macro-F1 behind the Trainer's", "points", 100 * (their_f1 - our_f1), F1_MAY_DIFFER)
    yield Line("one text while a model trains", "ms", busy, "the same while none does", idle,
               1 / SLOWER_WHILE_TRAINING, lower_is_better=True)  # fmt: skip


def by_nod(data: Split, taxonomy: Taxonomy) -> tuple[float, float]:
    """Rows a second, validation included, and macro-F1 of the intent after the best epoch."""
    config = TrainingConfig(epochs=EPOCHS)
    words = AutoTokenizer.from_pretrained(config.checkpoint)
    started = time.perf_counter()
    _, history = train_network(
        data, taxonomy, config, tokenizer=text_tokenizer(words, config),
        accelerator=accelerator_for_training(), quiet=True,
    )  # fmt: skip
    seconds = time.perf_counter() - started
    best = max(history, key=lambda epoch: epoch.score)
    return len(data.train) * len(history) / seconds, best.macro_f1[taxonomy.primary.name]


def by_trainer(data: Split, taxonomy: Taxonomy) -> tuple[float, float]:
    checkpoint = TrainingConfig().checkpoint
    words = AutoTokenizer.from_pretrained(checkpoint)
    labels = taxonomy.primary.label_names
    model = AutoModelForSequenceClassification.from_pretrained(checkpoint, num_labels=len(labels))

    def encoded(rows: Sequence[Row]) -> list[dict[str, Any]]:
        return [
            {
                **words(normalise(row.prompt), normalise(row.text), truncation=True),
                "labels": taxonomy.primary.column(row.labels[taxonomy.primary.name]),
            }
            for row in rows
        ]

    validation: Any = encoded(data.validation)  # a list will do where a Dataset is declared
    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(
            model=model,
            args=TrainingArguments(
                output_dir=folder, num_train_epochs=EPOCHS, eval_strategy="epoch",
                save_strategy="no", report_to="none", disable_tqdm=True, logging_strategy="no",
            ),
            train_dataset=encoded(data.train),
            eval_dataset=validation,
            data_collator=DataCollatorWithPadding(words),
        )  # fmt: skip
        started = time.perf_counter()
        trainer.train()
        seconds = time.perf_counter() - started
        scores = np.asarray(trainer.predict(validation).predictions)
    found = [labels[column] for column in scores.argmax(axis=1)]
    truth = [row.labels[taxonomy.primary.name] or "" for row in data.validation]
    return len(data.train) * EPOCHS / seconds, macro_f1(truth, found, labels)


def latencies(taxonomy: Taxonomy) -> tuple[float, float]:
    """p50 of one text in ms, on an idle machine and beside a training as the worker runs it."""
    with tempfile.TemporaryDirectory() as folder:
        version = version_to_measure(Path(folder))
        reader = Reader(scorer_of(version, budget=settings.READER_TOKEN_BUDGET, gpu=False))
        pairs = [row.pair for row in starter_rows(taxonomy)[: WARM_UP + READINGS]]
        idle = p50(reader, pairs)
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
            busy = p50(reader, pairs)
        finally:
            beside.kill()
            beside.wait()
    return idle, busy


def p50(reader: Reader, pairs: Sequence[Pair]) -> float:
    times = [milliseconds(lambda pair=pair: reader.read([pair])) for pair in pairs]  # type: ignore[misc]
    return statistics.median(times[WARM_UP:])


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
