"""Every address of the installation."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from config import health
from config.api import api

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="simulator:page")),
    path("webhooks/", include("webhooks.urls")),
    path("simulator/", include("webhooks.simulator.urls")),
    path("api/v1/", api.urls),
    path("healthz", health.healthz, name="healthz"),
    path("admin/", admin.site.urls),
]
