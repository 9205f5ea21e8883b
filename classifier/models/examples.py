"""The dataset: masked texts with their reminders, where each came from, what each settled on.

What players see and models learn from is masked (classifier/masking.py) and stands in `Example`.
The words as they were sent stand in `ExampleSource` alone, for reviewers, and can be forgotten
without losing the example. classifier/examples.py holds every write.
"""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Exists, OuterRef, Q


class ExampleQuerySet(models.QuerySet["Example"]):
    def open(self) -> ExampleQuerySet:
        return self.filter(state=Example.State.OPEN)

    def settled(self) -> ExampleQuerySet:
        return self.filter(state=Example.State.SETTLED)

    def in_review(self) -> ExampleQuerySet:
        return self.filter(state=Example.State.REVIEW)

    def pulled(self) -> ExampleQuerySet:
        return self.filter(state=Example.State.PULLED)

    def contested(self) -> ExampleQuerySet:
        """Whose reading somebody said was wrong."""
        return self.filter(contested_at__isnull=False)

    def showable(self) -> ExampleQuerySet:
        """What a player may be shown: whatever nobody pulled."""
        return self.exclude(state=Example.State.PULLED)

    def wanting(self, question: str) -> ExampleQuerySet:
        """Worth a player's answer to this question: without a label yet, and of use with one."""
        labels = ExampleLabel.objects.standing().of_question(question)
        # Not “in these states”: SQLite would go along their index, all examples that there are,
        # where only the newest are asked for.
        return self.filter(~Exists(labels.filter(example=OuterRef("pk")))).exclude(
            Q(split=Example.Split.RESERVED)
            | Q(state__in=(Example.State.REVIEW, Example.State.PULLED))
        )

    def trainable(self) -> ExampleQuerySet:
        """What a training may learn from, and be tuned on: a label of any question teaches, also
        while the primary one is open.
        """
        labelled = Exists(ExampleLabel.objects.standing().filter(example=OuterRef("pk")))
        return self.filter(
            Q(state=Example.State.SETTLED) | Q(labelled, state=Example.State.OPEN),
            split__in=(Example.Split.TRAIN, Example.Split.VALIDATION),
            kept_apart=False,
        )

    def measuring(self) -> ExampleQuerySet:
        """The random share: settled, never learnt from, so that it says how life is read."""
        return self.settled().filter(kept_apart=True)

    def most_doubted_first(self) -> ExampleQuerySet:
        return self.order_by("-doubt", "-pk")

    def newest_first(self) -> ExampleQuerySet:
        return self.order_by("-created_at", "-pk")

    def in_random_order(self) -> ExampleQuerySet:
        """The same each time, along an index: the public ids are random."""
        return self.order_by("public_id")


class Example(models.Model):
    """A masked text with its reminder. Equal texts under equal kinds of reminder are one."""

    class State(models.TextChoices):
        OPEN = "open", "not labelled yet"
        SETTLED = "settled", "labelled"  # for the primary question; others have labels of their own
        REVIEW = "review", "for a reviewer"
        PULLED = "pulled", "pulled: it names somebody"

    class Split(models.TextChoices):
        TRAIN = "train", "learnt from"
        VALIDATION = "validation", "validates a training"
        RESERVED = "reserved", "judged on already, never learnt from"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    prompt = models.TextField(blank=True, help_text="The reminder's words, masked; may be empty.")
    text = models.TextField(help_text="The reply, masked.")
    fold_key = models.CharField(max_length=64, unique=True, editable=False)
    times_seen = models.PositiveIntegerField(default=0)
    split = models.CharField(max_length=10, choices=Split)
    kept_apart = models.BooleanField(
        default=False, help_text="Of the random share that measures and never trains."
    )
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    # What the model made of it when it came: {"model", "unsure", "scores": {question: {label: p}}};
    # empty where none was asked.
    reading = models.JSONField(default=dict)
    guess = models.CharField(max_length=50, blank=True, help_text="What the model took it for.")
    doubt = models.FloatField(help_text="From 0, surely read, to 1 (classifier/folding.py).")
    created_at = models.DateTimeField()
    seen_at = models.DateTimeField(help_text="When such a text came last.")
    contested_at = models.DateTimeField(
        null=True, blank=True, help_text="When somebody last said that it was read wrongly."
    )
    settled_at = models.DateTimeField(null=True, blank=True)
    pulled_at = models.DateTimeField(null=True, blank=True)
    pulled_by = models.CharField(max_length=150, blank=True)
    pulled_because = models.CharField(max_length=200, blank=True)

    objects = ExampleQuerySet.as_manager()

    class Meta:
        permissions = [("see_raw_words", "Can see the words as they were sent")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="pulled", pulled_at__isnull=False)
                | (~Q(state="pulled") & Q(pulled_at=None)),
                name="a_pulled_example_says_since_when",
            ),
            models.CheckConstraint(
                condition=~Q(state="settled") | Q(settled_at__isnull=False),
                name="a_settled_example_says_since_when",
            ),
        ]
        indexes = [
            # What a picker goes along; only examples that still want an answer are in them.
            models.Index(
                fields=["-doubt", "-id"], condition=Q(state="open"), name="examples_by_doubt"
            ),
            models.Index(
                fields=["-created_at", "-id"], condition=Q(state="open"), name="examples_by_age"
            ),
            models.Index(
                fields=["guess", "-doubt"], condition=Q(state="open"), name="examples_by_guess"
            ),
            # What a training goes along, and the admin's list.
            models.Index(fields=["state", "split", "kept_apart"], name="examples_by_state"),
            models.Index(fields=["state", "-id"], name="examples_in_state"),
            models.Index(
                fields=["pulled_at"], condition=Q(state="pulled"), name="examples_pulled_of_late"
            ),
            models.Index(
                fields=["contested_at"],
                condition=Q(contested_at__isnull=False),
                name="examples_contested_of_late",
            ),
        ]

    def __str__(self) -> str:
        return f"example {self.public_id}"


class ExampleSourceQuerySet(models.QuerySet["ExampleSource"]):
    def with_words(self) -> ExampleSourceQuerySet:
        return self.filter(forgotten_at=None)


class ExampleSource(models.Model):
    """One coming of a text: where from, when, and the words as they were sent."""

    class Kind(models.TextChoices):
        MESSAGE = "message", "a message"
        IMPORT = "import", "an imported file"

    example = models.ForeignKey(Example, on_delete=models.CASCADE, related_name="sources")
    kind = models.CharField(max_length=10, choices=Kind)
    # Means something to whoever gave it: a message's public id, file:line of an import.
    reference = models.CharField(max_length=200)
    prompt = models.TextField(blank=True)
    text = models.TextField(blank=True)
    times = models.PositiveIntegerField(default=1)
    drawn = models.BooleanField(
        default=False,
        help_text="Drawn by lot from all texts that were read, surely or not.",
    )
    received_at = models.DateTimeField()
    forgotten_at = models.DateTimeField(
        null=True, blank=True, help_text="When the words as they were sent were deleted."
    )

    objects = ExampleSourceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["reference"],
                condition=Q(kind="message"),
                name="a_message_is_one_examples_source_once",
            ),
            # Line 12 of a file may be another text by tomorrow; the same text there is the same.
            models.UniqueConstraint(
                fields=["reference", "example"],
                condition=Q(kind="import"),
                name="a_line_is_one_examples_source_once",
            ),
            models.CheckConstraint(
                condition=Q(forgotten_at=None) | Q(prompt="", text=""),
                name="a_forgotten_source_has_no_words",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.received_at:%Y-%m-%d %H:%M}"


class RawLook(models.Model):
    """Somebody looked at the words as they were sent."""

    source = models.ForeignKey(ExampleSource, on_delete=models.CASCADE, related_name="looks")
    by = models.CharField(max_length=150)
    why = models.CharField(max_length=200)
    at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = "look at raw words"
        verbose_name_plural = "looks at raw words"

    def __str__(self) -> str:
        return f"look of {self.at:%Y-%m-%d %H:%M} by {self.by}"


class ExampleLabelQuerySet(models.QuerySet["ExampleLabel"]):
    def standing(self) -> ExampleLabelQuerySet:
        return self.filter(superseded_at=None)

    def of_question(self, question: str) -> ExampleLabelQuerySet:
        return self.filter(question=question)

    def newest_first(self) -> ExampleLabelQuerySet:
        return self.order_by("-settled_at", "-pk")


class ExampleLabel(models.Model):
    """What an example settled on for one question. Never changed: another one supersedes it, so
    that a model version's lineage (classifier/lineage.py) names exactly what it learnt.
    """

    example = models.ForeignKey(Example, on_delete=models.CASCADE, related_name="labels")
    question = models.CharField(max_length=50)
    label = models.CharField(max_length=50)
    probability = models.FloatField()
    # Label -> share, where people were divided: what a training learns in the label's place.
    probabilities = models.JSONField(default=dict)
    votes = models.PositiveIntegerField(default=0)
    method = models.CharField(max_length=40, help_text="How the votes were weighed.")
    by = models.CharField(
        max_length=150, help_text="“consensus”, “import”, or the name of the reviewer."
    )
    reason = models.CharField(max_length=200, blank=True)
    answers = models.JSONField(default=list, help_text="Ids of the answers it rests on.")
    weight = models.FloatField(
        default=1.0, help_text="In a training: less where one player has too large a part of it."
    )
    settled_at = models.DateTimeField()
    superseded_at = models.DateTimeField(null=True, blank=True)

    objects = ExampleLabelQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["example", "question"],
                condition=Q(superseded_at=None),
                name="one_label_stands_per_question",
            ),
            models.CheckConstraint(
                condition=Q(probability__gte=0, probability__lte=1),
                name="a_probability_is_from_0_to_1",
            ),
            models.CheckConstraint(
                condition=Q(weight__gte=0, weight__lte=1), name="a_labels_weight_is_from_0_to_1"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.question}: {self.label} ({self.probability:.2f})"
