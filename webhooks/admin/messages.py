"""What was said: messages with their whole story; reminders, contacts, delivery receipts."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from classifier.taxonomy import current_taxonomy
from config.adminbase import (
    LargeTableAdmin,
    PrivateSearchAdmin,
    ReadOnlyAdmin,
    action,
    display,
    note,
    one,
    seen,
)
from webhooks import examples, words
from webhooks.models import Contact, Decision, Message, Reminder, StatusUpdate
from webhooks.story import story_of

Choices = list[tuple[str, str]]


# ---- messages ------------------------------------------------------------------------------


class StandingDecision(SimpleListFilter):
    """By what holds now: the decision that no other one supersedes."""

    title = "decision"
    parameter_name = "decision"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return list(Decision.Action.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Message]) -> QuerySet[Message]:
        return self._among(queryset, action=self.value()) if self.value() else queryset

    @staticmethod
    def _among(queryset: QuerySet[Message], **standing: Any) -> QuerySet[Message]:
        decisions = Decision.objects.filter(decision=None, **standing)
        return queryset.filter(pk__in=decisions.values("message"))


class StandingLabel(StandingDecision):
    title = "what they want"
    parameter_name = "label"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [(label.name, label.title) for label in current_taxonomy().primary.labels]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Message]) -> QuerySet[Message]:
        return self._among(queryset, label=self.value()) if self.value() else queryset


@admin.register(Message)
class MessageAdmin(LargeTableAdmin, PrivateSearchAdmin, ReadOnlyAdmin):
    list_display = ("received_at", "sent_to", "sender", "says", "decided", "wants", "shown_state")
    list_filter = (
        "state",
        StandingDecision,
        StandingLabel,
        "match",
        "line__business",
        "received_at",
    )
    list_select_related = ("line__business",)
    search_fields = ("provider_id__exact", "sender", "body")
    search_help_text = "A number, words, or the provider's id"
    actions_detail = ("read_wrongly",)

    def has_contest_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Not a change of the row by hand, but something that changes it all the same."""
        return bool(request.user.has_perm("webhooks.change_message"))

    @action(
        description="It was read wrongly",
        icon="flag",
        permissions=["contest"],
        dialog={
            "title": "Ask people what it says?",
            "description": "Masked, it is one of the next cards of the game. What was decided and "
            "told stays as it is.",
            "form_submit_text": "Ask people",
        },
    )
    def read_wrongly(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        message = one(self, request, object_id)
        if examples.contest(message=message):
            note(request, [message], "Said to be read wrongly.")
            messages.success(request, "People are asked what it says.")
        else:
            messages.error(
                request,
                "Nobody can be asked: no model read it, or its business shares no texts.",
            )
        return seen(request, reverse("admin:webhooks_message_change", args=[message.pk]))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        standing = Decision.objects.filter(decision=None)
        # `raw` is for one message's own page.
        rows: QuerySet[Message] = super().get_queryset(request).defer("raw")
        return rows.prefetch_related(Prefetch("decisions", standing, to_attr="standing"))

    @display(description="line")
    def sent_to(self, message: Message) -> SafeString:
        return words.line(message.line, message.to)

    @display(description="text")
    def says(self, message: Message) -> SafeString:
        return words.short(message.body, otherwise=words.without_words(message))

    @display(description="decision")
    def decided(self, message: Any) -> SafeString | None:
        decision = next(iter(message.standing), None)
        if decision is None:
            return None
        colour = words.ACTION_COLOURS.get(decision.action, "")
        return words.badge(decision.get_action_display(), colour)

    @display(description="what they want")
    def wants(self, message: Any) -> str:
        decision = next(iter(message.standing), None)
        return words.label(decision.label) if decision else ""

    @display(description="state")
    def shown_state(self, message: Message) -> SafeString:
        text = words.MESSAGE_STATES.get(message.state, message.state)
        return words.badge(text, words.MESSAGE_COLOURS.get(message.state, ""))

    def page_of(self, request: HttpRequest, row: Message) -> dict[str, Any]:
        return {
            "title": "A message and its story",
            "story": story_of(row),
            "parameters": words.parameters(row.raw, provider=row.provider),
        }


# ---- reminders -----------------------------------------------------------------------------


class ReminderState(SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [("open", "open"), ("expired", "expired"), ("replaced", "replaced by a later one")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Reminder]) -> QuerySet[Reminder]:
        now = timezone.now()
        replaced = Q(closed_at__lte=now)
        matching = {
            "open": ~replaced & Q(expires_at__gt=now),
            "expired": ~replaced & Q(expires_at__lte=now),
            "replaced": replaced,
        }
        return queryset.filter(matching.get(self.value() or "", Q()))


@admin.register(Reminder)
class ReminderAdmin(LargeTableAdmin, PrivateSearchAdmin, ReadOnlyAdmin):
    list_display = ("created_at", "sent_from", "to", "says", "appointment_at", "state")
    list_filter = (ReminderState, "business", "created_at")
    list_select_related = ("line__business",)
    search_fields = ("to", "appointment_ref__exact", "provider_id__exact")
    search_help_text = "A number, or the id of an appointment"
    fields = (
        "state",
        "business",
        "line",
        "to",
        "body",
        "appointment_ref",
        "appointment_at",
        "provider_id",
        "created_at",
        "expires_at",
        "closed_at",
        "public_id",
    )

    @display(description="line")
    def sent_from(self, reminder: Reminder) -> SafeString:
        return words.line(reminder.line)

    @display(description="text")
    def says(self, reminder: Reminder) -> SafeString:
        return words.short(reminder.body)

    @display(description="state")
    def state(self, reminder: Reminder) -> SafeString:
        state = words.reminder_state(reminder, timezone.now())
        return words.badge(state, words.REMINDER_COLOURS.get(state, ""))


# ---- contacts ------------------------------------------------------------------------------


class KnownOf(SimpleListFilter):
    title = "what is known"
    parameter_name = "known"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [("opted_out", "opted out"), ("wrong_number", "wrong number")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Contact]) -> QuerySet[Contact]:
        if self.value() == "opted_out":
            return queryset.exclude(opted_out_at=None)
        return queryset.exclude(wrong_number_at=None) if self.value() else queryset


OPTED_OUT_BY = {
    "keyword": "their text was an opt-out word",
    "provider": "the provider said so",
    "button": "they tapped a button named so",
    "model": "they wrote so in their own words",
    "carrier": "the carrier refused our text",
}


@admin.register(Contact)
class ContactAdmin(LargeTableAdmin, PrivateSearchAdmin, ReadOnlyAdmin):
    list_display = ("address", "of_line", "state", "opted_out_at", "how", "wrong_number_at")
    list_filter = (KnownOf, "opted_out_by", "line__business")
    list_select_related = ("line__business",)
    search_fields = ("address",)
    search_help_text = "A number"
    fields = ("address", "line", "state", "opted_out_at", "how", "opted_in_at", "wrong_number_at")

    @display(description="line")
    def of_line(self, contact: Contact) -> SafeString:
        return words.line(contact.line)

    @display(description="texts")
    def state(self, contact: Contact) -> SafeString:
        if contact.opted_out_at:
            return words.badge("opted out", "danger")
        if contact.wrong_number_at:
            return words.badge("wrong number", "warning")
        return words.badge("wanted", "success")

    @display(description="known because")
    def how(self, contact: Contact) -> str:
        return OPTED_OUT_BY.get(contact.opted_out_by, contact.opted_out_by)


# ---- delivery receipts ---------------------------------------------------------------------


@admin.register(StatusUpdate)
class StatusUpdateAdmin(LargeTableAdmin, PrivateSearchAdmin, ReadOnlyAdmin):
    list_display = ("received_at", "of_line", "to", "shown_status", "error", "provider_id")
    list_filter = ("status", "received_at")
    list_select_related = ("line__business",)
    search_fields = ("provider_id__exact", "to")
    search_help_text = "A number, or the provider's id of the text"
    fields = (
        "shown_status",
        "provider_status",
        "error",
        "line",
        "to",
        "provider",
        "account_id",
        "provider_id",
        "received_at",
        "as_it_came",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[StatusUpdate]:
        return super().get_queryset(request).defer("raw")

    @display(description="line")
    def of_line(self, update: StatusUpdate) -> SafeString:
        return words.line(update.line)

    @display(description="status")
    def shown_status(self, update: StatusUpdate) -> SafeString:
        return words.badge(update.status, words.RECEIPT_COLOURS.get(update.status, ""))

    @display(description="error")
    def error(self, update: StatusUpdate) -> str:
        return words.carrier_error(update.error_code, provider=update.provider)

    @display(description="as it came")
    def as_it_came(self, update: StatusUpdate) -> SafeString:
        parameters = words.parameters(update.raw, provider=update.provider)
        return render_to_string("admin/webhooks/_parameters.html", {"parameters": parameters})
