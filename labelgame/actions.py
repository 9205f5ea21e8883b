"""What players and reviewers do. Each is one transaction; the browser may send any of it twice.

What follows from an answer, points and labels, comes later and in the background
(labelgame/upkeep/settling.py): nobody waits for a consensus.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Value
from django.db.models.functions import Least

from classifier import examples
from classifier.models import Example
from classifier.taxonomy import current_taxonomy
from labelgame import picker
from labelgame.dice import roll
from labelgame.models import (
    Answer,
    Contest,
    GameSettings,
    Gold,
    Offer,
    PlayedDay,
    Player,
    Poll,
    PracticeRun,
    Round,
    Ruling,
)
from labelgame.models.polls import Kind
from labelgame.practice import PracticeCard, fingerprint, is_passed, practice_cards
from labelgame.rules.scoring import CANT_TELL, MISTAKES, SKIP, Tariff
from labelgame.rules.streaks import day_of
from labelgame.tariffs import tariff_in_force
from labelgame.upkeep.booking import (
    book_checks,
    book_poll,
    first_settlement,
    rebook_checks,
)
from labelgame.upkeep.polls import close_as_pulled, give_room, reopen

CARDS = 10  # of a round: about a minute
# An answer is weighed once it can be undone no more.
UNDO_WITHIN = timedelta(seconds=10)
LEFT_AFTER = timedelta(days=1)  # without an answer, a round is over
RESERVE = 5  # of a reviewer's picks of a question, every so many one is kept in reserve
LEAK_BUTTON = "leak button"  # why a player's example was pulled
SLOWEST = 3_600_000  # ms; a card that lay open over lunch says nothing about speed


class UnknownCard(Exception):
    """This player was never handed such a card."""


class PulledCard(Exception):
    """It was taken out of the game while they had it in hand."""


class UnknownLabel(Exception):
    """Neither a label of the card's question, nor can't tell, nor skip."""


class CannotPutBack(Exception):
    """Only what a player took out themselves, and nobody since."""


class DecidedMeanwhile(Exception):
    """A reviewer rules on what another one has ruled on since they looked."""


class CannotContest(Exception):
    """Only a settled answer that was wrong can be contested, and once."""


# ---- rounds and cards ----------------------------------------------------------------------


def open_round(*, player: Player) -> Round | None:
    return Round.objects.filter(player=player, finished_at=None).first()


def begin_round(*, player: Player, now: datetime) -> Round:
    """The one that is open, or a new one."""
    if (open_ := open_round(player=player)) is not None:
        return open_
    try:
        with transaction.atomic():
            return Round.objects.create(player=player, cards=CARDS, began_at=now)
    except IntegrityError:  # two windows at once
        return Round.objects.get(player=player, finished_at=None)


def hand(*, player: Player, now: datetime, cards: int = 2) -> list[Offer]:
    """What the player holds, in order, with `cards` of them if there are so many, but no more than
    the round still needs. Empty: nothing is left for them, or they have to practise first.
    """
    if needs_practice(player):
        return []
    round_ = begin_round(player=player, now=now)
    wanted = min(cards, round_.cards - round_.answered)
    held, before = _in_hand(player, now), -1
    if len(held) < wanted:
        # What can be read before is: while one is dealt a card, others may have to wait.
        settings = GameSettings.current()
        had = player.pk + round_.pk * CARDS + Answer.objects.filter(round=round_).count()
        while before < len(held) < wanted:
            before, held = len(held), _with_one_more(player, settings, wanted, had, now)
    return held[:wanted]


def _in_hand(player: Player, now: datetime) -> list[Offer]:
    offers = Offer.objects.in_hand(now).filter(
        player=player, poll__question__in=current_taxonomy().question_names
    )
    showable = offers.exclude(poll__example__state=Example.State.PULLED)
    return list(showable.select_related("poll__example").in_order())


# One card a transaction: with two, a player would wait for a poll that another has just taken from,
# who waits for the first one's.
@transaction.atomic
def _with_one_more(
    player: Player, settings: GameSettings, wanted: int, had: int, now: datetime
) -> list[Offer]:
    # Of one player one at a time: two windows are not to be dealt twice as much.
    Player.objects.select_for_update(no_key=True).get(pk=player.pk)
    held = _in_hand(player, now)
    if len(held) < wanted:
        offer = picker.deal(
            player=player, settings=settings, number=had + len(held), dice=roll(), now=now
        )
        held += [offer] if offer else []
    return held


@transaction.atomic
def close_round(*, round_: Round, now: datetime) -> bool:
    """End it, full or not, and book its hidden checks; whether it was open."""
    if not Round.objects.filter(pk=round_.pk, finished_at=None).update(finished_at=now):
        return False
    round_.finished_at = now
    checks = Answer.objects.standing().filter(round=round_, kind=Kind.GOLD, settled_as="")
    book_checks(answers=checks.select_related("poll__gold"), now=now)
    return True


def close_left(*, now: datetime) -> int:
    """Rounds that nobody has gone on with for a day, or their hidden checks would never be booked;
    how many.
    """
    since = now - LEFT_AFTER
    lately = Answer.objects.filter(round=OuterRef("pk"), given_at__gt=since)
    left = Round.objects.filter(~Exists(lately), finished_at=None, answered__gt=0)
    return sum(close_round(round_=round_, now=now) for round_ in left.order_by("pk"))


# ---- answers -------------------------------------------------------------------------------


def answer(*, player: Player, card: UUID, label: str, milliseconds: int, now: datetime) -> Answer:
    """Keep what they said. The same card again is answered the same, so that a browser that heard
    nothing may send it once more.
    """
    given = Answer.objects.filter(player=player).select_related("round", "poll")
    if (before := given.filter(public_id=card).first()) is not None:
        return before
    try:
        return _answer(player, card, label, milliseconds, now)
    except (IntegrityError, UnknownCard):
        # Two copies at once, or the poll was answered by another card of theirs meanwhile.
        offer = Offer.objects.filter(public_id=card, player=player).first()
        found = given.filter(public_id=card).first() or (
            offer and given.standing().filter(poll=offer.poll_id).first()
        )
        if not found:
            raise
        return found


def _answer(player: Player, card: UUID, label: str, milliseconds: int, now: datetime) -> Answer:
    # Read before the lock, as all that does not change: meanwhile others may have to wait.
    held = Offer.objects.filter(public_id=card, player=player)
    known = held.values_list("poll", "poll__question").first()
    if known is None:
        raise UnknownCard
    poll, question = known
    return _keep(player, card, poll, label, milliseconds, tariff_in_force(question), now)


@transaction.atomic
def _keep(
    player: Player,
    card: UUID,
    poll_pk: int,
    label: str,
    milliseconds: int,
    tariff: Tariff,
    now: datetime,
) -> Answer:
    offer = _locked_offer(player, card, poll_pk)
    poll, kind = offer.poll, Kind(offer.kind)
    _check_label(poll.question, label)
    has_seen_guess = _has_seen_guess(player, poll)
    if kind is Kind.VOTE and (has_seen_guess or needs_practice(player)):
        # No word of their own any more, or by labels that mean something else by now: somebody
        # else is asked in their place.
        if offer.released_at is None:
            give_room(poll_id=poll.pk)
        kind = Kind.LATE
    elif kind is Kind.VOTE and offer.released_at is not None and not _taken_again(poll):
        kind = Kind.LATE
    round_ = _round_for(player, now)
    given = Answer(
        public_id=card,
        player=player,
        poll=poll,
        example_id=poll.example_id,
        round=round_,
        kind=kind,
        label=label,
        milliseconds=max(0, min(milliseconds, SLOWEST)),
        guess=poll.guess,
        guess_shown=kind is Kind.REPEAT or has_seen_guess,
        given_at=now,
        wrong_costs=tariff.wrong,
        cant_tell_costs=tariff.cant_tell_wrong,
    )
    first_settlement(given)
    given.save(force_insert=True)
    _count(poll, given, now)
    _count_day(given)
    offer.delete()
    round_.answered += 1  # it is locked
    round_.save(update_fields=["answered"])
    if round_.answered >= round_.cards:
        close_round(round_=round_, now=now)
    return given


def _has_seen_guess(player: Player, poll: Poll) -> bool:
    """It is said after an answer, also after one that was taken back."""
    before = Answer.objects.filter(player=player, example=poll.example_id, poll=poll)
    return before.exclude(guess="").exists()


def _locked_offer(player: Player, card: UUID, poll: int) -> Offer:
    # The poll's row is what two answers at once wait for; no_key: who only refers to it need not.
    polls = Poll.objects.select_for_update(of=("self",), no_key=True).select_related("example")
    locked = polls.get(pk=poll)
    # Only now: while one waited, it may have run out, been answered, or been taken out.
    offer = Offer.objects.filter(public_id=card, player=player).first()
    if offer is None:
        raise UnknownCard
    offer.poll = locked
    if locked.state == Poll.State.CLOSED or locked.example.state == Example.State.PULLED:
        raise PulledCard
    return offer


def _round_for(player: Player, now: datetime) -> Round:
    """Locked, so that two answers at once are counted one after the other."""
    while True:
        open_ = begin_round(player=player, now=now)
        locked = Round.objects.select_for_update(no_key=True).filter(pk=open_.pk)
        for round_ in locked.filter(finished_at=None):
            return round_
        # Another window ended it while this one waited.


def _check_label(name: str, label: str) -> None:
    question = current_taxonomy().question(name)
    if question is None or label not in (*question.label_names, CANT_TELL, SKIP):
        raise UnknownLabel


def _taken_again(poll: Poll) -> bool:
    return bool(Poll.objects.with_room().filter(pk=poll.pk).update(taken=F("taken") + 1))


def _count(poll: Poll, given: Answer, now: datetime) -> None:
    """A label counts; a skip gives its room to somebody else. What has settled is looked at again:
    also an answer that came after that earns by it.
    """
    if given.kind not in (Kind.VOTE, Kind.LATE):
        return
    counts = given.kind == Kind.VOTE and given.label != SKIP
    if given.kind == Kind.VOTE and given.label == SKIP:
        give_room(poll_id=poll.pk)
    votes = poll.votes + counts
    if (counts and votes >= poll.wanted) or poll.state == Poll.State.SETTLED:
        Poll.objects.filter(pk=poll.pk).update(votes=votes, due_at=now + UNDO_WITHIN)
    elif counts:
        Poll.objects.filter(pk=poll.pk).update(votes=votes)


def _count_day(given: Answer) -> None:
    """Under the lock on the player's round: of one player one at a time."""
    day = day_of(given.given_at, given.player.zone)
    days, goal = PlayedDay.objects.filter(player=given.player, day=day), given.player.daily_goal
    if not days.update(answers=F("answers") + 1, goal=Least("goal", Value(goal))):
        PlayedDay.objects.create(player=given.player, day=day, answers=1, goal=goal)


@transaction.atomic
def undo(*, player: Player, card: UUID | None = None, now: datetime) -> Offer | None:
    """Take back the last answer, while nothing has followed from it; the card is in hand again.
    `card`: whose answer is meant. Sent again, it takes back nothing more and says the same.
    """
    last = last_answer(player=player, now=now)
    if card is not None and (last is None or last.public_id != card):
        return _back_in_hand(player, card, now)
    if last is None or last.settled_as:
        return None
    poll = Poll.objects.select_for_update(no_key=True).get(pk=last.poll_id)
    if poll.state not in (Poll.State.OPEN, Poll.State.SETTLED):
        return None
    if not _taken_back(last, poll, now):
        return _back_in_hand(player, last.public_id, now)  # by its copy, while this one waited
    _reopen(last.round)
    day = player.played_days.filter(day=day_of(last.given_at, player.zone), answers__gt=0)
    day.update(answers=F("answers") - 1)
    offer = Offer(player=player, poll=poll, kind=last.kind, made_at=_before_all(player, now))
    if last.kind == Kind.VOTE and last.label == SKIP and not _taken_again(poll):
        # Its room is gone. It lies in the hand like any other, or nobody would see it again.
        offer.kind = Kind.LATE
    offer.expires_at = now + timedelta(seconds=GameSettings.current().lease_seconds)
    offer.save(force_insert=True)
    return offer


def last_answer(*, player: Player, now: datetime) -> Answer | None:
    """The one that undo is about: the last one, of the last half minute."""
    of_late = Answer.objects.standing().filter(player=player, given_at__gt=now - UNDO_WITHIN * 3)
    return of_late.select_related("round").newest_first().first()


def _back_in_hand(player: Player, card: UUID, now: datetime) -> Offer | None:
    """What the player was given for this card's answer when it was taken back, if it still lies
    there.
    """
    undone = Answer.objects.filter(player=player, public_id=card).exclude(undone_at=None)
    offers = Offer.objects.filter(player=player, poll__in=undone.values("poll"), expires_at__gt=now)
    showable = offers.exclude(poll__state=Poll.State.CLOSED).exclude(
        poll__example__state=Example.State.PULLED
    )
    return showable.select_related("poll__example").order_by("pk").last()


def _before_all(player: Player, now: datetime) -> datetime:
    """The card comes back on top of the hand, whose next cards were dealt before."""
    held = Offer.objects.in_hand(now).filter(player=player).in_order().first()
    return held.made_at - timedelta(microseconds=1) if held else now


def _taken_back(last: Answer, poll: Poll, now: datetime) -> bool:
    """Whether it could be: a poll that was weighed with it has counted it already."""
    counts = last.kind == Kind.VOTE and last.label != SKIP
    if counts and poll.votes >= poll.wanted and poll.due_at is None:
        return False
    # It was read before the lock: of two requests at once only one finds it standing here.
    if not Answer.objects.filter(pk=last.pk, undone_at=None).update(undone_at=now):
        return False
    if counts:
        Poll.objects.filter(pk=poll.pk).update(votes=F("votes") - 1, due_at=None)
    return True


def _reopen(round_: Round) -> None:
    others = Round.objects.filter(player=round_.player_id, finished_at=None).exclude(pk=round_.pk)
    others.filter(answered=0, given=None).delete()
    others.filter(answered=0).update(finished_at=round_.finished_at)  # all of it was taken back
    if not others.exists():
        Round.objects.filter(pk=round_.pk).update(finished_at=None)
    Round.objects.filter(pk=round_.pk, answered__gt=0).update(answered=F("answered") - 1)


# ---- the leak button -----------------------------------------------------------------------


def pull_card(*, player: Player, card: UUID, now: datetime) -> bool:
    """Somebody can be known by it: out of every hand at once. Whether it was there to pull."""
    example = _had(player, card).poll.example
    return pull_example(example=example, by=player.user.get_username(), now=now)


def _had(player: Player, card: UUID) -> Offer | Answer:
    offer = Offer.objects.filter(public_id=card, player=player).first()
    held = offer or Answer.objects.filter(public_id=card, player=player).first()
    if held is None:
        raise UnknownCard
    return held


@transaction.atomic
def pull_example(*, example: Example, by: str, now: datetime) -> bool:
    # Polls before their example, as whoever settles them, or each would wait for the other.
    polls = list(example.polls.select_for_update(no_key=True).order_by("pk"))
    pulled = examples.pull(example=example, by=by, reason=LEAK_BUTTON, now=now)
    for poll in polls:
        if poll.state != Poll.State.CLOSED:
            close_as_pulled(poll=poll, now=now)
    return pulled


def may_put_back(*, player: Player, card: UUID) -> bool:
    try:
        return _took_out(player, _had(player, card).poll.example)
    except UnknownCard:
        return False


def _took_out(player: Player, example: Example) -> bool:
    """They themselves, by the button; what was pulled otherwise is for the admin."""
    by = (example.pulled_by, example.pulled_because)
    return example.state == Example.State.PULLED and by == (
        player.user.get_username(),
        LEAK_BUTTON,
    )


@transaction.atomic
def put_back_card(*, player: Player, card: UUID, now: datetime) -> Offer | None:
    """The button was pressed by a slip: the card is in the game and in their hand again. None:
    others have it by now, or it was answered before.
    """
    held = _had(player, card)
    polls = list(
        Poll.objects.select_for_update(no_key=True)
        .filter(example=held.poll.example_id)
        .order_by("pk")
    )
    # Only now: while one waited, it may have been put back.
    example = Example.objects.get(pk=held.poll.example_id)
    if not _took_out(player, example):
        raise CannotPutBack
    examples.put_back(example=example)
    asked = current_taxonomy().question_names
    for poll in polls:
        if poll.state == Poll.State.CLOSED and poll.question in asked:
            reopen(poll=poll, now=now)
    return _held_again(held, now) if isinstance(held, Offer) else None


def _held_again(offer: Offer, now: datetime) -> Offer | None:
    poll = Poll.objects.select_related("example").get(pk=offer.poll_id)
    if poll.state == Poll.State.CLOSED or (offer.kind == Kind.VOTE and not _taken_again(poll)):
        return None
    offer.poll, offer.released_at = poll, None
    offer.made_at = _before_all(offer.player, now)
    offer.expires_at = now + timedelta(seconds=GameSettings.current().lease_seconds)
    offer.save(update_fields=["released_at", "made_at", "expires_at"])
    return offer


# ---- contests and rulings ------------------------------------------------------------------


@transaction.atomic
def contest(*, player: Player, answer: Answer, words: str, now: datetime) -> Contest:
    """A reviewer looks at the card again. What it settled as stands until then."""
    is_wrong = answer.rule in MISTAKES and answer.undone_at is None
    is_pulled = answer.example.state == Example.State.PULLED
    if answer.player_id != player.pk or not is_wrong or is_pulled:
        raise CannotContest
    made, is_new = Contest.objects.get_or_create(
        answer=answer, defaults={"words": words[:300], "created_at": now}
    )
    if not is_new:
        raise CannotContest
    return made


@transaction.atomic
def rule(
    *,
    poll: Poll,
    by: Player,
    label: str,
    reason: str,
    note: str = "",
    make_gold: bool = False,
    seen: int | None = None,
    now: datetime,
) -> Ruling:
    """A reviewer says what it is; it stands above any consensus. The differences are booked now.
    `seen`: rulings that they had before them; None: whatever there are.
    """
    if label == SKIP:
        raise UnknownLabel
    _check_label(poll.question, label)
    name = by.user.get_username()
    Poll.objects.select_for_update(no_key=True).get(pk=poll.pk)
    if seen is not None and seen != poll.rulings.count():
        raise DecidedMeanwhile
    ruling = Ruling.objects.create(
        poll=poll, label=label, reason=reason, note=note[:300], by=name, at=now
    )
    _settle_by_hand(poll, label, name, ruling, now)
    Contest.objects.filter(answer__poll=poll, state=Contest.State.OPEN).update(
        state=Contest.State.DECLINED, decided_at=now, decided_by=name
    )
    Contest.objects.filter(answer__poll=poll, decided_at=now, answer__label=label).update(
        state=Contest.State.UPHELD
    )
    if (gold := Gold.objects.filter(poll=poll).first()) is not None:
        _correct_gold(gold, label, now)
    elif make_gold and label != CANT_TELL:
        picked = Gold.objects.filter(question=poll.question, source=Gold.Source.REVIEWER).count()
        Gold.objects.create(
            poll=poll,
            question=poll.question,
            label=label,
            why=note[:300],
            source=Gold.Source.REVIEWER,
            is_reserve=(picked + 1) % RESERVE == 0,
            by=name,
            created_at=now,
        )
    return ruling


def mark_as_written(*, ruling: Ruling, by: Player, now: datetime) -> bool:
    """The labelling guide has a sentence for it now. Whether nobody had said so before."""
    gaps = Ruling.objects.gaps().unwritten().filter(pk=ruling.pk)
    return gaps.update(written_at=now, written_by=by.user.get_username()) == 1


def _settle_by_hand(poll: Poll, label: str, by: str, ruling: Ruling, now: datetime) -> None:
    Poll.objects.filter(pk=poll.pk).update(
        state=Poll.State.SETTLED,
        settled_as=label,
        probability=1.0,
        method="reviewer",
        settled_at=now,
        due_at=None,
        relabel=0.0,
        why_review="",
    )
    if label == CANT_TELL:
        examples.unsettle(example=poll.example, question=poll.question, now=now)
    else:
        examples.settle(
            settlement=examples.Settlement(
                example=poll.example,
                question=poll.question,
                label=label,
                probability=1.0,
                votes=poll.votes,
                method="reviewer",
                by=by,
                reason=ruling.get_reason_display(),
                answers=[str(pk) for pk in poll.answers.counting().values_list("pk", flat=True)],
            ),
            now=now,
        )
    book_poll(poll=poll, settled_as=label, now=now)


def _correct_gold(gold: Gold, label: str, now: datetime) -> None:
    """A hidden check that was wrong misjudged everybody who met it: it is none any more, and their
    answers settle anew.
    """
    if gold.label == label:
        return
    gold.retired_at = now
    gold.label = label
    gold.save(update_fields=["retired_at", "label"])
    checks = gold.poll.answers.standing().filter(kind=Kind.GOLD).exclude(settled_as="")
    rebook_checks(answers=checks.select_related("poll__gold"), now=now)


# ---- practice ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PracticeState:
    run: PracticeRun
    card: PracticeCard
    number: int  # of the card, from 1
    of: int
    is_needed: bool  # before answers count


@dataclass(frozen=True, slots=True)
class Practised:
    run: PracticeRun
    card: PracticeCard  # that was answered
    said: str
    is_right: bool
    next_card: PracticeCard | None


def needs_practice(player: Player) -> bool:
    return player.practised_for != fingerprint(current_taxonomy())


def practice_of(*, player: Player, now: datetime) -> PracticeState:
    """The run that is open, or a new one."""
    taxonomy = current_taxonomy()
    meaning = fingerprint(taxonomy)
    run, _ = PracticeRun.objects.get_or_create(
        player=player, finished_at=None, defaults={"meaning": meaning, "began_at": now}
    )
    cards = practice_cards(taxonomy)
    # The labels, or their examples, changed in the middle of it.
    if run.meaning != meaning or len(run.answers) >= len(cards):
        run.meaning, run.answers = meaning, []
        run.save(update_fields=["meaning", "answers"])
    number = len(run.answers) + 1
    return PracticeState(run, cards[number - 1], number, len(cards), needs_practice(player))


@transaction.atomic
def practise(*, player: Player, label: str, number: int, now: datetime) -> Practised:
    """Answer the practice card of this number, from 1; the last one ends the run, passed or not.
    An earlier number answered again says the same as before.
    """
    cards = practice_cards(current_taxonomy())
    run = PracticeRun.objects.select_for_update().get(pk=practice_of(player=player, now=now).run.pk)
    if not 1 <= number <= len(run.answers) + 1 or number > len(cards):
        raise UnknownCard
    card = cards[number - 1]
    if number == len(run.answers) + 1:
        _check_label(card.question, label)
        run.answers = [*run.answers, label]
        if len(run.answers) == len(cards):
            run.finished_at = now
            run.is_passed = is_passed(run.answers, cards)
        run.save(update_fields=["answers", "finished_at", "is_passed"])
        if run.is_passed:
            player.practised_for, player.practised_at = run.meaning, now
            player.save(update_fields=["practised_for", "practised_at"])
    said = run.answers[number - 1]
    next_card = cards[number] if number < len(cards) else None
    return Practised(run, card, said, said == card.label, next_card)


def still_open(*, player: Player, cards: Collection[UUID]) -> set[UUID]:
    """Which of these cards may stay on the player's screen."""
    held = Offer.objects.filter(player=player, public_id__in=cards)
    kept = held.exclude(poll__example__state=Example.State.PULLED)
    return set(kept.values_list("public_id", flat=True))
