"""Boards as one player sees them: own best first, this week only, hidden people, an off switch."""

import pytest
from django.test import Client

from labelgame.models import GameSettings, Player, Team, WeekPoints
from labelgame.pages.boards import boards
from tests.labelgame.conftest import NOW, a_player, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.database]

THIS_WEEK, LAST_WEEK = "2026-W19", "2026-W18"


def earned(player: Player, points: int, week: str = THIS_WEEK) -> Player:
    WeekPoints.objects.create(player=player, week=week, points=points)
    return player


def names(player: Player) -> list[tuple[int, str, int]]:
    return [(line.row.rank, line.name, line.row.points) for line in boards(player, NOW).league]


def test_a_league_is_of_people_whose_weeks_were_alike(alice: Player) -> None:
    GameSettings.objects.create(pk=1, league_size=2)
    for name, level in (("sam", 390), ("dora", 30), ("tom", 10)):
        earned(earned(a_player(name), level, LAST_WEEK), 5)
    earned(earned(alice, 400, LAST_WEEK), 120)
    assert names(alice) == [(1, "Alice", 120), (2, "Sam", 5)]


def test_who_has_not_played_yet_sees_a_board_with_themselves_on_it(alice: Player) -> None:
    earned(earned(a_player("sam"), 50, LAST_WEEK), 10)
    assert names(alice) == [(1, "Sam", 10), (2, "Alice", 0)]


def test_newcomers_are_together_in_the_order_in_which_they_came(alice: Player) -> None:
    """Alice was invited before the others, and plays after them."""
    GameSettings.objects.create(pk=1, league_size=2)
    for name in ("sam", "dora"):
        earned(earned(a_player(name), 50, LAST_WEEK), 10)
    tom, ann = a_player("tom"), a_player("ann")
    for player in (ann, tom, alice):
        earned(player, 5)
    assert {name for _, name, _ in names(ann)} == {"Ann", "Tom"}
    assert names(alice) == [(1, "Alice", 5)]


def test_nobody_stands_below_zero(alice: Player) -> None:
    assert names(earned(alice, -84)) == [(1, "Alice", 0)]


def test_who_hides_is_on_nobodys_board_but_their_own(alice: Player) -> None:
    sam = earned(a_player("sam", is_hidden=True), 90)
    earned(alice, 40)
    assert names(alice) == [(1, "Alice", 40)]
    assert names(sam) == [(1, "Sam", 90), (2, "Alice", 40)]
    assert boards(sam, NOW).league[0].row.only_me


def test_who_has_left_is_on_no_board(alice: Player) -> None:
    earned(a_player("sam", retired_at=NOW), 90)
    assert names(earned(alice, 40)) == [(1, "Alice", 40)]


def test_teams_count_by_the_mean_of_those_who_played(alice: Player) -> None:
    front, back = (Team.objects.create(name=name) for name in ("Front", "Back"))
    for number, name in enumerate(("sam", "dora", "tom"), 1):
        earned(a_player(name, team=front), 30 * number)
    a_player("ann", team=front)  # did not play this week
    earned(a_player("bo", team=back), 500)  # a team of one is not shown
    assert [(row.team, row.points, row.players) for row in boards(alice, NOW).teams] == [
        ("Front", 60, 3)
    ]


def test_switched_off_there_is_nothing_but_ones_own_best(alice: Player) -> None:
    GameSettings.objects.create(pk=1, boards_on=False)
    earned(a_player("sam"), 77)
    html = signed_in(alice).get("/play/boards/").content.decode()
    assert "The boards are switched off here." in html
    assert "Your own best" in html
    assert "Sam" not in html


def test_the_page_says_which_week_it_is_and_starts_with_ones_own_best(alice: Player) -> None:
    shown = boards(alice, NOW)
    assert (str(shown.week.monday), str(shown.sunday)) == ("2026-05-04", "2026-05-10")
    html = signed_in(alice).get("/play/boards/").content.decode()
    assert html.index("Your own best") < html.index("Your league") < html.index("Teams")


@pytest.mark.parametrize("path", ["/play/boards/", "/play/me/", "/play/rules/", "/play/"])
def test_nobody_sees_it_without_signing_in(path: str, db: None) -> None:
    assert Client().get(path).headers["Location"] == f"/play/sign-in/?next={path}"
