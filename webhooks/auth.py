"""Who is calling /api/v1/: a business, known by one of its API keys as a bearer token."""

from django.http import HttpRequest
from ninja.security import HttpBearer

from webhooks.models import ApiKey, Business


class BusinessKey(HttpBearer):
    openapi_description = "An API key of the business, made in the admin."

    def authenticate(self, request: HttpRequest, token: str) -> Business | None:
        key = ApiKey.objects.matching(token)
        return key.business if key else None
