"""`python -m tests.bench.trainer SEED`: `transformers.Trainer` learns the rows that
tests/bench/training.py chose, and prints rows a second and macro-F1 of the intent."""

import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from typing import Any

import django
import numpy as np
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DataCollatorWithPadding,
    Trainer,
    TrainingArguments,
    set_seed,
)

from classifier.data import Row, Split
from classifier.evaluation import macro_f1
from classifier.taxonomy import STARTER_TAXONOMY, Taxonomy, load_taxonomy
from classifier.text import normalise
from classifier.training.config import TrainingConfig


def main(seed: int) -> tuple[float, float]:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    django.setup()
    from tests.bench.training import EPOCHS, rows_to_learn  # importable only after setup

    taxonomy = load_taxonomy(STARTER_TAXONOMY)
    return learn(rows_to_learn(taxonomy), taxonomy, epochs=EPOCHS, seed=seed)


def learn(data: Split, taxonomy: Taxonomy, *, epochs: int, seed: int) -> tuple[float, float]:
    checkpoint = TrainingConfig().checkpoint
    words = AutoTokenizer.from_pretrained(checkpoint)
    labels = taxonomy.primary.label_names
    set_seed(seed)  # before the head is made
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
                output_dir=folder, num_train_epochs=epochs, eval_strategy="epoch", seed=seed,
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
    return len(data.train) * epochs / seconds, macro_f1(truth, found, labels)


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]))))
