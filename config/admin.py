"""Accounts of staff in the admin: Django's own pages, in unfold's clothes."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.forms import (  # type: ignore[import-untyped]
    AdminPasswordChangeForm,
    UserChangeForm,
    UserCreationForm,
)

from config.adminbase import ModelAdmin
from labelgame.models import Player

admin.site.index_title = "Overview"
admin.site.index_template = "nod/overview.html"  # its figures: config/overview.py

admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):  # type: ignore[type-arg]  # generic in stubs alone
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm

    def get_deleted_objects(
        self, objs: QuerySet[User] | Sequence[User], request: HttpRequest
    ) -> tuple[list[Any], dict[Any, Any], set[Any], list[Any]]:
        """An account that plays is not deleted; the page that refuses says what to do instead."""
        deleted, counts, perms_needed, protected = super().get_deleted_objects(objs, request)
        players = Player.objects.filter(user__in=[user.pk for user in objs])
        if not players:
            return deleted, counts, perms_needed, protected
        # It is no question of permissions: nobody may.
        return deleted, counts, set(), [_instead(player) for player in players]


def _instead(player: Player) -> SafeString:
    page = reverse("labelgame:person", args=[player.public_id])
    return format_html(
        "{} plays the game, and what they answered stands. Retire them instead, on"
        ' <a class="text-link" href="{}">their page</a>, and clear “Active” here.',
        player,
        page,
    )


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):
    pass
