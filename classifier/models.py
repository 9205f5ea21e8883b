"""Which trained versions exist, which one is live, and since when and by whom."""

from pathlib import Path

from django.conf import settings
from django.db import models
from django.db.models import Q


class ModelVersionQuerySet(models.QuerySet["ModelVersion"]):
    def live(self) -> "ModelVersionQuerySet":
        return self.filter(state=ModelVersion.State.LIVE)

    def candidates(self) -> "ModelVersionQuerySet":
        return self.filter(state=ModelVersion.State.CANDIDATE)

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
