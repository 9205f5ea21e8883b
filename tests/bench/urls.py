"""The real addresses and the floor: the least that any honest receiver does."""

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from twilio.request_validator import RequestValidator

from config.urls import urlpatterns as real_urlpatterns
from tests.bench.models import FloorText

KEY = "bench-signing-key"
validator = RequestValidator(KEY)


@csrf_exempt
def floor(request: HttpRequest) -> HttpResponse:
    """Parse the form, verify the signature, insert one row."""
    form = request.POST
    url = f"http://127.0.0.1{request.path}"
    if not validator.validate(url, form, request.headers.get("X-Twilio-Signature", "")):
        return HttpResponse(status=403)
    FloorText.objects.create(
        provider_id=form["MessageSid"],
        sender=form["From"],
        to=form["To"],
        body=form["Body"],
        received_at=timezone.now(),
    )
    return HttpResponse("<Response/>", content_type="text/xml")


urlpatterns = [*real_urlpatterns, path("floor/", floor)]
