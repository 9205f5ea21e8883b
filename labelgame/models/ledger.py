"""What answers earned. A booking is never changed: what settles anew books the difference, in the
week in which it does (docs/game.md).
"""

from __future__ import annotations

from django.db import models

from classifier.models import ModelVersion
from labelgame.models.accounts import Player
from labelgame.models.polls import Answer


class Booking(models.Model):
    answer = models.ForeignKey(Answer, on_delete=models.PROTECT, related_name="bookings")
    player = models.ForeignKey(
        Player, on_delete=models.PROTECT, related_name="bookings", db_index=False
    )
    points = models.SmallIntegerField()
    rule = models.CharField(max_length=20)
    week = models.CharField(max_length=8)  # leagues.Week.words: 2026-W48
    booked_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["player", "-booked_at"], name="bookings_of_late")]

    def __str__(self) -> str:
        return f"{self.points:+} in {self.week}"


class WeekPoints(models.Model):
    """The sum of a player's bookings of a week, so that a board costs one small query."""

    player = models.ForeignKey(Player, on_delete=models.PROTECT, related_name="weeks")
    week = models.CharField(max_length=8)
    points = models.IntegerField(default=0)

    class Meta:
        verbose_name_plural = "points by week"
        constraints = [
            models.UniqueConstraint(fields=["week", "player"], name="a_player_has_a_week_once")
        ]

    def __str__(self) -> str:
        return f"{self.points} in {self.week}"


class Credit(models.Model):
    """How many labels that a player helped to settle a model version learnt from."""

    player = models.ForeignKey(Player, on_delete=models.PROTECT, related_name="credits")
    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="credits")
    labels = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["version", "player"], name="a_version_credits_a_player_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.labels} in {self.version}"
