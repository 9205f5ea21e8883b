"""What is asked and what was answered.

A poll is one question asked of one example. Cards of it are handed out as offers, each for one
player and a few minutes; what comes back is an answer. `taken` counts both, and the one conditional
UPDATE on it is what keeps an example from getting more answers than it asked for.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from classifier.models import Example
from classifier.taxonomy import current_taxonomy
from labelgame.models.accounts import Player
from labelgame.rules.scoring import SKIP, Rule

_PULLED = Example.State.PULLED


def _unseen_by(player: Player, *, example: str) -> Q:
    """They neither answered it nor have it in hand. `example`: how it is reached from the row."""
    answers = Answer.objects.filter(player=player, example=OuterRef(example))
    offers = Offer.objects.filter(player=player, released_at=None, poll__example=OuterRef(example))
    return Q(~Exists(answers), ~Exists(offers))


class PollQuerySet(models.QuerySet["Poll"]):
    def open(self) -> PollQuerySet:
        return self.filter(state=Poll.State.OPEN)

    def with_room(self) -> PollQuerySet:
        """May be handed out once more. Along the partial indexes below, word for word."""
        return self.filter(state=Poll.State.OPEN, taken__lt=F("wanted"))

    def in_review(self) -> PollQuerySet:
        return self.filter(state=Poll.State.REVIEW)

    def settled(self) -> PollQuerySet:
        return self.filter(state=Poll.State.SETTLED)

    def checks(self) -> PollQuerySet:
        """That are shown among the cards."""
        return self.filter(pk__in=Gold.objects.in_use().values("poll"))

    def due(self) -> PollQuerySet:
        """Has all the answers it asked for, and nobody has weighed them yet."""
        return self.filter(due_at__isnull=False)

    def of_question(self, question: str) -> PollQuerySet:
        return self.filter(question=question)

    def asked(self) -> PollQuerySet:
        """Of a question that the taxonomy has; polls of others may lie about."""
        return self.filter(question__in=current_taxonomy().question_names)

    def showable(self) -> PollQuerySet:
        return self.exclude(example__state=_PULLED)

    def unseen_by(self, player: Player) -> PollQuerySet:
        """Of examples that this player neither answered nor has in hand, whatever was asked."""
        return self.filter(_unseen_by(player, example="example"))

    def unanswered_by(self, player: Player) -> PollQuerySet:
        """The same question was not asked of them; perhaps the other one was."""
        answers = Answer.objects.filter(player=player, poll=OuterRef("pk"))
        offers = Offer.objects.filter(player=player, released_at=None, poll=OuterRef("pk"))
        return self.filter(~Exists(answers), ~Exists(offers))


class Poll(models.Model):
    """One question asked of one example, until the answers settle it."""

    class State(models.TextChoices):
        OPEN = "open", "asked"
        SETTLED = "settled", "settled"
        REVIEW = "review", "for a reviewer"
        CLOSED = "closed", "not asked any more"  # pulled, or its question is asked no more

    class Why(models.TextChoices):
        """Why it went to a reviewer."""

        SPLIT = "split", "players are divided"
        SHIFTED = "shifted", "the labels shifted all at once"

    example = models.ForeignKey(Example, on_delete=models.PROTECT, related_name="polls")
    question = models.CharField(max_length=50)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    wanted = models.PositiveSmallIntegerField(default=2, help_text="Answers asked for so far.")
    taken = models.PositiveSmallIntegerField(default=0, help_text="Answers and cards in hand.")
    votes = models.PositiveSmallIntegerField(default=0, help_text="Answers that count.")
    due_at = models.DateTimeField(null=True, blank=True)
    guess = models.CharField(max_length=50, blank=True, help_text="What the model took it for.")
    read_by = models.CharField(max_length=64, blank=True, help_text="Whose guess that is.")
    # What labelgame/picker.py goes along, each from 0 up; the larger, the sooner it is asked.
    doubt = models.FloatField(default=0.0)
    disagreement = models.FloatField(default=0.0)
    rarity = models.FloatField(default=0.0)
    relabel = models.FloatField(default=0.0)
    lot = models.FloatField(help_text="Drawn once, from 0 to 1; the random share goes by it.")
    is_apart = models.BooleanField(default=False, help_text="Measures, and never trains.")
    settled_as = models.CharField(max_length=50, blank=True, help_text="A label, or “?”.")
    probability = models.FloatField(null=True, blank=True)
    method = models.CharField(max_length=40, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    why_review = models.CharField(max_length=10, choices=Why, blank=True)
    created_at = models.DateTimeField()

    objects = PollQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["example", "question"], name="a_question_is_asked_of_an_example_once"
            ),
            models.CheckConstraint(
                condition=~Q(state="settled") | (Q(settled_at__isnull=False) & ~Q(settled_as="")),
                name="a_settled_poll_says_as_what",
            ),
            models.CheckConstraint(
                condition=~Q(state="review") | ~Q(why_review=""),
                name="a_poll_in_review_says_why",
            ),
        ]
        indexes = [
            # One for each part of the mix, of nothing but what may still be handed out.
            *(
                models.Index(
                    fields=[*question, f"-{key}", "id"],
                    condition=Q(state="open", taken__lt=F("wanted")),
                    name=f"polls_by_{key}",
                )
                for key, question in (
                    ("doubt", ["question"]),
                    ("disagreement", []),
                    ("rarity", ["question"]),
                    ("relabel", ["question"]),
                )
            ),
            models.Index(
                fields=["-is_apart", "lot"],
                condition=Q(state="open", taken__lt=F("wanted")),
                name="polls_by_lot",
            ),
            # What a new model has not read yet.
            models.Index(fields=["read_by"], condition=Q(state="open"), name="polls_by_reader"),
            models.Index(
                fields=["due_at"], condition=Q(due_at__isnull=False), name="polls_that_are_due"
            ),
            models.Index(fields=["-id"], condition=Q(state="review"), name="polls_in_review"),
            models.Index(fields=["id"], condition=Q(state="closed"), name="polls_that_are_closed"),
            models.Index(
                fields=["question", "-settled_at"],
                condition=Q(state="settled"),
                name="polls_by_settling",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.question} of example {self.example_id}"


class GoldQuerySet(models.QuerySet["Gold"]):
    def in_use(self) -> GoldQuerySet:
        return self.filter(is_reserve=False, retired_at=None)

    def in_reserve(self) -> GoldQuerySet:
        return self.known_otherwise().filter(is_reserve=True, retired_at=None)

    def known_otherwise(self) -> GoldQuerySet:
        """Than by the answers to it: what everybody agreed on can neither teach consensus whom to
        believe nor judge it.
        """
        return self.exclude(source=Gold.Source.UNANIMOUS)

    def unseen_by(self, player: Player) -> GoldQuerySet:
        """And that may be shown. Asked of one check after the other: were it asked as “in those
        polls”, it would be asked of all polls that there are.
        """
        showable = self.exclude(poll__example__state=_PULLED)
        return showable.filter(_unseen_by(player, example="poll__example"))

    def least_shown_first(self) -> GoldQuerySet:
        return self.order_by("times_shown", "pk")


class Gold(models.Model):
    """A poll whose label is known: a hidden check. The reserve is never shown, and consensus is
    not told it: a reviewer's word on a card that players were divided about says how good it is.
    """

    class Source(models.TextChoices):
        SHIPPED = "shipped", "hand-written, came with Nod"
        UNANIMOUS = "unanimous", "every player agreed"
        REVIEWER = "reviewer", "a reviewer picked it"

    poll = models.OneToOneField(Poll, on_delete=models.PROTECT, related_name="gold")
    question = models.CharField(max_length=50)
    label = models.CharField(max_length=50)
    why = models.CharField(max_length=300, blank=True, help_text="Shown to who was wrong.")
    source = models.CharField(max_length=10, choices=Source)
    is_reserve = models.BooleanField(default=False)
    times_shown = models.PositiveIntegerField(default=0)
    by = models.CharField(max_length=150, blank=True)
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = GoldQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "gold"
        indexes = [
            models.Index(
                fields=["times_shown", "id"],
                condition=Q(is_reserve=False, retired_at=None),
                name="gold_least_shown_first",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.question}: {self.label}"


class Round(models.Model):
    """Ten cards of one player."""

    player = models.ForeignKey(Player, on_delete=models.PROTECT, related_name="rounds")
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    cards = models.PositiveSmallIntegerField(default=10)
    answered = models.PositiveSmallIntegerField(default=0)
    began_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["player"],
                condition=Q(finished_at=None),
                name="a_player_is_in_one_round_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"round of {self.began_at:%Y-%m-%d %H:%M}"


class Kind(models.TextChoices):
    """What a card is for. Players cannot tell one from another."""

    VOTE = "vote", "counts"
    GOLD = "gold", "a hidden check"
    REPEAT = "repeat", "asked again, to see whether they answer the same"
    LATE = "late", "came when others had already answered, or after the model's guess was seen"


class OfferQuerySet(models.QuerySet["Offer"]):
    def in_hand(self, now: datetime) -> OfferQuerySet:
        return self.filter(released_at=None, expires_at__gt=now)

    def expired(self, now: datetime) -> OfferQuerySet:
        return self.filter(released_at=None, expires_at__lte=now)

    def in_order(self) -> OfferQuerySet:
        return self.order_by("made_at", "pk")


class Offer(models.Model):
    """A card in a player's hand: a lease on one answer. Gone once answered. One that ran out is
    released and kept a while, so that an answer which comes late over a bad network is not lost.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    player = models.ForeignKey(Player, on_delete=models.CASCADE, related_name="offers")
    poll = models.ForeignKey(Poll, on_delete=models.CASCADE, related_name="offers")
    kind = models.CharField(max_length=10, choices=Kind)
    made_at = models.DateTimeField(help_text="A hand lies in this order.")
    expires_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True, blank=True)

    objects = OfferQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["player", "poll"],
                condition=Q(released_at=None),
                name="a_card_is_in_a_hand_once",
            )
        ]
        indexes = [models.Index(fields=["released_at", "expires_at"], name="offers_by_end")]

    def __str__(self) -> str:
        return f"card {self.public_id}"


class AnswerQuerySet(models.QuerySet["Answer"]):
    def counting(self) -> AnswerQuerySet:
        """Of people who looked, for the consensus: no checks, no repeats, nothing taken back."""
        return self.filter(kind=Kind.VOTE, undone_at=None)

    def blind(self) -> AnswerQuerySet:
        """The player had not seen the model's guess."""
        return self.filter(guess_shown=False)

    def labelled(self) -> AnswerQuerySet:
        return self.exclude(label=SKIP)

    def standing(self) -> AnswerQuerySet:
        return self.filter(undone_at=None)

    def newest_first(self) -> AnswerQuerySet:
        return self.order_by("-given_at", "-pk")

    def oldest_first(self) -> AnswerQuerySet:
        return self.order_by("given_at", "pk")


class Answer(models.Model):
    """One player's label for one example, and what it has earned so far."""

    # The card's own id. A browser that sends an answer again, because no reply came, is answered
    # the same: the unique key decides.
    public_id = models.UUIDField(unique=True, editable=False)
    player = models.ForeignKey(Player, on_delete=models.PROTECT, related_name="answers")
    poll = models.ForeignKey(Poll, on_delete=models.PROTECT, related_name="answers")
    example = models.ForeignKey(
        Example, on_delete=models.PROTECT, related_name="answers", db_index=False
    )
    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="given")
    kind = models.CharField(max_length=10, choices=Kind)
    label = models.CharField(max_length=50, help_text="A label, “?” can't tell, “-” skipped.")
    milliseconds = models.PositiveIntegerField(help_text="From the card's sight to the answer.")
    guess = models.CharField(max_length=50, blank=True, help_text="The model's, at that time.")
    guess_shown = models.BooleanField(
        default=False, help_text="Whether the player had seen the model's guess before."
    )
    given_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True, blank=True)
    # What a mistake cost when it was given; it settles by these, however late (scoring.Tariff).
    wrong_costs = models.PositiveSmallIntegerField()
    cant_tell_costs = models.PositiveSmallIntegerField()
    settled_as = models.CharField(max_length=50, blank=True)
    # Empty for a card that came back: it brings no points.
    rule = models.CharField(
        max_length=20, blank=True, choices=[(rule.value, rule.value) for rule in Rule]
    )
    points = models.SmallIntegerField(default=0)
    waiting = models.PositiveSmallIntegerField(default=0)
    settled_at = models.DateTimeField(null=True, blank=True)

    objects = AnswerQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["poll", "player"],
                condition=Q(undone_at=None) & ~Q(kind="repeat"),
                name="nobody_answers_the_same_card_twice",
            ),
        ]
        indexes = [
            models.Index(fields=["player", "example"], name="answers_by_example"),
            models.Index(fields=["player", "-given_at"], name="answers_of_late"),
            models.Index(fields=["player", "-settled_at"], name="answers_by_settling"),
            # What my page adds up, of nothing but what is added.
            models.Index(
                fields=["player", "waiting"],
                condition=Q(settled_at=None, undone_at=None),
                name="answers_that_wait",
            ),
        ]

    def __str__(self) -> str:
        return f"answer {self.pk}"


class ContestQuerySet(models.QuerySet["Contest"]):
    def waiting(self) -> ContestQuerySet:
        """For a reviewer. Those of what was pulled, or is asked no more, wait till that changes."""
        asked = current_taxonomy().question_names
        waiting = self.filter(state=Contest.State.OPEN, answer__poll__question__in=asked)
        return waiting.exclude(answer__example__state=_PULLED)


class Contest(models.Model):
    """A player says that a card settled wrongly."""

    class State(models.TextChoices):
        OPEN = "open", "for a reviewer"
        UPHELD = "upheld", "the player was right"
        DECLINED = "declined", "it stands"

    answer = models.OneToOneField(Answer, on_delete=models.PROTECT, related_name="contest")
    words = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    created_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=150, blank=True)

    objects = ContestQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["-id"], condition=Q(state="open"), name="contests_that_are_open")
        ]

    def __str__(self) -> str:
        return f"contest of {self.created_at:%Y-%m-%d}"


class RulingQuerySet(models.QuerySet["Ruling"]):
    def gaps(self) -> RulingQuerySet:
        """Decided though the labelling guide had no sentence for it."""
        return self.filter(reason=Ruling.Reason.GAP)

    def unwritten(self) -> RulingQuerySet:
        return self.filter(written_at=None)


class Ruling(models.Model):
    """What a reviewer said of a poll, and why the players could not."""

    class Reason(models.TextChoices):
        AMBIGUOUS = "ambiguous", "the text is ambiguous"
        GAP = "gap", "the guide does not say"
        MISTAKE = "mistake", "a mistake of those who answered"

    poll = models.ForeignKey(Poll, on_delete=models.PROTECT, related_name="rulings")
    label = models.CharField(max_length=50, help_text="A label, or “?”: nobody can tell.")
    reason = models.CharField(max_length=10, choices=Reason)
    note = models.CharField(max_length=300, blank=True)
    by = models.CharField(max_length=150)
    at = models.DateTimeField()
    written_at = models.DateTimeField(
        "in the guide since",
        null=True,
        blank=True,
        help_text="Of a gap: when the guide got a sentence for it.",
    )
    written_by = models.CharField("said by", max_length=150, blank=True)

    objects = RulingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(written_at=None, written_by="")
                | (Q(reason="gap", written_at__isnull=False) & ~Q(written_by="")),
                name="a_written_gap_says_by_whom",
            ),
        ]
        indexes = [models.Index(fields=["reason", "-id"], name="rulings_by_reason")]

    def __str__(self) -> str:
        return f"{self.label}, {self.get_reason_display()}"
