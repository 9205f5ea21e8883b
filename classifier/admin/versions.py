"""Models in the admin: how well each version reads, which one serves, the trainings that make them,
and the rows that operators add to what candidates are judged on.
"""

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timeuntil

from classifier import actions, reportpage, trainings
from classifier.forms import JudgedRowForm, PutLiveForm
from classifier.models import JudgedRow, ModelVersion, Serving, TrainingRun
from classifier.versions import DamagedVersion
from config.adminbase import ModelAdmin, ReadOnlyAdmin, action, by, display, note, one, seen

STATE_COLOURS = {"live": "success", "candidate": "info", "retired": ""}
RUN_COLOURS = {
    "waiting": "info",
    "running": "info",
    "finished": "success",
    "failed": "danger",
    "stopped": "warning",
}


# ---- versions ------------------------------------------------------------------------------


@admin.register(ModelVersion)
class ModelVersionAdmin(ReadOnlyAdmin):
    list_display = ("name", "shown_state", "macro_f1", "decides", "created_at", "verdict_is")
    list_filter = ("state",)
    ordering = ("-created_at",)
    list_before_template = "admin/classifier/versions_before.html"
    actions_list = ("train_now", "roll_back")
    actions_detail = ("promote",)

    # ---- the list

    @display(description="state", label=STATE_COLOURS)
    def shown_state(self, version: ModelVersion) -> tuple[str, str]:
        return version.state, version.get_state_display()

    @display(description="macro-F1")
    def macro_f1(self, version: ModelVersion) -> str:
        questions = version.report.get("questions", {})
        return " · ".join(
            f"{name} {part['macro_f1']:.3f}"
            for name, part in questions.items()
            if part.get("macro_f1") is not None
        )

    @display(description="decides by itself")
    def decides(self, version: ModelVersion) -> str:
        decided = version.report.get("decided")
        if not decided or decided["right"] is None:
            return "–"
        return f"{100 * decided['share']:.0f} %, {100 * decided['right']:.1f} % right"

    @display(description="the gate")
    def verdict_is(self, version: ModelVersion) -> str:
        if not version.checks:
            return "–"
        return "passed" if version.checks["passed"] else "refused"

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        training = TrainingRun.objects.unfinished().first()
        context = {"training": training, "time_left": time_left(training)}
        return super().changelist_view(request, context | (extra_context or {}))

    # ---- one version

    def page_of(self, request: HttpRequest, row: ModelVersion) -> dict[str, Any]:
        return reportpage.context_of(
            row.report, checks=row.checks, name=row.name, made_at=row.created_at
        ) | {
            "title": f"How well {row.name} reads",
            "version": row,
            "state_colour": STATE_COLOURS[row.state],
            "servings": row.servings.newest_first(),
        }

    def get_urls(self) -> list[URLPattern]:
        file = path(
            "<int:pk>/report.html",
            self.admin_site.admin_view(self.report_file),
            name="classifier_modelversion_file",
        )
        figures = path(
            "<int:pk>/report.json",
            self.admin_site.admin_view(self.report_json),
            name="classifier_modelversion_json",
        )
        return [file, figures, *super().get_urls()]

    def report_file(self, request: HttpRequest, pk: int) -> HttpResponse:
        version = self.to_be_read(request, pk)
        page = reportpage.as_file(
            version.report, checks=version.checks, name=version.name, made_at=version.created_at
        )
        response = HttpResponse(page)
        response["Content-Disposition"] = f'attachment; filename="{version.name}.html"'
        return response

    def report_json(self, request: HttpRequest, pk: int) -> HttpResponse:
        version = self.to_be_read(request, pk)
        words = reportpage.as_json(
            version.report, checks=version.checks, name=version.name, made_at=version.created_at
        )
        response = HttpResponse(words, content_type="application/json")
        response["Content-Disposition"] = f'attachment; filename="{version.name}.json"'
        return response

    def to_be_read(self, request: HttpRequest, pk: int) -> ModelVersion:
        """By those who may see versions: a report holds texts."""
        version = get_object_or_404(ModelVersion, pk=pk)
        if not self.has_view_permission(request, version):
            raise PermissionDenied
        return version

    # ---- what may be done

    def has_serve_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """To change what serves, though nobody edits a row by hand."""
        return bool(request.user.has_perm("classifier.change_modelversion"))

    def has_train_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return bool(request.user.has_perm("classifier.add_trainingrun"))

    @action(
        description="Train now",
        icon="model_training",
        permissions=["train"],
        dialog={
            "title": "Train a new version?",
            "description": "It learns in the background from all rows there are, takes only what"
            " reading leaves of the machine, and goes live if it passes the gate.",
            "form_submit_text": "Train",
        },
    )
    def train_now(self, request: HttpRequest, form: Any) -> HttpResponse:
        now = timezone.now()
        run = trainings.request_training(reason=TrainingRun.Reason.ASKED, by=by(request), now=now)
        if run.requested_at == now:
            note(request, [run], "Asked for.")
            messages.success(request, "The training begins as soon as its worker is free.")
        else:
            messages.info(request, "A training is under way already; there is one at a time.")
        return seen(request, reverse("admin:classifier_modelversion_changelist"))

    @action(
        description="Roll back",
        icon="undo",
        permissions=["serve"],
        dialog={
            "title": "Roll back to the version before?",
            "description": "What served before the live version serves again, with its own"
            " thresholds. Readers change over at their next text.",
            "form_submit_text": "Roll back",
        },
    )
    def roll_back(self, request: HttpRequest, form: Any) -> HttpResponse:
        try:
            version = actions.roll_back(by=by(request), now=timezone.now())
        except actions.NothingToRollBackTo as exc:
            messages.error(request, str(exc))
        else:
            note(request, [version], "Live again by a roll-back.")
            messages.success(request, f"{version.name} is live again.")
        return seen(request, reverse("admin:classifier_modelversion_changelist"))

    @action(
        description="Put live",
        icon="publish",
        permissions=["serve"],
        dialog={
            "title": "Put this version live?",
            "description": "From the next text on, this version reads.",
            "form_class": PutLiveForm,
            "form_submit_text": "Put live",
        },
    )
    def promote(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        version: ModelVersion = one(self, request, object_id)
        try:
            actions.promote(
                version=version,
                by=by(request),
                now=timezone.now(),
                reason="promoted in the admin",
                although=form.cleaned_data.get("although", ""),
            )
        except (actions.NotPassed, DamagedVersion) as exc:
            messages.error(request, f"Refused, and nothing changed: {exc}")
        else:
            note(request, [version], "Put live.")
            messages.success(request, f"{version.name} is live.")
        return seen(request, reverse("admin:classifier_modelversion_change", args=[version.pk]))


@admin.register(Serving)
class ServingAdmin(ReadOnlyAdmin):
    list_display = ("started_at", "ended_at", "version", "by", "reason")
    list_display_links = None
    list_select_related = ("version",)
    list_filter = ("started_at",)
    ordering = ("-started_at", "-pk")


# ---- trainings -----------------------------------------------------------------------------


@admin.register(TrainingRun)
class TrainingRunAdmin(ReadOnlyAdmin):
    list_display = ("requested_at", "shown_state", "why", "requested_by", "made")
    list_filter = ("state", "reason")
    list_select_related = ("version",)
    ordering = ("-requested_at", "-pk")
    actions_detail = ("stop",)

    @display(description="state", label=RUN_COLOURS)
    def shown_state(self, run: TrainingRun) -> tuple[str, str]:
        words = str(run.get_state_display())
        return run.state, f"{words}, {run.percent} %" if run.state == "running" else words

    @display(description="because")
    def why(self, run: TrainingRun) -> str:
        return run.because or str(run.get_reason_display())

    @display(description="made")
    def made(self, run: TrainingRun) -> SafeString | str:
        if run.version is None:
            return "–"
        address = reverse("admin:classifier_modelversion_change", args=[run.version.pk])
        return format_html('<a class="text-link" href="{}">{}</a>', address, run.version.name)

    def page_of(self, request: HttpRequest, row: TrainingRun) -> dict[str, Any]:
        return {"title": "A training", "run": row, "time_left": time_left(row)}

    def get_urls(self) -> list[URLPattern]:
        progress = path(
            "<int:pk>/progress/",
            self.admin_site.admin_view(self.progress),
            name="classifier_trainingrun_progress",
        )
        return [progress, *super().get_urls()]

    def progress(self, request: HttpRequest, pk: int) -> HttpResponse:
        run = get_object_or_404(TrainingRun.objects.select_related("version"), pk=pk)
        context = {"run": run, "time_left": time_left(run)}
        return render(request, "classifier/_progress.html", context)

    def has_stop_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return bool(request.user.has_perm("classifier.change_trainingrun"))

    @action(description="Stop", icon="stop_circle", permissions=["stop"])
    def stop(self, request: HttpRequest, object_id: str) -> HttpResponse:
        run: TrainingRun = one(self, request, object_id)
        if trainings.stop_training(run=run, by=by(request), now=timezone.now()):
            note(request, [run], "Stopped.")
            messages.success(request, "It stops within seconds.")
        else:
            messages.info(request, "It had ended already.")
        return seen(request, reverse("admin:classifier_trainingrun_change", args=[run.pk]))


def time_left(run: TrainingRun | None) -> str:
    """In words, from how long the rows so far took; empty while nobody can know."""
    if run is None or run.state != TrainingRun.State.RUNNING or run.rows_done == 0:
        return ""
    if run.started_at is None or run.heartbeat_at is None or run.attempts > 1:
        return ""
    taken = run.heartbeat_at - run.started_at
    left = taken * ((run.rows_total - run.rows_done) / run.rows_done)
    return timeuntil(timezone.now() + left, depth=1) if left >= timedelta(minutes=1) else "a minute"


# ---- what candidates are judged on ---------------------------------------------------------


@admin.register(JudgedRow)
class JudgedRowAdmin(ModelAdmin):
    """After an incident: the reply that was read wrongly, so that no later version does it."""

    form = JudgedRowForm
    list_display = ("text", "prompt", "labelled", "pack", "added_by", "added_at")
    list_filter = ("pack",)
    search_fields = ("text", "prompt")

    @display(description="labels")
    def labelled(self, row: JudgedRow) -> str:
        return " · ".join(row.labels.values())

    def save_model(self, request: HttpRequest, obj: JudgedRow, form: Any, change: bool) -> None:
        obj.added_by = obj.added_by or by(request)
        super().save_model(request, obj, form, change)
