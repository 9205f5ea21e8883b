"""crowd-kit's methods, each asked for the same: how likely is every label of every task? Pure.

Its classes take and give data frames, and want some things known:

- They count tasks, workers and labels in the order of their first answer in one place and sorted in
  another; MACE would read one worker's figures for another's. Here both orders are the same.
- Dawid–Skene alone takes labels that are known, the majority vote alone weights of workers. The
  others meet both afterwards (trials.py); but who weighs nothing is left out from all.
- A single label makes some of them divide by zero.
- They are written for an older pandas, and it says so.
"""

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from crowdkit.aggregation import GLAD, MACE, DawidSkene, MajorityVote, OneCoinDawidSkene
from numpy.typing import NDArray

from labelgame.aggregation.beliefs import Numbers
from labelgame.aggregation.votes import Indices, Votes


def fit(method: str, votes: Votes, *, known: Indices, listened_to: Numbers) -> Numbers:
    """(tasks, labels). `known`: the label of each task, -1 where it is not; `listened_to`: the
    weight of each worker. A task without an answer that weighs is even.
    """
    labels = len(votes.label_names)
    beliefs = np.full((len(votes.task_names), labels), 1 / labels, np.float32)
    heard = votes.only(listened_to[votes.workers] > 0)
    task, tasks = _by_first_answer(heard.tasks)
    worker, workers = _by_first_answer(heard.workers)
    label, said = _by_first_answer(heard.labels)
    if len(said) < 2:
        beliefs[np.ix_(tasks, said)] = 1.0
        beliefs[np.ix_(tasks, np.setdiff1d(np.arange(labels), said))] = 0.0
        return beliefs
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", FutureWarning)
        found = METHODS[method](
            pd.DataFrame({"task": task, "worker": worker, "label": label}),
            _of_what_was_said(known[tasks], said),
            pd.Series(listened_to[workers]),
        )
    beliefs[tasks] = 0.0
    beliefs[np.ix_(tasks[found.index.to_numpy()], said[found.columns.to_numpy()])] = found
    return beliefs


def _by_first_answer(places: Indices) -> tuple[NDArray[np.intp], Indices]:
    """Places in the order in which they first come, and what is at each."""
    codes, names = pd.factorize(places)
    return codes, np.asarray(names, dtype=np.int32)


def _of_what_was_said(known: Indices, said: Indices) -> "pd.Series[int]":
    """A known label that nobody said has no column in the frames."""
    place = {label: at for at, label in enumerate(said.tolist())}
    labels = {task: place[label] for task, label in enumerate(known.tolist()) if label in place}
    return pd.Series(labels, dtype=np.int64)


def _majority(data: pd.DataFrame, _: Any, weights: "pd.Series[float]") -> pd.DataFrame:
    return MajorityVote().fit_predict_proba(data, skills=weights)


# Few steps: in simulated crowds twice as many made none of these right more often by two tasks in a
# thousand, and one-coin less often.


def _one_coin(data: pd.DataFrame, *_: Any) -> pd.DataFrame:
    return OneCoinDawidSkene(n_iter=10).fit_predict_proba(data)


def _dawid_skene(data: pd.DataFrame, known: "pd.Series[int]", _: Any) -> pd.DataFrame:
    return DawidSkene(n_iter=20).fit_predict_proba(data, true_labels=known)


def _mace(data: pd.DataFrame, *_: Any) -> pd.DataFrame:
    # One restart: its restarts all begin with the same dice, and so end alike.
    return MACE(n_restarts=1, n_iter=10).fit_predict_proba(data)


def _glad(data: pd.DataFrame, *_: Any) -> pd.DataFrame:
    return GLAD(n_iter=3, m_step_max_iter=5).fit_predict_proba(data)


METHODS: Mapping[str, Callable[[pd.DataFrame, Any, Any], pd.DataFrame]] = {
    "majority": _majority,
    "one_coin": _one_coin,
    "dawid_skene": _dawid_skene,
    "mace": _mace,
    "glad": _glad,
}
