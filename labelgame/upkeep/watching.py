"""Who plays without reading? labelgame/rules/fairplay.py says what tells; here are the tables."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q

from labelgame.models import Answer, Player
from labelgame.models import polls as tables
from labelgame.rules.fairplay import RECENT, Kind, Play, Repeat, standing
from labelgame.rules.scoring import SKIP

# Others who answered the same cards earlier, the ones with the most in common: a copier copies
# somebody, and comparing everybody with everybody would grow with the square of the players.
MOST_OTHERS = 5


def check_players(*, now: datetime) -> list[Player]:
    """Those who played since they were looked at last, or whose cards settled since, for some signs
    show only then; whose weight changed.
    """
    mine = Answer.objects.filter(player=OuterRef("pk"))
    newer = mine.filter(given_at__gt=OuterRef("checked_at"))
    # Or at that very moment: who weighs everything first looks at the players, and then settles.
    settled = mine.filter(settled_at__gte=OuterRef("checked_at"))
    played = Player.objects.playing().filter(Q(checked_at=None) | Exists(newer) | Exists(settled))
    return [player for player in played if check_player(player=player, now=now)]


def check_player(*, player: Player, now: datetime) -> bool:
    """Whether the player's weight changed."""
    plays, repeats = _plays(player), _repeats(player)
    others = {_known_as(other): _plays_before(other, player) for other in _others(player)}
    with transaction.atomic():
        # What an operator set aside may have changed while one looked.
        player = Player.objects.select_for_update(no_key=True).get(pk=player.pk)
        set_aside = [Kind(kind) for kind in player.signs_set_aside if kind in list(Kind)]
        found = standing(plays, repeats=repeats, others=others, set_aside=set_aside)
        before, player.weight = player.weight, found.weight
        player.signs = [
            {"kind": sign.kind.value, "words": sign.words, "remains": sign.remains}
            for sign in found.signs
        ]
        player.checked_at = now
        player.save(update_fields=["weight", "signs", "checked_at"])
    return player.weight != before


def _known_as(player: Player) -> str:
    """By the account, too: several may go by one name, a username is one player's."""
    return f"{player.name} ({player.user.get_username()})"


def _plays(player: Player) -> list[Play]:
    """Of late, oldest first: with checks, whose label is known, and without what came back."""
    answers = (
        Answer.objects.standing()
        .blind()
        .filter(player=player, kind__in=(tables.Kind.VOTE, tables.Kind.GOLD, tables.Kind.LATE))
        .exclude(label=SKIP)
        .select_related("poll", "example")
        .newest_first()[:RECENT]
    )
    return [_play(answer) for answer in reversed(answers)]


def _play(answer: Answer) -> Play:
    return Play(
        example=answer.example_id,
        question=answer.poll.question,
        label=answer.label,
        milliseconds=answer.milliseconds,
        words=len(answer.example.text.split()),
        settled=answer.settled_as or None,
    )


def _repeats(player: Player) -> list[Repeat]:
    again = (
        Answer.objects.standing()
        .filter(player=player, kind=tables.Kind.REPEAT)
        .exclude(label=SKIP)
        .newest_first()[:RECENT]
    )
    polls = [answer.poll_id for answer in again]
    first = dict(
        Answer.objects.counting()
        .filter(player=player, poll__in=polls)
        .values_list("poll_id", "label")
    )
    return [
        Repeat(first[answer.poll_id], answer.label)
        for answer in reversed(again)
        if answer.poll_id in first
    ]


def _others(player: Player) -> Sequence[Player]:
    mine = (
        Answer.objects.standing()
        .filter(player=player, kind=tables.Kind.VOTE)
        .newest_first()
        .values_list("poll_id", flat=True)[:RECENT]
    )
    common = (
        Answer.objects.counting()
        .filter(poll__in=list(mine))
        .exclude(player=player)
        .values("player")
        .annotate(cards=Count("pk"))
        .order_by("-cards", "player")[:MOST_OTHERS]
    )
    people = Player.objects.select_related("user")
    return list(people.filter(pk__in=[row["player"] for row in common]))


def _plays_before(other: Player, player: Player) -> list[Play]:
    """The other's answers to the player's cards of late that came first."""
    mine = (
        Answer.objects.standing()
        .filter(player=player, kind=tables.Kind.VOTE)
        .newest_first()
        .values_list("poll_id", "given_at")[:RECENT]
    )
    given_at = dict(mine)
    theirs = (
        Answer.objects.counting()
        .labelled()
        .filter(player=other, poll__in=list(given_at))
        .select_related("poll", "example")
    )
    before: dict[int, Play] = {}
    for answer in theirs:
        if answer.given_at < given_at[answer.poll_id]:
            before[answer.poll_id] = _play(answer)
    return list(before.values())
