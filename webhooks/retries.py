"""When a delivery that failed is tried again. Pure: the clock and the dice are given.

The schedule is the one in the Standard Webhooks specification:
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

# Seconds before each attempt, counted from the one before; ten attempts over 75 h 35 m 05 s,
# as docs/webhooks.md promises.
DELAYS = (0, 5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)

JITTER = 0.1  # at most this share on top, so that a recovering receiver is not hit all at once
LONGEST_PAUSE = timedelta(hours=24)  # no receiver may put us off for longer with Retry-After


def next_attempt_at(
    *,
    failures: int,
    now: datetime,
    jitter: float,
    retry_after: timedelta | None = None,
    delays: tuple[int, ...] = DELAYS,
) -> datetime | None:
    """When to try again after `failures` failed attempts; None: give up.

    `jitter` is a number from [0, 1). A receiver's Retry-After moves the attempt later, never
    earlier.
    """
    if failures >= len(delays):
        return None
    delay = timedelta(seconds=delays[failures] * (1 + JITTER * jitter))
    return now + max(delay, min(retry_after or timedelta(0), LONGEST_PAUSE))


def parse_retry_after(value: str, *, now: datetime) -> timedelta | None:
    """The pause a Retry-After header asks for (RFC 9110, 10.2.3): seconds or a date."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        # More digits than that are longer than the longest pause anyway.
        return min(timedelta(seconds=int(value[:9])), LONGEST_PAUSE)
    try:
        moment = parsedate_to_datetime(value)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return min(max(moment - now, timedelta(0)), LONGEST_PAUSE)
    except (ValueError, TypeError, OverflowError):
        return None  # not a date either: as if it were not there
