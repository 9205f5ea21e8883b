"""This week's boards as one player sees them; the rules are leagues.py's."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from labelgame.models import GameSettings, Player, WeekPoints
from labelgame.pages.mine import best_weeks, this_week
from labelgame.rules import leagues
from labelgame.rules.leagues import Best, TeamRow, Week

LEVEL_WEEKS = 4  # before this one: a level is what somebody does, not what they once did


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the league, with the name that others see."""

    row: leagues.Row
    name: str


@dataclass(frozen=True, slots=True)
class Boards:
    is_on: bool
    week: Week
    best: Best
    league: list[Line]
    teams: list[TeamRow]
    my_team: str

    @property
    def sunday(self) -> date:
        return self.week.monday + timedelta(days=6)


def boards(player: Player, now: datetime) -> Boards:
    """Switched off, nothing but one's own best is read."""
    settings = GameSettings.current()
    week, best = this_week(now), best_weeks(player, now)
    my_team = player.team.name if player.team else ""
    if not settings.boards_on:
        return Boards(False, week, best, [], [], my_team)
    points, levels = _points_and_levels(week)
    league = _league_of(player, points, levels, size=settings.league_size)
    people = Player.objects.playing().in_bulk(league)
    hidden = {pk for pk, person in people.items() if person.is_hidden}
    rows = leagues.board(people.keys(), points, viewer=player.pk, hidden=hidden)
    lines = [Line(row, people[row.player].name) for row in rows]
    return Boards(True, week, best, lines, _teams(points), my_team)


def _points_and_levels(week: Week) -> tuple[dict[int, int], dict[int, float]]:
    """Of everybody who plays: this week's points, and the mean of the weeks before it."""
    earlier = [week.before]
    while len(earlier) < LEVEL_WEEKS:
        earlier.append(earlier[-1].before)
    rows = WeekPoints.objects.filter(
        week__in=[each.words for each in (week, *earlier)], player__in=Player.objects.playing()
    ).order_by("pk")  # in the order in which they came: a row is made with the first points
    points: dict[int, int] = {}
    before: dict[int, list[int]] = defaultdict(list)
    for player, of, value in rows.values_list("player_id", "week", "points"):
        if of == week.words:
            points[player] = value
        else:
            before[player].append(value)
    return points, {player: sum(weeks) / LEVEL_WEEKS for player, weeks in before.items()}


def _league_of(
    player: Player, points: dict[int, int], levels: dict[int, float], *, size: int
) -> list[int]:
    """The viewer is in one, whether they have played or not. Who has no level yet has the lowest
    one: by this week's points they would wander from league to league.
    """
    late = {each: 0.0 for each in (*points, player.pk) if each not in levels}
    made = leagues.leagues(levels, size=size, late=late)
    return next(league for league in made if player.pk in league)


def _teams(points: dict[int, int]) -> list[TeamRow]:
    members = Player.objects.playing().filter(team__isnull=False, pk__in=points)
    teams = dict(members.values_list("pk", "team__name"))
    return leagues.team_board(teams, points)
