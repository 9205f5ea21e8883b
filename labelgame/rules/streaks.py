"""Days in a row, made for work. Pure. Days off neither break a streak nor belong to it.

A day is the player's own, in their time zone. Days off are weekends, the holidays that the
installation lists, and the days that a player takes off, for which no reason is asked. Who plays on
a day off all the same loses nothing and gains nothing, so that nobody has to. Today is open until
it is over. What is said is about what was done; nothing is said about what was not.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

DAILY_GOAL = 10  # answers: one round, about a minute
GOALS = (10, 20, 30, 50)  # to choose from; more would be work, not a spare minute
WEEKEND = frozenset({5, 6})  # as date.weekday() counts; elsewhere it may be Friday and Saturday


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days that nobody is expected."""

    holidays: frozenset[date] = frozenset()
    taken_off: frozenset[date] = frozenset()  # by this player
    weekend: frozenset[int] = WEEKEND

    def is_free(self, day: date) -> bool:
        return day.weekday() in self.weekend or day in self.holidays or day in self.taken_off


@dataclass(frozen=True, slots=True)
class Streak:
    days: int  # in a row, up to today
    longest: int
    today: bool  # today is in it already
    today_is_free: bool
    goal: int = DAILY_GOAL  # answers, from which on today is in it

    @property
    def words(self) -> str:
        row = "1 working day" if self.days == 1 else f"{self.days} working days in a row"
        if self.today:
            return f"{row}, today included."
        if self.today_is_free:
            return f"{row}. Today is a day off." if self.days else "Today is a day off."
        what = "a round" if self.goal == DAILY_GOAL else f"{self.goal} answers"
        if self.days:
            return f"{row}. With {what} today it is {self.days + 1}."
        return f"With {what} today a streak starts."


@dataclass(frozen=True, slots=True)
class Goal:
    answers: int  # today
    of: int

    @property
    def is_met(self) -> bool:
        return self.answers >= self.of

    @property
    def words(self) -> str:
        if self.is_met:
            return f"{self.answers} today: your goal of {self.of} is met."
        return f"{self.answers} of {self.of} today."


def day_of(moment: datetime, zone: ZoneInfo) -> date:
    """The player's day at an aware moment."""
    return moment.astimezone(zone).date()


def streak(
    days: Collection[date], *, today: date, calendar: Calendar, goal: int = DAILY_GOAL
) -> Streak:
    """`days`: those on which the goal was met; any in the future are left out. `goal`: today's."""
    met = {day for day in days if day <= today and not calendar.is_free(day)}
    longest = run = 0
    if met:
        day = min(met)
        while day <= today:
            if day in met:
                run += 1
                longest = max(longest, run)
            elif not calendar.is_free(day) and day != today:
                run = 0
            day += timedelta(days=1)
    return Streak(run, longest, today in met, calendar.is_free(today), goal)
