"""How quickly the reader reads, against `transformers.pipeline` over a pair classifier.

The pipeline is what most people would write: a sequence classifier of the same base model over the
pair (reminder, reply), in fp32, `batch_size=32`. Ours reads both questions, with rules,
normalisation, calibration and named scores. Both read the same pairs, no reply twice, with
reminders repeating as they do in the starter set; both are warmed up and take turns, so that a slow
moment of the machine hits both. Ours is measured twice: with every reminder known, as it is from
the second reply to it on, and with none known, which four replies to each then pay for.

Speed and memory are those of any version of the shape, so that one trained in a moment will do for
them. What int8 costs is asked of a real one alone.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import torch
from django.conf import settings
from django.db import DatabaseError
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    Pipeline,
    pipeline,
)
from transformers.utils import logging

from classifier.data import starter_rows
from classifier.models import ModelVersion
from classifier.reader import Reader
from classifier.readings import Pair
from classifier.rules import left_to_models
from classifier.scoring import scorer_of
from classifier.taxonomy import STARTER_TAXONOMY, load_taxonomy
from classifier.training.config import TrainingConfig
from classifier.training.produce import produce, training_split
from classifier.versions import Version, open_version, version_names
from tests.bench.table import Limit, Line, Unmeasured, percentile
from tests.bench.worker import worker_megabytes

PAIRS = 768
ROUNDS = 5
SINGLES = 300
PIPELINE_BATCH = 32
AIM = 11.0
AIM_NEW = 3.0
AIM_ALONE = 3.0
AIM_MEMORY = 1.0
INT8_POINTS = 0.3


NO_VERSION = "no real version: run `make run` or the tests first"


def measure() -> Iterable[Line | Limit | Unmeasured]:
    with tempfile.TemporaryDirectory() as folder:
        version = version_to_measure(Path(folder))
        pairs = unique_pairs()
        peer = peer_pipeline(version)
        budget = settings.READER_TOKEN_BUDGET

        inputs = [as_input(pair) for pair in pairs]
        rates: dict[str, list[float]] = {"new": [], "known": [], "theirs": []}
        for _ in range(ROUNDS + 1):  # the first is the warm-up
            # Afresh each round: a reader that has met the reminders would not read them again.
            reader = Reader(scorer_of(version, budget=budget, gpu=False))
            rates["new"].append(per_second(partial(reader.read, pairs)))
            rates["known"].append(per_second(partial(reader.read, pairs)))
            rates["theirs"].append(per_second(partial(read_by_pipeline, peer, inputs)))
        new, known, theirs = (statistics.median(rates[side][1:]) for side in rates)
        peer_is = "pipeline, fp32, batch 32"
        yield Line("pairs read, reminders known", "pairs/s", known, peer_is, theirs, AIM)
        yield Line("pairs read, reminders new", "pairs/s", new, peer_is, theirs, AIM_NEW)

        reader = Reader(scorer_of(version, budget=budget, gpu=False))
        alone: dict[str, list[float]] = {"ours": [], "theirs": []}
        for pair in pairs[:SINGLES]:
            reader.read([Pair(pair.prompt, "ok")])  # the reminder was sent before it is answered
            alone["ours"].append(milliseconds(partial(reader.read, [pair])))
            alone["theirs"].append(milliseconds(partial(peer, as_input(pair))))
        for name, share, aim in (("p50", 0.5, AIM_ALONE), ("p95", 0.95, None)):
            ours, theirs = (percentile(alone[side], share) for side in ("ours", "theirs"))
            yield Line(f"one text alone, {name}", "ms", ours, "pipeline, fp32", theirs, aim,
                       lower_is_better=True)  # fmt: skip

        yield lost_by_int8(real_version())

        file = Path(folder) / "pairs.json"
        file.write_text(json.dumps([[pair.prompt, pair.text] for pair in pairs]))
        ours, theirs = (peak_megabytes(who, version.path, file) for who in ("ours", "theirs"))
        yield Line("memory of a process that reads", "MB", ours, "pipeline, fp32, batch 32", theirs,
                   AIM_MEMORY, lower_is_better=True)  # fmt: skip
        worker = worker_megabytes(version, file, folder=Path(folder) / "nod")
        yield Line("memory of Celery's reading worker", "MB", worker, "pipeline, fp32, batch 32",
                   theirs, aim=None, lower_is_better=True)  # fmt: skip


def lost_by_int8(version: Version | None) -> Limit | Unmeasured:
    what = "macro-F1 lost by int8, mean of questions"
    if version is None:
        return Unmeasured(what, NO_VERSION)
    figures = version.report["export"]
    lost = 100 * statistics.fmean(
        fp32 - figures["macro_f1_int8"][question]
        for question, fp32 in figures["macro_f1_fp32"].items()
    )
    return Limit(what, "points", lost, INT8_POINTS)


def as_input(pair: Pair) -> dict[str, str]:
    return {"text": pair.prompt, "text_pair": pair.text}


def read_by_pipeline(peer: Pipeline, inputs: list[dict[str, str]]) -> list[Any]:
    answers: list[Any] = peer(inputs, batch_size=PIPELINE_BATCH, truncation=True)
    return answers


def per_second(read: Callable[[], Sequence[Any]]) -> float:
    started = time.perf_counter()
    results = read()
    seconds = time.perf_counter() - started
    if len(results) != PAIRS:
        raise RuntimeError(f"{len(results)} results for {PAIRS} pairs")
    return PAIRS / seconds


def milliseconds(read: Callable[[], object]) -> float:
    started = time.perf_counter()
    read()
    return 1000 * (time.perf_counter() - started)


def peak_megabytes(who: str, version: Path, pairs: Path) -> float:
    """Of a fresh process that reads all pairs: what a reading worker takes, apart from Celery."""
    command = [sys.executable, "-m", "tests.bench.peak", who, str(version), str(pairs)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(json.loads(done.stdout.splitlines()[-1]))


def peer_pipeline(version: Version) -> Pipeline:
    """A pair classifier of the same base model, as it comes out of the box, with all its layers.

    Its head is fresh: how fast the answers come is compared, not what they are.
    """
    # It would list the fresh head's weights as missing.
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    checkpoint, labels = version.config.checkpoint, len(version.taxonomy.primary.labels)
    model = AutoModelForSequenceClassification.from_pretrained(checkpoint, num_labels=labels)
    words = AutoTokenizer.from_pretrained(checkpoint)
    return pipeline("text-classification", model=model.eval(), tokenizer=words, device="cpu")


def unique_pairs() -> list[Pair]:
    """Starter rows that reach a model, no reply twice, whole reminders at a time and evenly from
    all files and so from all trades.
    """
    taxonomy = load_taxonomy(STARTER_TAXONOMY)
    under: dict[str, dict[str, Pair]] = {}
    seen: set[str] = set()
    for row in left_to_models(starter_rows(taxonomy), taxonomy):
        if row.prompt and row.text.lower() not in seen:
            seen.add(row.text.lower())
            under.setdefault(row.prompt, {})[row.text] = row.pair
    reminders = list(under.values())
    step = max(1, sum(map(len, reminders)) // PAIRS)
    pairs = [pair for replies in reminders[::step] for pair in replies.values()]
    pairs += [pair for replies in reminders[1::step] for pair in replies.values() if step > 1]
    if len(pairs) < PAIRS:
        raise RuntimeError(f"The starter set has {len(pairs)} different replies, not {PAIRS}.")
    torch.manual_seed(0)
    return [pairs[int(at)] for at in torch.randperm(PAIRS)]  # as they come: mixed


def real_version() -> Version | None:
    """The live one; else the newest that `make run` or the tests trained of the starter set."""
    models_dir = Path(settings.MODELS_DIR)
    with suppress(DatabaseError):  # nobody has run Nod here yet
        if (live := ModelVersion.objects.live().first()) is not None:
            return open_version(live.path)
    kept = [models_dir, *(settings.BASE_DIR / ".cache" / "models").glob("*")]
    folders = [folder / name for folder in kept for name in version_names(folder)]
    newest = max(folders, key=lambda folder: folder.name, default=None)  # names sort by time
    return open_version(newest) if newest is not None else None


def version_to_measure(folder: Path) -> Version:
    """The real one, else one trained in a moment: how much it learnt costs no time."""
    if (real := real_version()) is not None:
        return real
    taxonomy = load_taxonomy(STARTER_TAXONOMY)
    some = training_split(starter_rows(taxonomy)[:100], taxonomy)
    config = TrainingConfig(epochs=1)
    version = produce(some, taxonomy, config, models_dir=folder, now=datetime.now(UTC), quiet=True)
    assert version is not None, "only processes that help another one write no version"
    return version
