"""Bayes over arrays: what the answers make likely, given what each worker is like; and what each
worker is like, given what is likely. Pure.

A worker is a confusion matrix, `matrix[truth, said]`: the probability that they say so of a task
that is so. An answer multiplies each label's odds by the column of what was said.
"""

from dataclasses import dataclass
from enum import Enum
from math import log
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from labelgame.aggregation.votes import Mask, Votes

Numbers = NDArray[np.floating[Any]]

USUAL_RIGHT = 0.8  # of somebody of whom nothing is known
# How fast that gives way to what they did: the answers that it counts for, overall, and on the
# tasks of one label. A rare label has few tasks, and there a worker is taken to be as they are
# elsewhere. Chosen with the simulated crowds of docs/consensus.md.
USUAL_ANSWERS = 10.0
OWN_ANSWERS = 20.0
# Somebody who says a label more often where it is wrong than where it is right speaks for the other
# labels by saying it. That is worth something, but no more than this: no label's odds against
# another may grow by more. With even odds it comes to 0.67, so no liar settles anything alone.
LIE_COUNTS_FOR = 2.0
_LEAST = 1e-6  # nobody is that sure


class Shape(Enum):
    """How much of a worker is told from another."""

    POOLED = "all alike"
    ONE_COIN = "right so often, wrong in no particular way"
    FULL = "what they say of each label"


@dataclass(frozen=True, eq=False)
class Matrices:
    """matrices[of_worker[worker]][truth, said]"""

    matrices: Numbers  # (some, labels, labels)
    of_worker: NDArray[np.intp]  # (workers,)


def usual(labels: int, right: float | Numbers = USUAL_RIGHT) -> Numbers:
    """Right so often, and wrong in no particular way: (labels, labels) for each of `right`."""
    share = np.asarray(right, dtype=np.float64)[..., np.newaxis, np.newaxis]
    if labels == 1:
        return np.ones_like(share)
    is_right = np.eye(labels)
    return is_right * share + (1 - is_right) * (1 - share) / (labels - 1)


def believe(
    votes: Votes,
    workers: Matrices,
    *,
    priors: Numbers,
    weights: Numbers,
    dtype: DTypeLike = np.float32,
) -> Numbers:
    """(tasks, labels): the probability of each. `weights`: of the answers; an answer of weight 0 is
    as good as not given.
    """
    speaks = _evidence(workers.matrices)
    row = workers.of_worker[votes.workers]
    beliefs = np.empty((len(votes.task_names), len(priors)), dtype=dtype)
    beliefs[:] = np.log(np.maximum(priors, _LEAST))
    for truth in range(len(priors)):
        said = speaks[row, truth, votes.labels] * weights
        beliefs[:, truth] += np.bincount(votes.tasks, weights=said, minlength=len(beliefs))
    beliefs -= beliefs.max(axis=1, keepdims=True)
    np.exp(beliefs, out=beliefs)
    beliefs /= beliefs.sum(axis=1, keepdims=True)
    return beliefs


def _evidence(matrices: Numbers) -> Numbers:
    """log P(said | truth), where lies count for less: of (matrix, truth, said)."""
    logs = np.log(np.maximum(matrices, _LEAST))
    highest, lowest = logs.max(axis=1, keepdims=True), logs.min(axis=1, keepdims=True)
    of_what_is_said = np.diagonal(logs, axis1=1, axis2=2)[:, np.newaxis, :]
    most = log(LIE_COUNTS_FOR)
    quieter = most / np.maximum(highest - lowest, most)
    return np.asarray(logs * np.where(of_what_is_said < highest, quieter, 1.0))


def learn(
    votes: Votes, beliefs: Numbers, *, shape: Shape, telling: Mask, weights: Numbers
) -> Matrices:
    """`telling`: the answers from which something can be learnt of who gave them."""
    votes, weights = votes.only(telling), weights[telling]
    people, labels = len(votes.worker_names), beliefs.shape[1]
    right = beliefs[votes.tasks, votes.labels]
    if shape is Shape.POOLED:
        share = _share(np.array([weights @ right]), np.array([weights.sum()]))
        return Matrices(usual(labels, share), np.zeros(people, dtype=np.intp))
    share = _share(
        np.bincount(votes.workers, weights=right, minlength=people),
        np.bincount(votes.workers, minlength=people),
    )
    matrices = usual(labels, share)
    if shape is Shape.FULL:
        matrices = OWN_ANSWERS * matrices
        place = votes.workers.astype(np.int64) * labels + votes.labels
        for truth in range(labels):
            counts = np.bincount(
                place, weights=beliefs[votes.tasks, truth], minlength=people * labels
            )
            matrices[:, truth, :] += counts.reshape(people, labels)
        matrices /= matrices.sum(axis=2, keepdims=True)
    return Matrices(matrices, np.arange(people))


def _share(right: NDArray[Any], answers: NDArray[Any]) -> Numbers:
    return np.asarray((right + USUAL_ANSWERS * USUAL_RIGHT) / (answers + USUAL_ANSWERS))
