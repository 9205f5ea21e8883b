"""What the web server loads."""

import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

Environ = dict[str, Any]
StartResponse = Callable[..., Any]


def utf8_only(
    application: Callable[[Environ, StartResponse], Iterable[bytes]],
) -> Callable[[Environ, StartResponse], Iterable[bytes]]:
    """Nod speaks UTF-8. A charset of a stranger's choosing (`hex`, `undefined`, UTF-7) would be
    looked up and believed before any view or error handler runs, so it is taken off here."""

    def guarded(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        kind, _, parameters = environ.get("CONTENT_TYPE", "").partition(";")
        if "charset" in parameters.lower():
            environ["CONTENT_TYPE"] = kind.strip()
        return application(environ, start_response)

    return guarded


application = utf8_only(get_wsgi_application())
