"""Answers as arrays: a million of them are 12 MB. Pure."""

from array import array
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelgame.rules.scoring import SKIP

Indices = NDArray[np.int32]
Mask = NDArray[np.bool_]
Name = Any  # of a task or a worker, as the caller knows them: whatever can be a key

# Answers to one task that a part holds. Later ones say what these have said; and MACE multiplies
# the probabilities of all of them, which come to 0 after some hundreds.
MOST_OF_A_TASK = 50
_SEED = 20  # of the draw of a part: the same answers make the same labels, on every machine


@dataclass(frozen=True, eq=False)
class Votes:
    """Who said what of which task: one position in all three arrays is one answer. A worker answers
    a task once.
    """

    tasks: Indices  # (answers,), places in `task_names`
    workers: Indices
    labels: Indices
    task_names: Sequence[Name]  # in the order in which they first came
    worker_names: Sequence[Name]
    label_names: Sequence[str]
    said_again: int = 0  # answers that another one by the same worker to the same task replaced

    @classmethod
    def of_rows(
        cls, rows: Iterable[tuple[Name, Name, str]], *, labels: Collection[str] = ()
    ) -> "Votes":
        """(task, worker, label), in the order in which they were given: who answers a task again
        means the later one. What was skipped is no answer. `labels`: that may be said, whether or
        not anybody does; others follow by name.
        """
        tasks, workers, said = _Names(), _Names(), _Names(labels)
        for task, worker, label in rows:
            if label != SKIP:
                tasks.add(task)
                workers.add(worker)
                said.add(label)
        known = list(dict.fromkeys(labels))
        names = known + sorted(str(name) for name in said.names[len(known) :])
        place = {name: at for at, name in enumerate(names)}
        order = np.array([place[str(name)] for name in said.names], dtype=np.int32)
        votes = cls(
            tasks.places(),
            workers.places(),
            order[said.places()],
            tasks.names,
            workers.names,
            names,
        )
        return votes._last_of_each()

    def __len__(self) -> int:
        return len(self.tasks)

    def answers_by_worker(self) -> dict[Name, int]:
        counts = np.bincount(self.workers, minlength=len(self.worker_names))
        return dict(zip(self.worker_names, counts.tolist(), strict=True))

    def with_labels(self, labels: Iterable[str]) -> "Votes":
        """The same answers, where these might have been said as well."""
        more = sorted(set(labels) - set(self.label_names))
        return replace(self, label_names=[*self.label_names, *more]) if more else self

    def only(self, chosen: Mask) -> "Votes":
        """These answers of the same tasks, some of which may be left with none."""
        return replace(
            self,
            tasks=self.tasks[chosen],
            workers=self.workers[chosen],
            labels=self.labels[chosen],
        )

    def part(self, answers: int, *, first: Mask | None = None) -> tuple["Votes", Indices]:
        """Whole tasks, drawn until there are so many answers, those of `first` before others; and
        which they are, in the order of the part's own tasks. All of them, if they are so few.
        """
        sizes = np.bincount(self.tasks, minlength=len(self.task_names))
        everything = np.arange(len(sizes), dtype=np.int32)
        if len(self) <= answers and sizes.max(initial=0) <= MOST_OF_A_TASK:
            return self, everything
        drawn = np.random.default_rng(_SEED).permutation(everything)
        if first is not None:
            drawn = np.concatenate([drawn[first[drawn]], drawn[~first[drawn]]])
        taken = np.cumsum(np.minimum(sizes[drawn], MOST_OF_A_TASK)) <= answers
        taken[:1] = True
        chosen = np.sort(drawn[taken])
        own = np.full(len(sizes), -1, dtype=np.int32)
        own[chosen] = np.arange(len(chosen), dtype=np.int32)
        some = self.only(own[self.tasks] >= 0)
        some = replace(
            some, tasks=own[some.tasks], task_names=[self.task_names[task] for task in chosen]
        )
        return some.only(places_within(some.tasks) < MOST_OF_A_TASK), chosen

    def _last_of_each(self) -> "Votes":
        key = self.tasks.astype(np.int64) * max(1, len(self.worker_names)) + self.workers
        _, last = np.unique(key[::-1], return_index=True)
        again = len(key) - len(last)
        if not again:
            return self
        kept = np.zeros(len(key), dtype=bool)
        kept[len(key) - 1 - last] = True
        return replace(self.only(kept), said_again=again)


def places_within(groups: Indices) -> NDArray[np.intp]:
    """Of each, how many before it are of the same group."""
    order = np.argsort(groups, kind="stable")
    sizes = np.bincount(groups)
    starts = np.cumsum(sizes) - sizes
    places = np.empty(len(groups), dtype=np.intp)
    places[order] = np.arange(len(groups)) - starts[groups[order]]
    return places


class _Names:
    """Names as they come, each with its place."""

    def __init__(self, names: Iterable[Name] = ()) -> None:
        self._of: dict[Name, int] = {}
        for name in names:
            self._of.setdefault(name, len(self._of))
        self._places = array("i")

    def add(self, name: Name) -> None:
        self._places.append(self._of.setdefault(name, len(self._of)))

    @property
    def names(self) -> list[Name]:
        return list(self._of)

    def places(self) -> Indices:
        return np.array(self._places, dtype=np.int32)
