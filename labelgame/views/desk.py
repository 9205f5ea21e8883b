"""What an operator sets, and how far the players agree."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from classifier.taxonomy import current_taxonomy
from labelgame import gamesettings
from labelgame.access import PlayerRequest, operator_only, reviewer_only
from labelgame.models import GameSettings
from labelgame.pages import agreements
from labelgame.pages.forms import GameSettingsForm


@require_http_methods(["GET", "HEAD", "POST"])
@operator_only
def settings(request: PlayerRequest) -> HttpResponse:
    now_in_force = GameSettings.current()
    of_a_hundred = gamesettings.of_a_hundred(now_in_force)  # before a form writes into the row
    form = GameSettingsForm(request.POST or None, instance=now_in_force)
    if form.is_valid():
        changed = gamesettings.change(
            settings=form.instance, fields=form.changed_data, by=request.player, now=timezone.now()
        )
        words = f"Saved: {', '.join(changed)}." if changed else "Nothing was changed."
        messages.success(request, words)
        return redirect("labelgame:settings")
    context = {
        "form": form,
        "settings": now_in_force,
        "of_a_hundred": of_a_hundred,
        "primary": current_taxonomy().primary,
    }
    return render(request, "labelgame/settings.html", context)


@require_safe
@reviewer_only
def agreement(request: PlayerRequest) -> HttpResponse:
    return render(
        request, "labelgame/agreement.html", {"questions": agreements.agreed(now=timezone.now())}
    )
