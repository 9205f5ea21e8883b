"""Businesses: the page of each shows what it has and leads to adding more."""

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from config.adminbase import ModelAdmin, TabularInline, action, one, seen
from webhooks import words
from webhooks.models import ApiKey, Business, Endpoint, Line


class ListInline(TabularInline):
    """What belongs to a business, to look at; each has a page of its own to change it on."""

    extra = 0
    hide_title = True

    @admin.display(description="page")
    def page(self, row: Model) -> SafeString:
        return link_to(row, "Open")

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class LineList(ListInline):
    model = Line
    fields = readonly_fields = ("address", "provider", "account_id", "is_simulated", "page")


class ApiKeyList(ListInline):
    model = ApiKey
    verbose_name_plural = "API keys"
    fields = readonly_fields = ("name", "beginning", "created_at", "revoked_at", "page")

    @admin.display(description="begins with")
    def beginning(self, key: ApiKey) -> str:
        return f"{key.prefix}…"


class EndpointList(ListInline):
    model = Endpoint
    fields = readonly_fields = ("address", "standing", "page")

    @admin.display(description="address")
    def address(self, endpoint: Endpoint) -> str:
        return endpoint.url  # not a link: what is there expects events, not people

    @admin.display(description="state")
    def standing(self, endpoint: Endpoint) -> SafeString:
        return words.endpoint_standing(endpoint, timezone.now())


@admin.register(Business)
class BusinessAdmin(ModelAdmin):
    list_display = ("name", "slug", "created_at")
    search_fields = ("name", "slug")
    ordering = ("name",)
    fields = ("name", "slug", "thin_events", "shares_examples", "created_at")
    readonly_fields = ("created_at",)
    prepopulated_fields = {"slug": ("name",)}
    inlines = (LineList, EndpointList, ApiKeyList)
    actions_detail = (
        {"title": "Add to it", "icon": "add", "items": ["add_line", "add_endpoint", "add_key"]},
    )

    @action(description="A line", icon="call", permissions=["change"])
    def add_line(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return seen(request, _add_page("line", one(self, request, object_id)))

    @action(description="An endpoint", icon="webhook", permissions=["change"])
    def add_endpoint(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return seen(request, _add_page("endpoint", one(self, request, object_id)))

    @action(description="An API key", icon="key", permissions=["change"])
    def add_key(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return seen(request, _add_page("apikey", one(self, request, object_id)))


def _add_page(model: str, business: Business) -> str:
    return f"{reverse(f'admin:webhooks_{model}_add')}?business={business.pk}"


def link_to(row: Model, text: str) -> SafeString:
    page = reverse(f"admin:webhooks_{row._meta.model_name}_change", args=[row.pk])
    return format_html('<a class="text-link" href="{}">{}</a>', page, text)
