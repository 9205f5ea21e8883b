"""One part of the site has a Content-Security-Policy of its own: the admin.

Its scripts come from our own server like all others, but Alpine.js evaluates the expressions in its
attributes, and the theme's colours stand in a <style> element. Every other page keeps the strict
policy of settings.CONTENT_SECURITY_POLICY.
"""

from collections.abc import Callable
from functools import cache

from csp.decorators import csp_replace
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse

View = Callable[[HttpRequest], HttpResponseBase]

ADMIN = {
    "script-src": ["'self'", "'unsafe-eval'"],  # not inline: an injected <script> stays dead
    "style-src": ["'self'", "'unsafe-inline'"],
}


def admin_policy(get_response: View) -> View:
    """Middleware, directly inside django-csp's own."""
    loosened = csp_replace(ADMIN)(get_response)

    def respond(request: HttpRequest) -> HttpResponseBase:
        in_admin = request.path.startswith(_admin())
        return loosened(request) if in_admin else get_response(request)

    return respond


@cache
def _admin() -> str:
    return reverse("admin:index")
