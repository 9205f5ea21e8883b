"""Endpoints with their secrets: where they point, how they are, off and on."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminTextInputWidget  # type: ignore[import-untyped]

from config.adminbase import (
    ModelAdmin,
    ModelForm,
    TabularInline,
    action,
    by,
    display,
    note,
    one,
    seen,
)
from webhooks import endpoints, words
from webhooks.models import Endpoint, EndpointSecret


class Secrets(TabularInline):
    """Shown, because the receiver needs it; changed by rotation only."""

    model = EndpointSecret
    extra = 0
    hide_title = True
    fields = readonly_fields = ("to_copy", "created_at", "expires_at")
    ordering = ("-created_at",)

    @display(description="secret")
    def to_copy(self, secret: EndpointSecret) -> SafeString:
        return words.copyable(secret.secret)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whoever only looks at endpoints must not be able to sign events in our name."""
        return bool(super().has_change_permission(request, obj))


class EndpointForm(ModelForm):
    objection = ""  # to the address in the form, found before the transaction began

    def clean_url(self) -> str:
        if self.objection:
            raise ValidationError(self.objection)
        return str(self.cleaned_data["url"])


@admin.register(Endpoint)
class EndpointAdmin(ModelAdmin):
    form = EndpointForm
    list_display = ("address", "business", "standing")
    list_filter = ("business",)
    list_select_related = ("business",)
    search_fields = ("url", "business__name")
    ordering = ("business__name", "pk")
    actions_detail = ("rotate", "enable", "disable")

    def get_inlines(self, request: HttpRequest, obj: Any | None) -> list[Any]:
        return [Secrets] if obj else []  # it is given its first when it is saved

    def get_fields(self, request: HttpRequest, obj: Any | None = None) -> tuple[str, ...]:
        known = ("standing", "recent", "created_at")
        return ("business", "url", *known) if obj else ("business", "url")

    def get_readonly_fields(self, request: HttpRequest, obj: Any | None = None) -> tuple[str, ...]:
        # What waits for one business's endpoint must not go to another's.
        return ("business", "standing", "recent", "created_at") if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any | None = None) -> bool:
        """Only one that was never sent anything: what it was sent is on record, and to delete a
        hundred thousand deliveries with it would keep texts waiting. The others are disabled.
        """
        may = super().has_delete_permission(request, obj)
        return may and (obj is None or not obj.deliveries.exists())

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "url":
            kwargs |= {
                "assume_scheme": "https",
                "label": "Address",
                "help_text": "https only. Events are sent here by POST, signed.",
                # Not the widget for URLs: it links there, and what is there expects no people.
                "widget": UnfoldAdminTextInputWidget,
            }
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if request.method == "POST":
            # A name is resolved here because the form is checked inside a transaction, and no
            # transaction waits for the network.
            request.objection = endpoints.objection(  # type: ignore[attr-defined]
                request.POST.get("url", ""), allow_loopback=settings.ALLOW_LOOPBACK_ENDPOINTS
            )
        return super().changeform_view(request, object_id, form_url, extra_context)

    def get_form(
        self, request: HttpRequest, obj: Any | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        # The class is made for this request alone.
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.objection = getattr(request, "objection", "")
        return form

    def save_model(self, request: HttpRequest, obj: Endpoint, form: Any, change: bool) -> None:
        if change:
            obj.save(update_fields=form.changed_data)
            return
        super().save_model(request, obj, form, change)
        endpoints.rotate_secret(endpoint=obj, now=timezone.now())
        messages.info(request, "It has a secret now: give it to whoever runs the receiver.")

    @display(description="address", ordering="url")
    def address(self, endpoint: Endpoint) -> str:
        return endpoint.url

    @display(description="state")
    def standing(self, endpoint: Endpoint) -> SafeString:
        return words.endpoint_standing(endpoint, timezone.now())

    @display(description="deliveries")
    def recent(self, endpoint: Endpoint) -> SafeString:
        return format_html(
            '<a class="text-link" href="{}?endpoint__id__exact={}">All deliveries to it</a>',
            reverse("admin:webhooks_delivery_changelist"),
            endpoint.pk,
        )

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        """Of “enable” and “disable”, the one that means something."""
        endpoint = self.get_object(request, unquote(str(object_id)))
        useless = "_disable" if endpoint and endpoint.disabled_at else "_enable"
        offered = super().get_actions_detail(request, object_id)
        return [each for each in offered if not each.action_name.endswith(useless)]

    def has_run_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return bool(self.has_change_permission(request))

    @action(
        description="Rotate the secret",
        icon="key",
        permissions=["run"],
        dialog={
            "title": "Make a new secret?",
            "description": "Events are signed with the new and the old secret for 24 hours, so "
            "that the receiver can change over. Then the old one ends.",
            "form_submit_text": "Make a new secret",
        },
    )
    def rotate(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        endpoint = one(self, request, object_id)
        endpoints.rotate_secret(endpoint=endpoint, now=timezone.now())
        return self._done(request, endpoint, "Made a new secret; the old one ends in 24 hours.")

    @action(
        description="Enable again",
        icon="play_arrow",
        permissions=["run"],
        dialog={
            "title": "Send to this endpoint again?",
            "description": "What waits for it is sent at once.",
            "form_submit_text": "Enable",
        },
    )
    def enable(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        endpoint = one(self, request, object_id)
        waiting = endpoints.enable(endpoint=endpoint, now=timezone.now())
        return self._done(request, endpoint, f"Enabled. Deliveries that go out now: {waiting}.")

    @action(
        description="Disable",
        icon="pause",
        permissions=["run"],
        dialog={
            "title": "Stop sending to this endpoint?",
            "description": "What waits for it stays. What happens meanwhile is not sent later: the "
            "receiver can fetch it from /api/v1/events.",
            "form_submit_text": "Disable",
        },
    )
    def disable(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        endpoint = one(self, request, object_id)
        because = f"Switched off by {by(request)}."
        endpoints.disable(endpoint=endpoint, because=because, now=timezone.now())
        return self._done(request, endpoint, "Disabled.")

    def _done(self, request: HttpRequest, endpoint: Endpoint, what: str) -> HttpResponse:
        note(request, [endpoint], what)
        messages.success(request, what)
        return seen(request, reverse("admin:webhooks_endpoint_change", args=[endpoint.pk]))
