"""Would more examples help, and of which label? Answered by learning from fewer.

By the TF-IDF baseline, which learns in seconds: how its scores rise with the rows is a fair sign of
what the rows still lack, though the transformer needs fewer of them.
"""

import random
from collections.abc import Callable, Sequence
from typing import Any

from classifier.baseline import Baseline
from classifier.data import Row
from classifier.evaluation import evaluate
from classifier.reader import Reader
from classifier.taxonomy import Taxonomy

SHARES = (0.25, 0.5, 1.0)
FEWEST_ROWS = 200  # below, a quarter of them teaches nothing
STILL_RISING = 0.02  # of F1 for the last doubling: more would help
SEED = 25


def learning_curve(
    train: Sequence[Row],
    judged_on: Sequence[Row],
    taxonomy: Taxonomy,
    *,
    whole: Baseline,
    judged_from: str,
    on_stage: Callable[[str], object] = lambda stage: None,
) -> dict[str, Any] | None:
    """Points of rows and F1 per label of the primary question, and which labels still rise.

    `whole`: the baseline that learnt from all of `train`; `judged_from`: what `judged_on` are, for
    who reads the report.
    """
    if len(train) < FEWEST_ROWS:
        return None
    order = random.Random(SEED).sample(list(train), len(train))
    points: list[dict[str, Any]] = []
    for share in SHARES:
        on_stage(f"learning from {share:.0%} of the rows")
        some = order[: round(share * len(order))]
        baseline = whole if len(some) == len(train) else Baseline(some, taxonomy)
        readings = Reader(baseline).read([row.pair for row in judged_on])
        question = evaluate(judged_on, readings, taxonomy, model=baseline.name)["questions"]
        labels = question[taxonomy.primary.name]["labels"]
        points.append(
            {"rows": len(some), "f1": {name: label["f1"] for name, label in labels.items()}}
        )
    last, before = points[-1]["f1"], points[-2]["f1"]
    return {
        "points": points,
        "rows_from": judged_from,
        "rising": sorted(
            (name for name in last if last[name] - before[name] >= STILL_RISING),
            key=lambda name: before[name] - last[name],
        ),
    }
