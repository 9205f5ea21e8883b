"""docs/game.md says what the code does, figure by figure."""

import re
from pathlib import Path

import pytest

from labelgame import practice
from labelgame.rules import fairplay, leagues, missions, scoring, skill, streaks
from labelgame.rules.scoring import Rule, published, tariff_of

TEXT = (Path(__file__).resolve().parents[2] / "docs/game.md").read_text()
START = tariff_of({})


def section(title: str) -> str:
    return TEXT.split(f"## {title}\n")[1].split("\n## ")[0]


def cells(title: str) -> list[list[str]]:
    rows = re.findall(r"^\|(.*)\|$", section(title), re.M)
    return [[cell.strip() for cell in row.split("|")] for row in rows[2:]]


def test_the_table_of_points_is_the_one_that_is_published() -> None:
    documented = [
        (title, int(re.sub(r" \(.*", "", points).replace("−", "-")))
        for title, *_, points in cells("Points")
    ]
    assert documented == [(line.title, line.points) for line in published(START)]


@pytest.mark.parametrize(
    ("title", "says"),
    [
        ("Practice first", f"ten explained cards, {'the hard ones among them'}, eight right"),
        ("Points", f"({scoring.RIGHT} wait; {scoring.CANT_TELL_RIGHT} for"),
        ("Points", f"never below {scoring.LEAST_COST}, and {START.wrong} until {scoring.FEWEST}"),
        ("Points", f"no label is more than {scoring.MOST_FREQUENT:.0%}".replace("%", " %")),
        ("Boards", f"up to {leagues.LEAGUE_SIZE} people"),
        ("Boards", f"from {leagues.SMALLEST_TEAM} people on"),
        ("Days in a row", "is {} answers, one round; {}, {} or {} if".format(*streaks.GOALS)),
        ("Your figures", f"from {skill.FEWEST} settled answers on"),
        ("Fair play", f"last {fairplay.RECENT} answers"),
        ("Fair play", f"more than {100 * fairplay.TOO_FAST_SHARE:.0f} % of the answers"),
        ("Fair play", f"less than {fairplay.FASTEST_CHOICE_MS} ms plus"
                      f" {fairplay.FASTEST_WORD_MS} ms for each word"),
        ("Fair play", f"more than {100 * fairplay.ONE_KEY_SHARE:.0f} % of the cards that are"
                      f" something else ({fairplay.FEWEST['one_key']} or more)"),
        ("Fair play", f"up to {fairplay.LONGEST_PATTERN} long"),
        ("Fair play", f"more than {100 * fairplay.COPIED_SHARE:.0f} % of another's mistakes"
                      f" ({fairplay.FEWEST['copied']} or more)"),
        ("Fair play", f"less than {100 * fairplay.SAME_AGAIN_SHARE:.0f} % of the cards that came"
                      f" back ({fairplay.FEWEST['repeats']} or more)"),
        ("Missions", f"At most {missions.MOST} at a time"),
    ],
)  # fmt: skip
def test_this_figure_is_the_codes(title: str, says: str) -> None:
    assert says in section(title)


def test_the_goal_of_a_day_is_the_first_to_choose() -> None:
    assert streaks.GOALS[0] == streaks.DAILY_GOAL
    assert (practice.CARDS, practice.PASS) == (10, 8)  # ten and eight, in words


def test_the_worked_sums_are_right() -> None:
    right, wrong = START.points(Rule.RIGHT), START.points(Rule.WRONG)
    assert f"earns {95 * right + 5 * wrong} points" in section("Points")
    assert f"loses {-(70 * right + 30 * wrong)}" in section("Points")


def test_the_measured_share_of_honest_players_with_a_sign_is_told_alike() -> None:
    measured = r"Of 20,000\s+simulated honest players,[^.;]*\b2 had any sign"
    assert re.search(measured, section("Fair play"))
    assert re.search(
        r"Of 20,000\s+simulated honest players[^:]*\b2 had any sign", fairplay.__doc__ or ""
    )


def test_every_sign_of_unfair_play_is_listed() -> None:
    assert len(cells("Fair play")) == len(fairplay.Kind)
    remains = [row[-1] for row in cells("Fair play")]
    words = {0.0: "0", 0.5: "half"}
    assert remains[1:4] == [
        words[share]
        for share in (fairplay.ONE_KEY_REMAINS, fairplay.PATTERN_REMAINS, fairplay.COPIED_REMAINS)
    ]
