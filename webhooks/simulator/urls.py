from django.urls import path

from webhooks.simulator import views

app_name = "simulator"
urlpatterns = [
    path("", views.page, name="page"),
    path("send/", views.send, name="send"),
    path("story/<uuid:public_id>/", views.story, name="story"),
    path("echo/", views.echo, name="echo"),
]
