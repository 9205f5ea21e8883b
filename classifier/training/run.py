"""One training from start to verdict: train, register, judge, promote."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from classifier import actions, must_pass
from classifier.baseline import Baseline
from classifier.data import Row, Split, assert_no_overlap
from classifier.evaluation import Report, evaluate
from classifier.gate import Check, Verdict, judge
from classifier.judged import judged_rows, must_pass_rows, test_rows, without_judged
from classifier.keyword_rules import KeywordRules
from classifier.models import ModelVersion
from classifier.reader import Reader
from classifier.scoring import Scorer, scorer_of
from classifier.taxonomy import Label, Taxonomy
from classifier.training.checkpoint import recipe_of
from classifier.training.config import TrainingConfig
from classifier.training.learning import learning_curve
from classifier.training.loop import Progress, accelerator_for_training
from classifier.training.produce import produce, training_split
from classifier.versions import DamagedVersion, Version, open_version, version_names

log = logging.getLogger(__name__)

FROZEN_TEST_SET = "frozen test set"
VALIDATION_ROWS = "validation rows"  # they chose epoch and thresholds: a little kinder than life
VALIDATION_AND_TEST = "validation rows and the few test rows that there are"
# Test rows by which alone a version is judged. With fewer, one incident that an operator added, and
# that what serves reads wrongly by its nature, would let any candidate pass.
ENOUGH_TESTS = 200

MOST_RIVALS = 3  # that a candidate is compared with, if others go live while it is judged


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
    lineage: Mapping[str, Any] | None = None,
    quiet: bool = False,
    on_progress: Callable[[Progress], object] = lambda progress: None,
    on_stage: Callable[[str], object] = lambda stage: None,
) -> Outcome | None:
    """None in those of several processes that only help to train."""
    judged = judged_rows(taxonomy)
    data = learnt_from(rows, taxonomy, judged)
    version = left_unjudged(recipe_of(data, taxonomy, config))
    if version is None:
        version = produce(
            data, taxonomy, config, models_dir=Path(settings.MODELS_DIR), now=now, held_out=judged,
            made_by=lineage, quiet=quiet, on_progress=on_progress, on_stage=on_stage,
            checkpoint_seconds=settings.CHECKPOINT_SECONDS,
        )  # fmt: skip
    elif not accelerator_for_training().is_main_process:
        return None
    if version is None:
        return None
    tests = test_rows(taxonomy)
    return conclude(
        version, data, tests, by=by, now=now, may_promote=may_promote, on_stage=on_stage
    )


def left_unjudged(recipe: str) -> Version | None:
    """What a training made that was killed before the verdict: made again it would be the same."""
    models_dir = Path(settings.MODELS_DIR)
    done = ModelVersion.objects.exclude(state=ModelVersion.State.CANDIDATE, verdict="")
    judged = set(done.values_list("name", flat=True))
    for name in reversed(version_names(models_dir)):
        if name in judged:
            continue
        try:
            version = open_version(models_dir / name)
            made_by = version.report["training"]["recipe"]
        except (DamagedVersion, OSError, ValueError, KeyError):
            continue  # nothing to go on with, whoever left it there
        if made_by == recipe:
            return version
    return None


def learnt_from(rows: Sequence[Row], taxonomy: Taxonomy, judged: Sequence[Row]) -> Split:
    return training_split(without_judged(rows, judged), taxonomy, held_out=judged)


def refused_before(
    rows: Sequence[Row], taxonomy: Taxonomy, config: TrainingConfig
) -> ModelVersion | None:
    """A candidate of the same making that the gate refused: made again it would be no better."""
    recipe = recipe_of(learnt_from(rows, taxonomy, judged_rows(taxonomy)), taxonomy, config)
    made = ModelVersion.objects.candidates().filter(report__training__recipe=recipe)
    return made.filter(checks__passed=False).newest_first().first()


def conclude(
    version: Version,
    data: Split,
    tests: Sequence[Row],
    *,
    by: str,
    now: datetime,
    may_promote: bool = True,
    on_stage: Callable[[str], object] = lambda stage: None,
) -> Outcome:
    """The verdict on a version, and what follows from it. `on_stage` may raise, to have nothing
    follow.
    """
    actions.save_room()
    taxonomy = version.taxonomy
    rows, rows_from = judged_on(tests, data, taxonomy)
    strict = must_pass_rows(taxonomy)
    # Again: an operator may have added what was being learnt.
    assert_no_overlap((*data.train, *data.validation), [*tests, *strict])
    on_stage("judging it")
    # By the graph that its confidences were fitted to, on any machine: the verdict is one.
    reader = Reader(scorer_of(version, gpu=False))
    report = full_report(version, reader, rows, rows_from)
    failed = must_pass.failures(
        strict, reader.read([row.pair for row in strict]), taxonomy, version.thresholds
    )
    report["must_pass"] = {"rows": len(strict), "failed": [each.as_dict() for each in failed]}
    on_stage("fitting the baseline")
    baseline = Baseline(data.train, taxonomy)
    # Not on the frozen test set: what people are told to collect next would be chosen by it.
    report["learning_curve"] = learning_curve(
        data.train, data.validation, taxonomy,
        whole=baseline, judged_from=VALIDATION_ROWS, on_stage=on_stage,
    )  # fmt: skip
    for _ in range(MOST_RIVALS):
        on_stage("comparing it with what serves")
        live = ModelVersion.objects.live().first()
        opponent = scorer_of_live(live, taxonomy) or baseline
        rival_report = report_of(opponent, rows, taxonomy)
        report["compared"] = compared(rows, taxonomy, baseline, opponent, rival_report)
        verdict = judge(
            report,
            rival_report,
            floors=of_each_label(taxonomy, lambda label: label.floor),
            recall_floors=of_each_label(taxonomy, lambda label: label.recall_floor),
            must_pass_failures=[each.words for each in failed],
            must_pass_rows=len(strict),
        )
        on_stage("writing down the verdict")
        candidate = actions.register_candidate(version=version, report=report, now=now)
        actions.record_verdict(version=candidate, verdict=verdict, report=report)
        if not (verdict.passed and may_promote):
            return Outcome(candidate, rival_report, verdict, promoted=False)
        try:
            actions.take_the_place_of(live, version=candidate, by=by, now=now)
        except actions.AnotherWentLive:
            continue  # judged against what serves now
        return Outcome(candidate, rival_report, verdict, promoted=True)
    verdict = refused_for_restlessness(verdict)
    actions.record_verdict(version=candidate, verdict=verdict)
    return Outcome(candidate, rival_report, verdict, promoted=False)


def judged_on(tests: Sequence[Row], data: Split, taxonomy: Taxonomy) -> tuple[Sequence[Row], str]:
    """The rows, and what they are called."""
    primary = taxonomy.primary
    labels = {row.labels[primary.name] for row in tests}
    if len(tests) >= ENOUGH_TESTS and labels.issuperset(primary.label_names):
        return tests, FROZEN_TEST_SET
    if not tests:
        return data.validation, VALIDATION_ROWS
    return [*data.validation, *tests], VALIDATION_AND_TEST


def of_each_label(
    taxonomy: Taxonomy, value: Callable[[Label], float]
) -> dict[str, dict[str, float]]:
    """Question -> label -> what is asked of it."""
    return {
        question.name: {label.name: value(label) for label in question.labels}
        for question in taxonomy.questions
    }


def refused_for_restlessness(verdict: Verdict) -> Verdict:
    words = (
        f"While it was judged, another version went live {MOST_RIVALS} times: it was compared with"
        " none that serves. Train again."
    )
    return replace(verdict, checks=(*verdict.checks, Check("compared", False, words)))


def full_report(version: Version, reader: Reader, rows: Sequence[Row], rows_from: str) -> Report:
    """The version judged on `rows` as it serves, and without the rules before it."""
    report = report_of(reader.scorer, rows, version.taxonomy)
    report["rows_from"] = rows_from
    alone = Reader(reader.scorer, use_rules=False).read([row.pair for row in rows])
    by_itself = evaluate(rows, alone, reader.taxonomy, model=version.name)
    report["model_alone"] = by_itself["questions"][by_itself["primary"]]
    report["training"] = version.report["training"]
    report["export"] = version.report["export"]
    report["validation"] = {
        name: {key: question.get(key) for key in ("rows", "accuracy", "macro_f1", "ece", "labels")}
        for name, question in version.report["questions"].items()
    }
    return report


def report_of(scorer: Scorer, rows: Sequence[Row], taxonomy: Taxonomy) -> Report:
    """By the costs of this taxonomy: those that a version was trained with may be others, and two
    versions are compared in one currency.
    """
    readings = Reader(scorer).read([row.pair for row in rows])
    return evaluate(
        rows, readings, taxonomy, model=scorer.name, thresholds=scorer.thresholds or None
    )


def scorer_of_live(live: ModelVersion | None, taxonomy: Taxonomy) -> Scorer | None:
    """What serves now and so has to be beaten; None if nothing does that answers the same."""
    if live is None:
        return None
    try:
        scorer = scorer_of(open_version(live.path, digest=live.digest), gpu=False)
    except DamagedVersion as exc:
        log.error("The live version cannot be compared with: %s", exc)
        return None
    if scorer.taxonomy.label_names != taxonomy.label_names:
        log.warning("The live version answers other questions; comparing with the baseline.")
        return None
    return scorer


def compared(
    rows: Sequence[Row],
    taxonomy: Taxonomy,
    baseline: Baseline,
    opponent: Scorer,
    rival_report: Report,
) -> Report:
    """Name -> question -> macro-F1 and accuracy of what else could read, on the same rows."""
    reports = {opponent.name: rival_report}
    if opponent is not baseline:
        reports[baseline.name] = report_of(baseline, rows, taxonomy)
    try:
        rules = KeywordRules(taxonomy)
    except ValueError:
        pass  # another taxonomy: there are no words for it
    else:
        reports[rules.name] = report_of(rules, rows, taxonomy)
    return {
        name: {
            question: {key: part[key] for key in ("macro_f1", "accuracy")}
            for question, part in report["questions"].items()
        }
        for name, report in reports.items()
    }
