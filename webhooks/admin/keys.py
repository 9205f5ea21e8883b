"""API keys: shown once when made, revoked when no longer wanted."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from config.adminbase import ModelAdmin, action, display, note, one, seen
from webhooks import words
from webhooks.models import ApiKey


@admin.register(ApiKey)
class ApiKeyAdmin(ModelAdmin):
    list_display = ("name", "business", "beginning", "created_at", "state")
    list_filter = ("business", ("revoked_at", admin.EmptyFieldListFilter))
    list_select_related = ("business",)
    search_fields = ("name", "prefix", "business__name")
    ordering = ("-created_at",)
    actions = ("revoke_selected",)
    actions_detail = ("revoke",)

    def get_fields(self, request: HttpRequest, obj: Any | None = None) -> tuple[str, ...]:
        known = ("beginning", "created_at", "revoked_at")
        return ("business", "name", *known) if obj else ("business", "name")

    def get_readonly_fields(self, request: HttpRequest, obj: Any | None = None) -> tuple[str, ...]:
        # A key must not begin to speak for another business.
        return ("business", "beginning", "created_at", "revoked_at") if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any | None = None) -> bool:
        """Only what cannot be used any more."""
        may = super().has_delete_permission(request, obj)
        return may and (obj is None or obj.revoked_at is not None)

    @display(description="begins with")
    def beginning(self, key: ApiKey) -> str:
        return f"{key.prefix}…"

    @display(description="state")
    def state(self, key: ApiKey) -> SafeString:
        return (
            words.badge("revoked", "danger") if key.revoked_at else words.badge("in use", "success")
        )

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        if change:
            obj.save(update_fields=form.changed_data)
            return
        key, token = ApiKey.issue(business=obj.business, name=obj.name, now=timezone.now())
        obj.pk = key.pk
        obj.refresh_from_db()
        messages.warning(
            request,
            format_html(
                "Copy the key now, it is not shown again: <code class='nod-token'>{}</code>", token
            ),
        )

    def has_revoke_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return bool(self.has_change_permission(request))

    @action(
        description="Revoke",
        icon="block",
        permissions=["revoke"],
        dialog={
            "title": "Revoke this key?",
            "description": "Whatever uses it can no longer call Nod. This cannot be undone.",
            "form_submit_text": "Revoke",
        },
    )
    def revoke(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        key = one(self, request, object_id)
        self._revoke(request, [key])
        return seen(request, reverse("admin:webhooks_apikey_change", args=[key.pk]))

    @action(description="Revoke the selected keys", permissions=["revoke"])
    def revoke_selected(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        self._revoke(request, list(queryset))

    def _revoke(self, request: HttpRequest, keys: list[ApiKey]) -> None:
        usable = [key for key in keys if key.revoked_at is None]
        ApiKey.objects.usable().filter(pk__in=[key.pk for key in usable]).update(
            revoked_at=timezone.now()
        )
        note(request, usable, "Revoked.")
        messages.success(request, f"Revoked: {len(usable)} of {len(keys)}.")
