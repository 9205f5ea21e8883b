"""Leagues, boards and teams: the same from whatever order, small, and kind."""

import random
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelgame.rules.leagues import (
    SMALLEST_TEAM,
    Best,
    Row,
    TeamRow,
    Week,
    best,
    board,
    leagues,
    team_board,
    week_of,
)

# ---- the week ------------------------------------------------------------------------------


def test_a_week_runs_from_monday_to_sunday_where_the_installation_is() -> None:
    late = datetime(2026, 6, 7, 23, 30, tzinfo=UTC)  # a Sunday
    assert week_of(late, ZoneInfo("UTC")) == Week(2026, 23)
    assert week_of(late, ZoneInfo("Europe/Berlin")) == Week(2026, 24)
    assert Week(2026, 23).monday == date(2026, 6, 1)


def test_a_week_around_new_year_is_isos() -> None:
    assert week_of(datetime(2027, 1, 1, tzinfo=UTC), ZoneInfo("UTC")) == Week(2026, 53)
    assert Week(2027, 1).before == Week(2026, 53)
    assert Week(2027, 1).words == "2027-W01"


def test_a_week_in_which_the_clocks_change_has_an_hour_less() -> None:
    start, end = Week(2026, 13).span(ZoneInfo("Europe/Berlin"))
    assert start == datetime(2026, 3, 22, 23, tzinfo=UTC)
    assert (end - start).total_seconds() == (7 * 24 - 1) * 3600


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_every_moment_is_in_its_week(moment: datetime) -> None:
    for zone in map(ZoneInfo, ("UTC", "Europe/Berlin", "America/Chicago", "Asia/Kolkata")):
        start, end = week_of(moment, zone).span(zone)
        assert start <= moment < end


# ---- leagues -------------------------------------------------------------------------------

levels = st.dictionaries(st.integers(1, 500), st.integers(0, 50).map(float), max_size=60)
sizes = st.integers(2, 12)


def test_people_near_each_other_are_together() -> None:
    made = leagues({1: 5, 2: 90, 3: 7, 4: 88, 5: 40, 6: 41}, size=2)
    assert made == [[2, 4], [6, 5], [3, 1]]


def test_nobody_is_left_alone_by_a_remainder() -> None:
    sized = [len(league) for league in leagues(dict.fromkeys(range(9), 0.0), size=8)]
    assert sorted(sized) == [4, 5]


def test_a_league_of_one_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 2"):
        leagues({1: 1}, size=1)


@given(levels, sizes)
def test_everybody_is_in_one_league_by_level_and_the_leagues_are_alike(
    levels: dict[int, float], size: int
) -> None:
    made = leagues(levels, size=size)
    everybody = [player for league in made for player in league]
    assert sorted(everybody) == sorted(levels)
    assert [levels[player] for player in everybody] == sorted(levels.values(), reverse=True)
    if made:
        assert max(map(len, made)) <= size
        assert max(map(len, made)) - min(map(len, made)) <= 1


@given(levels, sizes, st.randoms(use_true_random=False))
def test_the_order_in_which_players_come_changes_nothing(
    levels: dict[int, float],
    size: int,
    dice: random.Random,
) -> None:
    shuffled = list(levels.items())
    dice.shuffle(shuffled)
    assert leagues(dict(shuffled), size=size) == leagues(levels, size=size)


@given(levels, levels, sizes, st.integers(0, 60))
def test_who_comes_late_moves_nobody_and_overfills_no_league(
    levels: dict[int, float], late: dict[int, float], size: int, first: int
) -> None:
    """Neither those of the week's start nor who came late before them."""
    before = leagues(levels, size=size, late=dict(list(late.items())[:first]))
    after = leagues(levels, size=size, late=late)
    assert [joined[: len(league)] for joined, league in zip(after, before, strict=False)] == before
    assert max(map(len, after), default=0) <= size
    everybody = [player for league in after for player in league]
    assert sorted(everybody) == sorted(levels.keys() | late.keys())


def test_in_a_first_week_there_are_leagues_too() -> None:
    assert leagues({}, size=2, late={3: 0, 1: 0, 2: 0}) == [[3, 1], [2]]
    assert leagues({}, size=2) == []


def test_who_comes_late_joins_the_nearest() -> None:
    assert leagues({1: 90, 2: 80, 3: 10, 4: 5}, size=3, late={9: 20}) == [[1, 2], [3, 4, 9]]


def test_where_the_nearest_is_full_who_comes_late_opens_one() -> None:
    late = {9: 20, 8: 20, 7: 85}
    assert leagues({1: 90, 2: 80, 3: 10, 4: 5}, size=2, late=late) == [[1, 2], [3, 4], [9, 8], [7]]


# ---- boards --------------------------------------------------------------------------------


def test_equal_points_share_a_rank() -> None:
    rows = board([1, 2, 3, 4], {1: 5, 2: 9, 3: 5, 4: 1}, viewer=4)
    assert [(row.rank, row.player) for row in rows] == [(1, 2), (2, 1), (2, 3), (4, 4)]
    assert [row.is_me for row in rows] == [False, False, False, True]


def test_who_hides_is_on_nobodys_board_but_their_own() -> None:
    points = {1: 30, 2: 20, 3: 10}
    assert [row.player for row in board([1, 2, 3], points, viewer=3, hidden={1})] == [2, 3]
    mine = board([1, 2, 3], points, viewer=1, hidden={1})
    assert mine[0] == Row(1, 1, 30, is_me=True, only_me=True)
    assert [row.rank for row in board([1, 2, 3], points, viewer=3, hidden={1})] == [1, 2]


def test_nobody_stands_below_zero() -> None:
    rows = board([1, 2], {1: -400}, viewer=2)
    assert [(row.rank, row.points) for row in rows] == [(1, 0), (1, 0)]


def test_ones_own_best_comes_first_and_tells_the_truth() -> None:
    weeks = {Week(2026, 20): 120, Week(2026, 21): 300, Week(2026, 22): 310, Week(2026, 23): 999}
    assert best(weeks, Week(2026, 22)) == Best(310, 300)
    assert best(weeks, Week(2026, 22)).words == "310 points: your best week so far."
    assert best(weeks, Week(2026, 24)).words == "0 points this week. Your best week: 999."
    assert best({Week(2026, 1): -20}, Week(2026, 1)) == Best(-20, 0)
    assert not best({Week(2026, 1): -20}, Week(2026, 1)).is_best


# ---- teams ---------------------------------------------------------------------------------


def test_a_team_counts_by_its_mean_and_small_teams_are_not_shown() -> None:
    teams = {1: "front desk", 2: "front desk", 3: "front desk", 4: "front desk",
             5: "nurses", 6: "nurses", 7: "nurses", 8: "owners", 9: "owners"}  # fmt: skip
    points = {1: 30, 2: 60, 3: 0, 5: 40, 6: 40, 7: 41, 8: 900, 9: 900}  # 4 did not play
    assert team_board(teams, points) == [
        TeamRow(1, "nurses", 40, 3),
        TeamRow(2, "front desk", 30, 3),
    ]


@given(st.dictionaries(st.integers(1, 30), st.sampled_from("abcd")), st.dictionaries(
    st.integers(1, 30), st.integers(-500, 500)))  # fmt: skip
def test_no_team_tells_what_one_of_few_did(teams: dict[int, str], points: dict[int, int]) -> None:
    for row in team_board(teams, points):
        assert row.players >= SMALLEST_TEAM
        assert row.points >= 0
