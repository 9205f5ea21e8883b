"""The bare address: where somebody who named no page belongs."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect


def front_door(request: HttpRequest) -> HttpResponse:
    """Players who are nothing else have the game; everybody else begins at the simulator."""
    only_plays = request.user.is_authenticated and not request.user.is_staff
    return redirect("labelgame:card" if only_plays else "simulator:page")
