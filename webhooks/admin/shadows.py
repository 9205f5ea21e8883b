"""What a model version would have decided otherwise, to be read before it is put live."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse

from classifier.models import ModelVersion
from config.adminbase import ReadOnlyAdmin, display, seen
from webhooks.models import ShadowRun
from webhooks.shadow import turns_of

SHOWN = 50  # texts of a turn, the newest; `manage.py shadow` prints all


@admin.register(ShadowRun)
class ShadowRunAdmin(ReadOnlyAdmin):
    list_display = ("version", "made_at", "otherwise")
    ordering = ("-made_at",)

    @display(description="otherwise")
    def otherwise(self, run: ShadowRun) -> str:
        return f"{run.changed:,} of {run.texts:,}"

    def page_of(self, request: HttpRequest, row: ShadowRun) -> dict[str, Any]:
        return {
            "title": f"What {row.version} would have decided otherwise",
            "run": row,
            "turns": turns_of(row),
            "shown": f":{SHOWN}",
        }

    def get_urls(self) -> list[URLPattern]:
        of_version = path(
            "of/<int:pk>/",
            self.admin_site.admin_view(self.of_version),
            name="webhooks_shadowrun_of",
        )
        return [of_version, *super().get_urls()]

    def of_version(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Where a version's own page leads to, which knows of no run."""
        version = get_object_or_404(ModelVersion, pk=pk)
        run = ShadowRun.objects.filter(version=version.name).first()
        if run is not None:
            return seen(request, reverse("admin:webhooks_shadowrun_change", args=[run.pk]))
        messages.info(
            request,
            f"{version.name} has read no texts of late yet. The newest version does so by itself"
            f" within minutes, any other by `manage.py shadow {version.name}`.",
        )
        return seen(request, reverse("admin:webhooks_shadowrun_changelist"))
