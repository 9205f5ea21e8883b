"""What the model lacks, label by label: the dataset's count beside the live version's score. From
it come the missions, the words at a round's end and what is asked first.
"""

from collections.abc import Mapping
from typing import Any

from django.core.cache import cache
from django.db.models import Count

from classifier.models import Example, ExampleLabel, ModelVersion
from classifier.taxonomy import current_taxonomy
from labelgame.models import GameSettings
from labelgame.rules.missions import Mission, Need, missions

GOOD = 0.9  # F1 on validation rows from which on the model is called good at a label
# Counting a hundred thousand labels takes longer than showing a page; a mission's number may be so
# many seconds old.
KEPT_SECONDS = 60
_KEY = "labelgame.needs"


def needs(settings: GameSettings) -> list[Need]:
    """One for each label of each question, in the taxonomy's order."""
    counted = (
        ExampleLabel.objects.standing()
        .exclude(example__state=Example.State.PULLED)
        .values_list("question", "label")
        .annotate(count=Count("pk"))
    )
    settled = {(question, label): count for question, label, count in counted}
    live = ModelVersion.objects.live().first()
    report = live.report if live else {}
    return [
        Need(
            question=question.name,
            label=label.name,
            title=label.title,
            settled=settled.get((question.name, label.name), 0),
            wanted=settings.wanted_per_label,
            # Not on the frozen test set: what people collect next would be chosen by it.
            score=score_of(report.get("validation", {}), question.name, label.name, "f1"),
            goal=max(GOOD, label.floor),
        )
        for question in current_taxonomy().questions
        for label in question.labels
    ]


def score_of(questions: Mapping[str, Any], question: str, label: str, figure: str) -> float | None:
    """Of the questions of a version's report; None where it says nothing of the label."""
    labels = questions.get(question, {}).get("labels") or {}
    found = labels.get(label, {})
    return found[figure] if found.get("support") else None


def needs_of_late(settings: GameSettings) -> list[Need]:
    """For pages."""
    key = f"{_KEY}.{settings.wanted_per_label}"
    found: list[Need] | None = cache.get(key)
    if found is None:
        found = needs(settings)
        cache.set(key, found, KEPT_SECONDS)
    return found


def missions_now() -> list[Mission]:
    """Empty where the operator wants none."""
    settings = GameSettings.current()
    return missions(needs_of_late(settings)) if settings.missions_on else []
