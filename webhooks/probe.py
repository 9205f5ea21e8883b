"""Asks the running Nod whether it takes what a line's provider signs, and leaves nothing there.

Two forms go to the line's public address. Both lack a MessageSid, so neither can become a message:
one with somebody else's signature must be refused (403), one with the line's must be let in and
then not be understood (400). Only both together say that it is Nod who answers, that the URL it
checks is the one it was called by, and that it checks at all.
"""

import secrets
from dataclasses import dataclass

from webhooks.addresses import inbound_url
from webhooks.models import Line
from webhooks.simulator.client import NotReached, post_signed

SERVER_FAULT = 500


@dataclass(frozen=True)
class Probed:
    holds: bool
    words: str  # what was found, and what to do about it


def probe(line: Line) -> Probed:
    key = line.newest_key()
    if key is None:
        return Probed(
            False, "it has no signing key, so no text can reach it: add one in the admin."
        )
    url = inbound_url(line.provider)
    form = {"AccountSid": line.account_id, "From": line.address, "To": line.address}
    try:
        foreign, _ = post_signed(url=url, form=form, key=secrets.token_hex())
        own, _ = post_signed(url=url, form=form, key=key)
    except NotReached as error:
        return Probed(False, str(error))
    return judged(foreign=foreign, own=own)


def judged(*, foreign: int, own: int) -> Probed:
    """What two answers say of the address: to a stranger's signature, and to the line's own."""
    if (foreign, own) == (403, 400):
        return Probed(True, "what its key signs is let in, anything else refused.")
    if (foreign, own) == (403, 403):
        return Probed(
            False,
            "what its key signs is refused (403): has the running Nod this PUBLIC_BASE_URL and "
            "this database, and does the proxy hand on the host and https as it was called?",
        )
    if own == foreign == 400:
        return Probed(
            False,
            "everything is refused (400) before its signature is looked at: does the proxy hand on "
            "the host as it was called, and is that the one of PUBLIC_BASE_URL or ALLOWED_HOSTS?",
        )
    if 300 <= own < 400:
        return Probed(
            False,
            f"it is redirected ({own}), which providers do not follow: PUBLIC_BASE_URL must be "
            "what is called in the end.",
        )
    if own >= SERVER_FAULT:
        return Probed(
            False,
            f"the answer is {own}: does the proxy reach Nod? If so, the web process's log says "
            "what failed.",
        )
    return Probed(
        False,
        f"the answers are {foreign} and {own}, as Nod never gives them: does the proxy hand on "
        "this path to Nod?",
    )
