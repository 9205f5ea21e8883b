"""The queue. It holds only nudges: the rows are the truth (docs/journey.md).

The one exception are the parts of a file that `classify --distributed` sends: their task is
`Answered`.
"""

import os
from functools import lru_cache
from typing import Any

from celery import Celery, Task
from celery.app.backends import by_url
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("nod")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


class Answered(Task):  # type: ignore[type-arg]  # Celery's own class takes none
    """A task whose result is fetched. It alone has a result backend: with one for all, Celery asks
    Redis before each nudge, and a Redis that is away would hold up a request for 20 seconds."""

    abstract = True

    @property  # type: ignore[misc]  # Celery's can be set; ours follows the settings
    def backend(self) -> Any:
        return results_in(settings.RESULTS_URL)


@lru_cache(maxsize=1)
def results_in(url: str) -> Any:
    found: Any = by_url(url, app.loader)  # the stubs speak of one thing, there are two
    backend, address = found
    return backend(app=app, url=address)
