"""The dataset's rows: JSON lines in, a train/validation split that never moves. Pure but for files.

A row is `{"prompt", "text", "intent" (or "label"), "tone" (nullable), …}`; unknown keys are kept.
Where people were divided, `"intent_probabilities": {label: share}` says how; `"weight"` says how
much a row counts.
The split is a hash of the words, so a row is on the same side on every machine and in every
version, and a row written twice cannot stand on both.
"""

import hashlib
import json
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from classifier.readings import Pair
from classifier.surrogates import unmasked
from classifier.taxonomy import Question, Taxonomy
from classifier.text import fold, normalise

DATA_FOLDER = Path(__file__).with_name("data")
STARTER_FOLDER = DATA_FOLDER / "starter"
TEST_FOLDER = DATA_FOLDER / "test"  # frozen: nobody learns from it, only the gate chooses by it
DEVELOPMENT_FILE = DATA_FOLDER / "development.jsonl"  # what people choose by, and no program
MUST_PASS_FILE = DATA_FOLDER / "must_pass.jsonl"

# Files of the starter set that hold what an inbox does; the writers of the others looked for what
# is hard to tell apart (docs/data.md).
AS_THEY_COME = frozenset(
    {
        "health", "care_and_beauty", "home_and_garage", "community", "everyday", "inbox",
        "situations", "trades", "public", "dialects", "spanish",
    }
)  # fmt: skip

VALIDATION_SHARE = 0.15  # 85/15: some 3,900 rows of the starter set, ±0.6 points of macro-F1
TELLING_WORDS = 4  # a reply of so many words says the same under every reminder; "yes" does not


class DataError(ValueError):
    """Rows that cannot be used. The message names file and line and says what to do."""


@dataclass(frozen=True, slots=True)
class Row:
    prompt: str
    text: str
    labels: Mapping[str, str | None]  # question -> label; None: not labelled for this question
    extra: Mapping[str, Any] = field(default_factory=dict)  # the keys that are none of ours
    where: str = ""  # "file:line", for messages
    # question -> label -> share, where people were divided: what a training learns in the label's
    # place. Empty: the label is certain.
    shares: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    weight: float = 1.0  # of the row in a training: by how often such a text came
    # Question -> the part of the weight that it has there: less where one person says too much.
    believed: Mapping[str, float] = field(default_factory=dict)
    # Picked because it is hard, by a model that was in doubt or by who wrote it to teach with.
    hard: bool = False

    @property
    def pair(self) -> Pair:
        return Pair(self.prompt, self.text)

    def weight_for(self, question: str) -> float:
        return self.weight * self.believed.get(question, 1.0)


@dataclass(frozen=True, slots=True)
class Split:
    train: tuple[Row, ...]
    validation: tuple[Row, ...]


def starter_files() -> list[Path]:
    return sorted(STARTER_FOLDER.glob("*.jsonl"))


def starter_rows(taxonomy: Taxonomy) -> list[Row]:
    """The hand-written rows that ship with Nod."""
    return without_duplicates(
        replace(row, hard=path.stem not in AS_THEY_COME)
        for path in starter_files()
        for row in read_rows(path, taxonomy)
    )


def frozen_test_rows(taxonomy: Taxonomy) -> list[Row]:
    """The hand-written test set that ships with Nod. It changes only when a person says so."""
    return load_rows(sorted(TEST_FOLDER.glob("*.jsonl")), taxonomy)


def shipped_must_pass_rows(taxonomy: Taxonomy) -> list[Row]:
    """Rows that no model may make Nod act upon wrongly (classifier/must_pass.py)."""
    return load_rows([MUST_PASS_FILE], taxonomy)


def load_rows(paths: Iterable[Path], taxonomy: Taxonomy) -> list[Row]:
    """All rows of these files, exact duplicates folded into one."""
    return without_duplicates(row for path in paths for row in read_rows(path, taxonomy))


def number_of_lines(paths: Iterable[Path]) -> int:
    """With something on them, whatever it is: counted in a hundredth of the time that reading the
    rows takes.
    """
    number = 0
    for path in paths:
        try:
            with path.open("rb") as lines:
                number += sum(1 for line in lines if not line.isspace())
        except OSError as exc:
            raise DataError(f"{path}: cannot be read ({exc}).") from exc
    return number


def read_rows(path: Path, taxonomy: Taxonomy) -> Iterator[Row]:
    """Row by row, checked against the taxonomy; blank lines are skipped."""
    try:
        with path.open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield parse_row(line, taxonomy, where=f"{path}:{number}")
    except (OSError, UnicodeDecodeError) as exc:
        raise DataError(f"{path}: cannot be read ({exc}). Give a UTF-8 JSON-lines file.") from exc


def parse_row(line: str, taxonomy: Taxonomy, *, where: str) -> Row:
    row = row_of(parse_object(line, where=where), taxonomy, where=where)
    primary = taxonomy.primary.name
    if row.labels[primary] is None:
        raise DataError(f"{where}: has no `{primary}` (or `label`). Add one, or remove the row.")
    return row


def row_of(values: dict[str, Any], taxonomy: Taxonomy, *, where: str) -> Row:
    """Labelled or not, as an import takes both."""
    values = dict(values)
    primary = taxonomy.primary.name
    if "label" in values and primary not in values:
        values[primary] = values.pop("label")
    labels = {
        question.name: _label(
            values.pop(question.name, None), question.label_names, where, question.name
        )
        for question in taxonomy.questions
    }
    pair = pair_of(values, where=where)
    shares = {
        question.name: _shares(values.pop(f"{question.name}_probabilities"), question, where)
        for question in taxonomy.questions
        if values.get(f"{question.name}_probabilities") is not None
    }
    weight = values.pop("weight", 1.0)
    if not isinstance(weight, int | float) or isinstance(weight, bool) or not 0 < weight < 1e6:
        raise DataError(
            f"{where}: `weight` {weight!r} is no positive number. Correct or remove it."
        )
    extra = {key: value for key, value in values.items() if key not in ("prompt", "text")}
    return Row(pair.prompt, pair.text, labels, extra, where, shares, float(weight))


def parse_object(line: str, *, where: str) -> dict[str, Any]:
    try:
        values = json.loads(line)
    except json.JSONDecodeError as exc:
        raise DataError(f"{where}: is not JSON ({exc}). Write one object per line.") from exc
    if not isinstance(values, dict):
        raise DataError(f"{where}: is no JSON object. Write one {{…}} per line.")
    return values


def pair_of(values: Mapping[str, Any], *, where: str) -> Pair:
    text, prompt = values.get("text"), values.get("prompt")
    if not isinstance(text, str):
        raise DataError(f'{where}: has no `text`. Add "text": "…" (the reply, as it was typed).')
    if prompt is not None and not isinstance(prompt, str):
        raise DataError(f'{where}: `prompt` is no text. Write "prompt": "…", or leave it out.')
    return Pair(prompt or "", text)


def _label(value: Any, known: Sequence[str], where: str, question: str) -> str | None:
    if value is None or value in known:
        return value if isinstance(value, str) else None
    raise DataError(
        f"{where}: {question} {value!r} is not a label here. Use one of {', '.join(known)},"
        " or give the taxonomy file that has it."
    )


def _shares(value: Any, question: Question, where: str) -> dict[str, float]:
    """Scaled to sum to 1."""
    known = isinstance(value, dict) and all(
        label in question.label_names and isinstance(share, int | float) and share >= 0
        for label, share in value.items()
    )
    total = sum(value.values()) if known else 0.0
    if not total > 0:
        raise DataError(
            f"{where}: `{question.name}_probabilities` must give numbers from 0 to 1 for labels of"
            f" {', '.join(question.label_names)}. Correct or remove it."
        )
    return {label: share / total for label, share in value.items()}


def without_duplicates(rows: Iterable[Row]) -> list[Row]:
    """One row per (reminder, reply) as a model sees them. Two that disagree are an error."""
    kept: dict[tuple[str, str], Row] = {}
    for row in rows:
        first = kept.setdefault((normalise(row.prompt), normalise(row.text)), row)
        if first.labels != row.labels:
            raise DataError(
                f"{row.where}: the same texts as {first.where}, but other labels. Keep one."
            )
    return list(kept.values())


def split(rows: Iterable[Row]) -> Split:
    train: list[Row] = []
    validation: list[Row] = []
    for row in rows:
        (validation if _is_validation(row) else train).append(row)
    return Split(tuple(train), tuple(validation))


def _is_validation(row: Row) -> bool:
    return place_of(row) < VALIDATION_SHARE * 2**64


def place_of(row: Row) -> int:
    """Where its words put a row: evenly over 0 to 2**64, the same on every machine, and the same
    for twins.
    """
    digest = hashlib.sha256("\n".join(split_key(row)).encode()).digest()
    return int.from_bytes(digest[:8])


def as_it_is_read(row: Row) -> Row:
    """With words in the place of its chips, the same for the same row everywhere."""
    raw = unmasked(row.pair, random.Random(place_of(row)))
    return replace(row, prompt=raw.prompt, text=raw.text)


def split_key(row: Row) -> tuple[str, ...]:
    """The words that decide a row's side: the reply where it is telling, else with its reminder."""
    reply = fold(row.text)
    return (reply,) if len(reply.split()) >= TELLING_WORDS else (fold(row.prompt), reply)


def assert_no_overlap(train: Iterable[Row], held_out: Iterable[Row]) -> None:
    """Called at the start of every training, and before a version is judged."""
    seen = {split_key(row): row for row in train}
    shared = [(row, seen[key]) for row in held_out if (key := split_key(row)) in seen]
    if shared:
        row, twin = shared[0]
        raise DataError(
            f"{len(shared)} rows stand on both sides of the split, the first at {row.where} and"
            f" {twin.where}. Remove one of each two."
        )


def digest_of(rows: Iterable[Row]) -> str:
    """Two reports may be compared if they were made on rows of the same digest, and two trainings
    on such rows teach the same.
    """
    digest = hashlib.sha256()
    for row in rows:
        said: list[Any] = [row.prompt, row.text, sorted(row.labels.items())]
        if row.shares or row.weight != 1.0:  # what people's answers change while the label stays
            said += [{name: dict(shares) for name, shares in row.shares.items()}, row.weight]
        if row.believed:
            said.append(dict(row.believed))
        digest.update(json.dumps(said, sort_keys=True).encode())
    return digest.hexdigest()
