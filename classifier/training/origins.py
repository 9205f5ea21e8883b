"""What a version was made of beside its rows and its config: the weights that it began with, the
code, the masking, the labelling guide. Digests for its report: where two versions differ and all of
these agree, the rows make the difference.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from transformers import AutoConfig

from classifier.training.config import TrainingConfig

CLASSIFIER = Path(__file__).resolve().parents[1]
GUIDE = CLASSIFIER.parent / "docs" / "labels.md"
WEIGHTS = ("*.safetensors", "*.bin")  # as checkpoints have them
# Beside classifier/training and MASKING: what rows are learnt, and which words of theirs.
MODULES = (
    "data.py", "dataset.py", "folding.py", "judged.py", "keys.py", "keywords.py", "packing.py",
    "reactions.py", "rules.py", "splits.py", "surrogates.py", "taxonomy.py", "text.py",
    "thresholds.py", "tokens.py",
)  # fmt: skip
MASKING = (
    "masking.py", "identifiers.py", "names.py", "everyday.py", "data/names.txt",
    "data/everyday.txt",
)  # fmt: skip


def origins_of(config: TrainingConfig) -> dict[str, Any]:
    """For a version's report. `guide` is None where the documents are not installed."""
    masking = [CLASSIFIER / name for name in MASKING]
    code = [*(CLASSIFIER / "training").glob("*.py"), *(CLASSIFIER / name for name in MODULES)]
    return {
        "base": base_of(config.checkpoint),
        "code": digest_of_files([*code, *masking]),
        "masking": digest_of_files(masking),
        "guide": digest_of_files([GUIDE]) if GUIDE.is_file() else None,
    }


def base_of(checkpoint: str) -> dict[str, Any]:
    """The SHA-256 of each file of weights; of a checkpoint of the hub its name and revision."""
    folder = Path(checkpoint)
    if not folder.is_dir():
        found = AutoConfig.from_pretrained(checkpoint)
        return {"name": checkpoint, "revision": getattr(found, "_commit_hash", None)}
    files = sorted(file for pattern in WEIGHTS for file in folder.glob(pattern))
    return {"weights": {file.name: _sha256(file) for file in files}}


def digest_of_files(files: Iterable[Path]) -> str:
    """Of their names and contents."""
    lines = sorted(f"{_sha256(file)}  {file.name}" for file in files)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
