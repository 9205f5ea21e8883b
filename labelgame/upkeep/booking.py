"""What answers earn once their card settles: booked, and the difference where it settles anew."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import F

from labelgame.models import Answer, Booking, Poll, WeekPoints
from labelgame.models.polls import AnswerQuerySet, Kind
from labelgame.rules.leagues import week_of
from labelgame.rules.scoring import NOT_YET, SKIP, Card, Settlement, Tariff, settle


def week_words(now: datetime) -> str:
    """Boards go by the installation's week, whatever the player's time zone."""
    return week_of(now, ZoneInfo(settings.TIME_ZONE)).words


@transaction.atomic
def book_poll(
    *, poll: Poll, settled_as: str, now: datetime, earned: Counter[int] | None = None
) -> int:
    """Book what every answer to this poll earns by it; of how many answers. `earned`: where the
    points of players are collected, by whoever books several polls at once and ends with
    `add_to_week`.
    """
    earning = poll.answers.standing().filter(kind__in=(Kind.VOTE, Kind.LATE))
    answers = list(earning.select_for_update(no_key=True).order_by("pk"))
    majority = _majority_beside(answers)
    for answer in answers:
        card = Card(answer.label, settled_as)
        others = None if answer.guess_shown else majority.get(answer.pk)
        card = replace(card, model=answer.guess or None, others=others, told=answer.guess_shown)
        _settle(answer, card, now)
    return _write(answers, now, earned)


@transaction.atomic
def book_checks(*, answers: Iterable[Answer], now: datetime) -> int:
    """Hidden checks, at the end of their round."""
    waiting = [answer for answer in answers if answer.kind == Kind.GOLD and not answer.settled_as]
    for answer in waiting:
        card = Card(
            answer.label,
            answer.poll.gold.label,
            model=answer.guess or None,
            is_gold=True,
            told=answer.guess_shown,
        )
        _settle(answer, card, now)
    return _write(waiting, now)


def rebook_checks(*, answers: Iterable[Answer], now: datetime) -> int:
    """Their label is another one now, or they count again."""
    checks = list(answers)
    for check in checks:
        check.settled_as = NOT_YET
    return book_checks(answers=checks, now=now)


def book_as(
    *,
    answers: AnswerQuerySet,
    settled_as: str,
    now: datetime,
    earned: Counter[int] | None = None,
) -> int:
    """These answers, by no label: PULLED, or NOT_YET where they are to wait again. `earned`: as of
    `book_poll`.
    """
    booked = list(answers.select_for_update(no_key=True).order_by("pk"))
    for answer in booked:
        card = Card(answer.label, settled_as, model=answer.guess or None, told=answer.guess_shown)
        _settle(answer, card, now)
    return _write(booked, now, earned)


def first_settlement(answer: Answer) -> None:
    """Of an answer that was just given: nothing counts yet."""
    if answer.kind == Kind.REPEAT:
        return
    card = Card(answer.label, model=answer.guess or None, told=answer.guess_shown)
    found = settle(card, _tariff(answer))
    answer.rule, answer.points, answer.waiting = found.rule, found.points, found.waiting


def _settle(answer: Answer, card: Card, now: datetime) -> None:
    found: Settlement = settle(card, _tariff(answer))
    answer.booked = found.points - answer.points  # type: ignore[attr-defined]  # only till _write
    answer.settled_as = card.settled
    answer.settled_at = now if card.settled != NOT_YET else None  # my page adds up what waits
    answer.rule, answer.points, answer.waiting = found.rule, found.points, found.waiting


def _tariff(answer: Answer) -> Tariff:
    return Tariff(answer.wrong_costs, answer.cant_tell_costs)


def _majority_beside(answers: Sequence[Answer]) -> dict[int, str | None]:
    """For each answer that was given blindly, what more than half of the others said; None where
    there is no such.
    """
    blind = [answer for answer in answers if not answer.guess_shown]
    said = Counter(answer.label for answer in blind if answer.label != SKIP)
    majority: dict[int, str | None] = {}
    for answer in blind:
        others = said - Counter({answer.label: 1})
        of = sum(others.values())
        first = others.most_common(1)
        majority[answer.pk] = first[0][0] if first and 2 * first[0][1] > of else None
    return majority


def _write(answers: Sequence[Answer], now: datetime, earned: Counter[int] | None = None) -> int:
    week = week_words(now)
    points: Counter[int] = Counter() if earned is None else earned
    bookings = []
    for answer in answers:
        booked: int = answer.booked  # type: ignore[attr-defined]
        if booked:
            points[answer.player_id] += booked
            bookings.append(
                Booking(
                    answer=answer,
                    player_id=answer.player_id,
                    points=booked,
                    rule=answer.rule,
                    week=week,
                    booked_at=now,
                )
            )
    Answer.objects.bulk_update(
        answers, ["settled_as", "settled_at", "rule", "points", "waiting"], batch_size=200
    )
    Booking.objects.bulk_create(bookings)
    if earned is None:
        add_to_week(points, now=now)
    return len(answers)


def add_to_week(earned: Counter[int], *, now: datetime) -> None:
    """The last thing in a transaction, and in one order for all, so that no two who book wait for
    each other. `earned`: player -> points; it is empty then.
    """
    week = week_words(now)
    for player, more in sorted(earned.items()):
        WeekPoints.objects.get_or_create(player_id=player, week=week)
        WeekPoints.objects.filter(player_id=player, week=week).update(points=F("points") + more)
    earned.clear()
