"""A player's own page: the best week, the days in a row, how often they are right, what they got
wrong and why, and what their labels did.

Everything is read from the newest end of an index, and no further than the page shows, or was added
up before, so that it costs the same after a million answers.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings as django_settings
from django.db.models import F, Sum

from classifier.models import Example, ModelVersion, Serving
from classifier.taxonomy import Label, Question, current_taxonomy
from labelgame.models import (
    Answer,
    Contest,
    Credit,
    GameSettings,
    Gold,
    Player,
    Ruling,
    WeekPoints,
)
from labelgame.models.polls import Kind
from labelgame.needs import needs_of_late, score_of
from labelgame.pages.cards import label_of
from labelgame.rules.leagues import Best, Week, best, week_of
from labelgame.rules.missions import Gain, Need, what_yours_did
from labelgame.rules.scoring import CANT_TELL, MISTAKES, PULLED
from labelgame.rules.skill import Accuracy, Skill, skill
from labelgame.rules.streaks import Calendar, Goal, Streak, day_of, streak

JUDGED = 500  # settled answers, the latest: how often one is right now, not in all one's life
WRONG = 5  # that are shown
EFFECTS = 3  # model versions
DAYS = 28  # that are shown: four weeks


@dataclass(frozen=True, slots=True)
class Meter:
    """An accuracy as a bar: the interval as a band, the share as a mark, in percent of its length;
    nothing of either below the fewest answers.
    """

    title: str
    emoji: str
    words: str
    low: str = ""
    width: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class Wrong:
    answer: Answer
    said: Label
    truth: Label
    why: str
    contest: Contest | None


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    state: str  # met, free, open (today) or none

    @property
    def words(self) -> str:
        meant = {"met": "goal met", "free": "day off", "open": "today"}.get(self.state, "")
        return f"{self.day:%A %-d %B}{': ' if meant else ''}{meant}"


@dataclass(frozen=True, slots=True)
class MyPage:
    best: Best
    waiting: int
    streak: Streak
    days: list[Day]  # the last four weeks, from a Monday on
    goal: Goal
    skills: list[tuple[Question, Skill]]
    wrong: list[Wrong]
    effects: list[str]

    @property
    def points_this_week(self) -> int:
        return self.best.this_week

    @property
    def goal_percent(self) -> int:
        return min(100, 100 * self.goal.answers // self.goal.of)

    @property
    def meters(self) -> list[tuple[Question, Meter, list[Meter]]]:
        """For each question: overall, and each label."""
        return [
            (
                question,
                _meter("All of them", "", of.overall),
                [
                    _meter(label.title, label.emoji, of.labels[label.name])
                    for label in question.labels
                ],
            )
            for question, of in self.skills
        ]


def my_page(player: Player, now: datetime) -> MyPage:
    settled = _settled_of_late(player)
    met = Days(player, now)
    return MyPage(
        best=best_weeks(player, now),
        waiting=_waiting(player),
        streak=met.streak,
        days=met.shown,
        goal=goal_of(player, now),
        skills=_skills(settled),
        wrong=_wrong(player, settled),
        effects=effects(player),
    )


# ---- weeks ---------------------------------------------------------------------------------


def this_week(now: datetime) -> Week:
    return week_of(now, ZoneInfo(django_settings.TIME_ZONE))


def week_named(words: str) -> Week:
    """What `Week.words` wrote."""
    year, number = words.split("-W")
    return Week(int(year), int(number))


def best_weeks(player: Player, now: datetime) -> Best:
    weeks = WeekPoints.objects.filter(player=player).values_list("week", "points")
    return best({week_named(words): points for words, points in weeks}, this_week(now))


def _waiting(player: Player) -> int:
    unsettled = Answer.objects.standing().filter(player=player, settled_at=None)
    return unsettled.aggregate(points=Sum("waiting"))["points"] or 0


# ---- days ----------------------------------------------------------------------------------


def goal_of(player: Player, now: datetime) -> Goal:
    today = player.played_days.filter(day=day_of(now, player.zone)).first()
    return Goal(today.answers if today else 0, player.daily_goal)


class Days:
    """The player's days up to today."""

    def __init__(self, player: Player, now: datetime) -> None:
        self._today = day_of(now, player.zone)
        self._goal = player.daily_goal
        taken_off = frozenset(player.days_off.values_list("day", flat=True))
        self._calendar = Calendar(GameSettings.current().days_off, taken_off)
        met = player.played_days.filter(answers__gte=F("goal"))
        self._met = set(met.values_list("day", flat=True))

    @property
    def streak(self) -> Streak:
        return streak(self._met, today=self._today, calendar=self._calendar, goal=self._goal)

    @property
    def shown(self) -> list[Day]:
        first = self._today - timedelta(days=self._today.weekday() + DAYS - 7)
        days = [first + timedelta(days=number) for number in range(DAYS)]
        return [Day(day, self._state(day)) for day in days if day <= self._today]

    def _state(self, day: date) -> str:
        if self._calendar.is_free(day):
            return "free"
        if day in self._met:
            return "met"
        return "open" if day == self._today else "none"


# ---- right and wrong -----------------------------------------------------------------------

_Settled = Sequence[tuple[int, str, str, str, str]]  # id, question, said, settled as, rule


def _settled_of_late(player: Player) -> _Settled:
    answers = (
        Answer.objects.standing()
        .filter(player=player, settled_at__isnull=False)
        .exclude(settled_as=PULLED)
        .order_by("-settled_at")
    )
    return list(answers.values_list("pk", "poll__question", "label", "settled_as", "rule")[:JUDGED])


def _skills(settled: _Settled) -> list[tuple[Question, Skill]]:
    return [
        (
            question,
            skill(
                ((said, truth) for _, asked, said, truth, _ in settled if asked == question.name),
                question.label_names,
            ),
        )
        for question in current_taxonomy().questions
    ]


def _meter(title: str, emoji: str, accuracy: Accuracy) -> Meter:
    if accuracy.interval is None or accuracy.share is None:
        return Meter(title, emoji, accuracy.words)
    low, high = accuracy.interval
    return Meter(
        title,
        emoji,
        accuracy.words,
        low=f"{100 * low:.1f}%",
        width=f"{100 * (high - low):.1f}%",
        at=f"{100 * accuracy.share:.1f}%",
    )


def _wrong(player: Player, settled: _Settled) -> list[Wrong]:
    """The last ones, of what may still be shown."""
    pks = [pk for pk, _, _, _, rule in settled if rule in MISTAKES][: 2 * WRONG]
    answers = (
        Answer.objects.filter(pk__in=pks, player=player)
        .exclude(example__state=Example.State.PULLED)
        .select_related("poll__gold", "example", "contest")
        .order_by("-settled_at")[:WRONG]
    )
    wrong = list(answers)
    notes = _notes(answer.poll_id for answer in wrong)
    return [
        Wrong(
            answer=answer,
            said=label_of(answer.poll.question, answer.label),
            truth=label_of(answer.poll.question, answer.settled_as),
            why=_why(answer, notes.get(answer.poll_id, "")),
            contest=getattr(answer, "contest", None),
        )
        for answer in wrong
    ]


def _notes(polls: Iterable[int]) -> dict[int, str]:
    """What a reviewer said of each; the latest stands."""
    rulings = Ruling.objects.filter(poll__in=list(polls)).order_by("at", "pk")
    return {
        ruling.poll_id: f"A reviewer: {ruling.note or ruling.get_reason_display()}"
        for ruling in rulings
    }


def _why(answer: Answer, note: str) -> str:
    """A person's reason if there is one, else the meaning of the label and how sure it is."""
    gold: Gold | None = getattr(answer.poll, "gold", None)
    if answer.kind == Kind.GOLD and gold is not None and gold.why:
        return gold.why
    if note:
        return note
    truth = label_of(answer.poll.question, answer.settled_as)
    sure = answer.poll.probability
    if answer.kind == Kind.GOLD or sure is None or answer.settled_as == CANT_TELL:
        return truth.meaning
    answers = "one answer" if answer.poll.votes == 1 else f"{answer.poll.votes} answers"
    return f"{truth.meaning} Settled by {answers}, {100 * sure:.0f} % sure."


# ---- effects -------------------------------------------------------------------------------


def effects(player: Player) -> list[str]:
    """What the player's labels did in the versions that served, the newest first."""
    credits = (
        Credit.objects.filter(player=player, version__live_from__isnull=False)
        .select_related("version")
        .order_by("-version__live_from")[:EFFECTS]
    )
    needs = needs_of_late(GameSettings.current())
    return [
        what_yours_did(credit.labels, credit.version.name, _gains(credit.version, needs))
        for credit in credits
    ]


def _gains(version: ModelVersion, needs: Iterable[Need]) -> list[Gain]:
    """Against what served before it; none of a first version."""
    first = Serving.objects.filter(version=version).order_by("started_at").first()
    before = (
        Serving.objects.filter(started_at__lt=first.started_at)
        .select_related("version")
        .order_by("-started_at")
        .first()
        if first
        else None
    )
    if before is None:
        return []
    gains = []
    scores_before, scores = (each.report.get("questions", {}) for each in (before.version, version))
    for need in needs:
        was = score_of(scores_before, need.question, need.label, "recall")
        is_now = score_of(scores, need.question, need.label, "recall")
        if was is not None and is_now is not None:
            gains.append(Gain(need, was, is_now))
    return gains
