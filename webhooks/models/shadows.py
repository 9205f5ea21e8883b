"""What a model version would have decided otherwise (webhooks/shadow.py)."""

from __future__ import annotations

from django.db import models

from webhooks.models.decisions import Decision


class ShadowRun(models.Model):
    """A version held against texts that another one had read; its newest run stands for it."""

    version = models.CharField(max_length=64, unique=True, help_text="Name of the model version.")
    made_at = models.DateTimeField()
    texts = models.PositiveIntegerField(help_text="How many texts it read.")
    changed = models.PositiveIntegerField(help_text="Of how many another decision follows.")

    def __str__(self) -> str:
        return f"shadow run of {self.version}"

    @property
    def words(self) -> str:
        return f"{self.changed:,} of {self.texts:,} texts would have been decided otherwise"


class ChangedDecision(models.Model):
    """A decision that stands, and what the version would have decided instead.

    The text and what was decided are the decision's own: no word is kept twice.
    """

    run = models.ForeignKey(ShadowRun, on_delete=models.CASCADE, related_name="changes")
    decision = models.ForeignKey(Decision, on_delete=models.CASCADE, related_name="+")
    action = models.CharField(max_length=10, choices=Decision.Action)
    label = models.CharField(max_length=50, blank=True)
    confidence = models.FloatField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run", "decision"], name="a_shadow_run_names_a_decision_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.label} {self.confidence:.2f}"
