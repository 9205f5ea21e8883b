"""The simulator's pages. Staff only; texts go only to lines that belong to no carrier."""

import json
import logging
from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.admin.views.decorators import staff_member_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh
from django_htmx.middleware import HtmxDetails
from standardwebhooks import Webhook, WebhookVerificationError
from standardwebhooks.webhooks import EmptyWebhookSecretError

from webhooks.demo import ECHO_PATH, open_reminders
from webhooks.models import Contact, EndpointSecret, Line, Message, Reminder
from webhooks.simulator.client import NotReached, send_text
from webhooks.simulator.scenes import BY_SLUG, SCENES, Scene
from webhooks.simulator.steps import steps_of
from webhooks.simulator.thread import text_of, thread_of
from webhooks.story import story_of

logger = logging.getLogger(__name__)

THREAD = 6  # replies of a thread that are shown


class PageRequest(HttpRequest):
    """As the htmx middleware hands it on."""

    htmx: HtmxDetails


def staff_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Others are sent to log in; a fragment's request reloads the page, which does the same."""
    guarded = staff_member_required(view, login_url="admin:login")

    @wraps(view)
    def checked(request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.htmx and not (request.user.is_active and request.user.is_staff):
            return HttpResponseClientRefresh()
        return guarded(request, *args, **kwargs)

    return checked


def _line() -> Line:
    line = Line.objects.simulated().select_related("business").order_by("pk").first()
    if line is None:
        raise Http404("No line is simulated: tick “is simulated” on one in the admin.")
    return line


def _scene(request: HttpRequest) -> Scene:
    slug = request.POST.get("scene") or request.GET.get("scene") or SCENES[0].slug
    if slug not in BY_SLUG:
        raise Http404("There is no such scene.")
    return BY_SLUG[slug]


@never_cache
@require_safe
@staff_only
def page(request: PageRequest) -> HttpResponse:
    """The phone, and beside it the story of one message of its thread."""
    line, scene, now = _line(), _scene(request), timezone.now()
    open_reminders(scene, line=line, now=now)
    replies = Message.objects.filter(line=line, sender=scene.person)
    latest = list(replies.order_by("-received_at", "-pk").prefetch_related("decisions")[:THREAD])
    reminders = Reminder.objects.asked(line=line, person=scene.person).open_at(now)
    shown = _asked_for(request, among=replies) or (latest[0] if latest else None)
    only_what_changed = request.htmx and not request.htmx.history_restore_request
    return render(
        request,
        "simulator/_update.html" if only_what_changed else "simulator/page.html",
        {
            "line": line,
            "scenes": SCENES,
            "scene": scene,
            "thread": thread_of(list(reminders.order_by("pk")), latest),
            "shown": shown,
            "steps": steps_of(story_of(shown), now=now) if shown else None,
            "opted_out": _is_opted_out(line, scene.person),
        },
    )


def _is_opted_out(line: Line | None, person: str) -> bool:
    return Contact.objects.opted_out().filter(line=line, address=person).exists()


def _asked_for(request: HttpRequest, *, among: QuerySet[Message]) -> Message | None:
    """The message that the address names; 404 for one that is not of this thread."""
    if "message" not in request.GET:
        return None
    try:
        public_id = UUID(request.GET["message"])
    except ValueError as error:
        raise Http404("There is no such message in this thread.") from error
    return get_object_or_404(among, public_id=public_id)


@require_POST
@staff_only
def send(request: PageRequest) -> HttpResponse:
    """Post the reply as the provider would, then show its thread and story."""
    line, scene = _line(), _scene(request)
    here = f"{reverse('simulator:page')}?scene={scene.slug}"
    try:
        sent = send_text(
            line=line,
            sender=scene.person,
            body=request.POST.get("text", ""),
            base_url=settings.PUBLIC_BASE_URL,
        )
    except NotReached as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(here)
    message = Message.objects.filter(line=line, provider_id=sent.provider_id).first()
    if message is None:
        messages.error(request, f"Nod answered {sent.status} and kept nothing.")
        return HttpResponseRedirect(here)
    return HttpResponseRedirect(f"{here}&message={message.public_id}")


@never_cache
@require_safe
@staff_only
def story(request: PageRequest, public_id: UUID) -> HttpResponse:
    """The story so far; the page asks again until it is over.

    `seen` is what the page shows already: while that is still so, there is nothing to swap.
    """
    message = get_object_or_404(Message, line=_line(), public_id=public_id)
    steps = steps_of(story_of(message), now=timezone.now())
    if request.GET.get("seen") == steps.seen:
        return HttpResponse(status=204)
    return render(
        request,
        "simulator/_news.html",
        {
            "steps": steps,
            "shown": message,
            "text": text_of(message),
            "opted_out": _is_opted_out(message.line, message.sender),
            "is_news": True,
        },
    )


@csrf_exempt
@require_POST
def echo(request: HttpRequest) -> JsonResponse:
    """A receiver as an integrator would write it: verify, then answer 2xx."""
    secrets = EndpointSecret.objects.usable(timezone.now()).filter(
        endpoint__url__endswith=ECHO_PATH
    )
    if not any(_verifies(row.secret, request) for row in secrets):
        return JsonResponse({"verified": False}, status=401)
    event = json.loads(request.body)
    type_ = event.get("type") if isinstance(event, dict) else None
    return JsonResponse({"verified": True, "id": request.headers["webhook-id"], "type": type_})


def _verifies(secret: str, request: HttpRequest) -> bool:
    try:
        Webhook(secret).verify(request.body, dict(request.headers.items()))
    except (WebhookVerificationError, EmptyWebhookSecretError, ValueError):
        # The library raises the last one for signatures that are not even well formed.
        return False
    return True
