"""What the last full run found, for each question."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from config.adminbase import LargeTableAdmin, ReadOnlyAdmin, action, display, seen
from labelgame.models import QuestionState
from labelgame.pages.agreements import METHODS


@admin.register(QuestionState)
class QuestionStateAdmin(LargeTableAdmin, ReadOnlyAdmin):
    list_display = ("question", "weighed_by", "answers", "wrong_costs", "computed_at")
    actions_detail = ("open_in_game",)

    @display(description="weighed by")
    def weighed_by(self, state: QuestionState) -> str:
        return METHODS.get(state.method, state.method)

    @action(description="Agreement", icon="handshake", permissions=["view"])
    def open_in_game(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return seen(request, reverse("labelgame:agreement"))
