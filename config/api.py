"""/api/v1/: puts the apps' routers under one address, one authentication, one OpenAPI document."""

from ninja import NinjaAPI

from classifier.api import router as classifier_router
from webhooks.api import router as webhooks_router
from webhooks.auth import BusinessKey

api = NinjaAPI(
    title="Nod",
    version="1.0.0",
    description="Reads what people text back. Authenticate with an API key as bearer token.",
    auth=BusinessKey(),
)
api.add_router("", webhooks_router, tags=["messages"])
api.add_router("", classifier_router, tags=["classifier"])
