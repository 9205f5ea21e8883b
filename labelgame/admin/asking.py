"""What is asked: polls, hidden checks, and what was said against or above the players' answers."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from classifier.models import Example
from config.adminbase import LargeTableAdmin, ReadOnlyAdmin, action, display, note, one, seen
from labelgame.access import reviews
from labelgame.models import Contest, Gold, Poll, Ruling
from labelgame.pages.cards import label_of

POLL_COLOURS = {"open": "info", "settled": "success", "review": "warning"}


def says(example: Example) -> SafeString:
    """Its words as players see them, unless they must not be seen."""
    if example.state == Example.State.PULLED:
        return format_html('<span class="nod-quiet">{}</span>', "taken out")
    words = Truncator(" ".join(example.text.split())).chars(60)
    return format_html('<span class="nod-words" dir="auto">{}</span>', words)


def label_words(question: str, label: str) -> str:
    return label_of(question, label).title if label else "–"


class ForReviewers(admin.SimpleListFilter):
    """Along an index, the one state that few polls are in; the others are the whole table."""

    title = "what waits"
    parameter_name = "waits"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("review", "for a reviewer")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Poll]) -> QuerySet[Poll]:
        return queryset.filter(state=Poll.State.REVIEW) if self.value() else queryset


@admin.register(Poll)
class PollAdmin(LargeTableAdmin, ReadOnlyAdmin):
    list_display = ("created_at", "reply", "question", "shown_state", "answered", "outcome")
    list_filter = (ForReviewers,)
    list_select_related = ("example",)
    actions_detail = ("open_in_game",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Poll]:
        rows: QuerySet[Poll] = super().get_queryset(request)
        return rows.defer("example__reading")

    @display(description="reply")
    def reply(self, poll: Poll) -> SafeString:
        return says(poll.example)

    @display(description="state", label=POLL_COLOURS)
    def shown_state(self, poll: Poll) -> tuple[str, str]:
        return poll.state, str(poll.get_state_display())

    @display(description="answers")
    def answered(self, poll: Poll) -> str:
        return f"{poll.votes} of {poll.wanted}"

    @display(description="settled as")
    def outcome(self, poll: Poll) -> str:
        if not poll.settled_as or poll.probability is None:
            return label_words(poll.question, poll.settled_as)
        return f"{label_words(poll.question, poll.settled_as)} {poll.probability:.2f}"

    def has_review_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Only what reviewers may decide on has a page in the game. Whether this one reviews, that
        page says.
        """
        poll = self.get_object(request, unquote(str(object_id)))
        return poll is not None and reviews().filter(pk=poll.pk).exists()

    @action(description="Review", icon="gavel", permissions=["view", "review"])
    def open_in_game(self, request: HttpRequest, object_id: str) -> HttpResponse:
        poll: Poll = one(self, request, object_id)
        return seen(request, reverse("labelgame:review_item", args=[poll.pk]))


@admin.register(Gold)
class GoldAdmin(LargeTableAdmin, ReadOnlyAdmin):
    list_display = ("created_at", "reply", "question", "known_as", "source", "is_reserve", "used")
    list_filter = ("source", "is_reserve", ("retired_at", admin.EmptyFieldListFilter))
    list_select_related = ("poll__example",)
    actions_detail = ("take_out",)

    @display(description="reply")
    def reply(self, gold: Gold) -> SafeString:
        return says(gold.poll.example)

    @display(description="label")
    def known_as(self, gold: Gold) -> str:
        return label_words(gold.question, gold.label)

    @display(description="shown")
    def used(self, gold: Gold) -> str:
        return "no more" if gold.retired_at else f"{gold.times_shown} times"

    def has_take_out_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Not a change of the row by hand, but something that changes it all the same."""
        return bool(request.user.has_perm("labelgame.change_gold"))

    @action(
        description="Take out",
        icon="visibility_off",
        permissions=["take_out"],
        dialog={
            "title": "Take this check out?",
            "description": "No player meets it any more. What it brought those who met it stands.",
            "form_submit_text": "Take out",
        },
    )
    def take_out(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        gold: Gold = one(self, request, object_id)
        standing = Gold.objects.filter(pk=gold.pk, retired_at=None)
        if standing.update(retired_at=timezone.now()):
            note(request, [gold], "Taken out.")
            messages.success(request, "Taken out: no player meets it any more.")
        else:
            messages.info(request, "It was taken out already.")
        return seen(request, reverse("admin:labelgame_gold_change", args=[gold.pk]))


@admin.register(Contest)
class ContestAdmin(LargeTableAdmin, ReadOnlyAdmin):
    list_display = ("created_at", "reply", "settled_as", "said", "words", "state", "decided_by")
    list_filter = ("state",)
    list_select_related = ("answer__poll__example",)

    @display(description="reply")
    def reply(self, contest: Contest) -> SafeString:
        return says(contest.answer.poll.example)

    @display(description="settled as")
    def settled_as(self, contest: Contest) -> str:
        return label_words(contest.answer.poll.question, contest.answer.poll.settled_as)

    @display(description="a player said")
    def said(self, contest: Contest) -> str:
        return label_words(contest.answer.poll.question, contest.answer.label)


@admin.register(Ruling)
class RulingAdmin(LargeTableAdmin, ReadOnlyAdmin):
    list_display = ("at", "reply", "decided_as", "reason", "note", "by", "written_at")
    list_filter = ("reason",)
    list_select_related = ("poll__example",)

    @display(description="reply")
    def reply(self, ruling: Ruling) -> SafeString:
        return says(ruling.poll.example)

    @display(description="label")
    def decided_as(self, ruling: Ruling) -> str:
        return label_words(ruling.poll.question, ruling.label)
