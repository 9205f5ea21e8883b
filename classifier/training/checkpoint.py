"""Where a training was when it was killed, so that it can go on and end with the same weights.

One file per training, named by what shapes it (config, rows, labels, code): another config or
another row never goes on from a foreign checkpoint. Written beside its place and renamed, so there
is a whole one or none. It is no model version and is deleted once there is one.
"""

import hashlib
import json
import os
import pickle
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from classifier.data import Split, digest_of
from classifier.taxonomy import Taxonomy
from classifier.training.config import TrainingConfig
from classifier.training.network import ReplyClassifier
from classifier.training.origins import origins_of

FOLDER = ".training"  # under MODELS_DIR; hidden, so that nobody takes it for a version
KEPT_SECONDS = 7 * 24 * 3600  # of a training that nobody took up again


@dataclass(frozen=True, slots=True)
class State:
    """What changes as a training goes on, dice apart: those are seeded by epoch and step."""

    network: ReplyClassifier
    optimizer: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LRScheduler


@dataclass(frozen=True, slots=True)
class Saved:
    epoch: int
    step: int  # of that epoch, the next to do
    history: list[dict[str, Any]]
    best: dict[str, Tensor]
    losses: list[Tensor]


def recipe_of(data: Split, taxonomy: Taxonomy, config: TrainingConfig) -> str:
    """Names what shapes a training: the same recipe on the same machine gives the same weights.
    Code and base weights are part of it: an upgrade goes on from no checkpoint of before it.
    """
    origins = origins_of(config)
    parts = (
        config.to_json(), taxonomy.source, digest_of(data.train), digest_of(data.validation),
        json.dumps(origins["base"], sort_keys=True), origins["code"], torch.__version__,
    )  # fmt: skip
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


class Checkpoint:
    def __init__(
        self,
        models_dir: Path,
        data: Split,
        taxonomy: Taxonomy,
        config: TrainingConfig,
        *,
        every: float,
    ) -> None:
        self.path = models_dir / FOLDER / f"{recipe_of(data, taxonomy, config)}.pt"
        self.every = every  # seconds: what a kill costs at most
        self._saved_at = time.monotonic()

    def is_due(self) -> bool:
        return time.monotonic() - self._saved_at >= self.every

    def save(
        self, state: State, *, epoch: int, step: int, history: Sequence[dict[str, Any]],
        best: dict[str, Tensor], losses: Sequence[Tensor],
    ) -> None:  # fmt: skip
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._sweep()
        draft = self.path.with_suffix(f".{os.getpid()}.draft")
        try:
            torch.save(
                {
                    "network": state.network.state_dict(),
                    "optimizer": state.optimizer.state_dict(),
                    "schedule": state.schedule.state_dict(),
                    "epoch": epoch,
                    "step": step,
                    "history": list(history),
                    "best": best,
                    "losses": list(losses),
                },
                draft,
            )
            os.replace(draft, self.path)
        finally:
            draft.unlink(missing_ok=True)
        self._saved_at = time.monotonic()

    def load(self, state: State) -> Saved | None:
        """Puts `state` where it was and says where that is; None if there is nothing to go on."""
        try:
            # weights_only: tensors and plain values, never code.
            found = torch.load(self.path, map_location="cpu", weights_only=True)
        except FileNotFoundError:
            return None
        except (OSError, RuntimeError, EOFError, pickle.UnpicklingError):
            self.path.unlink(missing_ok=True)  # damaged: starting over costs minutes, not answers
            return None
        state.network.load_state_dict(found["network"])
        state.optimizer.load_state_dict(found["optimizer"])
        state.schedule.load_state_dict(found["schedule"])
        return Saved(
            found["epoch"], found["step"], found["history"], found["best"], found["losses"]
        )

    def delete(self) -> None:
        self.path.unlink(missing_ok=True)

    def _sweep(self) -> None:
        for path in self.path.parent.iterdir():
            if path.stat().st_mtime < time.time() - KEPT_SECONDS:
                path.unlink(missing_ok=True)
