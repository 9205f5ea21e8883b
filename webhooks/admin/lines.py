"""Lines with their signing keys, and what to enter at the provider."""

import re
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import HttpRequest
from django.utils.safestring import SafeString

from config.adminbase import ModelAdmin, ModelForm, TabularInline
from webhooks import actions, addresses, words
from webhooks.models import Line, Message, SigningKey

# Three quick tries instead of a single slow one: without this Twilio does not try again after a
# 5xx or a late answer, and the text is lost.
# https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
TWILIO_RETRIES = "#ct=1500&rt=3500&rc=2&rp=5xx,ct,rt"

TWILIO_ACCOUNT = re.compile(r"AC[0-9a-fA-F]{32}")
TWILIO_ADDRESS = re.compile(r"\+\d{6,15}|\d{3,8}|[a-z]+:\S+")


def masked(key: str) -> str:
    """A key that is known already: enough of it to tell it from another."""
    return f"••••••••{key[-4:]}"


class SigningKeys(TabularInline):
    """Added and removed, never shown again and never edited: it opens the provider's account."""

    model = SigningKey
    extra = 0
    hide_title = True
    fields = ("key", "note", "created_at")
    readonly_fields = ("created_at",)
    readonly_preprocess_fields = {"key": masked}

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None:
            field.widget.attrs["aria-label"] = field.label  # the column's heading is no label
        return field

    def get_extra(self, request: HttpRequest, obj: Any | None = None, **kwargs: Any) -> int:
        return 0 if obj and obj.signing_keys.exists() else 1

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class LineForm(ModelForm):
    """Catches what people paste into the wrong field."""

    def clean_account_id(self) -> str:
        account = str(self.cleaned_data["account_id"])
        if not TWILIO_ACCOUNT.fullmatch(account):
            raise ValidationError(
                "Twilio's Account SID begins with AC and has 34 characters. You find it on the "
                "first page of the Twilio console."
            )
        return account

    def clean_address(self) -> str:
        address = str(self.cleaned_data["address"])
        if not TWILIO_ADDRESS.fullmatch(address):
            raise ValidationError(
                "Write it as Twilio does: + and country code without spaces (+15005550010), a "
                "short code (12345), or with its channel (whatsapp:+15005550010)."
            )
        return address


@admin.register(Line)
class LineAdmin(ModelAdmin):
    form = LineForm
    list_display = ("address", "business", "provider", "account_id", "is_simulated")
    list_filter = ("business", "is_simulated")
    list_select_related = ("business",)
    search_fields = ("address", "account_id", "business__name")
    ordering = ("business__name", "address")
    inlines = (SigningKeys,)
    fieldsets = (
        (None, {"fields": ("business", "provider", "account_id", "address")}),
        (
            "At the provider",
            {
                "fields": ("webhook_url", "status_url", "rotation"),
                "description": "Copy these into the settings of this number at the provider.",
            },
        ),
        ("Habits", {"fields": ("advanced_opt_out", "is_simulated")}),
    )
    readonly_fields = ("webhook_url", "status_url", "rotation")

    def get_readonly_fields(self, request: HttpRequest, obj: Any | None = None) -> tuple[str, ...]:
        # Texts are a business's by their line: they must not change hands with it.
        return (*self.readonly_fields, "business") if obj else self.readonly_fields

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """`?for=` names a text that came for an address no line has: by its id, because numbers
        do not belong in URLs."""
        initial: dict[str, Any] = dict(super().get_changeform_initial_data(request))
        text = initial.pop("for", "")
        message = Message.objects.unrouted().filter(pk=text).first() if text.isdecimal() else None
        if message:
            initial |= {
                "provider": message.provider,
                "account_id": message.account_id,
                "address": message.to,
            }
        return initial

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        line: Line = form.instance
        if routed := actions.route(line=line):
            words_for = "text that waited" if routed == 1 else "texts that waited"
            messages.success(request, f"{routed} {words_for} for this line will be read now.")
        if not line.signing_keys.exists():
            messages.warning(
                request,
                "This line has no signing key yet, so no text can reach it. Add the Auth Token of "
                "its Twilio account below.",
            )

    @admin.display(description="webhook for incoming texts")
    def webhook_url(self, line: Line) -> SafeString:
        address = addresses.inbound_url(_provider(line)) + TWILIO_RETRIES
        explanation = "What follows # makes Twilio try again at once when no answer comes in time."
        if settings.DEMO:
            explanation += (
                " In this demo the address is this machine's own: no provider reaches it."
            )
        return words.copyable(address, explanation)

    @admin.display(description="webhook for delivery status")
    def status_url(self, line: Line) -> SafeString:
        return words.copyable(
            addresses.status_url(_provider(line)),
            "As the status callback of the texts that you send.",
        )

    @admin.display(description="when the Auth Token changes")
    def rotation(self, line: Line) -> str:
        return (
            "Make a secondary token at Twilio, add it below as a second signing key, save, and "
            "only then promote it at Twilio. Remove the old key when texts have come in again."
        )


def _provider(line: Line) -> str:
    return line.provider or Line.Provider.TWILIO
