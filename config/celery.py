"""The queue. It holds only nudges: the rows are the truth (docs/journey.md)."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("nod")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
