"""The training, top to bottom: rows and a config in, a trained network out.

Deterministic on one machine: every die is seeded from the config and the place in the training, and
torch is asked for deterministic kernels. A training that was killed goes on from its last
checkpoint and ends with the same weights. On a GPU, and on CPUs that multiply bf16, the forward
pass runs in bf16; weights and their updates stay in fp32. Under `accelerate launch` each process
takes its share of an epoch's steps.
"""

import math
import os
import random
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import torch
from accelerate import Accelerator
from torch import Tensor
from tqdm import tqdm

from classifier.data import Row, Split
from classifier.engine_torch import TorchEngine, has_bf16
from classifier.engines import Network
from classifier.evaluation import macro_f1s
from classifier.readings import Pair
from classifier.taxonomy import Taxonomy
from classifier.tokens import TextTokenizer
from classifier.training.augment import Augmenter
from classifier.training.batches import epoch_steps
from classifier.training.checkpoint import Checkpoint, State
from classifier.training.config import TrainingConfig
from classifier.training.network import ReplyClassifier, Texts, from_checkpoint
from classifier.training.packs import pack
from classifier.training.targets import rarity_weights, sum_of_losses, targets_of


@dataclass(frozen=True, slots=True)
class Epoch:
    """What one pass over the rows gave. `macro_f1`: question -> on the validation rows."""

    number: int
    loss: float
    macro_f1: dict[str, float]

    @property
    def score(self) -> float:
        """By which epochs are compared: all questions count alike."""
        return sum(self.macro_f1.values()) / len(self.macro_f1)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a training is: rows learnt from so far, of all epochs'; what the last epoch gave."""

    done: int
    total: int
    epoch: Epoch | None


def train_network(
    data: Split,
    taxonomy: Taxonomy,
    config: TrainingConfig,
    *,
    tokenizer: TextTokenizer,
    accelerator: Accelerator,
    checkpoint: Checkpoint | None = None,
    quiet: bool = False,
    on_progress: Callable[[Progress], object] = lambda progress: None,
) -> tuple[ReplyClassifier, list[Epoch]]:
    """The network as it was after the epoch that is kept, and what each epoch gave."""
    train, device = data.train, accelerator.device
    seed_everything(config.seed)  # before the heads are made of random numbers
    label_counts = {name: len(labels) for name, labels in taxonomy.label_names.items()}
    network = from_checkpoint(
        config.checkpoint,
        label_counts,
        kept_layers=config.kept_layers,
        slots=config.reminder_slots,
        dropout=config.dropout,
    )
    # Word vectors stay as they were learnt from a billion pairs: a few thousand rows would move
    # only the words they hold, and away from their neighbours. A third less to compute, too.
    network.encoder.get_input_embeddings().weight.requires_grad_(False)
    network = network.to(device)
    prepared = accelerator.prepare(network)  # several processes: gradients averaged among them

    targets = targets_of(train, taxonomy)  # per question (rows, labels)
    weights = [rarity_weights(shares, config.rarity_power).to(device) for shares in targets]
    encoder = [p for p in network.encoder.parameters() if p.requires_grad]
    fresh = [*network.projection.parameters(), *network.heads.parameters()]
    optimizer = torch.optim.AdamW(
        [
            {"params": encoder, "lr": config.learning_rate},
            {"params": fresh, "lr": config.head_learning_rate},
        ],
        weight_decay=config.weight_decay,
        fused=True,
    )
    steps_an_epoch = len(steps_of(train, config, epoch=1, accelerator=accelerator))
    steps = max(1, steps_an_epoch * config.epochs)
    warmup = max(1, round(steps * config.warmup_share))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda step: min((step + 1) / warmup, max(0.0, (steps - step) / max(1, steps - warmup))),
    )

    augmenter = Augmenter(train, share=config.augmented_share)
    history: list[Epoch] = []
    best: dict[str, Tensor] = {}
    losses: list[Tensor] = []
    first_epoch, first_step = 1, 0
    state = State(network, optimizer, schedule)
    if checkpoint is not None and (saved := checkpoint.load(state)) is not None:
        first_epoch, first_step = saved.epoch, saved.step
        history = [Epoch(**epoch) for epoch in saved.history]
        best, losses = saved.best, [loss.to(device) for loss in saved.losses]

    total = len(train) * config.epochs
    # The bar counts rows, not steps: steps differ in size, and the time left should not.
    with tqdm(
        total=total, initial=(first_epoch - 1) * len(train), unit="row", desc="training",
        disable=quiet or not accelerator.is_main_process,
    ) as bar:  # fmt: skip
        for number in range(first_epoch, config.epochs + 1):
            prepared.train()
            if not config.encoder_dropout:
                network.encoder.eval()  # type: ignore[no-untyped-call]
            done = (number - 1) * len(train)
            for step, indices in enumerate(
                steps_of(train, config, epoch=number, accelerator=accelerator)
            ):
                learnt = len(indices) * accelerator.num_processes
                done += learnt  # beside the bar, which counts nothing when it is not shown
                bar.update(learnt)
                if number == first_epoch and step < first_step:
                    continue  # learnt before the kill
                dice = random.Random(f"{config.seed}/{number}/{step}/{accelerator.process_index}")
                torch.manual_seed(dice.getrandbits(63))  # dropout's, on whatever device
                pairs = [augmenter.pair(index, dice) for index in indices]
                inputs = step_inputs(pairs, tokenizer, network, device)
                with accelerator.autocast():
                    logits = prepared(*inputs)  # per question (rows, labels)
                loss = sum_of_losses(
                    logits,
                    [shares[indices].to(device) for shares in targets],
                    weights,
                    config.label_smoothing,
                )
                optimizer.zero_grad(set_to_none=True)
                accelerator.backward(loss)
                accelerator.clip_grad_norm_(prepared.parameters(), config.max_grad_norm)
                optimizer.step()
                schedule.step()
                losses.append(loss.detach())  # no .item() here: it would make a GPU wait each step
                on_progress(Progress(done, total, history[-1] if history else None))
                if checkpoint is not None and accelerator.is_main_process and checkpoint.is_due():
                    checkpoint.save(
                        state, epoch=number, step=step + 1, best=best, losses=losses,
                        history=as_json(history),
                    )  # fmt: skip

            epoch = Epoch(
                number,
                float(torch.stack(losses).mean()),
                validate(network, tokenizer, data.validation, taxonomy, device),
            )
            losses = []
            history.append(epoch)
            kept = kept_epoch(history, len(data.validation))
            if kept is epoch:  # else the one that was kept before
                best = {
                    name: tensor.detach().cpu().clone()
                    for name, tensor in network.state_dict().items()
                }
            bar.set_postfix({f"F1 {name}": f"{f1:.3f}" for name, f1 in epoch.macro_f1.items()})
            on_progress(Progress(min(total, number * len(train)), total, epoch))
            if number - kept.number >= config.patience:
                break  # it has begun to learn the rows by heart

    network.load_state_dict(best)
    return network.eval(), history


def kept_epoch(history: Sequence[Epoch], rows: int) -> Epoch:
    """Of these, the last one that is no worse than the best by more than a standard error; `rows`:
    that validate. The learning rate dies down from epoch to epoch and its noise with it, so where
    scores do not tell two apart, the later one reads better: with 600 rows the best score chose an
    epoch two points too early. (Breiman et al., 1984, ch. 3.4, choose among trees like this.)
    """
    best = max(epoch.score for epoch in history)
    error = math.sqrt(best * (1 - best) / max(1, rows))
    return next(epoch for epoch in reversed(history) if epoch.score >= best - error)


def accelerator_for_training() -> Accelerator:
    """The CPU, the GPU, or this process's one of several, as `accelerate launch` says."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return Accelerator(mixed_precision="bf16" if has_bf16(device) else "no")


def seed_everything(seed: int) -> None:
    """Same machine, same seed, same weights."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    # cuBLAS reads this when it starts; without it, its reductions may run in any order.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True)
    # It would also fill fresh memory, lest somebody read it: 3 % of a training on a CPU, and all
    # that is read here was written before.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]


def steps_of(
    rows: Sequence[Row], config: TrainingConfig, *, epoch: int, accelerator: Accelerator
) -> list[list[int]]:
    """This process's steps of an epoch. All processes have equally many, or they would wait for
    each other for ever: what is left over is for the next epoch, which shuffles anew.
    """
    steps = epoch_steps(
        [row.prompt for row in rows],
        rows=config.batch_rows,
        per_reminder=config.rows_per_reminder,
        dice=random.Random(f"{config.seed}/{epoch}"),
    )
    processes = accelerator.num_processes
    whole = len(steps) // processes * processes
    return steps[:whole][accelerator.process_index :: processes] if processes > 1 else steps


def step_inputs(
    pairs: Sequence[Pair], tokenizer: TextTokenizer, network: ReplyClassifier, device: torch.device
) -> tuple[Texts, Texts, Tensor]:
    """What `network` takes: reminders, each once; replies; which reminder each reply answers."""
    place = {prompt: row for row, prompt in enumerate(dict.fromkeys(p.prompt for p in pairs))}
    which = torch.tensor([place[pair.prompt] for pair in pairs])

    def texts(ids: Sequence[Sequence[int]], slots: int) -> Texts:
        made = pack(ids, slots=slots, pad_id=tokenizer.pad_id, alone=not network.packs)
        return Texts(
            ids=there(torch.from_numpy(made.ids), device),
            text=there(torch.from_numpy(made.text), device),
            position=there(torch.from_numpy(made.position), device),
            slot=there(torch.from_numpy(made.slot), device),
            number=len(ids),
        )

    return (
        texts(tokenizer.encode(list(place)), 0),
        texts(tokenizer.encode_replies(pairs), network.slots),
        there(which, device),
    )


def there(tensor: Tensor, device: torch.device) -> Tensor:
    return tensor.to(device, non_blocking=True)


def validate(
    network: ReplyClassifier,
    tokenizer: TextTokenizer,
    rows: Sequence[Row],
    taxonomy: Taxonomy,
    device: torch.device,
) -> dict[str, float]:
    """Question -> macro-F1."""
    engine = TorchEngine(network, device, bf16=has_bf16(device))
    reading = Network(engine, tokenizer)
    return macro_f1s(reading.logits([row.pair for row in rows]), rows, taxonomy)


def as_json(history: Sequence[Epoch]) -> list[dict[str, object]]:
    return [asdict(epoch) for epoch in history]
