"""Step 9, what the answers settle on and how surely: players count by their skill. Pure.

Two ways to the same figures. `run` takes all the answers there are: one of crowd-kit's methods says
how likely each label is, from that follows what each player is like, and from both, by Bayes, what
the answers come to. `posterior` takes the answers to a task as they come, with what the last run
found out about the players.

No method wins everywhere (Zheng and others, "Truth Inference in Crowdsourcing: Is the Problem
Solved?", VLDB 2017, compare 17 on five sets of answers). So each is tried on the answers at hand
(labelgame/aggregation/trials.py), and the one is taken that does best on them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelgame.aggregation.beliefs import USUAL_RIGHT, Matrices, Numbers, believe, usual
from labelgame.aggregation.trials import (
    METHODS,
    Crowd,
    Evidence,
    TooManyToTellApart,
    best_of,
    likeliest,
    try_methods,
    weigh,
)
from labelgame.aggregation.votes import Indices, Name, Votes

__all__ = [
    "METHODS",
    "Confusion",
    "Consensus",
    "Evidence",
    "Said",
    "TooManyToTellApart",
    "Votes",
    "posterior",
    "posteriors",
    "run",
    "usual_confusion",
]

Confusion = Mapping[str, Mapping[str, float]]  # truth -> said -> probability

SIMPLEST = next(iter(METHODS))  # of which nothing has to be believed


@dataclass(frozen=True, slots=True)
class Said:
    worker: Name
    label: str
    weight: float = 1.0  # 0: as good as not said


class Skills(Mapping[Name, Confusion]):
    """Each worker's confusion, spelt out when it is asked for."""

    def __init__(self, workers: Iterable[Name], labels: Sequence[str], of: Matrices) -> None:
        self._place = _places(workers)
        self._labels = labels
        self._of = of

    def __getitem__(self, worker: Name) -> Confusion:
        matrix = self._of.matrices[self._of.of_worker[self._place[worker]]]
        return _spelt_out(matrix, self._labels)

    def __iter__(self) -> Iterator[Name]:
        return iter(self._place)

    def __len__(self) -> int:
        return len(self._place)


@dataclass(frozen=True, eq=False)
class Consensus:
    method: str
    evidence: list[Evidence]  # empty: the method was asked for, or there is too little to choose by
    labels: Sequence[str]
    tasks: Sequence[Name]
    probabilities: NDArray[np.floating[Any]]  # (tasks, labels)
    chosen: Indices  # (tasks,), the likeliest label of each
    skills: Mapping[Name, Confusion]
    priors: Mapping[str, float]

    def rows(self) -> Iterator[tuple[Name, str, float]]:
        """Task, label, probability."""
        probabilities = self.probabilities[np.arange(len(self.chosen)), self.chosen]
        for task, label, sure in zip(self.tasks, self.chosen, probabilities, strict=True):
            yield task, self.labels[label], float(sure)

    def labels_of_tasks(self) -> dict[Name, str]:
        return {task: label for task, label, _ in self.rows()}


def usual_confusion(labels: Sequence[str], right: float = USUAL_RIGHT) -> Confusion:
    """Of somebody of whom nothing is known."""
    return _spelt_out(usual(len(labels), right), labels)


def posterior(
    said: Sequence[Said], *, skills: Mapping[Name, Confusion], priors: Mapping[str, float]
) -> dict[str, float]:
    """The probability of each label of one task."""
    return posteriors({None: said}, skills=skills, priors=priors)[None]


def posteriors(
    said: Mapping[Name, Sequence[Said]],
    *,
    skills: Mapping[Name, Confusion],
    priors: Mapping[str, float],
) -> dict[Name, dict[str, float]]:
    """Of many tasks at once. Where a worker's skill says nothing, because they or a label are new
    since the last run, they are taken to be as people usually are; a label without a prior has the
    least that any other has.
    """
    answers = [(task, each) for task, of_task in said.items() for each in of_task]
    new = dict.fromkeys(each.label for _, each in answers if each.label not in priors)
    labels = [*priors, *new]
    if not labels:
        raise ValueError("No labels: `priors` must hold every label that may be said.")
    least = min(priors.values(), default=1.0)
    task, worker, label = (
        _places(said),
        _places(each.worker for _, each in answers),
        _places(labels),
    )
    votes = Votes(
        np.array([task[name] for name, _ in answers], dtype=np.int32),
        np.array([worker[each.worker] for _, each in answers], dtype=np.int32),
        np.array([label[each.label] for _, each in answers], dtype=np.int32),
        list(task),
        list(worker),
        labels,
    )
    beliefs = believe(
        votes,
        _matrices([skills.get(name, {}) for name in worker], labels),
        priors=np.array([priors.get(name, least) for name in labels]),
        weights=np.array([each.weight for _, each in answers], dtype=np.float64),
        dtype=np.float64,
    )
    rows = zip(task, beliefs.tolist(), strict=True)
    return {name: dict(zip(labels, row, strict=True)) for name, row in rows}


def run(
    votes: Votes,
    *,
    gold: Mapping[Name, str] = {},
    weights: Mapping[Name, float] = {},
    method: str | None = None,
    on_progress: Callable[[int, int, str], object] = lambda done, of, doing: None,
) -> Consensus:
    """`gold`: labels of tasks that are known; they stand, and teach what the workers are like.
    `weights`: of workers, 1 where none is given. `method`: one of METHODS; none: the one that the
    evidence speaks for. `on_progress`: steps done, how many there are, what is being done.

    Raises TooManyToTellApart where there is no room for the method that is asked for.
    """
    votes = votes.with_labels(gold.values())
    if not len(votes):
        return _nothing(votes, method or SIMPLEST)
    place = _places(votes.label_names)
    known = [place.get(gold.get(task), -1) for task in votes.task_names]
    listened_to = [weights.get(worker, 1.0) for worker in votes.worker_names]
    crowd = Crowd(votes, np.array(known, np.int32), np.array(listened_to, np.float64))
    steps = 1 if method else len(METHODS) + 1
    tried = []
    if not method:
        order = list(METHODS)
        tried = try_methods(
            crowd, on_try=lambda name: on_progress(order.index(name), steps, f"trying {name}")
        )
    chosen = method or (best_of(tried) if tried else SIMPLEST)
    on_progress(steps - 1, steps, f"weighing by {chosen}")
    weighed = weigh(crowd, chosen)
    on_progress(steps, steps, "done")
    return Consensus(
        chosen,
        [each.evidence for each in tried],
        votes.label_names,
        votes.task_names,
        weighed.beliefs,
        likeliest(weighed.beliefs, crowd),
        Skills(votes.worker_names, votes.label_names, weighed.workers),
        dict(zip(votes.label_names, weighed.priors.tolist(), strict=True)),
    )


def _nothing(votes: Votes, method: str) -> Consensus:
    labels = votes.label_names
    none = Matrices(np.empty((0, len(labels), len(labels))), np.empty(0, dtype=np.intp))
    priors = dict.fromkeys(labels, 1 / max(1, len(labels)))
    return Consensus(
        method,
        [],
        labels,
        [],
        np.empty((0, len(labels)), dtype=np.float32),
        np.empty(0, dtype=np.int32),
        Skills([], labels, none),
        priors,
    )


def _places(names: Iterable[Name]) -> dict[Name, int]:
    return {name: place for place, name in enumerate(dict.fromkeys(names))}


def _spelt_out(matrix: Numbers, labels: Sequence[str]) -> Confusion:
    rows = zip(labels, matrix.tolist(), strict=True)
    return {truth: dict(zip(labels, row, strict=True)) for truth, row in rows}


def _matrices(skills: Sequence[Confusion], labels: Sequence[str]) -> Matrices:
    matrices = np.repeat(usual(len(labels))[np.newaxis], len(skills), axis=0)
    place = _places(labels)
    for at, skill in enumerate(skills):
        for truth, row in skill.items():
            for said, probability in row.items():
                if truth in place and said in place:
                    matrices[at, place[truth], place[said]] = probability
    return Matrices(matrices, np.arange(len(skills)))
