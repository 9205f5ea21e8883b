"""What the screen after a round says: what it earned so far, and what changed because of it."""

from dataclasses import dataclass

from classifier.taxonomy import Label
from labelgame.models import Answer, GameSettings, Round
from labelgame.models.polls import Kind
from labelgame.needs import needs_of_late
from labelgame.pages.cards import label_of
from labelgame.rules.missions import Mission, missions, what_changed
from labelgame.rules.scoring import PULLED, SKIP, Rule


@dataclass(frozen=True, slots=True)
class Tile:
    """One card of the round: what was said, and what has come of it so far."""

    label: Label
    points: int
    waiting: int
    outcome: str  # right, wrong, waits, or none: nothing is won or lost by it

    @property
    def words(self) -> str:
        if self.outcome == "waits":
            return "waits until it settles"
        return f"{self.points:+d} points" if self.points else "no points"


@dataclass(frozen=True, slots=True)
class RoundSummary:
    answered: int
    cards: int
    is_over: bool
    points_booked: int
    points_waiting: int
    checks_right: int
    checks: int
    settled: int
    sentence: str
    tiles: list[Tile]
    missions: list[Mission]


def summary(round_: Round) -> RoundSummary:
    answers = Answer.objects.standing().filter(round=round_)
    given = list(answers.select_related("poll").oldest_first())
    checks = [answer for answer in given if answer.kind == Kind.GOLD and answer.settled_as]
    settled = sum(
        answer.kind in (Kind.VOTE, Kind.LATE)
        and answer.label != SKIP
        and answer.settled_as not in ("", PULLED)
        for answer in given
    )
    settings = GameSettings.current()
    needs = needs_of_late(settings)
    return RoundSummary(
        answered=round_.answered,
        cards=round_.cards,
        is_over=round_.finished_at is not None,
        points_booked=sum(answer.points for answer in given),
        points_waiting=sum(answer.waiting for answer in given),
        checks_right=sum(answer.rule == Rule.GOLD_RIGHT for answer in checks),
        checks=len(checks),
        settled=settled,
        sentence=what_changed(settled, needs),
        tiles=[_tile(answer) for answer in given],
        missions=missions(needs) if settings.missions_on else [],
    )


def _tile(answer: Answer) -> Tile:
    label = label_of(answer.poll.question, answer.label)
    return Tile(label, answer.points, answer.waiting, _outcome(answer))


def _outcome(answer: Answer) -> str:
    if answer.waiting:
        return "waits"
    if answer.points > 0:
        return "right"
    return "wrong" if answer.points < 0 else "none"
