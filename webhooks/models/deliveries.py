"""Who was told: endpoints and their secrets, deliveries and every attempt at one."""

from __future__ import annotations

import base64
import secrets
import uuid
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Count, Q
from django.utils import timezone

from webhooks.models.accounts import Business
from webhooks.models.decisions import Event


class EndpointQuerySet(models.QuerySet["Endpoint"]):
    def enabled(self) -> EndpointQuerySet:
        return self.filter(disabled_at=None)


class Endpoint(models.Model):
    """A URL of a business's own system that wants to be told."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="endpoints")
    url = models.URLField(max_length=500)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    disabled_at = models.DateTimeField(null=True, blank=True)
    disabled_because = models.CharField(max_length=200, blank=True)
    # Set by the first failure after a success, cleared by the next success: an open incident.
    failing_since = models.DateTimeField(null=True, editable=False)
    # When the last incident that is over ended.
    recovered_at = models.DateTimeField(null=True, editable=False)
    # Set when the receiver asked for a pause (429, 503 with Retry-After).
    paused_until = models.DateTimeField(null=True, editable=False)

    objects = EndpointQuerySet.as_manager()

    def __str__(self) -> str:
        return self.url

    def takes_deliveries(self, now: datetime) -> bool:
        return self.disabled_at is None and (self.paused_until is None or self.paused_until <= now)


class EndpointSecretQuerySet(models.QuerySet["EndpointSecret"]):
    def usable(self, now: datetime) -> EndpointSecretQuerySet:
        """Newest first: receivers try signatures in order."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=now)).order_by("-created_at")


def new_secret() -> str:
    """32 random bytes in the spelling of Standard Webhooks."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


class EndpointSecret(models.Model):
    """Signs what an endpoint is sent. Two are valid while the receiver changes over."""

    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="secrets")
    secret = models.CharField(max_length=100, default=new_secret)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)

    objects = EndpointSecretQuerySet.as_manager()

    def __str__(self) -> str:
        return f"secret of {self.created_at:%d %b %Y %H:%M}"


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def waiting(self) -> DeliveryQuerySet:
        return self.filter(state=Delivery.State.WAITING)

    def put_off(self, now: datetime) -> DeliveryQuerySet:
        """Waiting, and not due yet."""
        return self.waiting().filter(next_attempt_at__gt=now)

    def unclaimed(self, *, now: datetime, lease: timedelta) -> DeliveryQuerySet:
        """Nobody is at it, or whoever was must have died. Only columns of its own row, so that
        a conditional UPDATE checks them again under the row's lock."""
        return self.filter(Q(claimed_at=None) | Q(claimed_at__lt=now - lease))

    def due(self, *, now: datetime, lease: timedelta) -> DeliveryQuerySet:
        """Its time has come, nobody is at it, its endpoint takes deliveries."""
        return (
            self.waiting()
            .unclaimed(now=now, lease=lease)
            .filter(next_attempt_at__lte=now, endpoint__disabled_at=None)
            .filter(Q(endpoint__paused_until=None) | Q(endpoint__paused_until__lte=now))
        )

    def in_flight(self, *, now: datetime, lease: timedelta) -> DeliveryQuerySet:
        return self.waiting().filter(claimed_at__gte=now - lease)

    def in_flight_by_endpoint(
        self, *, now: datetime, lease: timedelta
    ) -> list[tuple[int, bool, int]]:
        """(endpoint, whether it fails, how many), of those that have any in flight."""
        flying = self.in_flight(now=now, lease=lease).values("endpoint", "endpoint__failing_since")
        return [
            (each["endpoint"], each["endpoint__failing_since"] is not None, each["number"])
            for each in flying.annotate(number=Count("pk"))
        ]

    def longest_due_first(self) -> DeliveryQuerySet:
        return self.order_by("next_attempt_at", "pk")


class Delivery(models.Model):
    """The sending of one event to one endpoint."""

    class State(models.TextChoices):
        WAITING = "waiting", "to be sent"
        DELIVERED = "delivered", "delivered"
        FAILED = "failed", "given up"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="deliveries")
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="deliveries")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    # Attempts since the event was made or somebody pressed “send again”.
    failures = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True, editable=False)
    delivered_at = models.DateTimeField(null=True, editable=False)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["event", "endpoint"], name="an_event_goes_to_an_endpoint_once"
            ),
            models.CheckConstraint(
                condition=Q(state="delivered", delivered_at__isnull=False)
                | (~Q(state="delivered") & Q(delivered_at=None)),
                name="delivered_has_a_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"], condition=Q(state="waiting"), name="deliveries_waiting"
            ),
            # A handful, however many were ever sent: counted at every claim, under a lock.
            models.Index(
                fields=["endpoint", "claimed_at"],
                condition=Q(state="waiting", claimed_at__isnull=False),
                name="deliveries_in_flight",
            ),
            # What an endpoint missed, a part at a time, under a lock as well.
            models.Index(
                fields=["endpoint", "next_attempt_at", "id"],
                condition=Q(state="waiting"),
                name="deliveries_put_off",
            ),
        ]

    def __str__(self) -> str:
        return f"delivery {self.public_id}"


class DeliveryAttempt(models.Model):
    """One try: when, how long, what came back."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="attempts")
    started_at = models.DateTimeField()
    milliseconds = models.PositiveIntegerField()
    outcome = models.CharField(max_length=30)
    status_code = models.PositiveSmallIntegerField(null=True)
    detail = models.TextField(blank=True, help_text="The beginning of the answer, or the error.")

    class Meta:
        ordering = ["started_at", "pk"]

    def __str__(self) -> str:
        return f"{self.outcome} {self.started_at:%d %b %H:%M:%S}"
