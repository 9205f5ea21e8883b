"""The model that a first `make run` trains, read as it is served. Training it takes minutes, so it
is kept under .cache/ until something that shapes it changes."""

import hashlib
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from classifier import must_pass
from classifier.baseline import Baseline
from classifier.data import (
    Row,
    Split,
    frozen_test_rows,
    shipped_must_pass_rows,
    starter_rows,
)
from classifier.gate import judge
from classifier.reader import Reader
from classifier.readings import Pair
from classifier.scoring import scorer_of
from classifier.taxonomy import STARTER_TAXONOMY, load_taxonomy
from classifier.versions import Version, open_version, version_names

ROOT = Path(__file__).resolve().parents[2]
SHAPED_BY = (
    "requirements.txt",
    "classifier/taxonomy.toml",
    "classifier/data/starter/*.jsonl",
    "classifier/training/*.py",
    *(f"classifier/{name}.py" for name in ("data", "engines", "evaluation", "keys", "rules")),
    *(f"classifier/{name}.py" for name in ("text", "thresholds", "tokens", "versions")),
)

pytestmark = [pytest.mark.alone, pytest.mark.timeout(2400)]


def fingerprint() -> str:
    digest = hashlib.sha256()
    for pattern in SHAPED_BY:
        for path in sorted(ROOT.glob(pattern)):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


@pytest.fixture(scope="session")
def version() -> Version:
    """The starter model, trained now unless it was before."""
    # Imported here: torch takes seconds, which the other tests need not wait for.
    from classifier.training.config import TrainingConfig
    from classifier.training.produce import produce

    folder = ROOT / ".cache" / "models" / fingerprint()
    if names := version_names(folder):
        return open_version(folder / names[-1])
    folder.mkdir(parents=True, exist_ok=True)
    quiet = "CI" not in os.environ  # in CI the progress shows that nothing hangs
    version = produce(
        learnt(), load_taxonomy(STARTER_TAXONOMY), TrainingConfig().hurried(),
        models_dir=folder, now=datetime.now(UTC), quiet=quiet, held_out=judged(),
    )  # fmt: skip
    assert version is not None
    return version


def judged() -> list[Row]:
    taxonomy = load_taxonomy(STARTER_TAXONOMY)
    return [*frozen_test_rows(taxonomy), *shipped_must_pass_rows(taxonomy)]


def learnt() -> Split:
    """To the row what a first start learns from: a row more or less is another model."""
    from classifier.training.run import learnt_from

    taxonomy = load_taxonomy(STARTER_TAXONOMY)
    return learnt_from(starter_rows(taxonomy), taxonomy, judged())


@pytest.fixture(scope="session")
def reader(version: Version) -> Reader:
    return Reader(scorer_of(version, budget=4096))


REMINDER = "You have an appointment on Tuesday at 2:30"
CASES = [
    (REMINDER, "Yeah 👍 I'm gonna be at that appointment", "confirm"),
    (REMINDER, "Yeah 👍 I'm gonna be there", "confirm"),
    (REMINDER, "👍 I can't make it", "cancel"),
    (REMINDER, "who is this? stop texting me", "opt_out"),
    (REMINDER, "who is this??", "wrong_number"),
    (REMINDER, "can we do 4 instead", "reschedule"),
    ("Do you need to cancel?", "yes", "cancel"),
    ("Reply 1 to cancel, 2 to confirm", "1", "cancel"),
    (REMINDER, f"Liked “{REMINDER}”", "confirm"),
    (REMINDER, f"Disliked “{REMINDER}”", "cancel"),
    (REMINDER, f"Questioned “{REMINDER}”", "question"),
    ("", f"Loved “{REMINDER}”", "confirm"),
    ("Do you need to cancel?", "Liked “Do you need to cancel?”", "cancel"),
    (REMINDER, "STOP", "opt_out"),
]


@pytest.mark.parametrize(("prompt", "text", "intent"), CASES)
def test_a_reply_is_read_as_a_person_would(
    reader: Reader, prompt: str, text: str, intent: str
) -> None:
    assert reader.read([Pair(prompt, text)])[0].intent == intent


def test_a_reply_is_read_the_same_alone_and_in_company(reader: Reader) -> None:
    pairs = [
        Pair("", "ok"), Pair(REMINDER, "can we do 4 instead"), Pair(REMINDER, "who is this??"),
        Pair("Do you need to cancel?", "no"), Pair(REMINDER, "Yeah 👍 I'm gonna be there"),
    ]  # fmt: skip
    together = reader.read(pairs)
    assert [reading.intent for reading in together] == [
        reader.read([pair])[0].intent for pair in pairs
    ]


def test_what_it_does_not_know_goes_to_people(version: Version, reader: Reader) -> None:
    """A first start teaches what a yes means under most reminders, and what a no under fewer."""
    [reading] = reader.read([Pair("Do you need to cancel?", "no")])
    assert reading.intent == "confirm" or reading.confidence < version.thresholds[reading.intent]


def test_the_gate_lets_it_go_live_on_the_first_day(version: Version, reader: Reader) -> None:
    from classifier.training.run import of_each_label, report_of

    taxonomy = version.taxonomy
    judged_on, strict = frozen_test_rows(taxonomy), shipped_must_pass_rows(taxonomy)
    read = reader.read([row.pair for row in strict])
    wrong = must_pass.failures(strict, read, taxonomy, version.thresholds)
    verdict = judge(
        report_of(reader.scorer, judged_on, taxonomy),
        report_of(Baseline(learnt().train, taxonomy), judged_on, taxonomy),
        floors=of_each_label(taxonomy, lambda label: label.floor),
        recall_floors=of_each_label(taxonomy, lambda label: label.recall_floor),
        must_pass_failures=[each.words for each in wrong],
        must_pass_rows=len(strict),
    )
    assert verdict.passed, verdict.words
