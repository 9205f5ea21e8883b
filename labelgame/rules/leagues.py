"""Boards that are kind: one week, a few people near one's level, one's own best first. Pure.

Everything is about one ISO week, Monday to Sunday, in the installation's time zone; no board adds
up over weeks. Leagues are made from the levels at the week's start and stay as they are until it is
over; whoever comes later joins the league nearest to them, or opens one where that is full. The
same input gives the same boards: ties go by the player's key, and who came late by when they came.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from math import ceil
from zoneinfo import ZoneInfo

LEAGUE_SIZE = 8  # few enough to know everybody, enough for somebody to be near; a setting
# People of a team, below which it is not shown: of two, each could work out what the other did.
SMALLEST_TEAM = 3


@dataclass(frozen=True, order=True, slots=True)
class Week:
    year: int  # ISO's, which on some days around New Year is not the calendar's
    number: int

    @property
    def monday(self) -> date:
        return date.fromisocalendar(self.year, self.number, 1)

    @property
    def before(self) -> "Week":
        return _week_of_day(self.monday - timedelta(days=7))

    @property
    def words(self) -> str:
        return f"{self.year}-W{self.number:02}"

    def span(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """From its first moment to the first that is past it, in UTC, as rows are kept."""
        start, end = (
            datetime.combine(day, time.min, zone).astimezone(UTC)
            for day in (self.monday, self.monday + timedelta(days=7))
        )
        return start, end


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a board, as one viewer sees it."""

    rank: int  # equal points share a rank: 1, 2, 2, 4
    player: int
    points: int  # never below zero: a bad week is nobody else's business
    is_me: bool
    only_me: bool  # hidden, so nobody else sees this line


@dataclass(frozen=True, slots=True)
class Best:
    """What the viewer sees first: this week beside their own best."""

    this_week: int  # may be below zero: one's own page tells the truth
    best: int  # of the weeks before; 0 where none was better

    @property
    def is_best(self) -> bool:
        return self.this_week > self.best

    @property
    def words(self) -> str:
        if self.is_best:
            return f"{self.this_week} points: your best week so far."
        return f"{self.this_week} points this week. Your best week: {self.best}."


@dataclass(frozen=True, slots=True)
class TeamRow:
    rank: int
    team: str
    points: int  # per person who played, so that a large team is not ahead by being large
    players: int


def week_of(moment: datetime, zone: ZoneInfo) -> Week:
    return _week_of_day(moment.astimezone(zone).date())


def leagues(
    levels: Mapping[int, float], *, size: int = LEAGUE_SIZE, late: Mapping[int, float] = {}
) -> list[list[int]]:
    """Players by neighbouring level, the highest league first, none larger than `size`. `late`: who
    came since the week's start, in the order in which they came; they move nobody, and the leagues
    that they open come last.
    """
    if size < 2:
        raise ValueError("A league needs two people or more: set the league size to at least 2.")
    order = sorted(levels, key=lambda player: (-levels[player], player))
    count = ceil(len(order) / size)
    # As equal as can be: nine people of leagues of eight are five and four, not eight and one.
    cuts = [index * len(order) // count for index in range(count + 1)] if count else []
    made = [order[start:end] for start, end in pairwise(cuts)]
    newcomers = {player: level for player, level in late.items() if player not in levels}
    return _joined(made, levels, newcomers, size)


def _joined(
    made: list[list[int]], levels: Mapping[int, float], newcomers: Mapping[int, float], size: int
) -> list[list[int]]:
    """Each by themselves, so that where somebody is does not hang on who comes after them."""
    middles = [sum(levels[player] for player in league) / len(league) for league in made]
    joined = [list(league) for league in made]
    for player, level in newcomers.items():
        # Of equally near ones that which has room.
        places = [
            (abs(middle - level), len(league) >= size, index)
            for index, (middle, league) in enumerate(zip(middles, joined, strict=True))
        ]
        _, is_full, nearest = min(places, default=(0.0, True, 0))
        if is_full:
            middles.append(level)
            joined.append([player])
        else:
            joined[nearest].append(player)
    return joined


def board(
    league: Collection[int],
    points: Mapping[int, int],
    *,
    viewer: int,
    hidden: Collection[int] = (),
) -> list[Row]:
    """The league as `viewer` sees it. Who hides is on nobody's board but their own, and takes no
    rank from anybody.
    """
    seen = [player for player in league if player == viewer or player not in hidden]
    shown = {player: max(0, points.get(player, 0)) for player in seen}
    order = sorted(seen, key=lambda player: (-shown[player], player))
    ranks = _ranks([shown[player] for player in order])
    return [
        Row(rank, player, shown[player], player == viewer, player == viewer and player in hidden)
        for rank, player in zip(ranks, order, strict=True)
    ]


def best(weeks: Mapping[Week, int], week: Week) -> Best:
    """One player's points by week."""
    earlier = [points for other, points in weeks.items() if other < week]
    return Best(weeks.get(week, 0), max([0, *earlier]))


def team_board(teams: Mapping[int, str], points: Mapping[int, int]) -> list[TeamRow]:
    """`teams`: player -> team; `points`: of those who played this week. Who hides plays for the
    team all the same.
    """
    members: dict[str, list[int]] = {}
    for player, team in teams.items():
        if player in points:
            members.setdefault(team, []).append(points[player])
    shown = {
        team: max(0, round(sum(theirs) / len(theirs)))
        for team, theirs in members.items()
        if len(theirs) >= SMALLEST_TEAM
    }
    order = sorted(shown, key=lambda team: (-shown[team], team))
    ranks = _ranks([shown[team] for team in order])
    return [
        TeamRow(rank, team, shown[team], len(members[team]))
        for rank, team in zip(ranks, order, strict=True)
    ]


def _ranks(descending: Sequence[int]) -> list[int]:
    return [descending.index(points) + 1 for points in descending]


def _week_of_day(day: date) -> Week:
    year, number, _ = day.isocalendar()
    return Week(year, number)
