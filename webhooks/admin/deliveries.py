"""Deliveries with every attempt, and “send again”."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from config.adminbase import (
    LargeTableAdmin,
    ReadOnlyAdmin,
    action,
    display,
    note,
    one,
    seen,
)
from webhooks import delivery, words
from webhooks.models import Delivery, DeliveryAttempt
from webhooks.story import ToldEvent


@admin.register(Delivery)
class DeliveryAdmin(LargeTableAdmin, ReadOnlyAdmin):
    list_display = ("about", "endpoint", "shown_state", "failures", "next_attempt", "last_outcome")
    list_filter = ("state", "event__type", "endpoint")
    list_select_related = ("event", "endpoint")
    search_fields = ("event__public_id__exact",)
    search_help_text = "Id of an event (evt_…)"
    actions = ("send_selected_again",)
    actions_detail = ("send_again",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        attempts = DeliveryAttempt.objects.filter(delivery=OuterRef("pk"))
        latest = attempts.order_by("-started_at", "-pk").values("outcome")[:1]
        rows: QuerySet[Delivery] = super().get_queryset(request)
        return rows.annotate(latest=Subquery(latest))

    @display(description="event")
    def about(self, delivery: Delivery) -> SafeString:
        return words.two_lines(delivery.event.type, words.moment(delivery.event.created_at))

    @display(description="state")
    def shown_state(self, delivery: Delivery) -> SafeString:
        key, text = words.delivery_state(delivery)
        return words.badge(text, words.DELIVERY_COLOURS[key])

    @display(description="next attempt")
    def next_attempt(self, delivery: Delivery) -> str:
        waits = delivery.state == Delivery.State.WAITING
        return words.moment(delivery.next_attempt_at) if waits else "–"

    @display(description="last answer")
    def last_outcome(self, delivery: Any) -> str:
        return words.outcome(delivery.latest) if delivery.latest else "none yet"

    def page_of(self, request: HttpRequest, row: Delivery) -> dict[str, Any]:
        return {"title": "A delivery", "delivery": row, "told": ToldEvent(row.event, [row])}

    def has_send_again_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Not a change of the row by hand, but something that changes it all the same."""
        return bool(request.user.has_perm("webhooks.change_delivery"))

    @action(
        description="Send again",
        icon="replay",
        permissions=["send_again"],
        dialog={
            "title": "Send this event again?",
            "description": "It goes out under the id it has, so a receiver that has it already "
            "can tell.",
            "form_submit_text": "Send again",
        },
    )
    def send_again(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        sent = one(self, request, object_id)
        self._send_again(request, [sent])
        return seen(request, _back_to(request, sent))

    @action(description="Send the selected again", permissions=["send_again"])
    def send_selected_again(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        self._send_again(request, list(queryset.select_related("endpoint")))

    def _send_again(self, request: HttpRequest, chosen: list[Delivery]) -> None:
        number = delivery.send_again(deliveries=chosen, now=timezone.now())
        note(request, chosen, "Sent again.")
        messages.success(request, f"{_deliveries(number)} on the way again.")
        if stuck := sum(each.endpoint.disabled_at is not None for each in chosen):
            messages.warning(
                request,
                f"{_deliveries(stuck)} waiting for an endpoint that is disabled: enable it first.",
            )


def _deliveries(number: int) -> str:
    return "1 delivery is" if number == 1 else f"{number} deliveries are"


def _back_to(request: HttpRequest, sent: Delivery) -> str:
    """To the message's story when the button was pressed there."""
    if "from_story" in request.POST:
        return reverse("admin:webhooks_message_change", args=[sent.event.message_id])
    return reverse("admin:webhooks_delivery_change", args=[sent.pk])
