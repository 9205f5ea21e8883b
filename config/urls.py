"""Every address of the installation."""

from django.contrib import admin
from django.urls import include, path

from config import front, health
from config.api import api

urlpatterns = [
    path("", front.front_door),
    path("webhooks/", include("webhooks.urls")),
    path("simulator/", include("webhooks.simulator.urls")),
    path("play/", include("labelgame.urls")),
    path("api/v1/", api.urls),
    path("healthz", health.healthz, name="healthz"),
    path("admin/", admin.site.urls),
]
