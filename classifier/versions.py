"""A model version on disk: a whole folder, or none at all.

Written into a hidden sibling, hashed, flushed, and renamed in one step, so that a kill at any line
leaves either nothing or a version that verifies. Opened only after every file's hash was checked.
Nothing in it is a pickle.
"""

import hashlib
import json
import os
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from classifier.taxonomy import Taxonomy, load_taxonomy
from classifier.training.config import TrainingConfig

MANIFEST = "manifest.json"
WEIGHTS = "model.safetensors"
GRAPHS = ("reminder", "reply")  # the network's two halves, each an ONNX graph
TAXONOMY = "taxonomy.toml"
CONFIG = "config.json"
CALIBRATION = "calibration.json"
THRESHOLDS = "thresholds.json"
SERVING = "serving.json"
REPORT = "report.json"
ENCODER = "encoder"  # folder: the encoder's own config
TOKENIZER = "tokenizer"  # folder: tokenizer.json and its config

_DRAFT = ".draft-"
STALE_DRAFT_SECONDS = 24 * 3600  # far longer than any training takes to write its files


class DamagedVersion(Exception):
    """A version folder that must not be served. The message says what is wrong and what to do."""


class BadExport(RuntimeError):
    """The exported graphs do not say what the network says. The message says what to do."""


@dataclass
class Draft:
    """A version being written."""

    path: Path
    started: datetime

    @cached_property
    def name(self) -> str:
        """Sorts by time. Known once the weights are written, which must not change afterwards."""
        return f"{self.started:%Y%m%dT%H%M%S}-{_sha256(self.path / WEIGHTS)[:8]}"


@dataclass(frozen=True)
class Version:
    """A verified version folder."""

    path: Path
    digest: str  # sha256 of the weights

    @property
    def name(self) -> str:
        return self.path.name

    @cached_property
    def taxonomy(self) -> Taxonomy:
        return load_taxonomy(self.path / TAXONOMY)

    @cached_property
    def config(self) -> TrainingConfig:
        return TrainingConfig.from_json((self.path / CONFIG).read_text())

    @cached_property
    def temperatures(self) -> dict[str, float]:
        """Question -> what its logits are divided by."""
        return dict(self._json(CALIBRATION)["temperatures"])

    @cached_property
    def thresholds(self) -> dict[str, float]:
        """Label of the primary question -> the confidence from which it is sure enough to act."""
        return dict(self._json(THRESHOLDS)["thresholds"])

    @cached_property
    def serving(self) -> dict[str, Any]:
        """`reminder_graph` and `reply_graph` (files), `max_tokens`, `pad_id`."""
        return self._json(SERVING)

    @cached_property
    def report(self) -> dict[str, Any]:
        return self._json(REPORT)

    def _json(self, name: str) -> dict[str, Any]:
        return dict(json.loads((self.path / name).read_text()))


@contextmanager
def new_version(models_dir: Path, *, now: datetime) -> Iterator[Draft]:
    """Fill `draft.path`; it becomes the version `draft.name` if the block ends without error."""
    models_dir.mkdir(parents=True, exist_ok=True)
    _sweep_drafts(models_dir)
    draft = Draft(models_dir / f"{_DRAFT}{uuid.uuid4().hex}", now)
    draft.path.mkdir()
    try:
        yield draft
        _write_manifest(draft.path, draft.name)
        for path in (*_files(draft.path), *_folders(draft.path)):
            _flush(path)
        os.replace(draft.path, models_dir / draft.name)
        _flush(models_dir)
    finally:
        shutil.rmtree(draft.path, ignore_errors=True)


def open_version(path: Path, *, digest: str | None = None) -> Version:
    """The version in this folder, every file checked against its hash; its weights against
    `digest`, too, where it is known which they have to be.
    """
    if not path.exists():
        raise DamagedVersion(
            f"{path} is not there: versions that nobody has gone back to for long are removed to"
            " save room. Restore the folder from a backup, or choose another version."
        )
    try:
        manifest = json.loads((path / MANIFEST).read_text())
        listed = dict(manifest["files"])
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise DamagedVersion(
            f"{path}: {MANIFEST} is missing or unreadable. Restore the folder from a backup, or"
            " train a new version with `manage.py train`."
        ) from exc
    for name, wanted in listed.items():
        file = path / name
        try:
            is_whole = _sha256(file) == wanted
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            is_whole = False
        except OSError as exc:
            raise DamagedVersion(
                f"{path}: {name} cannot be read ({exc.strerror}). Let the user that runs Nod read"
                " it."
            ) from exc
        if not is_whole:
            raise DamagedVersion(
                f"{path}: {name} is missing or was changed since it was written. Restore the folder"
                " from a backup, or train a new version with `manage.py train`."
            )
    if digest is not None and listed[WEIGHTS] != digest:
        raise DamagedVersion(
            f"{path}: holds other weights than the version of this name that was judged. Restore"
            " the folder from a backup, or train a new version with `manage.py train`."
        )
    return Version(path, listed[WEIGHTS])


def remove_version(path: Path) -> None:
    """At once under a hidden name, so that nobody opens half of it; a kill leaves a draft."""
    hidden = path.with_name(f"{_DRAFT}{uuid.uuid4().hex}")
    with suppress(FileNotFoundError):
        os.replace(path, hidden)
        shutil.rmtree(hidden, ignore_errors=True)


def version_names(models_dir: Path) -> list[str]:
    """Every whole version, oldest first."""
    return sorted(manifest.parent.name for manifest in models_dir.glob(f"[!.]*/{MANIFEST}"))


def _write_manifest(folder: Path, name: str) -> None:
    files = {str(file.relative_to(folder)): _sha256(file) for file in _files(folder)}
    (folder / MANIFEST).write_text(json.dumps({"name": name, "files": files}, indent=2) + "\n")


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _folders(folder: Path) -> list[Path]:
    return [*(path for path in folder.rglob("*") if path.is_dir()), folder]


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _flush(path: Path) -> None:
    """Without it, a renamed folder may come back empty after a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sweep_drafts(models_dir: Path) -> None:
    """What killed trainings left; a day old, so that another process's draft is never touched."""
    for draft in models_dir.glob(f"{_DRAFT}*"):
        if draft.stat().st_mtime < time.time() - STALE_DRAFT_SECONDS:
            shutil.rmtree(draft, ignore_errors=True)
