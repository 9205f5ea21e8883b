"""When a failed delivery is tried again, and what each answer means, as pure functions."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from webhooks import outcomes
from webhooks.outcomes import outcome_of
from webhooks.retries import DELAYS, JITTER, LONGEST_PAUSE, next_attempt_at, parse_retry_after

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
jitters = st.floats(0, 1, exclude_max=True)
failures = st.integers(0, len(DELAYS) - 1)

# ---- the table -----------------------------------------------------------------------------


def test_ten_attempts_are_made_over_75_hours_35_minutes_and_5_seconds() -> None:
    assert len(DELAYS) == 10
    assert timedelta(seconds=sum(DELAYS)) == timedelta(hours=75, minutes=35, seconds=5)


def test_the_first_attempt_is_made_at_once() -> None:
    assert DELAYS[0] == 0


def test_the_delays_grow() -> None:
    assert list(DELAYS) == sorted(DELAYS)


@pytest.mark.parametrize("number", range(1, 10))
def test_without_jitter_the_table_is_followed(number: int) -> None:
    at = next_attempt_at(failures=number, now=NOON, jitter=0)
    assert at == NOON + timedelta(seconds=DELAYS[number])


@pytest.mark.parametrize("number", [10, 11, 10_000])
def test_after_the_last_attempt_nod_gives_up(number: int) -> None:
    assert next_attempt_at(failures=number, now=NOON, jitter=0) is None


def test_nod_gives_up_whatever_the_receiver_asks_for() -> None:
    at = next_attempt_at(failures=10, now=NOON, jitter=0, retry_after=timedelta(hours=1))
    assert at is None


def test_an_operator_may_set_other_delays() -> None:
    delays = (0, 7)
    at = next_attempt_at(failures=1, now=NOON, jitter=0, delays=delays)
    assert at == NOON + timedelta(seconds=7)
    assert next_attempt_at(failures=2, now=NOON, jitter=0, delays=delays) is None


@given(failures, jitters)
def test_jitter_puts_off_by_a_tenth_at_most_and_never_hurries(number: int, jitter: float) -> None:
    at = next_attempt_at(failures=number, now=NOON, jitter=jitter)
    assert at is not None
    least = timedelta(seconds=DELAYS[number])
    assert least <= at - NOON <= least * (1 + JITTER) + timedelta(microseconds=1)


@given(st.integers(0, len(DELAYS) - 2), jitters, jitters)
def test_a_later_failure_never_waits_less(number: int, jitter: float, other: float) -> None:
    sooner = next_attempt_at(failures=number, now=NOON, jitter=jitter)
    later = next_attempt_at(failures=number + 1, now=NOON, jitter=other)
    assert sooner is not None
    assert later is not None
    assert sooner <= later


@given(failures, jitters, st.timedeltas(timedelta(0), timedelta(days=9)))
def test_a_retry_after_puts_off_and_never_hurries(
    number: int, jitter: float, pause: timedelta
) -> None:
    at = next_attempt_at(failures=number, now=NOON, jitter=jitter)
    asked = next_attempt_at(failures=number, now=NOON, jitter=jitter, retry_after=pause)
    assert at is not None
    assert asked == max(at, NOON + min(pause, LONGEST_PAUSE))


# ---- Retry-After ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        (" 120 ", 120),
        ("86400", 86_400),
        ("86401", 86_400),
        ("9" * 20, 86_400),
        ("Mon, 02 Mar 2026 12:00:30 GMT", 30),
        ("Mon, 02 Mar 2026 13:00:30 +0100", 30),
        ("Mon, 02 Mar 2026 12:00:30", 30),  # no zone: GMT, as the RFC has it
        ("Monday, 02-Mar-26 12:00:30 GMT", 30),  # RFC 850
        ("Mon Mar  2 12:00:30 2026", 30),  # asctime
        ("Mon, 02 Mar 2026 11:00:00 GMT", 0),  # over already
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400),
        ("Mon, 01 Jan 0001 00:00:00 GMT", 0),
    ],
)
def test_a_retry_after_in_seconds_or_as_a_date_is_understood(value: str, seconds: int) -> None:
    assert parse_retry_after(value, now=NOON) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "soon",
        "-5",
        "1.5",
        "1e3",
        "٣٠",
        "²",
        "12 0",
        "Mon, 32 Mar 2026 12:00:30 GMT",
        "Mon, 02 Mar 2026 25:00:30 GMT",
        "Mon, 02 Mar 2026 12:00:30 +99999999999999999999",
        "Mon, 01 Jan 99999999999999999999999 00:00:00 GMT",
        "\x00",
    ],
)
def test_a_retry_after_that_is_nonsense_is_as_if_it_were_not_there(value: str) -> None:
    assert parse_retry_after(value, now=NOON) is None


def test_a_number_too_long_to_be_read_is_no_error() -> None:
    assert parse_retry_after("9" * 50_000, now=NOON) in (None, LONGEST_PAUSE)


DATE_PARTS = st.sampled_from(
    ["Mon,", "02", "Mar", "2026", "12:00:30", "GMT", "+0100", "-9999", "0"]
)


@given(
    st.text()
    | st.from_regex(r"[0-9+:, -]{1,60}")
    | st.lists(DATE_PARTS | st.integers().map(str), max_size=8).map(" ".join)
)
def test_whatever_a_receiver_sends_the_pause_is_between_none_and_a_day(value: str) -> None:
    pause = parse_retry_after(value, now=NOON)
    assert pause is None or timedelta(0) <= pause <= LONGEST_PAUSE


# ---- what an answer means ------------------------------------------------------------------


@given(st.integers(100, 599))
@example(410)
@example(429)
@example(502)
@example(504)
def test_every_status_has_one_outcome(status: int) -> None:
    expected = {410: outcomes.GONE, 429: outcomes.BUSY, 502: outcomes.BUSY, 504: outcomes.BUSY}
    by_class = {2: outcomes.DELIVERED, 3: outcomes.REDIRECTED}
    assert outcome_of(status) is expected.get(status, by_class.get(status // 100, outcomes.REFUSED))


@pytest.mark.parametrize("outcome", outcomes.ALL, ids=lambda outcome: outcome.name)
def test_an_outcome_is_delivered_or_retried_or_final(outcome: outcomes.Outcome) -> None:
    assert not (outcome.delivered and outcome.retry)
    assert not (outcome.disable_endpoint and outcome.retry)
    assert outcome.delivered is (outcome is outcomes.DELIVERED)


def test_outcomes_have_different_names() -> None:
    assert len({outcome.name for outcome in outcomes.ALL}) == len(outcomes.ALL)
