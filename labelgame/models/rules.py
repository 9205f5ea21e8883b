"""What the operator sets, and what the background works out for each question."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from labelgame.models.accounts import Player
from labelgame.rules.leagues import LEAGUE_SIZE

_SHARE = [MinValueValidator(0.0), MaxValueValidator(1.0)]


def check_days(text: str) -> None:
    for line in text.split():
        try:
            date.fromisoformat(line)
        except ValueError as error:
            raise ValidationError(f"“{line}” is no day: write it as 2026-12-25.") from error


class GameSettings(models.Model):
    """One row. Each field's words are what the settings page says."""

    first_votes = models.PositiveSmallIntegerField(
        "answers at first",
        default=2,
        validators=[MinValueValidator(1), MaxValueValidator(9)],
        help_text="Every card is asked of so many people; of more only while they are divided.",
    )
    most_votes = models.PositiveSmallIntegerField(
        "answers at most",
        default=7,
        validators=[MinValueValidator(1), MaxValueValidator(15)],
        help_text="Then a reviewer decides.",
    )
    target = models.FloatField(
        "sure enough at",
        default=0.95,
        validators=[MinValueValidator(0.5), MaxValueValidator(0.999)],
        help_text="A card settles when its label is so probable.",
    )
    gold_share = models.FloatField(
        "hidden checks",
        default=0.1,
        validators=[MinValueValidator(0.0), MaxValueValidator(0.5)],
        help_text="So many of the cards have a label that is known.",
    )
    repeat_share = models.FloatField(
        "cards that come back",
        default=0.03,
        validators=[MinValueValidator(0.0), MaxValueValidator(0.2)],
        help_text="So many are asked of the same person again, to see whether they agree.",
    )
    # What to ask next (labelgame/picker.py): parts, whatever they add up to.
    doubt_share = models.FloatField(
        "doubt", default=0.35, validators=_SHARE, help_text="Where the model is torn."
    )
    disagreement_share = models.FloatField(
        "disagreement", default=0.3, validators=_SHARE, help_text="Where people are."
    )
    rarity_share = models.FloatField(
        "rarity", default=0.15, validators=_SHARE, help_text="What the model lacks."
    )
    relabel_share = models.FloatField(
        "old labels",
        default=0.05,
        validators=_SHARE,
        help_text="Whose label a model does not believe.",
    )
    random_share = models.FloatField(
        "by lot",
        default=0.15,
        validators=_SHARE,
        help_text="So that what is measured is true of all texts.",
    )
    primary_share = models.FloatField(
        "about the first question",
        default=0.8,
        validators=[MinValueValidator(0.05), MaxValueValidator(0.95)],
        help_text="Of the cards by doubt, rarity and old labels; Nod acts on its answer.",
    )
    most_of_a_label = models.FloatField(
        "one player's share of a label at most",
        default=0.34,
        validators=[MinValueValidator(0.05), MaxValueValidator(1.0)],
        help_text="Of what a model learns of a label, no player has a larger part.",
    )
    boards_on = models.BooleanField("boards", default=True, help_text="Off: nobody sees any.")
    league_size = models.PositiveSmallIntegerField(
        default=LEAGUE_SIZE, validators=[MinValueValidator(2), MaxValueValidator(50)]
    )
    missions_on = models.BooleanField("missions", default=True)
    wanted_per_label = models.PositiveIntegerField(
        "examples wanted of each label",
        default=100,
        validators=[MinValueValidator(1)],
        help_text="What missions count towards.",
    )
    lease_seconds = models.PositiveIntegerField(
        "a card is kept for",
        default=300,
        validators=[MinValueValidator(30), MaxValueValidator(3600)],
        help_text="Seconds; then somebody else may have it.",
    )
    holidays = models.TextField(
        blank=True,
        validators=[check_days],
        help_text="Days on which nobody is expected, one a line: 2026-12-25.",
    )
    changed_at = models.DateTimeField(null=True, blank=True, editable=False)
    changed_by = models.CharField(max_length=150, blank=True, editable=False)

    class Meta:
        verbose_name_plural = "game settings"
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="there_is_one_row_of_game_settings"),
            models.CheckConstraint(
                condition=Q(most_votes__gte=models.F("first_votes")),
                name="answers_at_most_are_no_fewer_than_at_first",
            ),
        ]

    def __str__(self) -> str:
        return "the game's settings"

    @classmethod
    def current(cls) -> GameSettings:
        row = cls.objects.filter(pk=1).first()
        return row or cls.objects.get_or_create(pk=1)[0]

    def clean(self) -> None:
        if self.most_votes < self.first_votes:
            raise ValidationError({"most_votes": "No fewer than the answers at first."})
        if not any(self.mix.values()):
            raise ValidationError("One part of what to ask next must be above 0.")

    @property
    def mix(self) -> dict[str, float]:
        return {
            "doubt": self.doubt_share,
            "disagreement": self.disagreement_share,
            "rarity": self.rarity_share,
            "relabel": self.relabel_share,
            "random": self.random_share,
        }

    @property
    def days_off(self) -> frozenset[date]:
        return frozenset(date.fromisoformat(line) for line in self.holidays.split())


class QuestionState(models.Model):
    """What the last full run over a question's answers found (labelgame/upkeep/weighing.py)."""

    question = models.CharField(max_length=50, unique=True)
    method = models.CharField(max_length=40, help_text="Of consensus, chosen by evidence.")
    evidence = models.JSONField(default=dict)  # method -> {"right", "of", …}
    # {"right", "of"}: cards of the reserve, whose label the run had not been told.
    reserve = models.JSONField(default=dict)
    priors = models.JSONField(default=dict)  # label -> share
    agreement = models.JSONField(default=dict)  # labelgame/aggregation/agreement.py
    known = models.JSONField(default=dict)  # label -> [cards, bonuses], for scoring.tariff_of
    wrong_costs = models.PositiveSmallIntegerField()
    cant_tell_costs = models.PositiveSmallIntegerField()
    answers = models.PositiveIntegerField(default=0, help_text="That it was worked out from.")
    newest_answer = models.BigIntegerField(default=0, help_text="Of these; its id.")
    computed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.question}: {self.method}"


class PlayerSkill(models.Model):
    """What a player says of cards that are of each label, as the last full run estimated it."""

    player = models.ForeignKey(Player, on_delete=models.CASCADE, related_name="skills")
    question = models.CharField(max_length=50)
    confusion = models.JSONField()  # truth -> {said: probability}
    answers = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["question", "player"], name="a_player_has_one_skill_per_question"
            )
        ]

    def __str__(self) -> str:
        return f"{self.player}, {self.question}"
