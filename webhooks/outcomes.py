"""What can come of trying to deliver: a closed vocabulary, with the decision on each word."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    name: str
    retry: bool = True
    delivered: bool = False
    disable_endpoint: bool = False
    slow_down: bool = False  # the whole endpoint waits, not only this delivery
    endpoint_is_away: bool = False  # whatever it was sent: it says nothing about this event


DELIVERED = Outcome("delivered", retry=False, delivered=True)
GONE = Outcome("gone", retry=False, disable_endpoint=True)  # 410: wants no more, ever
# 429, 502, 504, and whoever sends Retry-After.
BUSY = Outcome("busy", slow_down=True, endpoint_is_away=True)
REDIRECTED = Outcome("redirected")  # never followed: the body is signed for this URL alone
REFUSED = Outcome("refused")  # any other answer that is not 2xx
# No such host, connection refused, TLS failure.
UNREACHABLE = Outcome("unreachable", endpoint_is_away=True)
TIMED_OUT = Outcome("timed_out", endpoint_is_away=True)
FORBIDDEN_ADDRESS = Outcome("forbidden_address")  # private network: webhooks/egress.py
UNSIGNABLE = Outcome("unsignable")  # the endpoint has no usable secret
BROKEN = Outcome("broken")  # a fault of ours, counted so that it is not tried for ever

ALL = (
    DELIVERED,
    GONE,
    BUSY,
    REDIRECTED,
    REFUSED,
    UNREACHABLE,
    TIMED_OUT,
    FORBIDDEN_ADDRESS,
    UNSIGNABLE,
    BROKEN,
)


def outcome_of(status: int) -> Outcome:
    """What an HTTP status says (Standard Webhooks, “Delivery”)."""
    if 200 <= status < 300:
        return DELIVERED
    if 300 <= status < 400:
        return REDIRECTED
    return {410: GONE, 429: BUSY, 502: BUSY, 504: BUSY}.get(status, REFUSED)
