"""Who plays: people with an account, the links that invite them, their teams and days off."""

from __future__ import annotations

import hashlib
import secrets
import uuid
import zoneinfo
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from labelgame.rules.streaks import DAILY_GOAL, GOALS

INVITATION_DAYS = 14


def check_time_zone(name: str) -> None:
    if name not in zoneinfo.available_timezones():
        raise ValidationError("Choose a time zone such as Europe/London.")


class Team(models.Model):
    name = models.CharField(max_length=60, unique=True)

    def __str__(self) -> str:
        return self.name


class PlayerQuerySet(models.QuerySet["Player"]):
    def playing(self) -> PlayerQuerySet:
        return self.filter(retired_at=None, user__is_active=True)

    def by_name(self) -> PlayerQuerySet:
        return self.order_by("name", "pk")


class Player(models.Model):
    """A member of staff in the game. Never deleted: what somebody answered stands, and so does who
    it was; `retired_at` ends their playing.
    """

    class Role(models.TextChoices):
        PLAYER = "player", "player"
        REVIEWER = "reviewer", "reviewer: also settles disputes and may look at raw words"
        OPERATOR = "operator", "operator: also invites people and sets the game's rules"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="player"
    )
    name = models.CharField(max_length=60, help_text="As others see it.")
    role = models.CharField(max_length=10, choices=Role, default=Role.PLAYER)
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="players"
    )
    time_zone = models.CharField(max_length=60, default="UTC", validators=[check_time_zone])
    daily_goal = models.PositiveSmallIntegerField(
        default=DAILY_GOAL, choices=[(goal, f"{goal} answers") for goal in GOALS]
    )
    is_hidden = models.BooleanField("hide me on boards", default=False)
    # What the labels meant when the practice was passed (labelgame/practice.py); empty: never.
    practised_for = models.CharField(max_length=16, blank=True, editable=False)
    practised_at = models.DateTimeField(null=True, blank=True, editable=False)
    # What labelgame/rules/fairplay.py found of late, and what follows from it.
    weight = models.FloatField(default=1.0, editable=False)
    signs = models.JSONField(default=list, editable=False)  # [{"kind", "words", "remains"}]
    signs_set_aside = models.JSONField(default=list, blank=True, editable=False)  # kinds
    checked_at = models.DateTimeField(null=True, blank=True, editable=False)
    joined_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = PlayerQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(weight__gte=0, weight__lte=1), name="a_players_weight_is_from_0_to_1"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_playing(self) -> bool:
        return self.retired_at is None

    @property
    def is_reviewer(self) -> bool:
        return self.role in (self.Role.REVIEWER, self.Role.OPERATOR)

    @property
    def is_operator(self) -> bool:
        return self.role == self.Role.OPERATOR

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)


class DayOff(models.Model):
    """A day that a player takes off; no reason is asked."""

    player = models.ForeignKey(Player, on_delete=models.CASCADE, related_name="days_off")
    day = models.DateField()

    class Meta:
        verbose_name = "day off"
        verbose_name_plural = "days off"
        constraints = [
            models.UniqueConstraint(fields=["player", "day"], name="a_day_is_taken_off_once")
        ]

    def __str__(self) -> str:
        return f"{self.day}"


class PlayedDay(models.Model):
    """How many answers of a player stand of one day, so that days in a row cost one small query.
    The day is the one it was where they were: who moves keeps the days behind them.
    """

    player = models.ForeignKey(
        Player, on_delete=models.CASCADE, related_name="played_days", db_index=False
    )
    day = models.DateField()
    answers = models.PositiveIntegerField(default=0)
    # The day's own, the lowest that was set when they answered: another goal changes no past day.
    goal = models.PositiveSmallIntegerField(default=DAILY_GOAL)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["player", "day"], name="a_player_has_a_day_once")
        ]

    def __str__(self) -> str:
        return f"{self.answers} on {self.day}"


class PracticeRun(models.Model):
    """One go at the practice level."""

    player = models.ForeignKey(Player, on_delete=models.PROTECT, related_name="practice_runs")
    meaning = models.CharField(max_length=16)  # labelgame.practice.fingerprint of its day
    answers = models.JSONField(default=list)  # labels, in the order of the cards
    began_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    is_passed = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["player"],
                condition=Q(finished_at=None),
                name="a_player_is_in_one_practice_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"practice of {self.began_at:%Y-%m-%d}"


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open_at(self, now: datetime) -> InvitationQuerySet:
        return self.filter(accepted_at=None, withdrawn_at=None, expires_at__gt=now)

    def of_token(self, token: str) -> InvitationQuerySet:
        return self.filter(digest=digest_of(token))


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class Invitation(models.Model):
    """A link that makes one account. Kept as a digest: whoever reads the table cannot come in."""

    digest = models.CharField(max_length=64, unique=True, editable=False)
    note = models.CharField(max_length=100, blank=True, help_text="Whom it is for.")
    role = models.CharField(max_length=10, choices=Player.Role, default=Player.Role.PLAYER)
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.SET_NULL)
    invited_by = models.CharField(max_length=150)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.OneToOneField(
        Player, null=True, blank=True, on_delete=models.PROTECT, related_name="invitation"
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(accepted_at=None, accepted_by=None)
                | Q(accepted_at__isnull=False, accepted_by__isnull=False),
                name="an_accepted_invitation_says_by_whom",
            ),
        ]

    def __str__(self) -> str:
        return self.note or f"invitation of {self.created_at:%Y-%m-%d}"

    @classmethod
    def issue(
        cls,
        *,
        by: str,
        now: datetime,
        note: str = "",
        role: str = Player.Role.PLAYER,
        team: Team | None = None,
    ) -> tuple[Invitation, str]:
        """The row, and the token that is shown once and kept nowhere."""
        token = secrets.token_urlsafe(18)
        row = cls.objects.create(
            digest=digest_of(token),
            note=note,
            role=role,
            team=team,
            invited_by=by,
            created_at=now,
            expires_at=now + timedelta(days=INVITATION_DAYS),
        )
        return row, token
