"""Who may speak: businesses, their lines with signing keys, and API keys."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from django.db import models
from django.utils import timezone


class Business(models.Model):
    """One customer of the installation: a dental practice, a garage."""

    name = models.CharField(max_length=200)
    slug = models.SlugField(unique=True)
    thin_events = models.BooleanField(
        default=False,
        help_text="Leave texts and phone numbers out of events; the receiver fetches them by id.",
    )
    # Not unless somebody said so: the words of a business's own customers are shown, masked, to
    # whoever plays on this installation, and a model that all its businesses use learns from them.
    shares_examples = models.BooleanField(
        default=False,
        help_text="Texts that Nod was unsure about, some like a known mistake, and a few drawn by "
        "lot may be shown masked to players and learnt from.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name_plural = "businesses"

    def __str__(self) -> str:
        return self.name


class LineQuerySet(models.QuerySet["Line"]):
    def simulated(self) -> LineQuerySet:
        return self.filter(is_simulated=True)


class Line(models.Model):
    """A phone number or sender of a business at a provider."""

    class Provider(models.TextChoices):
        TWILIO = "twilio", "Twilio"

    business = models.ForeignKey(Business, on_delete=models.PROTECT, related_name="lines")
    provider = models.CharField(max_length=20, choices=Provider, default=Provider.TWILIO)
    account_id = models.CharField(
        "account", max_length=64, help_text="At Twilio: the AccountSid, “AC…”."
    )
    address = models.CharField(
        max_length=80,
        help_text="As the provider writes it: +15005550010, a short code, whatsapp:+…",
    )
    advanced_opt_out = models.BooleanField(
        default=False,
        help_text="The provider names opt-outs itself (Twilio's Advanced Opt-Out): a bare CANCEL "
        "that it does not name then has not unsubscribed the person.",
    )
    is_simulated = models.BooleanField(
        default=False, help_text="Belongs to no carrier: the simulator may sign texts to it."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = LineQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "account_id", "address"], name="a_line_has_one_business"
            )
        ]

    def __str__(self) -> str:
        return f"{self.address} ({self.business})"

    def newest_key(self) -> str | None:
        return self.signing_keys.order_by("-created_at").values_list("key", flat=True).first()


class SigningKey(models.Model):
    """What a provider signs a line's requests with (Twilio: the account's auth token).

    A line may have several: during a rotation the new one is added before the provider switches.
    Kept readable, because checking a signature needs the key itself.
    """

    line = models.ForeignKey(Line, on_delete=models.CASCADE, related_name="signing_keys")
    key = models.CharField(max_length=200)
    note = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["line", "key"], name="a_line_holds_a_key_once")
        ]

    def __str__(self) -> str:
        return f"key of {self.line.address}, {self.created_at:%d %b %Y}"


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def usable(self) -> ApiKeyQuerySet:
        return self.filter(revoked_at=None)

    def matching(self, token: str) -> ApiKey | None:
        """The usable key that this bearer token is, or None."""
        return self.usable().select_related("business").filter(digest=digest_of(token)).first()


def digest_of(token: str) -> str:
    """Keys are long and random, so one plain SHA-256 protects them and can be looked up."""
    return hashlib.sha256(token.encode()).hexdigest()


class ApiKey(models.Model):
    """Lets a business's own system call /api/v1/. Only its digest is kept."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=12, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = "API key"

    def __str__(self) -> str:
        return f"{self.prefix}… {self.name}"

    @classmethod
    def issue(
        cls, *, business: Business, name: str, now: datetime, token: str | None = None
    ) -> tuple[ApiKey, str]:
        """Make a key; the token is returned this once and never again."""
        token = token or "nod_" + secrets.token_urlsafe(32)
        key = cls.objects.create(
            business=business,
            name=name,
            prefix=token[:8],
            digest=digest_of(token),
            created_at=now,
        )
        return key, token
