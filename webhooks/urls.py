from django.urls import path

from webhooks import views

app_name = "webhooks"
urlpatterns = [
    path("<slug:provider>/", views.inbound, name="inbound"),
    path("<slug:provider>/status/", views.status, name="status"),
]
