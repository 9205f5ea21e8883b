"""What players did. Who it was stands on the page of a row, for whoever has to follow something up,
and in no list: a list of people with points would be the board that managers do not get.
"""

from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from config.adminbase import LargeTableAdmin, ReadOnlyAdmin, display
from labelgame.admin.asking import label_words
from labelgame.models import Answer, Round, WeekPoints
from labelgame.rules.scoring import PULLED


@admin.register(Round)
class RoundAdmin(LargeTableAdmin, ReadOnlyAdmin):
    list_display = ("began_at", "played", "finished_at")

    @display(description="answers")
    def played(self, round_: Round) -> str:
        return f"{round_.answered} of {round_.cards}"


@admin.register(Answer)
class AnswerAdmin(LargeTableAdmin, ReadOnlyAdmin):
    list_display = ("given_at", "question", "said", "kind", "settled", "seconds", "undone_at")
    list_select_related = ("poll",)
    search_fields = ("pk",)  # shows the box; what is searched is below
    search_help_text = "Number of an answer, or id of an example"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Answer], search_term: str
    ) -> tuple[QuerySet[Answer], bool]:
        """By what an index knows: a label's lineage names answers by number."""
        if not search_term:
            return queryset, False
        if search_term.isdecimal() and len(search_term) < 19:
            return queryset.filter(pk=int(search_term)), False
        try:
            return queryset.filter(poll__example__public_id=UUID(search_term)), False
        except ValueError:
            return queryset.none(), False

    @display(description="question")
    def question(self, answer: Answer) -> str:
        return answer.poll.question

    @display(description="label")
    def said(self, answer: Answer) -> str:
        return label_words(answer.poll.question, answer.label)

    @display(description="settled as")
    def settled(self, answer: Answer) -> str:
        if answer.settled_as == PULLED:
            return "taken out"
        return label_words(answer.poll.question, answer.settled_as)

    @display(description="seconds")
    def seconds(self, answer: Answer) -> str:
        return f"{answer.milliseconds / 1000:.1f}"


@admin.register(WeekPoints)
class WeekPointsAdmin(LargeTableAdmin, ReadOnlyAdmin):
    list_display = ("week", "player")
    list_select_related = ("player",)
    search_fields = ("player__name",)
    search_help_text = "Name of a player"
