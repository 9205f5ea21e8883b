"""Who guesses at passwords is made to wait. django-axes counts; this says from where, and answers.

Counted by name and address together: an office shares one address, and a name alone would let
anybody lock its owner out.
"""

from collections.abc import Mapping
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def address_of(request: HttpRequest) -> str:
    """Behind a proxy that is trusted, what it added itself, which comes last; what stands before
    it may be the caller's own invention.
    """
    nearest = str(request.META.get("REMOTE_ADDR", ""))
    if not settings.TRUST_PROXY_HEADERS:
        return nearest
    told = str(request.META.get("HTTP_X_FORWARDED_FOR", "")).rsplit(",", 1)[-1].strip()
    return told if _is_address(told) else nearest


def _is_address(text: str) -> bool:
    """Some proxies write "unknown"; a database takes addresses alone."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def too_many(
    request: HttpRequest, response: HttpResponse | None, credentials: Mapping[str, object]
) -> HttpResponse:
    """In the place of whatever the form would have answered."""
    seconds = int(settings.AXES_COOLOFF_TIME.total_seconds())
    told = {"limit": settings.AXES_FAILURE_LIMIT, "minutes": seconds // 60}
    answer = render(request, "429.html", told, status=429)
    answer["Retry-After"] = str(seconds)
    return answer
