"""Where providers knock: gate, parse, keep, answer. Anything that goes wrong on our side is a 5xx,
so that the provider tries again or takes its fallback; nothing is caught here.
"""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from webhooks import actions
from webhooks.gate import signed
from webhooks.providers import Provider


@csrf_exempt
@require_http_methods(["GET", "POST"])
@signed(outbound=False)
def inbound(request: HttpRequest, provider: Provider, line_id: int | None) -> HttpResponse:
    """A text came in. 200 means that it is committed."""
    actions.accept(text=provider.parse(request), line_id=line_id, now=timezone.now())
    return provider.acknowledgement()


@csrf_exempt
@require_http_methods(["GET", "POST"])
@signed(outbound=True)
def status(request: HttpRequest, provider: Provider, line_id: int | None) -> HttpResponse:
    """How far one of our texts got."""
    actions.record_status(
        status=provider.parse_status(request), line_id=line_id, now=timezone.now()
    )
    return provider.acknowledgement()
