"""Which trained versions exist and which one serves, since when and by whom; the trainings that
made them; and the rows that operators add to what every candidate is judged on.
"""

from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class ModelVersionQuerySet(models.QuerySet["ModelVersion"]):
    def live(self) -> "ModelVersionQuerySet":
        return self.filter(state=ModelVersion.State.LIVE)

    def candidates(self) -> "ModelVersionQuerySet":
        return self.filter(state=ModelVersion.State.CANDIDATE)

    def of_the_dataset(self) -> "ModelVersionQuerySet":
        """Not what was only tried on other rows (`manage.py train --data`) and never went live."""
        tried = ModelVersion.objects.candidates().filter(report__training__other_rows=True)
        return self.exclude(pk__in=tried.values("pk"))

    def newest_first(self) -> "ModelVersionQuerySet":
        return self.order_by("-created_at", "-pk")


class ModelVersion(models.Model):
    """A row per version folder. The folder is the model; the row says what it may do."""

    class State(models.TextChoices):
        CANDIDATE = "candidate"
        LIVE = "live"
        RETIRED = "retired"

    name = models.CharField(max_length=64, unique=True)
    state = models.CharField(max_length=16, choices=State, default=State.CANDIDATE)
    folder = models.CharField(max_length=255, help_text="Under MODELS_DIR.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the weights.")
    report = models.JSONField(default=dict)
    verdict = models.TextField(blank=True, help_text="What the gate said, in words.")
    checks = models.JSONField(default=dict, help_text="What the gate said, check by check.")
    created_at = models.DateTimeField()
    live_from = models.DateTimeField(null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)
    promoted_by = models.CharField(max_length=150, blank=True)

    objects = ModelVersionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["state"],
                condition=Q(state="live"),
                name="at_most_one_live_model_version",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.state})"

    @property
    def path(self) -> Path:
        return Path(settings.MODELS_DIR) / self.folder

    def objection(self, live: "ModelVersion | None") -> str:
        """What keeps it from serving unless a person says why it should: "it fails …". Empty for
        what the gate passed against `live` (None: against anything), and for what has served
        before. A pass against a version that serves no more says nothing of the one that does.
        """
        if self.state != self.State.CANDIDATE:
            return ""
        if failed := ", ".join(self.failed_checks):
            return f"it fails {failed}"
        if not self.checks.get("passed"):
            return "it was never judged"
        rival = self.checks["rival"]
        return f"it was judged against {rival}" if live and live.name != rival else ""

    @property
    def failed_checks(self) -> list[str]:
        return [check["name"] for check in self.checks.get("checks", []) if not check["holds"]]


class ServingQuerySet(models.QuerySet["Serving"]):
    def newest_first(self) -> "ServingQuerySet":
        return self.order_by("-started_at", "-pk")

    def at(self, moment: datetime) -> "ServingQuerySet":
        """What served then: nothing, or one."""
        return self.filter(Q(ended_at=None) | Q(ended_at__gt=moment), started_at__lte=moment)


class Serving(models.Model):
    """One stretch of time in which a version was live: who put it there, and why."""

    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="servings")
    started_at = models.DateTimeField(db_index=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    by = models.CharField(max_length=150)
    reason = models.CharField(max_length=200)
    rolled_back = models.BooleanField(default=False, help_text="By a roll-back, not a promotion.")

    objects = ServingQuerySet.as_manager()

    class Meta:
        verbose_name = "serving"
        verbose_name_plural = "serving history"
        constraints = [
            models.UniqueConstraint(
                models.Value(1), condition=Q(ended_at=None), name="at_most_one_version_serves"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("started_at")),
                name="serving_ends_after_it_starts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version.name} from {self.started_at:%Y-%m-%d %H:%M}"


class TrainingRunQuerySet(models.QuerySet["TrainingRun"]):
    def waiting(self) -> "TrainingRunQuerySet":
        return self.filter(state=TrainingRun.State.WAITING)

    def running(self) -> "TrainingRunQuerySet":
        return self.filter(state=TrainingRun.State.RUNNING)

    def unfinished(self) -> "TrainingRunQuerySet":
        return self.filter(state__in=(TrainingRun.State.WAITING, TrainingRun.State.RUNNING))

    def by_hand(self) -> "TrainingRunQuerySet":
        return self.filter(reason=TrainingRun.Reason.BY_HAND)

    def in_the_background(self) -> "TrainingRunQuerySet":
        return self.exclude(reason=TrainingRun.Reason.BY_HAND)

    def newest_first(self) -> "TrainingRunQuerySet":
        return self.order_by("-requested_at", "-pk")


class TrainingRun(models.Model):
    """One training: why it was started, how far it is, what became of it.

    At most one waits or runs, whoever asked and wherever it is done: the database holds that, so
    two starts at once are one training. A run whose worker died is taken up again where its
    checkpoint left it.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        FINISHED = "finished"
        FAILED = "failed"
        STOPPED = "stopped"

    class Reason(models.TextChoices):
        ASKED = "asked", "someone asked for it"
        NEW_EXAMPLES = "new_examples", "enough newly settled examples"
        AGE = "age", "the live version is old"
        DRIFT = "drift", "what comes in has changed"
        FIRST = "first", "the first version was trained in a hurry"
        BY_HAND = "by_hand", "the command was given"

    state = models.CharField(max_length=16, choices=State, default=State.WAITING)
    reason = models.CharField(max_length=16, choices=Reason)
    because = models.CharField(max_length=200, blank=True, help_text="The reason, with figures.")
    requested_by = models.CharField(max_length=150)
    requested_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True, help_text="Last sign of life.")
    finished_at = models.DateTimeField(null=True, blank=True)
    holder = models.CharField(
        max_length=100, blank=True, help_text="The process that does it (classifier/holding.py)."
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    rows_total = models.PositiveIntegerField(default=0)
    stage = models.CharField(max_length=100, blank=True)
    error = models.TextField(blank=True)
    version = models.ForeignKey(
        ModelVersion, on_delete=models.SET_NULL, null=True, blank=True, related_name="runs"
    )

    objects = TrainingRunQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                models.Value(1),
                condition=Q(state__in=("waiting", "running")),
                name="at_most_one_unfinished_training_run",
            )
        ]

    def __str__(self) -> str:
        return f"training of {self.requested_at:%Y-%m-%d %H:%M} ({self.state})"

    @property
    def is_unfinished(self) -> bool:
        return self.state in (self.State.WAITING, self.State.RUNNING)

    @property
    def percent(self) -> int:
        """How far it is, rounded down: 100 only when all rows are learnt."""
        return min(100, 100 * self.rows_done // self.rows_total) if self.rows_total else 0


class JudgedRowQuerySet(models.QuerySet["JudgedRow"]):
    def of_pack(self, pack: str) -> "JudgedRowQuerySet":
        return self.filter(pack=pack).order_by("pk")


class JudgedRow(models.Model):
    """A row that operators add, mostly from an incident, to what every candidate is judged on.

    Stands beside the rows that ship with Nod. It is never trained on.
    """

    class Pack(models.TextChoices):
        MUST_PASS = "must_pass", "must-pass: may never be acted on wrongly"
        TEST = "test", "frozen test set: counts in the score"

    pack = models.CharField(max_length=16, choices=Pack)
    prompt = models.TextField(blank=True, help_text="The reminder's words; may be empty.")
    text = models.TextField(help_text="The reply, as it was typed; without names and numbers.")
    labels = models.JSONField(default=dict, help_text="Question -> label.")
    group = models.CharField(max_length=40, blank=True, help_text="Slice or group of like rows.")
    why = models.TextField(blank=True, help_text="What went wrong, or would.")
    added_by = models.CharField(max_length=150, blank=True)
    added_at = models.DateTimeField(auto_now_add=True)

    objects = JudgedRowQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.get_pack_display()}: {self.text[:60]}"

    def as_row(self) -> dict[str, Any]:
        """As a line of a data file."""
        return {"prompt": self.prompt, "text": self.text, "slice": self.group, **self.labels}
