"""One training from start to verdict: train, register, compare, promote."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings

from classifier import actions
from classifier.baseline import Baseline
from classifier.data import Row, Split
from classifier.evaluation import Report, evaluate
from classifier.gate import Verdict, judge
from classifier.models import ModelVersion
from classifier.reader import Reader
from classifier.scoring import Scorer, scorer_of
from classifier.taxonomy import Taxonomy
from classifier.training.config import TrainingConfig
from classifier.training.produce import BUDGET, produce, training_split
from classifier.versions import DamagedVersion, open_version

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    candidate: ModelVersion
    rival_report: Report  # of the live version, or of the baseline, on the same rows
    verdict: Verdict
    promoted: bool


def train_version(
    *,
    rows: Sequence[Row],
    taxonomy: Taxonomy,
    config: TrainingConfig,
    by: str,
    now: datetime,
    may_promote: bool = True,
    quiet: bool = False,
) -> Outcome:
    data = training_split(rows, taxonomy)
    version = produce(
        data, taxonomy, config, models_dir=Path(settings.MODELS_DIR), now=now, quiet=quiet
    )
    candidate = actions.register_candidate(version=version, now=now)
    rival_report = report_of(rival(data, taxonomy), data)
    verdict = judge(version.report, rival_report)
    actions.record_verdict(version=candidate, verdict=verdict)
    promoted = verdict.passed and may_promote
    if promoted:
        actions.promote(version=candidate, by=by, now=now)
    return Outcome(candidate, rival_report, verdict, promoted)


def rival(data: Split, taxonomy: Taxonomy) -> Scorer:
    """What a candidate has to beat: the live version, else the baseline on the same rows."""
    live = ModelVersion.objects.live().first()
    if live is not None:
        try:
            scorer = scorer_of(open_version(live.path), budget=BUDGET)
        except DamagedVersion as exc:
            log.error("The live version cannot be compared with: %s", exc)
        else:
            if scorer.taxonomy.label_names == taxonomy.label_names:
                return scorer
            log.warning("The live version answers other questions; comparing with the baseline.")
    return Baseline(data.train, taxonomy)


def report_of(scorer: Scorer, data: Split) -> Report:
    readings = Reader(scorer).read([row.pair for row in data.validation])
    return evaluate(data.validation, readings, scorer.taxonomy, model=scorer.name)
