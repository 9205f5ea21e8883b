"""Who may come in. Every page of the game stands behind one of three decorators; what a page then
shows is fetched through the player that may see it (`people_for` and its neighbours), never by an
id alone.

Superusers are operators of the game without an invitation, and other staff of the installation are
players: what the admin lets them see says nothing of whose raw words they may. Everybody else needs
an invitation (labelgame/accounts.py).
"""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.contrib.auth.views import redirect_to_login
from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django_htmx.http import HttpResponseClientRedirect, HttpResponseClientRefresh
from django_htmx.middleware import HtmxDetails

from labelgame.models import Contest, Invitation, Player, Poll, Ruling
from labelgame.models.accounts import InvitationQuerySet, PlayerQuerySet
from labelgame.models.polls import PollQuerySet, RulingQuerySet


class PlayerRequest(HttpRequest):
    """As the htmx middleware and the decorators below hand it on."""

    htmx: HtmxDetails
    player: Player


P = ParamSpec("P")
Page = Callable[Concatenate[PlayerRequest, P], HttpResponse]
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


# ---- pages ---------------------------------------------------------------------------------


def player_only(view: Page[P]) -> View[P]:
    """Whoever plays."""
    return _only(view, lambda player: True)


def reviewer_only(view: Page[P]) -> View[P]:
    """Reviewers, and operators, who are reviewers too."""
    return _only(view, lambda player: player.is_reviewer)


def operator_only(view: Page[P]) -> View[P]:
    return _only(view, lambda player: player.is_operator)


def _only(view: Page[P], may: Callable[[Player], bool]) -> View[P]:
    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        asked = cast("PlayerRequest", request)
        if isinstance(request.user, AnonymousUser):
            return _to_sign_in(asked)
        player = player_of(request.user, now=timezone.now())
        if player is None:
            return _turned_away(asked, "stranger")
        if not player.is_playing:
            return _turned_away(asked, "retired")
        asked.player = player
        return view(asked, *args, **kwargs) if may(player) else _turned_away(asked, "role")

    # What one player sees is nobody else's, nor the next one's at this browser.
    return cast("View[P]", never_cache(guarded))


def player_of(user: AbstractBaseUser, *, now: datetime) -> Player | None:
    assert isinstance(user, User)
    player = Player.objects.select_related("user").filter(user=user).first()
    if player is not None or not (user.is_staff or user.is_superuser):
        return player
    role = Player.Role.OPERATOR if user.is_superuser else Player.Role.PLAYER
    staff = {"name": user.get_username()[:60], "role": role, "joined_at": now}
    return Player.objects.get_or_create(user=user, defaults=staff)[0]  # two pages opened at once


def _to_sign_in(request: PlayerRequest) -> HttpResponse:
    """And back to the page they wanted; where something was sent, back to the card."""
    wanted = request.get_full_path() if request.method in ("GET", "HEAD") else ""
    if request.htmx:  # a fragment is no page to come back to
        wanted = request.htmx.current_url_abs_path or ""
    to = redirect_to_login(wanted, reverse("labelgame:sign_in"))
    return HttpResponseClientRedirect(to.url) if request.htmx else to


def _turned_away(request: PlayerRequest, why: str) -> HttpResponse:
    if request.htmx:  # the whole page says it better than a part of it
        return HttpResponseClientRefresh()
    return render(request, "labelgame/no_player.html", {"why": why}, status=403)


# ---- rows ----------------------------------------------------------------------------------


def people_for(player: Player) -> PlayerQuerySet:
    """Whose pages this player may open."""
    return Player.objects.all() if player.is_operator else Player.objects.none()


def invitations_for(player: Player) -> InvitationQuerySet:
    return Invitation.objects.all() if player.is_operator else Invitation.objects.none()


def reviews_for(player: Player) -> PollQuerySet:
    """What this player may decide on."""
    return reviews() if player.is_reviewer else Poll.objects.none()


def gaps_for(player: Player) -> RulingQuerySet:
    """Which gaps of the guide this player may call written."""
    return Ruling.objects.gaps() if player.is_reviewer else Ruling.objects.none()


def reviews() -> PollQuerySet:
    """What reviewers may decide on: what waits for one, and what one has decided before. Nobody
    reviews what was pulled, for it must not be looked at, nor what is asked no more, for there is
    nothing to say.
    """
    contested = Contest.objects.filter(answer__poll=OuterRef("pk"), state=Contest.State.OPEN)
    ruled = Ruling.objects.filter(poll=OuterRef("pk"))
    waits = Q(state=Poll.State.REVIEW) | Exists(contested) | Exists(ruled)
    return Poll.objects.showable().asked().filter(waits)
