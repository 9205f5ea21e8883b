"""Model versions in the admin: to look at. Putting one live is `manage.py promote`."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin  # type: ignore[import-untyped]

from classifier.models import ModelVersion
from classifier.reports import as_table


@admin.register(ModelVersion)
class ModelVersionAdmin(ModelAdmin):  # type: ignore[misc]  # unfold carries no types
    list_display = ("name", "state", "macro_f1", "created_at", "live_from")
    list_filter = ("state",)
    ordering = ("-created_at",)
    fields = (
        "name", "state", "created_at", "live_from", "retired_at", "promoted_by", "verdict",
        "readable_report", "digest",
    )  # fmt: skip
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: ModelVersion | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ModelVersion | None = None) -> bool:
        return False

    @admin.display(description="macro-F1")
    def macro_f1(self, version: ModelVersion) -> str:
        questions = version.report.get("questions", {})
        return " · ".join(f"{name} {part['macro_f1']:.3f}" for name, part in questions.items())

    @admin.display(description="report")
    def readable_report(self, version: ModelVersion) -> SafeString:
        return format_html(
            '<pre class="overflow-x-auto text-xs">{}</pre>', as_table(version.report)
        )
