"""What Nod made of a message: the reading, the decision, and the event that tells of it."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from itertools import takewhile

from django.db import models
from django.db.models import Q

from webhooks.models.accounts import Business
from webhooks.models.messages import Message

# Rows get their id when written but are seen when committed: the event with the lower id may
# become visible last. Whoever reads on from a cursor sees only events older than this, longer than
# any of our transactions takes from writing its events to its end.
SETTLING_TIME = timedelta(seconds=3)


class ReadingQuerySet(models.QuerySet["Reading"]):
    def of_version(self, name: str) -> ReadingQuerySet:
        return self.filter(model_version=name)

    def between(self, since: datetime, until: datetime) -> ReadingQuerySet:
        """Both ends included."""
        return self.filter(read_at__gte=since, read_at__lte=until)

    def oldest_first(self) -> ReadingQuerySet:
        return self.order_by("read_at", "pk")

    def newest_first(self) -> ReadingQuerySet:
        return self.order_by("-read_at", "-pk")


class Reading(models.Model):
    """What a model version made of a message: scores for every label of every question."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="readings")
    intent = models.CharField(max_length=50)
    confidence = models.FloatField()
    tone = models.CharField(max_length=50, blank=True)
    model_version = models.CharField(max_length=100)
    # The whole reading as the API returns it (docs/webhooks.md).
    result = models.JSONField()
    read_at = models.DateTimeField()

    objects = ReadingQuerySet.as_manager()

    class Meta:
        indexes = [
            # A version's first and last days (webhooks/drift.py). The id is in it, so that every
            # so manieth reading is found without looking at the others.
            models.Index(fields=["model_version", "read_at", "id"], name="readings_by_version")
        ]

    def __str__(self) -> str:
        return f"{self.intent} {self.confidence:.2f} by {self.model_version}"


class Decision(models.Model):
    """What Nod does with a reading, and why."""

    class Action(models.TextChoices):
        ACT = "act", "act"
        HOLD = "hold", "hold for staff"
        IGNORE = "ignore", "ignore"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="decisions")
    # None when there was nothing to read: a picture, an empty text.
    reading = models.ForeignKey(Reading, null=True, on_delete=models.PROTECT)
    action = models.CharField(max_length=10, choices=Action)
    label = models.CharField(max_length=50, blank=True)
    # What it may say besides: the second label of the reading, where it was near or not negligible.
    also = models.CharField(max_length=50, blank=True)
    # The days and times that it names where another time may be wanted: {"day": […], "time": […]}.
    hints = models.JSONField(default=dict, blank=True)
    reason = models.CharField(max_length=50)
    # What the confidence was held against; empty where no confidence was asked about.
    threshold = models.FloatField(null=True, blank=True)
    supersedes = models.OneToOneField("self", null=True, on_delete=models.PROTECT)
    by = models.CharField(max_length=150, default="nod")
    decided_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["message"],
                condition=Q(supersedes=None),
                name="a_message_has_one_first_decision",
            )
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.label} ({self.reason})"


class EventQuerySet(models.QuerySet["Event"]):
    def of_business(self, business: Business) -> EventQuerySet:
        return self.filter(business=business)

    def settled_after(self, sequence: int, *, now: datetime, at_most: int) -> list[Event]:
        """The next ones, up to the first that another may still appear before. What comes after
        that one waits for it, however old it is: a reader who had it would never ask for less.
        """
        following = self.filter(pk__gt=sequence).order_by("pk")[:at_most]
        return list(takewhile(lambda event: event.is_settled(now), following))


class Event(models.Model):
    """What the business's system is told. Its body never changes, whoever is told and when."""

    class Type(models.TextChoices):
        REPLY_DECIDED = "reply.decided"
        CONTACT_OPTED_OUT = "contact.opted_out"
        CONTACT_WRONG_NUMBER = "contact.wrong_number"

    public_id = models.CharField(max_length=40, unique=True, editable=False)
    business = models.ForeignKey(Business, on_delete=models.PROTECT, related_name="events")
    type = models.CharField(max_length=40, choices=Type)
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="events")
    decision = models.ForeignKey(Decision, on_delete=models.CASCADE, related_name="events")
    body = models.TextField(help_text="The JSON that is signed and sent, byte for byte.")
    created_at = models.DateTimeField()

    objects = EventQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["decision", "type"], name="a_decision_is_told_once_per_type"
            )
        ]
        indexes = [models.Index(fields=["business", "id"])]

    def __str__(self) -> str:
        return f"{self.type} {self.public_id}"

    def is_settled(self, now: datetime) -> bool:
        """Old enough that no event with a lower id can still appear."""
        return self.created_at < now - SETTLING_TIME


def new_event_id() -> str:
    """An id for the `webhook-id` header: it must not contain a dot."""
    return f"evt_{uuid.uuid4().hex}"
