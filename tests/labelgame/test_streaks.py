"""Streaks of working days: what breaks one, what does not, and in whose day."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelgame.rules.streaks import (
    Calendar,
    Goal,
    Streak,
    day_of,
    streak,
)

MONDAY = date(2026, 6, 1)
PLAIN = Calendar()


def days(*offsets: int) -> set[date]:
    return {MONDAY + timedelta(days=offset) for offset in offsets}


def at(offset: int, played: set[date], calendar: Calendar = PLAIN) -> Streak:
    return streak(played, today=MONDAY + timedelta(days=offset), calendar=calendar)


def test_days_in_a_row_count_and_today_is_open_until_it_is_over() -> None:
    assert at(2, days(0, 1, 2)) == Streak(3, 3, today=True, today_is_free=False)
    assert at(3, days(0, 1, 2)) == Streak(3, 3, today=False, today_is_free=False)
    assert at(4, days(0, 1, 2)) == Streak(0, 3, today=False, today_is_free=False)


def test_a_weekend_does_not_break_a_streak() -> None:
    assert at(5, days(3, 4)).days == 2
    assert at(6, days(3, 4)).today_is_free
    assert at(7, days(3, 4)).days == 2
    assert at(7, days(3, 4, 7)).days == 3


def test_playing_on_a_day_off_gains_nothing_and_loses_nothing() -> None:
    assert at(7, days(4, 5, 6, 7)).days == 2


def test_holidays_and_days_taken_off_do_not_break_it() -> None:
    holidays = Calendar(holidays=frozenset(days(1)), taken_off=frozenset(days(2, 3)))
    assert at(4, days(0, 4), holidays).days == 2
    assert at(4, days(0, 4), PLAIN).days == 1


def test_a_long_holiday_does_not_break_it() -> None:
    away = frozenset(days(*range(5, 42)))
    assert at(42, days(3, 4, 42), Calendar(taken_off=away)).days == 3


def test_the_weekend_may_be_another() -> None:
    calendar = Calendar(weekend=frozenset({4, 5}))
    assert at(6, days(2, 3, 6), calendar).days == 3
    assert at(4, days(2, 3), calendar).today_is_free


def test_nothing_played_is_no_streak_and_the_future_does_not_count() -> None:
    assert at(0, set()).days == 0
    assert at(0, days(1, 2)).days == 0


# ---- the player's own day ------------------------------------------------------------------


def test_a_day_is_the_one_where_the_player_is() -> None:
    moment = datetime(2026, 6, 1, 23, 30, tzinfo=UTC)
    assert day_of(moment, ZoneInfo("Europe/Berlin")) == date(2026, 6, 2)
    assert day_of(moment, ZoneInfo("America/Chicago")) == date(2026, 6, 1)


def test_a_day_of_23_or_25_hours_is_one_day() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    for day in (date(2026, 3, 29), date(2026, 10, 25)):  # the clocks change
        first = datetime(day.year, day.month, day.day, tzinfo=berlin)
        last = datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=berlin)
        assert {day_of(first, berlin), day_of(last, berlin)} == {day}


# ---- what is said --------------------------------------------------------------------------

GUILT = re.compile(
    r"lost|lose|broke|miss|fail|unfortunat|only|don't|shame|behind|again|sorry|keep|hurry|!", re.I
)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (Streak(1, 1, True, False), "1 working day, today included."),
        (Streak(4, 9, True, False), "4 working days in a row, today included."),
        (Streak(4, 9, False, False), "4 working days in a row. With a round today it is 5."),
        (Streak(4, 9, False, True), "4 working days in a row. Today is a day off."),
        (Streak(0, 9, False, True), "Today is a day off."),
        (Streak(0, 9, False, False), "With a round today a streak starts."),
        (Streak(1, 9, False, False, goal=50), "1 working day. With 50 answers today it is 2."),
        (Streak(0, 9, False, False, goal=20), "With 20 answers today a streak starts."),
    ],
)
def test_a_streak_is_put_into_words(found: Streak, words: str) -> None:
    assert found.words == words


def test_a_goal_is_put_into_words() -> None:
    assert Goal(4, 10).words == "4 of 10 today."
    assert Goal(12, 10).words == "12 today: your goal of 10 is met."
    assert Goal(10, 10).is_met


offsets = st.sets(st.integers(0, 60))


@given(offsets, st.integers(0, 60), offsets)
def test_nothing_that_is_said_makes_anybody_feel_guilty(
    played: set[int], today: int, off: set[int]
) -> None:
    found = at(today, days(*played), Calendar(taken_off=frozenset(days(*off))))
    assert not GUILT.search(found.words)
    assert not GUILT.search(Goal(today, 30).words)


@given(offsets, st.integers(0, 60), offsets)
def test_a_day_off_never_shortens_a_streak_of_the_days_that_count(
    played: set[int], today: int, off: set[int]
) -> None:
    """Days off on which nobody played bridge what would have been a gap."""
    unplayed = frozenset(days(*(off - played)))
    assert at(today, days(*played), Calendar(taken_off=unplayed)).days >= (
        at(today, days(*played)).days
    )


@given(offsets, st.integers(0, 60))
def test_a_streak_is_never_longer_than_the_longest_or_than_the_days_played(
    played: set[int], today: int
) -> None:
    found = at(today, days(*played))
    assert 0 <= found.days <= found.longest <= len(played)
    assert found.today == (today in played and not found.today_is_free)
