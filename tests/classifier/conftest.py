"""A tiny model made on the spot, trained once per test session: real plumbing, no big weights."""

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from classifier import reader
from classifier.data import Row, Split, load_rows
from classifier.models import ModelVersion
from classifier.taxonomy import STARTER_TAXONOMY, Taxonomy, load_taxonomy
from classifier.training.config import TrainingConfig
from classifier.training.produce import produce, training_split
from classifier.versions import WEIGHTS, Version, new_version, open_version
from tests.tiny import write_tiny_base

NOW = datetime(2026, 5, 3, 14, 10, tzinfo=UTC)

PROMPTS = ("Dentist Tuesday at {}, coming?", "Your car is ready on the {}th, ok?", "")
REPLIES = {
    ("confirm", "positive"): ("yes thank you so much", "great see you then", "perfect"),
    ("cancel", "neutral"): ("no can not make it", "not coming then", "cancel it please"),
    ("reschedule", "neutral"): ("can we do another day instead", "move it to friday", "later"),
    ("question", "neutral"): ("where do i have to park", "how long is it", "what does it cost"),
    ("opt_out", "hostile"): ("stop texting me you idiots", "no more damn texts", "leave me"),
    ("wrong_number", "negative"): ("this is not ana", "you have the wrong number", "who is this"),
    ("other", None): ("thanks for the info today", "running a bit late sorry", "ok hm"),
}  # fmt: skip


@pytest.fixture(scope="session")
def taxonomy() -> Taxonomy:
    return load_taxonomy(STARTER_TAXONOMY)


@pytest.fixture(scope="session")
def tiny_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some hundred rows as a JSON-lines file."""
    path = tmp_path_factory.mktemp("rows") / "tiny.jsonl"
    rows = [
        {"prompt": prompt.format(number), "text": text, "intent": intent, "tone": tone}
        for (intent, tone), texts in REPLIES.items()
        for text in texts
        for number, prompt in itertools.product(range(1, 4), PROMPTS)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture(scope="session")
def tiny_rows(tiny_data: Path, taxonomy: Taxonomy) -> list[Row]:
    return load_rows([tiny_data], taxonomy)


@pytest.fixture(scope="session")
def tiny_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One layer of BERT."""
    return write_tiny_base(tmp_path_factory.mktemp("base"))


@dataclass(frozen=True)
class Tiny:
    """What the session's one training made."""

    version: Version
    data: Split
    config: TrainingConfig


@pytest.fixture(scope="session")
def tiny(
    tmp_path_factory: pytest.TempPathFactory,
    tiny_base: Path,
    tiny_rows: list[Row],
    taxonomy: Taxonomy,
) -> Tiny:
    config = TrainingConfig(base_model=str(tiny_base), max_tokens=64, epochs=3, learning_rate=3e-3)
    data = training_split(tiny_rows, taxonomy)
    version = produce(
        data, taxonomy, config, models_dir=tmp_path_factory.mktemp("models"), now=NOW, quiet=True
    )
    assert version is not None  # this is the only process
    return Tiny(version, data, config)


def passed() -> dict[str, Any]:
    """What the gate says of what it passes now."""
    live = ModelVersion.objects.live().first()
    rival = live.name if live else "baseline-tfidf"
    return {"passed": True, "candidate": "it", "rival": rival, "checks": []}


def a_version(models_dir: Path, name: str) -> ModelVersion:
    """A row that the gate passed and a whole folder for it, which says nothing."""
    with new_version(models_dir, now=NOW) as draft:
        (draft.path / WEIGHTS).write_bytes(name.encode())
    (models_dir / draft.name).rename(models_dir / name)
    digest = open_version(models_dir / name).digest
    return ModelVersion.objects.create(
        name=name, folder=name, digest=digest, created_at=NOW, checks=passed()
    )


@pytest.fixture
def models_dir(tmp_path: Path, settings: Settings) -> Path:
    """An empty MODELS_DIR."""
    settings.MODELS_DIR = tmp_path / "models"
    settings.MODELS_DIR.mkdir()
    return Path(settings.MODELS_DIR)


@pytest.fixture(autouse=True)
def no_reader_left_over() -> Iterator[None]:
    reader.forget()
    yield
    reader.forget()
