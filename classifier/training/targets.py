"""What the rows teach: label distributions, their weights, and the loss. Pure.

A row's label is certain unless the row says how people's answers were divided over it; then the
shares are what is learnt. A row need not answer every question.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from classifier.data import Row
from classifier.taxonomy import Question, Taxonomy


def targets_of(rows: Sequence[Row], taxonomy: Taxonomy) -> list[Tensor]:
    """Per question (rows, labels): shares that sum to what the row weighs there, or to 0 where it
    is not labelled for the question.
    """
    return [
        torch.tensor([_shares(row, question) for row in rows], dtype=torch.float32)
        for question in taxonomy.questions
    ]


def _shares(row: Row, question: Question) -> list[float]:
    label = row.labels[question.name]
    if label is None:
        return [0.0] * len(question.labels)
    shares = row.shares.get(question.name) or {label: 1.0}
    weight = row.weight_for(question.name)
    return [weight * shares.get(name, 0.0) for name in question.label_names]


def rarity_weights(targets: Tensor, power: float) -> Tensor:
    """(labels,) from (rows, labels): rare labels weigh more, for macro-F1 counts all alike.

    Scaled so that a row weighs 1 on average, and the learning rate keeps its meaning.
    """
    counts = targets.sum(dim=0)
    weights = counts.clamp(min=1).pow(-power)
    return weights * counts.sum() / (weights * counts).sum().clamp(min=1e-9)


def sum_of_losses(
    logits: Sequence[Tensor], targets: Sequence[Tensor], weights: Sequence[Tensor], smoothing: float
) -> Tensor:
    """Cross-entropy per question over the rows labelled for it, summed over the questions.

    `logits` and `targets`: (rows, labels) per question; `weights`: (labels,) per question.
    """
    total = torch.zeros((), device=targets[0].device)
    for scores, shares, weight in zip(logits, targets, weights, strict=True):
        row_weight = shares.sum(dim=1, keepdim=True)  # 0 where nobody knows
        smoothed = (1 - smoothing) * shares + smoothing * row_weight / shares.shape[1]
        losses = -(weight * smoothed * scores.float().log_softmax(dim=1)).sum()
        # Never by zero: a step may hold no row that is labelled for this question.
        total = total + losses / row_weight.sum().clamp(min=1)
    return total
