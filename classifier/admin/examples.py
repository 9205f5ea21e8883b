"""The dataset in the admin: masked texts with their labels, and who pulled which and why.

The words as they were sent stand on no page by themselves. A reviewer asks for them, says why, and
the look is on record before they are shown.
"""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from classifier import examples
from classifier.lineage import versions_that_learnt
from classifier.models import Example, ExampleLabel, ExampleSource, RawLook
from classifier.taxonomy import current_taxonomy
from config.adminbase import (
    LargeTableAdmin,
    ReadOnlyAdmin,
    action,
    by,
    display,
    note,
    one,
    seen,
)

STATE_COLOURS = {"open": "info", "settled": "success", "review": "warning", "pulled": "danger"}
SHOWN = 20  # sources on an example's page, the latest; the commonest texts have thousands


class LabelledAs(admin.SimpleListFilter):
    """By what stands for the primary question."""

    title = "label"
    parameter_name = "label"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(label.name, label.title) for label in current_taxonomy().primary.labels]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Example]) -> QuerySet[Example]:
        if not self.value():
            return queryset
        labels = ExampleLabel.objects.standing().of_question(current_taxonomy().primary.name)
        return queryset.filter(pk__in=labels.filter(label=self.value()).values("example"))


class WhyForm(forms.Form):
    why = forms.CharField(label="Why do you need them?", max_length=200)


@admin.register(Example)
class ExampleAdmin(LargeTableAdmin, ReadOnlyAdmin):
    list_display = ("created_at", "says", "asked", "shown_state", "labelled", "times_seen", "use")
    list_filter = ("state", LabelledAs, "split", "kept_apart", "created_at")
    actions_detail = ("pull", "put_back")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Example]:
        standing = Prefetch("labels", ExampleLabel.objects.standing(), to_attr="standing")
        rows: QuerySet[Example] = super().get_queryset(request).defer("reading")
        return rows.prefetch_related(standing)

    # ---- the list

    @display(description="reply")
    def says(self, example: Example) -> SafeString:
        return _words(example.text)

    @display(description="reminder")
    def asked(self, example: Example) -> SafeString:
        return _words(example.prompt or "–")

    @display(description="state", label=STATE_COLOURS)
    def shown_state(self, example: Example) -> tuple[str, str]:
        return example.state, str(example.get_state_display())

    @display(description="labels")
    def labelled(self, example: Any) -> str:
        return " · ".join(f"{each.label} {each.probability:.2f}" for each in example.standing)

    @display(description="use")
    def use(self, example: Example) -> str:
        if example.kept_apart:
            return "kept apart to measure"
        return str(example.get_split_display())

    # ---- one example

    def page_of(self, request: HttpRequest, row: Example) -> dict[str, Any]:
        return {
            "title": "An example and its labels",
            "example": row,
            "state_colour": STATE_COLOURS[row.state],
            "use": self.use(row),
            "labels": row.labels.newest_first(),
            # Without the words as they were sent: they are not even fetched.
            "sources": row.sources.order_by("-received_at", "-pk").defer("prompt", "text")[:SHOWN],
            "number_of_sources": row.sources.count(),
            "versions": versions_that_learnt(row),
            "may_see_raw": self.has_see_raw_permission(request),
        }

    def get_urls(self) -> list[URLPattern]:
        raw = path(
            "<int:pk>/raw/<int:source>/",
            self.admin_site.admin_view(self.raw),
            name="classifier_example_raw",
        )
        return [raw, *super().get_urls()]

    def raw(self, request: HttpRequest, pk: int, source: int) -> HttpResponse:
        """First why, then the words: by POST, so that no reload and no link shows them again."""
        if not self.has_see_raw_permission(request):
            return HttpResponse("Only reviewers may see the words as they were sent.", status=403)
        row = get_object_or_404(ExampleSource.objects.select_related("example"),
                                pk=source, example=pk)  # fmt: skip
        form = WhyForm(request.POST or None)
        words = None
        if request.method == "POST" and form.is_valid():
            why = form.cleaned_data["why"]
            try:
                words = examples.look_at_raw(
                    source=row, by=by(request), why=why, now=timezone.now()
                )
            except examples.WordsForgotten as exc:
                form.add_error("why", str(exc))
        context = self.admin_site.each_context(request) | {
            "title": "The words as they were sent",
            "opts": self.opts,
            "example": row.example,
            "source": row,
            "form": form,
            "words": words,
            "looks": row.looks.order_by("-at")[:SHOWN],
        }
        return render(
            request, "admin/classifier/example/raw.html", context
        )  # never cached: admin's

    # ---- what may be done

    def has_see_raw_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return bool(request.user.has_perm("classifier.see_raw_words"))

    def has_pull_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """To take it away from players and trainings, though nobody edits a row by hand."""
        return bool(request.user.has_perm("classifier.change_example"))

    @action(
        description="Pull",
        icon="visibility_off",
        permissions=["pull"],
        dialog={
            "title": "Pull this example?",
            "description": "For when it names somebody in spite of the masking. No player is shown"
            " it any more, and no training learns from it. It can be put back.",
            "form_submit_text": "Pull",
        },
    )
    def pull(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        example: Example = one(self, request, object_id)
        if examples.pull(
            example=example, by=by(request), reason="pulled in the admin", now=timezone.now()
        ):
            note(request, [example], "Pulled.")
            messages.success(request, "Pulled: nobody is shown it any more.")
        else:
            messages.info(request, "It was pulled already.")
        return seen(request, _page(example))

    @action(
        description="Put back",
        icon="visibility",
        permissions=["pull"],
        dialog={
            "title": "Put this example back?",
            "description": "It names nobody: players may be shown it, and trainings learn from it.",
            "form_submit_text": "Put back",
        },
    )
    def put_back(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        example: Example = one(self, request, object_id)
        if examples.put_back(example=example):
            note(request, [example], "Put back.")
            messages.success(request, "It is back.")
        else:
            messages.info(request, "It was not pulled.")
        return seen(request, _page(example))


@admin.register(RawLook)
class RawLookAdmin(LargeTableAdmin, ReadOnlyAdmin):
    list_display = ("at", "by", "why", "of")
    list_display_links = None
    list_filter = ("at",)
    list_select_related = ("source__example",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[RawLook]:
        return super().get_queryset(request).defer("source__prompt", "source__text")

    @display(description="of")
    def of(self, look: RawLook) -> SafeString:
        example = look.source.example
        return format_html(
            '<a class="text-link" href="{}">{}</a>', _page(example), _short(example.text)
        )


def _page(example: Example) -> str:
    return reverse("admin:classifier_example_change", args=[example.pk])


def _words(text: str) -> SafeString:
    return format_html('<span class="nod-words" dir="auto">{}</span>', _short(text))


def _short(text: str) -> str:
    return Truncator(" ".join(text.split())).chars(60)
