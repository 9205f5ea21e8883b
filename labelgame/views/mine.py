"""What a player sees of the game around the cards: the rules, their own page, the boards."""

from django.conf import settings as django_settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from classifier.taxonomy import Question, current_taxonomy
from labelgame import actions, practice
from labelgame.access import PlayerRequest, player_only
from labelgame.models import Answer, DayOff, GameSettings
from labelgame.needs import missions_now
from labelgame.pages.boards import boards as boards_of
from labelgame.pages.mine import my_page
from labelgame.pages.profile import ContestForm, DayOffForm, ProfileForm
from labelgame.rules import fairplay, leagues, scoring, skill, streaks
from labelgame.rules.streaks import day_of
from labelgame.tariffs import tariff_in_force

# ---- my page -------------------------------------------------------------------------------


@require_safe
@player_only
def me(request: PlayerRequest) -> HttpResponse:
    return _me(request, ProfileForm(instance=request.player))


def _me(request: PlayerRequest, form: ProfileForm, status: int = 200) -> HttpResponse:
    now = timezone.now()
    today = day_of(now, request.player.zone)
    context = {
        "page": my_page(request.player, now),
        "missions": missions_now(),
        "form": form,
        "today": today,
        "days_off": request.player.days_off.filter(day__gte=today).order_by("day"),
    }
    return render(request, "labelgame/me.html", context, status=status)


@require_POST
@player_only
def profile(request: PlayerRequest) -> HttpResponse:
    form = ProfileForm(request.POST, instance=request.player)
    if not form.is_valid():
        request.player.refresh_from_db()  # the page shows what stands
        return _me(request, form, status=422)
    request.player.save(update_fields=list(form.cleaned_data))
    messages.success(request, "Saved.")
    return redirect("labelgame:me")


@require_POST
@player_only
def day_off(request: PlayerRequest) -> HttpResponse:
    """Take a day off, or give it back; no reason is asked."""
    form = DayOffForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose a day.")
        return redirect("labelgame:me")
    day = form.cleaned_data["day"]
    if "back" in request.POST:
        request.player.days_off.filter(day=day).delete()
        messages.success(request, f"{day:%A %-d %B} is a working day again.")
    else:
        DayOff.objects.get_or_create(player=request.player, day=day)
        messages.success(request, f"{day:%A %-d %B} is off; your streak goes on.")
    return redirect("labelgame:me")


@require_POST
@player_only
def contest(request: PlayerRequest, pk: int) -> HttpResponse:
    answer = get_object_or_404(Answer, player=request.player, pk=pk)
    form = ContestForm(request.POST)
    if not form.is_valid():
        messages.error(request, "A reason of at most 300 characters, please.")
        return redirect("labelgame:me")
    try:
        actions.contest(
            player=request.player,
            answer=answer,
            words=form.cleaned_data["words"],
            now=timezone.now(),
        )
    except actions.CannotContest:
        messages.info(
            request,
            "That card cannot be contested: it has been already, or was not settled against you.",
        )
    else:
        messages.success(request, "A reviewer will look at it. If you were right, it is made good.")
    return redirect("labelgame:me")


# ---- boards --------------------------------------------------------------------------------


@require_safe
@player_only
def boards(request: PlayerRequest) -> HttpResponse:
    shown = boards_of(request.player, timezone.now())
    context = {"boards": shown, "smallest_team": leagues.SMALLEST_TEAM}
    return render(request, "labelgame/boards.html", context)


# ---- rules ---------------------------------------------------------------------------------


@require_safe
@player_only
def rules(request: PlayerRequest) -> HttpResponse:
    """As docs/game.md has them, with the figures in force."""
    context = {
        "prices": _prices(),
        "questions": current_taxonomy().questions,
        "settings": GameSettings.current(),
        "cards": actions.CARDS,
        "practice_cards": practice.CARDS,
        "practice_pass": practice.PASS,
        "goals": streaks.GOALS,
        "smallest_team": leagues.SMALLEST_TEAM,
        "fewest": skill.FEWEST,
        "known_from": scoring.FEWEST,
        "least_cost": scoring.LEAST_COST,
        "signs": _signs(),
        "time_zone": django_settings.TIME_ZONE,
    }
    return render(request, "labelgame/rules.html", context)


def _signs() -> dict[str, int | str]:
    """What fairplay.py goes by."""
    return {
        "of": fairplay.RECENT,
        "too_fast": f"{fairplay.TOO_FAST_SHARE:.0%}",
        "choice_ms": fairplay.FASTEST_CHOICE_MS,
        "word_ms": fairplay.FASTEST_WORD_MS,
        "one_key": f"{fairplay.ONE_KEY_SHARE:.0%}",
        "one_key_remains": f"{fairplay.ONE_KEY_REMAINS:.0%}",
        "longest_pattern": fairplay.LONGEST_PATTERN,
        "pattern_remains": f"{fairplay.PATTERN_REMAINS:.0%}",
        "copied": f"{fairplay.COPIED_SHARE:.0%}",
        "copied_remains": f"{fairplay.COPIED_REMAINS:.0%}",
        "same_again": f"{fairplay.SAME_AGAIN_SHARE:.0%}",
    }


def _prices() -> list[tuple[list[Question], list[scoring.Published]]]:
    """Questions whose mistakes cost the same stand together."""
    of: dict[scoring.Tariff, list[Question]] = {}
    for question in current_taxonomy().questions:
        of.setdefault(tariff_in_force(question.name), []).append(question)
    return [(questions, scoring.published(tariff)) for tariff, questions in of.items()]
