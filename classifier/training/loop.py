"""The training, top to bottom: rows and a config in, a trained network out.

Deterministic on one machine: every dice is seeded from the config, and torch is asked for
deterministic kernels. On a GPU the forward pass runs in bf16; on a CPU in fp32.
"""

import os
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from tqdm import tqdm

from classifier.data import Row, Split
from classifier.engine_torch import TorchEngine
from classifier.engines import logits_of
from classifier.evaluation import macro_f1s
from classifier.taxonomy import Taxonomy
from classifier.tokens import Batch, PairTokenizer
from classifier.training.augment import augmented
from classifier.training.batches import epoch_batches
from classifier.training.config import TrainingConfig
from classifier.training.network import PairClassifier, from_checkpoint

UNLABELLED = -100  # cross_entropy passes over these: a row need not answer every question


@dataclass(frozen=True, slots=True)
class Epoch:
    """What one pass over the rows gave. `macro_f1`: question -> on the validation rows."""

    number: int
    loss: float
    macro_f1: dict[str, float]

    @property
    def score(self) -> float:
        """By which the best epoch is chosen: all questions count alike."""
        return sum(self.macro_f1.values()) / len(self.macro_f1)


def train_network(
    data: Split,
    taxonomy: Taxonomy,
    config: TrainingConfig,
    *,
    tokenizer: PairTokenizer,
    device: torch.device,
    quiet: bool = False,
) -> tuple[PairClassifier, list[Epoch]]:
    """The network as it was after its best epoch, and what each epoch gave."""
    train, validation = data.train, data.validation
    seed_everything(config.seed)  # before the heads are made of random numbers
    dice = random.Random(config.seed)
    label_counts = {name: len(labels) for name, labels in taxonomy.label_names.items()}
    network = from_checkpoint(config.checkpoint, label_counts, dropout=config.dropout).to(device)
    # Word vectors stay as they were learnt from a billion pairs: a few thousand rows would move
    # only the words they hold, and away from their neighbours. Also a third less to compute per
    # step.
    network.encoder.get_input_embeddings().weight.requires_grad_(False)

    targets = target_ids(train, taxonomy)  # (rows, questions)
    weights = [
        rarity_weights(targets[:, column], len(question.labels), config.rarity_power).to(device)
        for column, question in enumerate(taxonomy.questions)
    ]
    optimizer = torch.optim.AdamW(
        [
            {"params": encoder_parameters(network), "lr": config.learning_rate},
            {"params": network.heads.parameters(), "lr": config.head_learning_rate},
        ],
        weight_decay=config.weight_decay,
    )
    plain = tokenizer.encode([row.pair for row in train])
    # One plan for the length of an epoch: augmentation changes a batch or two, not the schedule.
    planned = len(epoch_batches([len(pair) for pair in plain], config.batch_tokens, dice))
    steps = max(1, planned * config.epochs)
    warmup = max(1, round(steps * config.warmup_share))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda step: min((step + 1) / warmup, max(0.0, (steps - step) / max(1, steps - warmup))),
    )

    history: list[Epoch] = []
    best: dict[str, Tensor] = {}
    # The bar counts rows, not steps: batches differ in size, and the time left should not.
    with tqdm(total=len(train) * config.epochs, unit="row", desc="training", disable=quiet) as bar:
        for number in range(1, config.epochs + 1):
            network.train()
            rows = [
                augmented(row.pair, dice) if dice.random() < config.augmented_share else row.pair
                for row in train
            ]
            tokens = tokenizer.encode(rows)
            losses = []
            for indices in epoch_batches([len(t) for t in tokens], config.batch_tokens, dice):
                inputs = on_device(tokenizer.batch([tokens[i] for i in indices]), device)
                with torch.autocast(device.type, torch.bfloat16, enabled=has_bf16(device)):
                    logits = network(*inputs)  # per question (pairs, labels)
                loss = sum_of_losses(
                    logits, targets[indices].to(device), weights, config.label_smoothing
                )
                optimizer.zero_grad(set_to_none=True)
                loss.backward()  # type: ignore[no-untyped-call]
                torch.nn.utils.clip_grad_norm_(network.parameters(), config.max_grad_norm)
                optimizer.step()
                schedule.step()
                losses.append(loss.detach())  # no .item() here: it would make a GPU wait each step
                bar.update(len(indices))

            figures = validate(network, tokenizer, validation, taxonomy, config, device)
            epoch = Epoch(number, float(torch.stack(losses).mean()), figures)
            if not history or epoch.score > max(past.score for past in history):
                best = {
                    name: tensor.detach().cpu().clone()
                    for name, tensor in network.state_dict().items()
                }
            history.append(epoch)
            bar.set_postfix({f"F1 {name}": f"{value:.3f}" for name, value in figures.items()})

    network.load_state_dict(best)
    return network.eval(), history


def has_bf16(device: torch.device) -> bool:
    """Whether the chip multiplies bf16 itself: GPUs since 2020, and CPUs with AVX512-BF16 or AMX,
    which then train two to four times as fast. Weights and their updates stay in fp32."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    able = torch.cpu.get_capabilities()
    return bool(able.get("avx512_bf16") or able.get("amx_bf16"))


def seed_everything(seed: int) -> None:
    """Same machine, same seed, same weights."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    # cuBLAS reads this when it starts; without it, its reductions may run in any order.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True, warn_only=True)


def target_ids(rows: Sequence[Row], taxonomy: Taxonomy) -> Tensor:
    """(rows, questions), int64: the column of the row's label, UNLABELLED where it has none."""
    return torch.tensor(
        [
            [
                UNLABELLED
                if (column := question.column(row.labels[question.name])) is None
                else column
                for question in taxonomy.questions
            ]
            for row in rows
        ],
        dtype=torch.int64,
    )


def rarity_weights(targets: Tensor, labels: int, power: float) -> Tensor:
    """(labels,): rare labels weigh more, because macro-F1 counts all labels alike.

    Scaled so that a row weighs 1 on average, and the learning rate keeps its meaning.
    """
    known = targets[targets != UNLABELLED]
    counts = torch.bincount(known, minlength=labels).float()
    weights = counts.clamp(min=1).pow(-power)
    return weights * counts.sum() / (weights * counts).sum()


def sum_of_losses(
    logits: Sequence[Tensor], targets: Tensor, weights: Sequence[Tensor], smoothing: float
) -> Tensor:
    """Cross-entropy per question over the rows labelled for it, summed over the questions."""
    total = torch.zeros((), device=targets.device)
    for column, (scores, weight) in enumerate(zip(logits, weights, strict=True)):
        wanted = targets[:, column]
        loss = cross_entropy(
            scores.float(), wanted, weight, ignore_index=UNLABELLED, reduction="sum",
            label_smoothing=smoothing,
        )  # fmt: skip
        # Divided here and not by cross_entropy, which answers NaN for a batch without a label.
        total = total + loss / (wanted != UNLABELLED).sum().clamp(min=1)
    return total


def encoder_parameters(network: PairClassifier) -> list[torch.nn.Parameter]:
    return [parameter for parameter in network.encoder.parameters() if parameter.requires_grad]


def on_device(batch: Batch, device: torch.device) -> list[Tensor]:
    return [
        torch.from_numpy(array).to(device, non_blocking=True)
        for array in (batch.ids, batch.mask, batch.types)
    ]


def validate(
    network: PairClassifier,
    tokenizer: PairTokenizer,
    rows: Sequence[Row],
    taxonomy: Taxonomy,
    config: TrainingConfig,
    device: torch.device,
) -> dict[str, float]:
    """Question -> macro-F1."""
    logits = logits_of(
        [row.pair for row in rows],
        engine=TorchEngine(network, device),
        tokenizer=tokenizer,
        budget=8 * config.batch_tokens,  # no gradients to keep: many more fit at a time
    )
    return macro_f1s(logits, rows, taxonomy)


def as_json(history: Sequence[Epoch]) -> list[dict[str, object]]:
    return [asdict(epoch) for epoch in history]
