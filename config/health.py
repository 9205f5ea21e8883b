"""GET /healthz: can this process do its work? For load balancers, `make run` and people.

200 while texts can be kept, because that is the promise to the provider; what else is wrong is
named in the body. 503 when the database does not answer.
"""

from pathlib import Path

import redis
from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from classifier.models import ModelVersion
from config.redis import client
from webhooks.models import Delivery, Endpoint, Message


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    try:
        report = _report()
    except DatabaseError as error:
        return JsonResponse({"status": "down", "database": type(error).__name__}, status=503)
    return JsonResponse(report)


def _report() -> dict[str, object]:
    now = timezone.now()
    oldest = Message.objects.waiting().oldest_first().values_list("received_at", flat=True).first()
    live = ModelVersion.objects.live().first()
    queue = _queue()
    failing = Endpoint.objects.enabled().exclude(failing_since=None).count()
    return {
        "status": "ok" if queue == "ok" and not failing else "degraded",
        "database": "ok",
        "queue": queue,
        "model": live.name if live else "baseline",
        "oldest_waiting_seconds": round((now - oldest).total_seconds(), 1) if oldest else 0,
        "waiting_deliveries": Delivery.objects.waiting().count(),
        "failing_endpoints": failing,
        "unrouted_messages": Message.objects.unrouted().count(),
    }


def _queue() -> str:
    try:
        client(settings.REDIS_URL, Path(settings.VAR_DIR)).ping()
    except redis.RedisError as error:
        return type(error).__name__
    return "ok"
