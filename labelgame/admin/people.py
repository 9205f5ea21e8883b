"""Players, their teams, and the links that invite them."""

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst

from config.adminbase import LargeTableAdmin, ModelAdmin, ReadOnlyAdmin, action, display, one, seen
from labelgame.models import Invitation, Player, Team
from labelgame.pages.words import weight_words


@admin.register(Player)
class PlayerAdmin(LargeTableAdmin, ReadOnlyAdmin):
    list_display = ("name", "user", "role", "team", "weighs", "retired_at")
    list_filter = ("role", "team", ("retired_at", admin.EmptyFieldListFilter))
    list_select_related = ("user", "team")
    search_fields = ("name", "user__username")
    actions_detail = ("open_in_game",)
    fields = (
        *("name", "user", "role", "team", "time_zone", "weighs", "found"),
        *("checked_at", "joined_at", "retired_at"),
    )

    @display(description="what they say")
    def weighs(self, player: Player) -> str:
        return weight_words(player.weight)

    @display(description="signs")
    def found(self, player: Player) -> str:
        return capfirst("; ".join(sign["words"] for sign in player.signs)) or "Nothing unusual."

    def get_readonly_fields(self, request: HttpRequest, obj: Player | None = None) -> list[str]:
        return ["weighs", "found"]

    @action(description="Role, team, signs", icon="manage_accounts", permissions=["view"])
    def open_in_game(self, request: HttpRequest, object_id: str) -> HttpResponse:
        player: Player = one(self, request, object_id)
        return seen(request, reverse("labelgame:person", args=[player.public_id]))


@admin.register(Team)
class TeamAdmin(ModelAdmin):
    list_display = ("name", "members")
    search_fields = ("name",)
    ordering = ("name",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Team]:
        playing = Count("players", filter=Q(players__retired_at=None))
        rows: QuerySet[Team] = super().get_queryset(request)
        return rows.annotate(playing=playing)

    @display(description="players")
    def members(self, team: Team) -> int:
        playing: int = team.playing  # type: ignore[attr-defined]  # annotated
        return playing


@admin.register(Invitation)
class InvitationAdmin(LargeTableAdmin, ReadOnlyAdmin):
    list_display = ("created_at", "note", "role", "team", "invited_by", "standing")
    list_select_related = ("team", "accepted_by")
    search_fields = ("note",)

    @display(description="state", label={"open": "info", "used": "success"})
    def standing(self, invitation: Invitation) -> tuple[str, str]:
        if invitation.accepted_by is not None:
            return "used", f"used by {invitation.accepted_by}"
        if invitation.withdrawn_at is not None:
            return "withdrawn", "withdrawn"
        is_open = invitation.expires_at > timezone.now()
        return ("open", "open") if is_open else ("expired", "expired")
