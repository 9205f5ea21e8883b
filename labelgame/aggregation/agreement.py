"""How far do people agree? Krippendorff's alpha, for labels without an order. Pure.

1 is perfect agreement, 0 is what dice with the same mix of labels would reach, below 0 people
contradict each other. Tasks that one person alone has answered say nothing and are left out; so any
number of people may have answered any of the tasks.

Everything comes from coincidence matrices: o[one, other] counts the pairs of answers to the same
task, those of a task with m answers at 1 / (m - 1), so that each answer counts once (Krippendorff,
"Computing Krippendorff's Alpha-Reliability", 2011, with the examples in the tests).
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelgame.aggregation.votes import Name, Votes, places_within

# Krippendorff, "Content Analysis", 2004, p. 241: what may be relied on, and what may be used where
# tentative conclusions are enough.
RELIABLE, TENTATIVE = 0.8, 0.667
MOST_PAIRED_LABELS = 20  # the commonest: 190 pairs are more than anybody reads
MOST_PAIRED_PLAYERS = 300  # those with most answers
_CHUNK = 50_000  # tasks in memory at a time

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Alpha:
    value: float | None  # None: undefined, and `words` says why
    tasks: int  # with two answers or more
    answers: int  # to these
    words: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Pair:
    """Of two labels, on the answers that gave one or the other; or of two players."""

    one: Name
    other: Name
    alpha: Alpha
    apart: int  # tasks of which the one was said, and the other

    def as_dict(self) -> dict[str, Any]:
        return {
            "one": self.one,
            "other": self.other,
            "apart": self.apart,
            **self.alpha.as_dict(),
        }


@dataclass(frozen=True, slots=True)
class AgreementReport:
    overall: Alpha
    labels: dict[str, Alpha]  # each against all the others
    pairs: list[Pair]  # of labels that were said, the least agreed on first
    players: list[Pair] = field(default_factory=list)  # who answered the same tasks, if asked for

    def as_dict(self) -> dict[str, Any]:
        return {
            "overall": self.overall.as_dict(),
            "labels": {label: alpha.as_dict() for label, alpha in self.labels.items()},
            "pairs": [pair.as_dict() for pair in self.pairs],
            "players": [pair.as_dict() for pair in self.players],
        }


def report(votes: Votes, labels: Sequence[str] = (), *, players: bool = False) -> AgreementReport:
    """`labels`: those of the question, in its order; what else was said follows."""
    votes = votes.with_labels(labels)
    place = {label: at for at, label in enumerate(votes.label_names)}
    order = list(dict.fromkeys([*labels, *votes.label_names]))
    coincidences, tasks = np.zeros((len(place), len(place))), 0
    tasks_of_label = np.zeros(len(place), dtype=int)
    for counts in _counts(votes):
        coincidences += _coincidences(counts)
        shared = counts[counts.sum(axis=1) > 1]
        tasks += len(shared)
        tasks_of_label += (shared > 0).sum(axis=0)
    same, said = np.diagonal(coincidences), coincidences.sum(axis=1)
    return AgreementReport(
        overall=_alpha(same.sum(), said, tasks, votes.label_names),
        labels={
            label: _of_label(label, same[at], said[at], said.sum(), int(tasks_of_label[at]))
            for label, at in ((label, place[label]) for label in order)
        },
        pairs=_pairs(votes, order, place),
        players=_players(votes) if players else [],
    )


def _of_label(label: str, same: float, said: float, answers: float, tasks: int) -> Alpha:
    """Against all the others as if they were one. Its counts are of the label itself: a thousand
    answers that are something else do not make two of this one reliable.
    """
    apart = said - same
    rest = np.array([said, answers - said])
    alpha = _alpha(answers - 2 * apart, rest, tasks, (label, "another"), f"{label} and two answers")
    if alpha.value is None:
        return alpha
    return replace(alpha, answers=round(said), words=_words(alpha.value, tasks, round(said)))


def _alpha(
    same: float, said: Numbers, tasks: int, names: Sequence[str], needs: str = "two answers"
) -> Alpha:
    """`same`: the sum of the coincidences' diagonal; `said`: the sums of their rows, of `names`."""
    answers = float(said.sum())
    by_chance = answers**2 - float((said**2).sum())
    if not tasks:
        return Alpha(None, 0, 0, f"undefined: no task has {needs}")
    if by_chance < 0.5:  # a whole number, but for rounding
        only = names[int(said.argmax())]
        words = f"undefined: all {answers:.0f} answers are {only}, so there was nothing to tell"
        return Alpha(None, tasks, round(answers), words)
    value = 1 - (answers - 1) * (answers - same) / by_chance
    return Alpha(value, tasks, round(answers), _words(value, tasks, round(answers)))


def _words(value: float, tasks: int, answers: int) -> str:
    if value >= RELIABLE:
        meaning = "may be relied on"
    elif value >= TENTATIVE:
        meaning = "enough for tentative conclusions"
    elif value > 0:
        meaning = "too little to rely on"
    else:
        meaning = "no better than dice"
    return f"{value:.2f} from {answers} answers to {tasks} tasks: {meaning}"


def _counts(votes: Votes) -> Iterator[Numbers]:
    """(tasks, labels): how many said so, some tasks at a time."""
    order = np.argsort(votes.tasks, kind="stable")
    tasks, said, labels = votes.tasks[order], votes.labels[order], len(votes.label_names)
    for start in range(0, len(votes.task_names), _CHUNK):
        size = min(_CHUNK, len(votes.task_names) - start)
        begin, end = np.searchsorted(tasks, (start, start + size))
        place = (tasks[begin:end] - start).astype(np.int64) * labels + said[begin:end]
        counts = np.bincount(place, minlength=size * labels)
        yield counts.reshape(size, labels).astype(np.float64)


def _coincidences(counts: Numbers) -> Numbers:
    """(labels, labels), from (tasks, labels)."""
    answers = counts.sum(axis=1)
    counts = counts[answers > 1]
    shares = counts / (answers[answers > 1, np.newaxis] - 1)
    return np.asarray(counts.T @ shares - np.diag(shares.sum(axis=0)))


def _pairs(votes: Votes, order: Sequence[str], place: dict[str, int]) -> list[Pair]:
    """Each as if the other labels had not been there to choose from."""
    said = np.bincount(votes.labels, minlength=len(place))
    common = sorted(order, key=lambda label: -said[place[label]])[:MOST_PAIRED_LABELS]
    both = list(combinations([name for name in order if name in common and said[place[name]]], 2))
    coincidences = np.zeros((len(both), 2, 2))
    tasks, apart = np.zeros(len(both), dtype=int), np.zeros(len(both), dtype=int)
    for counts in _counts(votes):
        for at, (one, other) in enumerate(both):
            of_two = counts[:, [place[one], place[other]]]
            coincidences[at] += _coincidences(of_two)
            tasks[at] += (of_two.sum(axis=1) > 1).sum()
            apart[at] += (of_two.min(axis=1) > 0).sum()
    pairs = []
    for at, (one, other) in enumerate(both):
        needs = f"two answers that are {one} or {other}"
        same, of_each = np.trace(coincidences[at]), coincidences[at].sum(axis=1)
        alpha = _alpha(same, of_each, int(tasks[at]), (one, other), needs)
        pairs.append(Pair(one, other, alpha, int(apart[at])))
    return sorted(pairs, key=_lowest_first)


def _players(votes: Votes) -> list[Pair]:
    """Each answer of a task beside the next one, then the one after that, and so on: never more in
    memory than there are answers.
    """
    counts = np.bincount(votes.workers, minlength=len(votes.worker_names))
    people = np.sort(np.argsort(-counts, kind="stable")[:MOST_PAIRED_PLAYERS])
    seat = np.full(len(counts), -1)
    seat[people] = np.arange(len(people))
    votes = votes.only(seat[votes.workers] >= 0)
    order = np.lexsort((votes.workers, votes.tasks))
    tasks, seats, said = votes.tasks[order], seat[votes.workers[order]], votes.labels[order]
    same = np.zeros(len(people) ** 2)
    of_labels = np.zeros((len(people) ** 2, len(votes.label_names)))
    for step in range(1, int(places_within(tasks).max(initial=0)) + 1):
        here = np.flatnonzero(tasks[step:] == tasks[:-step])
        pair = seats[here] * len(people) + seats[here + step]
        np.add.at(same, pair, 2.0 * (said[here] == said[here + step]))
        np.add.at(of_labels, (pair, said[here]), 1.0)
        np.add.at(of_labels, (pair, said[here + step]), 1.0)
    pairs = []
    for at in np.flatnonzero(of_labels.any(axis=1)):
        one, other = (votes.worker_names[people[place]] for place in divmod(at, len(people)))
        tasks_of_both = round(of_labels[at].sum() / 2)
        alpha = _alpha(same[at], of_labels[at], tasks_of_both, votes.label_names)
        pairs.append(Pair(one, other, alpha, tasks_of_both - round(same[at] / 2)))
    return sorted(pairs, key=_lowest_first)


def _lowest_first(pair: Pair) -> tuple[float, int]:
    """What is undefined comes last."""
    return (2.0 if pair.alpha.value is None else pair.alpha.value, -pair.apart)
