"""How many texts a second the reader reads, against `transformers.pipeline` over the same weights.

The pipeline is what most people would write: a sequence classifier of the same encoder, with an
intent head of the same weights, in fp32, `batch_size=32`, over the same (reminder, reply) pairs.
Ours reads both questions, with rules, normalisation, calibration and named scores. Pairs are
unique; both sides are warmed up and take turns, so that a slow moment of the machine hits both.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from django.conf import settings
from transformers import (
    AutoConfig,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    Pipeline,
    pipeline,
)

from classifier.data import starter_rows
from classifier.reader import Reader
from classifier.readings import Pair
from classifier.rules import left_to_models
from classifier.scoring import scorer_of
from classifier.taxonomy import STARTER_TAXONOMY, load_taxonomy
from classifier.training.config import TrainingConfig
from classifier.training.network import from_version
from classifier.training.produce import produce, training_split
from classifier.versions import ENCODER, TOKENIZER, Version, open_version, version_names
from tests.bench.table import Line

PAIRS = 512
ROUNDS = 5
PIPELINE_BATCH = 32
AIM = 3.0


def measure() -> Iterable[Line]:
    with tempfile.TemporaryDirectory() as folder:
        version = version_to_measure(Path(folder))
        pairs = unique_pairs()
        inputs = [{"text": pair.prompt, "text_pair": pair.text} for pair in pairs]
        peer = peer_pipeline(version)

        def read() -> list[Any]:
            # Afresh each round: a reader that has met the reminders before would know their tokens.
            return Reader(fresh.pop()).read(pairs)

        def read_by_pipeline() -> list[Any]:
            answers: list[Any] = peer(inputs, batch_size=PIPELINE_BATCH, truncation=True)
            return answers

        budget = settings.READER_TOKEN_BUDGET
        fresh = [scorer_of(version, budget=budget) for _ in range(ROUNDS + 1)]
        rates: dict[str, list[float]] = {"ours": [], "theirs": []}
        for _ in range(ROUNDS + 1):  # the first is the warm-up
            rates["ours"].append(per_second(read))
            rates["theirs"].append(per_second(read_by_pipeline))
        ours, theirs = (statistics.median(rates[side][1:]) for side in ("ours", "theirs"))
        yield Line("pairs read, unique", "pairs/s", ours, "pipeline, fp32, batch 32", theirs, AIM)


def per_second(read: Callable[[], list[Any]]) -> float:
    started = time.perf_counter()
    results = read()
    seconds = time.perf_counter() - started
    if len(results) != PAIRS:
        raise RuntimeError(f"{len(results)} results for {PAIRS} pairs")
    return PAIRS / seconds


def peer_pipeline(version: Version) -> Pipeline:
    """The version's encoder and intent head as an ordinary sequence classifier.

    Where ours takes a mean, such a classifier takes [CLS] through one small layer more; how fast
    the answers come is compared, not what they are.
    """
    primary = version.taxonomy.primary
    counts = {name: len(labels) for name, labels in version.taxonomy.label_names.items()}
    network = from_version(version.path, counts, slots=version.config.reminder_slots)
    config = AutoConfig.from_pretrained(version.path / ENCODER, num_labels=len(primary.labels))
    model = AutoModelForSequenceClassification.from_config(config)  # type: ignore[no-untyped-call]
    model.base_model.load_state_dict(network.encoder.state_dict())
    with torch.no_grad():
        for name, parameter in model.classifier.named_parameters():
            parameter.copy_(network.heads[primary.name].get_parameter(name))
    words = AutoTokenizer.from_pretrained(version.path / TOKENIZER)
    return pipeline("text-classification", model=model.eval(), tokenizer=words, device="cpu")


def unique_pairs() -> list[Pair]:
    """Starter rows that reach a model, evenly from all files and so from all trades."""
    taxonomy = load_taxonomy(STARTER_TAXONOMY)
    pairs = [row.pair for row in left_to_models(starter_rows(taxonomy), taxonomy)]
    step = len(pairs) / PAIRS
    return [pairs[int(at * step)] for at in range(PAIRS)]


def version_to_measure(folder: Path) -> Version:
    """The newest there is, else one trained in a moment: how much it learnt costs no time."""
    models_dir = Path(settings.MODELS_DIR)
    if names := version_names(models_dir):
        return open_version(models_dir / names[-1])
    taxonomy = load_taxonomy(STARTER_TAXONOMY)
    some = training_split(starter_rows(taxonomy)[:100], taxonomy)
    config = TrainingConfig(epochs=1)
    version = produce(some, taxonomy, config, models_dir=folder, now=datetime.now(UTC), quiet=True)
    assert version is not None, "only processes that help another one write no version"
    return version
