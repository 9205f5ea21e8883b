"""A player's own page: weeks, days, figures, mistakes and what their labels did."""

from datetime import date, timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from classifier.models import ModelVersion, Serving
from labelgame import actions
from labelgame.models import (
    Answer,
    Contest,
    Credit,
    DayOff,
    GameSettings,
    Gold,
    PlayedDay,
    Player,
    Poll,
    Round,
    WeekPoints,
)
from labelgame.models.polls import Kind
from labelgame.pages.mine import DAYS, my_page
from tests.labelgame.conftest import NOW, Asked, a_player, a_stack, signed_in
from tests.labelgame.playing import MINUTE, poll_of, says, settles

pytestmark = [pytest.mark.django_db, pytest.mark.database]

MONDAY = NOW.date()
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def played(player: Player, day: date, answers: int) -> None:
    PlayedDay.objects.create(player=player, day=day, answers=answers)


# ---- weeks -----------------------------------------------------------------------------------


def test_this_week_stands_beside_ones_own_best(alice: Player) -> None:
    for week, points in (("2026-W16", 310), ("2026-W18", 120), ("2026-W19", 45)):
        WeekPoints.objects.create(player=alice, week=week, points=points)
    best = my_page(alice, NOW).best
    assert (best.this_week, best.best) == (45, 310)


def test_what_waits_to_settle_is_said(alice: Player, asked: Asked) -> None:
    for example in a_stack(asked, 2):
        says(alice, example, "confirm")
    assert my_page(alice, NOW).waiting == 20


def test_what_waits_again_because_its_card_is_asked_again_is_said(
    alice: Player, asked: Asked
) -> None:
    example = asked("see you at the usual place")
    says(alice, example, "confirm")
    says(a_player("bea"), example, "confirm")
    settles()
    assert my_page(alice, NOW).waiting == 0
    Player.objects.update(weight=0)
    Poll.objects.filter(pk=poll_of(example).pk).update(due_at=NOW + 2 * MINUTE)
    settles(NOW + 2 * MINUTE)
    page = my_page(alice, NOW)
    assert (page.waiting, page.best.this_week) == (10, 0)


def test_old_answers_that_wait_again_are_mended(alice: Player, asked: Asked) -> None:
    waits, settled = (says(alice, example, "confirm") for example in a_stack(asked, 2))
    Answer.objects.update(settled_at=NOW)
    Answer.objects.filter(pk=settled.pk).update(settled_as="confirm")
    import_module("labelgame.migrations.0005_what_waits_again").forget_when(apps, None)
    moments = dict(Answer.objects.values_list("pk", "settled_at"))
    assert moments == {waits.pk: None, settled.pk: NOW}


# ---- days ------------------------------------------------------------------------------------


def test_a_streak_counts_working_days_on_which_the_goal_was_met(alice: Player) -> None:
    for back in (3, 4, 5):  # Friday, Thursday, Wednesday
        played(alice, MONDAY - back * DAY, 10)
    played(alice, MONDAY - 6 * DAY, 9)  # short of the goal
    page = my_page(alice, NOW)
    assert page.streak.days == 3
    assert page.goal.words == "0 of 10 today."


def test_another_goal_changes_no_past_day(alice: Player, asked: Asked) -> None:
    stack = a_stack(asked, 31)
    for example in stack[:10]:
        says(alice, example, "confirm", now=NOW)
    alice.daily_goal = 20
    alice.save()
    assert my_page(alice, NOW).streak.today  # met by the goal that it had
    assert "With 20 answers today" in my_page(alice, NOW + DAY).streak.words
    for example in stack[10:]:
        says(alice, example, "confirm", now=NOW + DAY)
    assert my_page(alice, NOW + DAY).streak.days == 2
    assert list(alice.played_days.order_by("day").values_list("goal", flat=True)) == [10, 20]


def test_days_before_there_were_goals_of_days_have_the_players_of_today(alice: Player) -> None:
    alice.daily_goal = 30
    alice.save()
    for back in (3, 4):
        played(alice, MONDAY - back * DAY, 20)
    import_module("labelgame.migrations.0003_guesses_seen_and_goals_of_days").keep_goals(apps, None)
    assert set(alice.played_days.values_list("goal", flat=True)) == {30}
    assert my_page(alice, NOW).streak.days == 0


def test_an_answer_counts_for_the_day_and_one_taken_back_does_not(
    alice: Player, asked: Asked
) -> None:
    for example in a_stack(asked, 10):
        says(alice, example, "confirm")
    assert my_page(alice, NOW).streak.today
    assert actions.undo(player=alice, now=NOW) is not None
    page = my_page(alice, NOW)
    assert (page.streak.today, page.goal.answers) == (False, 9)


def test_a_day_is_the_players_own(alice: Player, asked: Asked) -> None:
    alice.time_zone = "Pacific/Auckland"  # where it is Tuesday already
    for example in a_stack(asked, 10):
        says(alice, example, "confirm", now=NOW + 4 * HOUR)
    assert alice.played_days.get().day == MONDAY + DAY
    assert my_page(alice, NOW + 4 * HOUR).goal.is_met
    assert my_page(alice, NOW).goal.answers == 0


def test_days_off_and_holidays_neither_break_a_streak_nor_count(alice: Player) -> None:
    GameSettings.objects.update_or_create(pk=1, defaults={"holidays": f"{MONDAY - 4 * DAY}"})
    DayOff.objects.create(player=alice, day=MONDAY - 3 * DAY)
    for back in (5, 6):
        played(alice, MONDAY - back * DAY, 10)
    page = my_page(alice, NOW)
    assert page.streak.days == 2
    states = {day.day: day.state for day in page.days}
    assert [states[MONDAY - back * DAY] for back in (5, 4, 3, 0)] == ["met", "free", "free", "open"]


def test_a_streak_longer_than_the_calendar_is_followed_to_its_start(alice: Player) -> None:
    for back in range(1, 71):
        played(alice, MONDAY - back * DAY, 10)
    assert my_page(alice, NOW).streak.days == 50


def test_the_calendar_is_four_weeks_from_a_monday(alice: Player) -> None:
    days = my_page(alice, NOW + 2 * DAY).days
    assert days[0].day.weekday() == 0
    assert len(days) == DAYS - 4  # Wednesday is the last


# ---- right and wrong -------------------------------------------------------------------------


def settled(player: Player, others: list[Player], asked: Asked, text: str, said: str) -> Answer:
    """They said this, the others that they will not come, and so it settles."""
    example = asked(text)
    given = says(player, example, said)
    for other in others:
        poll_of(example)
        Poll.objects.filter(example=example).update(wanted=1 + len(others))
        says(other, example, "cancel")
    settles()
    given.refresh_from_db()
    return given


def test_accuracy_is_shown_from_ten_answers_on_with_its_interval(
    alice: Player, robin: Player, asked: Asked
) -> None:
    for example in a_stack(asked, 10):
        for player in (alice, robin):
            says(player, example, "cancel")
    settles()
    (_, skill), _ = my_page(alice, NOW).skills
    assert skill.overall.words == "100 % of 10 (72 to 100 %)"
    assert skill.labels["confirm"].words == "10 more settled answers to a number"


def test_a_mistake_comes_with_its_reason(alice: Player, asked: Asked) -> None:
    people = [a_player(name) for name in ("robin", "dora", "sam")]
    settled(alice, people, asked, "can't make it", "confirm")
    [wrong] = my_page(alice, NOW).wrong
    assert (wrong.said.title, wrong.truth.title) == ("Will come", "Will not come")
    assert wrong.why.startswith("Will not come and asks for no other time. Settled by 4 answers, ")


def test_the_reason_of_a_person_comes_first(alice: Player, check: Poll, olga: Player) -> None:
    Gold.objects.update(why="A bare no to this reminder is a no.")
    says(alice, check.example, "confirm", kind=Kind.GOLD)
    actions.close_round(round_=Round.objects.get(), now=NOW)
    assert [wrong.why for wrong in my_page(alice, NOW).wrong] == [
        "A bare no to this reminder is a no."
    ]


def test_what_was_pulled_is_shown_no_more(alice: Player, check: Poll) -> None:
    says(alice, check.example, "confirm", kind=Kind.GOLD)
    actions.close_round(round_=Round.objects.get(), now=NOW)
    actions.pull_example(example=check.example, by="robin", now=NOW)
    assert my_page(alice, NOW).wrong == []


def test_a_mistake_can_be_contested_once(alice: Player, check: Poll) -> None:
    given = says(alice, check.example, "confirm", kind=Kind.GOLD)
    actions.close_round(round_=Round.objects.get(), now=NOW)
    client = signed_in(alice)
    path = f"/play/contest/{given.pk}/"
    client.post(path, {"words": "They say that they come."})
    html = client.post(path, {"words": "again"}, follow=True).content.decode()
    assert Contest.objects.get().words == "They say that they come."
    assert "cannot be contested: it has been already" in html
    assert "Contested: for a reviewer" in html


def test_nobody_contests_for_somebody_else(alice: Player, robin: Player, check: Poll) -> None:
    given = says(alice, check.example, "confirm", kind=Kind.GOLD)
    response = signed_in(robin).post(f"/play/contest/{given.pk}/", {"words": "no"})
    assert response.status_code == 404
    assert not Contest.objects.exists()


# ---- effects ---------------------------------------------------------------------------------


def a_version(name: str, recall: float, *, days_ago: int) -> ModelVersion:
    labels = {"reschedule": {"recall": recall, "f1": recall, "support": 40}}
    since = NOW - days_ago * DAY
    version = ModelVersion.objects.create(
        name=name, state="retired", created_at=since, live_from=since,
        report={"questions": {"intent": {"labels": labels}}},
    )  # fmt: skip
    Serving.objects.create(
        version=version, started_at=since, ended_at=since + DAY, by="gate", reason="better"
    )
    return version


def test_what_my_labels_did_is_said_with_what_the_model_gained(alice: Player) -> None:
    a_version("model-6", 0.80, days_ago=9)
    Credit.objects.create(player=alice, version=a_version("model-7", 0.83, days_ago=2), labels=42)
    assert my_page(alice, NOW).effects == [
        "42 labels of yours are in model model-7; recall of wants another time +3 points."
    ]


def test_a_version_that_never_went_live_is_no_effect(alice: Player) -> None:
    version = ModelVersion.objects.create(name="model-8", created_at=NOW)
    Credit.objects.create(player=alice, version=version, labels=3)
    assert my_page(alice, NOW).effects == []


# ---- the page --------------------------------------------------------------------------------


def test_the_page_shows_it_all_to_somebody_new(charlie: Player) -> None:
    html = signed_in(charlie).get("/play/me/").content.decode()
    for words in ("Points come when cards settle.", "Nothing yet.", "0 of 10 today."):
        assert words in html


def test_the_profile_is_the_players_to_change(alice: Player) -> None:
    fields = {"name": "Al", "time_zone": "Europe/London", "daily_goal": 20, "is_hidden": "on"}
    assert signed_in(alice).post("/play/me/profile/", fields).status_code == 302
    alice.refresh_from_db()
    assert (alice.name, alice.time_zone, alice.daily_goal) == ("Al", "Europe/London", 20)
    assert alice.is_hidden


def test_a_profile_that_cannot_be_is_not_kept(alice: Player) -> None:
    fields = {"name": "Al", "time_zone": "Mars/Olympus", "daily_goal": 7, "role": "operator"}
    response = signed_in(alice).post("/play/me/profile/", fields)
    assert response.status_code == 422
    alice.refresh_from_db()
    assert (alice.name, alice.time_zone, alice.role) == ("Alice", "UTC", "player")


def test_a_day_is_taken_off_and_given_back(alice: Player) -> None:
    client, day = signed_in(alice), timezone.now().date() + 3 * DAY
    client.post("/play/me/days-off/", {"day": str(day)})
    client.post("/play/me/days-off/", {"day": str(day)})
    assert alice.days_off.get().day == day
    client.post("/play/me/days-off/", {"day": str(day), "back": "1"})
    assert not alice.days_off.exists()


def test_more_answers_take_no_more_queries(alice: Player, robin: Player, asked: Asked) -> None:
    client = signed_in(alice)
    first, *rest = a_stack(asked, 20)
    for player in (alice, robin):
        says(player, first, "cancel")
    settles()
    client.get("/play/me/")
    before = queries_of(client)
    for example in rest:
        for player in (alice, robin):
            says(player, example, "confirm" if player == alice else "cancel")
    settles()
    assert queries_of(client) <= before + 1  # the notes of reviewers on what was wrong


def queries_of(client: object) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get("/play/me/").status_code == 200  # type: ignore[attr-defined]
    return len(queries)
