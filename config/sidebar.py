"""The admin's sidebar: what there is, by what an operator comes for. settings.UNFOLD names it."""

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.text import capfirst

from webhooks.models import Endpoint


@dataclass(frozen=True)
class Elsewhere:
    """A page outside the admin, for whoever has the permission."""

    title: str
    icon: str
    name: str  # of its address
    permission: str


# (title, its pages as (model, icon of Material Symbols) or elsewhere), in this order.
GROUPS = (
    (
        "Texts",
        (
            ("webhooks.Message", "sms"),
            ("webhooks.Reminder", "schedule_send"),
            ("webhooks.Contact", "contacts"),
            ("webhooks.StatusUpdate", "mark_chat_read"),
        ),
    ),
    ("Delivery", (("webhooks.Delivery", "outbox"), ("webhooks.Endpoint", "webhook"))),
    (
        "Businesses",
        (
            ("webhooks.Business", "storefront"),
            ("webhooks.Line", "call"),
            ("webhooks.ApiKey", "key"),
        ),
    ),
    (
        "Model",
        (
            ("classifier.ModelVersion", "neurology"),
            ("webhooks.ShadowRun", "compare_arrows"),
            ("classifier.TrainingRun", "model_training"),
            ("classifier.Serving", "history"),
            ("classifier.JudgedRow", "fact_check"),
        ),
    ),
    (
        "Dataset",
        (("classifier.Example", "forum"), ("classifier.RawLook", "policy")),
    ),
    (
        "Game",
        (
            Elsewhere("Review", "gavel", "labelgame:review", "labelgame.view_poll"),
            Elsewhere("Settings", "tune", "labelgame:settings", "labelgame.view_gamesettings"),
            ("labelgame.Player", "groups"),
            ("labelgame.Team", "diversity_3"),
            ("labelgame.Invitation", "mail"),
            ("labelgame.Poll", "how_to_vote"),
            ("labelgame.Gold", "verified"),
            ("labelgame.Contest", "contract_edit"),
            ("labelgame.Ruling", "balance"),
            ("labelgame.Round", "autorenew"),
            ("labelgame.Answer", "done_all"),
            ("labelgame.WeekPoints", "calendar_view_week"),
            ("labelgame.QuestionState", "handshake"),
        ),
    ),
    ("Accounts", (("auth.User", "person"), ("auth.Group", "group"))),
)


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups with the pages that this person may see; a group without pages is left out."""
    groups = [
        {
            "title": title,
            "items": [item for item in (_item(request, page) for page in pages) if item],
        }
        for title, pages in GROUPS
    ]
    return [group for group in groups if group["items"]]


def _item(request: HttpRequest, page: tuple[str, str] | Elsewhere) -> dict[str, Any] | None:
    if isinstance(page, Elsewhere):
        if not request.user.has_perm(page.permission):
            return None
        return {"title": page.title, "icon": page.icon, "link": reverse(page.name)}
    label, icon = page
    model = apps.get_model(label)
    if not admin.site.is_registered(model):
        return None
    if not admin.site.get_model_admin(model).has_view_or_change_permission(request):
        return None
    item: dict[str, Any] = {
        "title": capfirst(str(model._meta.verbose_name_plural)),
        "icon": icon,
        "link": reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"),
    }
    if model is Endpoint and (number := _endpoints_in_trouble()):
        item |= {"badge": number, "badge_variant": "danger"}
    return item


def _endpoints_in_trouble() -> int:
    return Endpoint.objects.exclude(Q(failing_since=None) & Q(disabled_at=None)).count()
