"""The app's name for Django."""

from django.apps import AppConfig


class ClassifierConfig(AppConfig):
    name = "classifier"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Classifier"
