"""Step 9 of a message's way: what is asked next, and of whom.

One queryset for each part of the mix, each along an index of what may still be handed out. A poll
is taken by one conditional UPDATE, so two players never get the last vote at once.

By doubt, by rarity and by old labels the questions take turns. Where a model is torn between four
tones it is so by another measure than between seven intents: in one queue the question that is read
worst would be all that is asked. The primary one has most of the turns, since Nod acts on it.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import F, Q

from classifier.models import Example
from classifier.taxonomy import current_taxonomy
from labelgame.models import Answer, GameSettings, Gold, Offer, Player, Poll
from labelgame.models.polls import Kind, PollQuerySet
from labelgame.rules.mix import in_turn, part_at
from labelgame.rules.scoring import SKIP

TAKE_TURNS = ("doubt", "rarity", "relabel")
# Answers before a card may come back: what was said is then forgotten, unless one knows it.
REPEAT_AFTER = 20
REPEAT_WITHIN = 60
_TRIES = 8  # candidates looked at together; others may take the first ones meanwhile


def candidates(part: str, player: Player, question: str) -> PollQuerySet:
    """What a part of the mix would ask of this player, the best first. `question`: whose turn it
    is, where they take turns.

    What is kept apart to measure with comes by lot alone: asked by doubt, only the doubtful ones
    would ever settle, and the measure would be theirs.
    """
    polls = Poll.objects.with_room().showable().unseen_by(player)
    match part:
        case "disagreement":
            return polls.filter(is_apart=False, disagreement__gt=0).order_by("-disagreement", "id")
        case "rarity":
            rare = polls.of_question(question).filter(is_apart=False, rarity__gt=0)
            return rare.order_by("-rarity", "id")
        case "relabel":
            old = polls.of_question(question).filter(is_apart=False, relabel__gt=0)
            return old.order_by("-relabel", "id")
        case "random":
            return polls.order_by("-is_apart", "lot")
        case "doubt":
            return polls.of_question(question).filter(is_apart=False).order_by("-doubt", "id")
    raise ValueError(f"{part!r} is no part of the mix.")


def deal(
    *, player: Player, settings: GameSettings, number: int, dice: tuple[float, float], now: datetime
) -> Offer | None:
    """One card more; None: there is nothing left for this player. `number`: how many they had;
    `dice`: two numbers from 0 to 1, for what no player may foresee.
    """
    checks, repeats = dice[0] < settings.gold_share, dice[1] < settings.repeat_share
    # A card that comes when nothing else is left would be known for what it is.
    if (checks or repeats) and any(each.exists() for each in _in_turn(settings, number, player)):
        if checks and (gold := _gold_for(player)) is not None:
            return _offer(player, gold.poll, Kind.GOLD, settings, now)
        if repeats and (poll := _repeat_for(player)) is not None:
            return _offer(player, poll, Kind.REPEAT, settings, now)
    for polls in _in_turn(settings, number, player):
        if (poll := _take_one(polls)) is not None:
            return _offer(player, poll, Kind.VOTE, settings, now)
    return None


def _in_turn(settings: GameSettings, number: int, player: Player) -> Iterator[PollQuerySet]:
    """The part whose turn it is; where it is empty, whatever else there is. Last of all the other
    question about an example that the player has seen: nobody is told that nothing is left while
    there is something.
    """
    turns = in_turn(current_taxonomy().question_names, settings.primary_share, number)
    part = part_at(settings.mix, number)
    for question in turns if part in TAKE_TURNS else turns[:1]:
        yield candidates(part, player, question)
    if part != "doubt":
        yield candidates("doubt", player, turns[0])
    yield candidates("random", player, turns[0])
    yield Poll.objects.with_room().showable().unanswered_by(player).order_by("-is_apart", "lot")


def _take_one(polls: PollQuerySet) -> Poll | None:
    while found := list(polls.select_related("example")[:_TRIES]):
        for poll in found:
            if Poll.objects.with_room().filter(pk=poll.pk).update(taken=F("taken") + 1):
                return poll
    return None


def _can_be_right() -> Q:
    """There is a button for what the check is known to be."""
    known = Q()
    for question, labels in current_taxonomy().label_names.items():
        known |= Q(question=question, label__in=labels)
    return known


def _gold_for(player: Player) -> Gold | None:
    """Those that were shown least first, so that no check becomes known."""
    unseen = Gold.objects.in_use().unseen_by(player).filter(_can_be_right()).least_shown_first()
    gold = unseen.select_related("poll__example").first()
    if gold is not None:
        Gold.objects.filter(pk=gold.pk).update(times_shown=F("times_shown") + 1)
    return gold


def _repeat_for(player: Player) -> Poll | None:
    """A card answered a while ago that has not come back yet."""
    earlier = list(
        Answer.objects.counting()
        .filter(player=player)
        .exclude(example__state=Example.State.PULLED)
        .select_related("poll__example")
        .newest_first()[REPEAT_AFTER:REPEAT_WITHIN]
    )
    # By example, along the index of what a player has seen.
    seen = [answer.example_id for answer in earlier]
    again = Answer.objects.filter(player=player, kind=Kind.REPEAT, example__in=seen)
    in_hand = Offer.objects.filter(player=player, released_at=None)
    taken = {*again.values_list("poll_id", flat=True), *in_hand.values_list("poll_id", flat=True)}
    asked = current_taxonomy().question_names  # polls of others may lie about
    for answer in earlier:
        is_asked = answer.label != SKIP and answer.poll.question in asked
        if is_asked and answer.poll_id not in taken:
            return answer.poll
    return None


def _offer(player: Player, poll: Poll, kind: Kind, settings: GameSettings, now: datetime) -> Offer:
    return Offer.objects.create(
        player=player,
        poll=poll,
        kind=kind,
        made_at=now,
        expires_at=now + timedelta(seconds=settings.lease_seconds),
    )
