"""Coming in and going out; and, for operators, who is in."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, login
from django.contrib.auth.views import LoginView, LogoutView
from django.core.exceptions import SuspiciousOperation
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from labelgame import accounts
from labelgame.access import PlayerRequest, invitations_for, operator_only, people_for
from labelgame.models import Player, Team
from labelgame.pages.forms import USERNAME_TAKEN, InviteForm, JoinForm, PlaceForm, SignInForm
from labelgame.pages.people import least_weight_first, signs_of, with_last_answer
from labelgame.pages.people import person as person_of
from labelgame.pages.words import weight_words
from labelgame.rules.fairplay import Kind

MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"
PEOPLE = 50  # on one page
HISTORY = 20  # of one person

# ---- in and out ----------------------------------------------------------------------------

sign_in = LoginView.as_view(
    template_name="labelgame/sign_in.html",
    authentication_form=SignInForm,
    next_page="labelgame:card",
    redirect_authenticated_user=True,
)
sign_out = LogoutView.as_view(next_page="labelgame:sign_in")


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, token: str) -> HttpResponse:
    """One form, and straight to the practice. The link is a secret until it is used: no other site
    hears its address.
    """
    response = _join(request, token)
    # Not “no-referrer”: browsers then send “Origin: null”, and no form of ours may come from there.
    response["Referrer-Policy"] = "same-origin"
    return response


def _join(request: HttpRequest, token: str) -> HttpResponse:
    now = timezone.now()
    try:
        invitation = accounts.open_invitation(token=token, now=now)
    except accounts.InvitationGone as gone:
        return _gone(request, gone)
    if request.user.is_authenticated:
        return render(request, "labelgame/join_gone.html", {"why": "signed in"}, status=409)
    form = JoinForm(
        request.POST or None, initial=JoinForm.start(_time_zone_of(invitation.invited_by))
    )
    if form.is_valid():
        try:
            player = accounts.accept_invitation(token=token, now=now, **form.cleaned_data)
        except accounts.InvitationGone as gone:
            return _gone(request, gone)
        except accounts.UsernameTaken:
            form.add_error("username", USERNAME_TAKEN)
        else:
            login(request, player.user, backend=MODEL_BACKEND)
            return redirect("labelgame:practice")
    return render(request, "labelgame/join.html", {"form": form})


def _gone(request: HttpRequest, gone: accounts.InvitationGone) -> HttpResponse:
    """Who pressed the button twice is in by the first press: their name and password say so."""
    used_by = gone.invitation.accepted_by if gone.invitation else None
    if request.method == "POST" and used_by is not None:
        name, password = (request.POST.get(key, "") for key in ("username", "password"))
        user = authenticate(request, username=name, password=password)
        if user is not None and user.pk == used_by.user_id:
            login(request, user)
            return redirect("labelgame:practice")
    status = 404 if gone.why is accounts.Gone.UNKNOWN else 410
    return render(request, "labelgame/join_gone.html", {"why": gone.why.value}, status=status)


def _time_zone_of(username: str) -> str:
    """Who invites mostly sits in the same office; the browser may know better."""
    zones = Player.objects.filter(user__username=username).values_list("time_zone", flat=True)
    return zones.first() or ""


# ---- who is in -----------------------------------------------------------------------------


@require_safe
@operator_only
def people(request: PlayerRequest) -> HttpResponse:
    return _people(request, InviteForm())


@require_http_methods(["GET", "HEAD", "POST"])
@operator_only
def invite(request: PlayerRequest) -> HttpResponse:
    """The link stands on the page that answers, and nowhere else."""
    if request.method != "POST":  # somebody came back to the answer's address
        return redirect("labelgame:people")
    form = InviteForm(request.POST)
    if not form.is_valid():
        return _people(request, form)
    invitation, token = accounts.invite(
        note=form.cleaned_data["note"],
        role=form.cleaned_data["role"],
        team=accounts.team_named(form.cleaned_data["team"]),
        by=request.player,
        now=timezone.now(),
    )
    link = settings.PUBLIC_BASE_URL + reverse("labelgame:join", args=[token])
    return _people(request, InviteForm(), link=link, invited=invitation)


@require_POST
@operator_only
def withdraw(request: PlayerRequest, pk: int) -> HttpResponse:
    invitation = get_object_or_404(invitations_for(request.player), pk=pk)
    if accounts.withdraw_invitation(invitation=invitation, by=request.player, now=timezone.now()):
        messages.success(request, f"The link for {invitation} lets nobody in any more.")
    else:
        messages.error(request, f"The link for {invitation} was not open any more.")
    return redirect("labelgame:people")


def _people(request: PlayerRequest, form: InviteForm, **more: object) -> HttpResponse:
    now = timezone.now()
    shows_retired = "retired" in request.GET
    everyone = people_for(request.player)
    shown = everyone.filter(retired_at__isnull=not shows_retired)
    rows = least_weight_first(with_last_answer(shown))
    page = Paginator(rows, PEOPLE).get_page(request.GET.get("page"))
    open_ = invitations_for(request.player).open_at(now)
    context = {
        "form": form,
        "page": page,
        "people": [person_of(player, now=now) for player in page],
        "shows_retired": shows_retired,
        "retired": everyone.exclude(retired_at=None).count(),
        "invitations": open_.select_related("team").order_by("-pk"),
        "teams": Team.objects.order_by("name"),
    }
    return render(request, "labelgame/people.html", context | more)


# ---- one of them ---------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@operator_only
def person(request: PlayerRequest, public_id: UUID) -> HttpResponse:
    rows = with_last_answer(people_for(request.player))
    player = get_object_or_404(rows, public_id=public_id)
    place = {"role": player.role, "team": player.team.name if player.team else ""}
    form = PlaceForm(request.POST if request.POST.get("do") == "place" else None, initial=place)
    if request.method == "POST" and (not form.is_bound or form.is_valid()):
        try:
            said = _do(request, player, form)
        except accounts.NotYourself:
            messages.error(request, "Nobody does that to themselves: ask another operator.")
        else:
            messages.success(request, said)
        return redirect("labelgame:person", public_id)
    context = {
        "person": person_of(player, now=timezone.now()),
        "is_self": player.pk == request.player.pk,
        "signs": signs_of(player),
        "form": form,
        "teams": Team.objects.order_by("name"),
        "history": accounts.history_of(player)[:HISTORY],
    }
    return render(request, "labelgame/person.html", context)


def _do(request: PlayerRequest, player: Player, form: PlaceForm) -> str:
    """What the pressed button asks for; in words."""
    by, now = request.player, timezone.now()
    match request.POST.get("do"):
        case "place":
            team = accounts.team_named(form.cleaned_data["team"])
            accounts.change_team(player=player, team=team, by=by, now=now)
            accounts.change_role(player=player, role=form.cleaned_data["role"], by=by, now=now)
            return f"Saved: {player} is {player.get_role_display().partition(':')[0]}."
        case "set aside":
            kinds = {*player.signs_set_aside, _kind(request)}
            weight = accounts.set_aside(player=player, kinds=kinds, by=by, now=now)
            return f"Set aside. What {player} says {weight_words(weight)}."
        case "count":
            kinds = {*player.signs_set_aside} - {_kind(request)}
            weight = accounts.set_aside(player=player, kinds=kinds, by=by, now=now)
            return f"It counts again. What {player} says {weight_words(weight)}."
        case "retire":
            accounts.retire(player=player, by=by, now=now)
            return f"{player} is retired. What they answered stands."
        case "bring back":
            accounts.bring_back(player=player, by=by, now=now)
            return f"{player} plays again."
    raise SuspiciousOperation("No button of the page says that.")


def _kind(request: PlayerRequest) -> str:
    kind = request.POST.get("kind", "")
    if kind not in list(Kind):
        raise SuspiciousOperation("There is no such sign.")
    return kind
