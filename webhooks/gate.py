"""Step 1's gate: nothing is parsed, let alone kept, that our provider did not sign.

The keys are those of the line that the request names. A line without keys of its own, or not
entered yet, is checked against the keys of its account, so that no text to it is lost.
"""

from collections.abc import Callable
from functools import wraps

from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse

from webhooks.models import Line, SigningKey
from webhooks.providers import PROVIDERS, Provider

# (line, its address, key or NULL). By hand, because every request of every stranger asks it, and
# building it through the ORM takes several times as long as the database takes to answer.
KEYS_OF_ACCOUNT = f"""
    SELECT line.id, line.address, signing_key.key
    FROM {Line._meta.db_table} line
    LEFT JOIN {SigningKey._meta.db_table} signing_key ON signing_key.line_id = line.id
    WHERE line.provider = %s AND line.account_id = %s
"""  # noqa: S608  only our own table names are put in

# What a gated view is given: the request, its provider, and our line if it is known.
GatedView = Callable[[HttpRequest, Provider, int | None], HttpResponse]


def signed(*, outbound: bool) -> Callable[[GatedView], Callable[[HttpRequest, str], HttpResponse]]:
    """Let through only what is signed; UnsignedRequest (403) otherwise.

    `outbound`: the request is about a text that we sent, not one that we got.
    """

    def decorate(view: GatedView) -> Callable[[HttpRequest, str], HttpResponse]:
        @wraps(view)
        def gated(request: HttpRequest, provider: str) -> HttpResponse:
            if provider not in PROVIDERS:
                raise Http404("No such provider.")
            adapter = PROVIDERS[provider]
            keys, line_id = keys_for(
                provider=provider,
                account_id=adapter.account_of(request),
                address=adapter.line_of(request, outbound=outbound),
            )
            adapter.verify(request, keys)
            return view(request, adapter, line_id)

        return gated

    return decorate


def keys_for(*, provider: str, account_id: str, address: str) -> tuple[list[str], int | None]:
    """The keys to check with, and the line if there is one at this address."""
    with connection.cursor() as cursor:
        cursor.execute(KEYS_OF_ACCOUNT, [provider, account_id])
        of_account = cursor.fetchall()
    line_id = next((pk for pk, its, _ in of_account if its == address), None)
    own = {key for pk, _, key in of_account if key and pk == line_id}
    return sorted(own or {key for _, _, key in of_account if key}), line_id
