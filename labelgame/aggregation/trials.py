"""Which method reads these answers best? Each says what it can without being told, and is measured
by it. Pure.

A method is more than crowd-kit's class of that name. The class says how likely each label of each
task is; from that follows what each worker is like, smoothed (beliefs.py); and from both
what the answers come to, where known labels and weights of workers count. What is tried is all of
it, as it would be used.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from math import sqrt
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from labelgame.aggregation.beliefs import Matrices, Numbers, Shape, believe, learn
from labelgame.aggregation.votes import Indices, Mask, Votes

Basis = Literal["gold", "held out"]

JUDGED_ANSWERS = 20_000  # that the methods are tried on, at most
FEWEST_JUDGED = 50  # tasks. Below, the best of five is only the luckiest of five
# Standard errors of the difference, beyond which one is right more often than another: 95 %.
CLEARLY = 2.0
# Cells of all workers' matrices, beyond which workers are not told apart: some hundred MB in use.
MOST_CELLS = 8_000_000
_LEAST = 1e-6
_SEED = 20  # of the draw: the same answers choose the same method, on every machine


class TooManyToTellApart(ValueError):
    """More workers and labels than there is room for in their matrices."""


@dataclass(frozen=True, slots=True)
class Method:
    shape: Shape  # what is told apart of the workers once crowd-kit has spoken
    # Answers that crowd-kit is given at most. It learns from these what workers are like, and the
    # rest is weighed with that. The lower ones go through workers or tasks one by one.
    most_answers: int


# The simpler first: it is taken where none is clearly better.
METHODS = {
    "majority": Method(Shape.POOLED, 100_000),
    "one_coin": Method(Shape.ONE_COIN, 20_000),
    "dawid_skene": Method(Shape.FULL, 100_000),
    "mace": Method(Shape.FULL, 20_000),
    "glad": Method(Shape.ONE_COIN, 4_000),
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """How a method did on labels that it had not been told."""

    method: str
    right: int
    of: int
    log_loss: float | None  # the mean of -log(probability of the label)
    basis: Basis

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, eq=False)
class Crowd:
    votes: Votes
    known: Indices  # (tasks,), the label of each, -1 where it is not known
    listened_to: Numbers  # (workers,), the weight of each

    @property
    def weights(self) -> Numbers:
        """Of the answers."""
        return self.listened_to[self.votes.workers]

    @property
    def telling(self) -> Mask:
        """From which answers something can be learnt of who gave them: where the label is known or
        another one answered. Alone, everybody is right by their own word.
        """
        heard = np.bincount(self.votes.tasks, weights=self.weights > 0, minlength=len(self.known))
        return ((heard > 1) | (self.known >= 0))[self.votes.tasks]

    def part(self, answers: int) -> "Crowd":
        """The tasks that are known before others."""
        votes, chosen = self.votes.part(answers, first=self.known >= 0)
        return replace(self, votes=votes, known=self.known[chosen])

    def untold(self) -> "Crowd":
        return replace(self, known=np.full_like(self.known, -1))

    def only(self, chosen: Mask) -> "Crowd":
        return replace(self, votes=self.votes.only(chosen))


@dataclass(frozen=True, eq=False)
class Weighed:
    beliefs: Numbers  # (tasks, labels)
    workers: Matrices
    priors: Numbers


@dataclass(frozen=True, eq=False)
class Tried:
    method: str
    hits: Mask
    losses: Numbers
    basis: Basis

    @property
    def evidence(self) -> Evidence:
        return Evidence(
            self.method,
            right=int(self.hits.sum()),
            of=len(self.hits),
            log_loss=float(self.losses.mean()),
            basis=self.basis,
        )


def weigh(crowd: Crowd, method: str) -> Weighed:
    from labelgame.aggregation.crowds import (
        fit,  # pandas and crowd-kit: some 100 MB that no page needs
    )

    how = METHODS[method]
    if not has_room(crowd, how):
        raise TooManyToTellApart(
            f"{len(crowd.votes.worker_names)} workers and {len(crowd.votes.label_names)} labels are"
            " too many to tell apart who mistakes what for what: use the method majority."
        )
    part = crowd.part(how.most_answers)
    beliefs = fit(method, part.votes, known=part.known, listened_to=part.listened_to)
    workers, priors = _learn(part, beliefs, how.shape)
    if len(part.votes) < len(crowd.votes):
        # Workers of whom the part held little are known from everything.
        workers, priors = _learn(crowd, _believe(crowd, workers, priors), how.shape)
    return Weighed(_believe(crowd, workers, priors), workers, priors)


def has_room(crowd: Crowd, how: Method) -> bool:
    workers, labels = len(crowd.votes.worker_names), len(crowd.votes.label_names)
    return how.shape is Shape.POOLED or workers * labels**2 <= MOST_CELLS


def _learn(crowd: Crowd, beliefs: Numbers, shape: Shape) -> tuple[Matrices, Numbers]:
    beliefs = _with_known(beliefs, crowd.known)
    workers = learn(crowd.votes, beliefs, shape=shape, telling=crowd.telling, weights=crowd.weights)
    labels = beliefs.shape[1]
    if shape is Shape.POOLED:  # a vote is a vote
        return workers, np.full(labels, 1 / labels)
    # Known tasks were picked by somebody, and say nothing of how common a label is.
    counts = beliefs[crowd.known < 0].sum(axis=0, dtype=np.float64) + 1.0
    return workers, counts / counts.sum()


def _believe(crowd: Crowd, workers: Matrices, priors: Numbers) -> Numbers:
    beliefs = believe(crowd.votes, workers, priors=priors, weights=crowd.weights)
    return _with_known(beliefs, crowd.known)


def _with_known(beliefs: Numbers, known: Indices) -> Numbers:
    tasks = np.flatnonzero(known >= 0)
    beliefs[tasks] = 0.0
    beliefs[tasks, known[tasks]] = 1.0
    return beliefs


def likeliest(beliefs: Numbers, crowd: Crowd) -> Indices:
    """The label of each task; of two that are as likely, the one that is said oftener."""
    said = np.bincount(crowd.votes.labels, weights=crowd.weights, minlength=beliefs.shape[1])
    often = said / max(1.0, said.sum())
    return np.asarray((beliefs.round(5) + 1e-6 * often).argmax(axis=1), dtype=np.int32)


# ---- trials --------------------------------------------------------------------------------


def try_methods(crowd: Crowd, *, on_try: Callable[[str], object]) -> list[Tried]:
    """On tasks whose label is known, untold, where these are enough; else on answers that are left
    out, one of each task. None: there are too few of either.
    """
    methods = [name for name, how in METHODS.items() if has_room(crowd, how)]
    heard = crowd.only(crowd.weights > 0).part(JUDGED_ANSWERS)
    answers = np.bincount(heard.votes.tasks, minlength=len(heard.known))
    golden = np.flatnonzero((heard.known >= 0) & (answers > 0))
    left_out = _one_of_each_task(heard.votes, (heard.known < 0) & (answers > 1))
    if max(len(golden), len(left_out)) < FEWEST_JUDGED:
        return []
    tried = []
    for method in methods:
        on_try(method)
        if len(golden) >= FEWEST_JUDGED:
            tried.append(_on_gold(heard, golden, method))
        else:
            tried.append(_on_left_out(heard, left_out, method))
    return tried


def best_of(tried: Sequence[Tried]) -> str:
    """Of those that the rightest is not clearly above, the one that knows best how sure to be; of
    equals the first, so `tried` is the simpler first.

    In 40 simulated crowds (docs/consensus.md) what this chose was right on 0.2 points fewer tasks
    than the best of the five; MACE for all of them on 0.5 points, Dawid–Skene 1.0, majority 8.7.
    """
    rightest = max(tried, key=lambda each: each.hits.sum())
    good = [each for each in tried if not _is_clearly_above(rightest.hits, each.hits)]
    return min(good, key=lambda each: each.losses.sum()).method


def _is_clearly_above(one: Mask, other: Mask) -> bool:
    """On the same tasks, where only those count that they do not agree on (McNemar, 1947)."""
    gained, lost = int((one & ~other).sum()), int((other & ~one).sum())
    return gained - lost > CLEARLY * sqrt(gained + lost)


def _one_of_each_task(votes: Votes, tasks: Mask) -> NDArray[np.intp]:
    """Places of answers."""
    drawn = np.random.default_rng(_SEED).permutation(len(votes))
    _, first = np.unique(votes.tasks[drawn], return_index=True)
    one = drawn[first]
    return one[tasks[votes.tasks[one]]]


def _on_gold(crowd: Crowd, golden: NDArray[np.intp], method: str) -> Tried:
    beliefs = weigh(crowd.untold(), method).beliefs
    truth = crowd.known[golden]
    hits = likeliest(beliefs, crowd)[golden] == truth
    return Tried(method, hits, _losses(beliefs[golden, truth]), "gold")


def _on_left_out(crowd: Crowd, left_out: NDArray[np.intp], method: str) -> Tried:
    rest = np.ones(len(crowd.votes), dtype=bool)
    rest[left_out] = False
    weighed = weigh(crowd.only(rest), method)
    answers = crowd.votes.only(~rest)
    hits = likeliest(weighed.beliefs, crowd)[answers.tasks] == answers.labels
    row = weighed.workers.of_worker[answers.workers]
    says_so = weighed.workers.matrices[row, :, answers.labels]  # (answers, labels), for each truth
    believed = (weighed.beliefs[answers.tasks] * says_so).sum(axis=1)
    return Tried(method, hits, _losses(believed), "held out")


def _losses(believed: Numbers) -> Numbers:
    return np.asarray(-np.log(np.maximum(believed, _LEAST)))
