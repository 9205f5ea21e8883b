"""What was said: reminders out, messages in, and what is known of the people."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from webhooks.models.accounts import Business, Line


class ReminderQuerySet(models.QuerySet["Reminder"]):
    def open_at(self, moment: datetime) -> ReminderQuerySet:
        """Those that a text arriving at `moment` may answer."""
        return self.filter(
            Q(closed_at=None) | Q(closed_at__gt=moment),
            created_at__lte=moment,
            expires_at__gt=moment,
        )

    def asked(self, *, line: Line, person: str) -> ReminderQuerySet:
        return self.filter(line=line, to=person)


class Reminder(models.Model):
    """An outbound text that asks something."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    business = models.ForeignKey(Business, on_delete=models.PROTECT, related_name="reminders")
    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="reminders")
    to = models.CharField(max_length=80)
    body = models.TextField()
    appointment_ref = models.CharField(max_length=200, blank=True)
    appointment_at = models.DateTimeField(null=True, blank=True)
    provider_id = models.CharField(
        max_length=64,
        blank=True,
        help_text="The provider's id of this text, if the sender knows it.",
    )
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(
        null=True, blank=True, help_text="When a later reminder of the same appointment took over."
    )

    objects = ReminderQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["line", "to", "expires_at"])]
        constraints = [
            models.UniqueConstraint(
                fields=["line", "to", "appointment_ref"],
                condition=Q(closed_at=None) & ~Q(appointment_ref=""),
                name="one_current_reminder_per_appointment",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")),
                name="a_reminder_expires_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"reminder {self.public_id}"


class MessageQuerySet(models.QuerySet["Message"]):
    def waiting(self) -> MessageQuerySet:
        return self.filter(state=Message.State.WAITING)

    def unclaimed(self, *, now: datetime, lease: timedelta) -> MessageQuerySet:
        """Not claimed, or claimed so long ago that the claimer must have died."""
        return self.filter(Q(claimed_at=None) | Q(claimed_at__lt=now - lease))

    def due_as_examples(self) -> MessageQuerySet:
        return self.filter(example=Message.AsExample.DUE)

    def oldest_first(self) -> MessageQuerySet:
        return self.order_by("received_at", "pk")

    def unrouted(self) -> MessageQuerySet:
        return self.filter(state=Message.State.UNROUTED)

    def of_business(self, business: Business) -> MessageQuerySet:
        return self.filter(line__business=business)


class Message(models.Model):
    """One inbound text exactly as it arrived, kept once."""

    class State(models.TextChoices):
        WAITING = "waiting", "waiting to be read"
        DECIDED = "decided", "decided"
        UNROUTED = "unrouted", "to an address that no line has"

    class Match(models.TextChoices):
        """Which reminder it answers: found, or recorded as not found. Never guessed."""

        ONE = "one", "answers a reminder"
        NONE = "none", "no open reminder"
        SEVERAL = "several", "several open reminders"

    class AsExample(models.TextChoices):
        """Whether it goes into the dataset (webhooks/examples.py)."""

        NO = "", "no"
        DUE = "due", "will be an example"
        ADDED = "added", "is an example"
        FAILED = "failed", "could not be made an example"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    provider = models.CharField(max_length=20, choices=Line.Provider)
    account_id = models.CharField(max_length=64)
    provider_id = models.CharField(max_length=64)
    # Indexed below, together with the sender: each index is one page more to write per text.
    line = models.ForeignKey(
        Line, null=True, on_delete=models.PROTECT, related_name="messages", db_index=False
    )
    sender = models.CharField(max_length=80)
    to = models.CharField(max_length=80)
    body = models.TextField(blank=True)
    media_count = models.PositiveSmallIntegerField(default=0)
    opt_out_type = models.CharField(
        max_length=10, blank=True, help_text="STOP, START or HELP when the provider says so itself."
    )
    replied_to = models.CharField(
        max_length=64, blank=True, help_text="The provider's id of the text it answers, if given."
    )
    button_payload = models.CharField(
        max_length=256, blank=True, help_text="What the business named the button that was tapped."
    )
    idempotency_token = models.CharField(
        max_length=100, blank=True, help_text="The provider's own mark of a repeated request."
    )
    # Every parameter, in order, repeated ones too, exactly as it was on the wire.
    raw = models.BinaryField()
    received_at = models.DateTimeField()

    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    claim = models.UUIDField(null=True, editable=False)
    claimed_at = models.DateTimeField(null=True, editable=False)
    # Counted when claimed, so that a text that kills its reader is counted too.
    reading_attempts = models.PositiveSmallIntegerField(default=0, editable=False)

    match = models.CharField(max_length=10, choices=Match, blank=True)
    reminder = models.ForeignKey(
        Reminder, null=True, on_delete=models.PROTECT, related_name="messages", db_index=False
    )
    example = models.CharField(max_length=10, choices=AsExample, blank=True, default=AsExample.NO)
    is_contested = models.BooleanField(
        default=False, help_text="Somebody said that it was read wrongly."
    )
    candidates = models.ManyToManyField(Reminder, related_name="+", blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "account_id", "provider_id"], name="a_message_is_kept_once"
            ),
            models.CheckConstraint(
                condition=Q(line=None, state="unrouted")
                | (Q(line__isnull=False) & ~Q(state="unrouted")),
                name="only_messages_without_a_line_are_unrouted",
            ),
            models.CheckConstraint(
                condition=Q(match="one", reminder__isnull=False)
                | (~Q(match="one") & Q(reminder=None)),
                name="a_matched_message_has_a_reminder",
            ),
        ]
        indexes = [
            # The queue: only rows that still wait are in it, however many were decided.
            models.Index(
                fields=["received_at"], condition=Q(state="waiting"), name="messages_waiting"
            ),
            models.Index(
                fields=["received_at"], condition=Q(state="unrouted"), name="messages_unrouted"
            ),
            models.Index(
                fields=["received_at"], condition=Q(example="due"), name="messages_due_as_examples"
            ),
            models.Index(
                fields=["reminder"], condition=~Q(reminder=None), name="messages_by_reminder"
            ),
            models.Index(fields=["line", "sender", "received_at"], name="messages_by_thread"),
        ]

    def __str__(self) -> str:
        return f"message {self.public_id}"


class ContactQuerySet(models.QuerySet["Contact"]):
    def opted_out(self) -> ContactQuerySet:
        return self.exclude(opted_out_at=None)


class Contact(models.Model):
    """What is known of one person at one line: whether they want texts, whether it is them."""

    line = models.ForeignKey(Line, on_delete=models.CASCADE, related_name="contacts")
    address = models.CharField(max_length=80)
    opted_out_at = models.DateTimeField(null=True, blank=True)
    opted_out_by = models.CharField(
        max_length=20, blank=True, help_text="keyword, provider, button, model or carrier"
    )
    opted_in_at = models.DateTimeField(
        null=True, blank=True, help_text="When they last asked for texts again (START)."
    )
    wrong_number_at = models.DateTimeField(null=True, blank=True)

    objects = ContactQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["line", "address"], name="one_contact_per_line")
        ]

    def __str__(self) -> str:
        return f"contact {self.pk}"


class StatusUpdate(models.Model):
    """One delivery receipt of an outbound text; repeats are kept once per (text, status)."""

    class Status(models.TextChoices):
        QUEUED = "queued"
        SENT = "sent"
        DELIVERED = "delivered"
        READ = "read"
        FAILED = "failed"
        CANCELED = "canceled"

    provider = models.CharField(max_length=20, choices=Line.Provider)
    account_id = models.CharField(max_length=64)
    provider_id = models.CharField(max_length=64)
    line = models.ForeignKey(Line, null=True, on_delete=models.PROTECT, related_name="statuses")
    to = models.CharField(max_length=80)
    status = models.CharField(max_length=10, choices=Status)
    provider_status = models.CharField(max_length=30)
    error_code = models.CharField(max_length=10, blank=True)
    raw = models.BinaryField()
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "account_id", "provider_id", "provider_status"],
                name="a_status_is_kept_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.provider_id} {self.provider_status}"
