"""A game as it is after a thousand days: ten answers for each example, 300 players, one of them
keen. The pace is always the same, so that fewer examples are fewer days.

Rows are written as the game would have left them, but at once: what pages read is all there.
Bookings are not; no page reads them.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction

from classifier.models import Example, ExampleLabel, ExampleSource, ModelVersion
from classifier.taxonomy import Question, current_taxonomy
from labelgame.models import (
    Answer,
    Contest,
    Credit,
    Gold,
    Offer,
    PlayedDay,
    Player,
    Poll,
    Round,
    Ruling,
    Team,
    WeekPoints,
)
from labelgame.models.polls import Kind
from labelgame.pages.mine import week_named
from labelgame.practice import fingerprint
from labelgame.rules.leagues import Week
from labelgame.rules.scoring import CANT_TELL, Rule
from labelgame.upkeep.booking import week_words

PLAYERS = 300
EXAMPLES_A_DAY = 100
BATCH = 2_000  # examples at a time, with all that belongs to them
GOLD = 200  # examples, the first ones: hidden checks for both questions
WEEKS = 20
# The number of a round has a part in which part of the mix is asked next (labelgame/actions.py),
# and some parts take a query more: whatever the size, it is the same one's turn.
OPEN_ROUNDS = 10_000_000
# The keen player has every second example while there are few, then every sixth: 20,000 of 100,000,
# with the goal of every day met.
FEW = 10_000
KEEN_AT_FIRST, KEEN_LATER = 2, 6
AGREE = 0.85  # of the answers are what the card settled as

Row = dict[str, Any]


@dataclass
class Filling:
    """What every batch needs to know."""

    examples: int
    now: datetime
    players: list[Player]
    dice: Random = field(default_factory=lambda: Random(2))
    checks: list[Poll] = field(default_factory=list)
    days: Counter[tuple[int, date]] = field(default_factory=Counter)  # player, day -> answers
    checked: dict[int, int] = field(default_factory=lambda: defaultdict(int))  # player -> checks
    labels: dict[str, list[str]] = field(
        default_factory=lambda: {
            question.name: [*question.label_names, CANT_TELL]
            for question in current_taxonomy().questions
        }
    )

    def moment(self, example: int) -> datetime:
        return self.now - timedelta(days=(self.examples - example) / EXAMPLES_A_DAY, hours=1)

    def voters(self, example: int, votes: int) -> list[Player]:
        """No two alike, the keen player among them as often as above."""
        first = self.dice.randrange(PLAYERS - 1)
        others = [1 + (first + step * 7) % (PLAYERS - 1) for step in range(votes)]
        if votes and example % (KEEN_AT_FIRST if example < FEW else KEEN_LATER) == 0:
            others[self.dice.randrange(votes)] = 0
        return [self.players[each] for each in others]


def fill(*, examples: int, now: datetime) -> list[Player]:
    """The players, the keen one first."""
    filling = Filling(examples, now, _players(now - timedelta(days=examples / EXAMPLES_A_DAY + 1)))
    for start in range(0, examples, BATCH):
        _fill(filling, range(start, min(start + BATCH, examples)))
    _dispute(filling)
    _days(filling)
    _weeks(filling)
    _open_rounds(filling)
    return filling.players


def _players(joined_at: datetime) -> list[Player]:
    users = User.objects.bulk_create(
        User(username=f"player-{number}", password="!") for number in range(PLAYERS)
    )
    teams = Team.objects.bulk_create(Team(name=f"Team {number}") for number in range(10))
    meaning = fingerprint(current_taxonomy())
    return Player.objects.bulk_create(
        Player(
            user=user,
            name=f"Player {number}",
            team=teams[number % 10],
            practised_for=meaning,
            joined_at=joined_at,
        )
        for number, user in enumerate(users)
    )


def _days(filling: Filling) -> None:
    PlayedDay.objects.bulk_create(
        (
            PlayedDay(player_id=player, day=day, answers=answers)
            for (player, day), answers in filling.days.items()
        ),
        batch_size=BATCH,
    )


def _weeks(filling: Filling) -> None:
    week: Week = week_named(week_words(filling.now))
    for _ in range(WEEKS):
        WeekPoints.objects.bulk_create(
            WeekPoints(player=player, week=week.words, points=filling.dice.randrange(-50, 900))
            for player in filling.players
        )
        week = week.before
    versions = ModelVersion.objects.bulk_create(
        ModelVersion(
            name=f"version-{number}",
            state=ModelVersion.State.RETIRED,
            created_at=filling.now,
            live_from=filling.now - timedelta(days=number),
        )
        for number in range(1, 11)
    )
    Credit.objects.bulk_create(
        Credit(player=player, version=version, labels=filling.dice.randrange(1, 500))
        for version in versions
        for player in filling.players
    )


def _open_rounds(filling: Filling) -> None:
    """Everybody is in the middle of a round, and some have let cards lie."""
    Round.objects.bulk_create(
        Round(pk=OPEN_ROUNDS + number, player=player, began_at=filling.now)
        for number, player in enumerate(filling.players)
    )
    let_lie = Poll.objects.settled().order_by("-pk")[: PLAYERS * 2]
    Offer.objects.bulk_create(
        Offer(
            player=filling.players[number % PLAYERS],
            poll=poll,
            kind=Kind.VOTE,
            made_at=filling.now - timedelta(days=2),
            expires_at=filling.now - timedelta(days=2),
            released_at=filling.now - timedelta(days=2),
        )
        for number, poll in enumerate(let_lie)
    )


# ---- a batch -------------------------------------------------------------------------------


def _fill(filling: Filling, numbers: range) -> None:
    examples = Example.objects.bulk_create(_example(filling, number) for number in numbers)
    ExampleSource.objects.bulk_create(
        ExampleSource(
            example=example,
            kind=ExampleSource.Kind.IMPORT,
            reference=f"file:{example.pk}",
            prompt=example.prompt,
            text=example.text,
            received_at=example.created_at,
        )
        for example in examples
    )
    numbered = list(zip(numbers, examples, strict=True))
    questions = current_taxonomy().questions
    polls = Poll.objects.bulk_create(
        _poll(filling, question, example, is_gold=number < GOLD)
        for number, example in numbered
        for question in questions
    )
    _settle(filling, polls)
    if numbers.start == 0:
        filling.checks = polls[: GOLD * len(questions)]
        Gold.objects.bulk_create(
            Gold(
                poll=poll,
                question=poll.question,
                label=poll.settled_as,
                source=Gold.Source.SHIPPED,
                created_at=filling.now,
            )
            for poll in filling.checks
        )
    polls_of = [polls[at : at + len(questions)] for at in range(0, len(polls), len(questions))]
    given = [
        answer
        for (number, _), polls in zip(numbered, polls_of, strict=True)
        for answer in _answers(filling, number, polls)
    ]
    filling.days.update((row["player_id"], row["given_at"].date()) for row in given)
    _write(given)


def _example(filling: Filling, number: int) -> Example:
    dice, came = filling.dice, filling.moment(number)
    drawn = dice.random()
    state = (
        Example.State.SETTLED
        if number < GOLD or drawn < 0.85
        else Example.State.OPEN
        if drawn < 0.97
        else Example.State.REVIEW
        if drawn < 0.99
        else Example.State.PULLED
    )
    scores = {question.name: _scores(question, dice) for question in current_taxonomy().questions}
    return Example(
        prompt="Hi [name], your check-up at Riverside Dental is on [date] at [time]. Coming?",
        text=f"I will see about the {number} things that I have to do before [date] at [time]",
        fold_key=f"{number:064}",
        times_seen=1,
        split=Example.Split.VALIDATION if dice.random() < 0.15 else Example.Split.TRAIN,
        kept_apart=dice.random() < 0.02,
        state=state,
        reading={"model": "version-1", "unsure": True, "scores": scores},
        guess=current_taxonomy().primary.label_names[number % 7],
        doubt=dice.random(),
        created_at=came,
        seen_at=came,
        settled_at=came if state == Example.State.SETTLED else None,
        pulled_at=came if state == Example.State.PULLED else None,
        pulled_by="player-7" if state == Example.State.PULLED else "",
    )


def _scores(question: Question, dice: Random) -> dict[str, float]:
    parts = [dice.random() for _ in question.labels]
    return {
        name: round(part / sum(parts), 4)
        for name, part in zip(question.label_names, parts, strict=True)
    }


POLL_STATES = {
    Example.State.SETTLED: Poll.State.SETTLED,
    Example.State.OPEN: Poll.State.OPEN,
    Example.State.REVIEW: Poll.State.REVIEW,
    Example.State.PULLED: Poll.State.CLOSED,
}
VOTES = {
    Poll.State.SETTLED: (2, 3, 4, 5, 6, 7, 8),
    Poll.State.OPEN: (0, 0, 0, 0, 0, 1, 1, 1, 2, 3),
    Poll.State.REVIEW: (7,),
    Poll.State.CLOSED: (1, 2, 3),
}


def _poll(filling: Filling, question: Question, example: Example, *, is_gold: bool) -> Poll:
    dice = filling.dice
    state = POLL_STATES[Example.State(example.state)]
    votes = 0 if is_gold else dice.choice(VOTES[state])
    is_open, is_settled = state == Poll.State.OPEN, state == Poll.State.SETTLED
    scores: dict[str, float] = example.reading["scores"][question.name]
    return Poll(
        example=example,
        question=question.name,
        state=state,
        wanted=max(2, votes + is_open),
        taken=votes,
        votes=votes,
        guess=max(scores, key=lambda label: scores[label]),
        # What is doubted most was asked first: where an answer came, one more is waited for.
        doubt=dice.uniform(0.9, 1.0) if votes else dice.uniform(0.0, 0.9),
        disagreement=dice.random() if is_open and votes > 1 else 0.0,
        rarity=dice.random() if question.name == "intent" else 0.0,
        relabel=dice.random() if is_open and dice.random() < 0.05 else 0.0,
        lot=dice.random(),
        is_apart=example.kept_apart,
        settled_as=dice.choice(question.label_names) if is_settled else "",
        probability=0.97 if is_settled else None,
        method="hand" if is_gold else "dawid_skene",
        settled_at=example.created_at + timedelta(hours=1) if is_settled else None,
        why_review=Poll.Why.SPLIT if state == Poll.State.REVIEW else "",
        created_at=example.created_at,
    )


def _settle(filling: Filling, polls: Sequence[Poll]) -> None:
    """The labels that came of it."""
    ExampleLabel.objects.bulk_create(
        ExampleLabel(
            example=poll.example,
            question=poll.question,
            label=poll.settled_as,
            probability=0.97,
            votes=poll.votes,
            method=poll.method,
            by="consensus",
            answers=[str(filling.dice.randrange(10**6)) for _ in range(poll.votes)],
            settled_at=poll.settled_at,
        )
        for poll in polls
        if poll.settled_at is not None
    )


def _answers(filling: Filling, number: int, polls: Sequence[Poll]) -> list[Row]:
    """The votes, and now and then a check or a card that came back beside one."""
    given: list[Row] = []
    # Nobody is asked both questions about an example.
    voters = filling.voters(number, sum(poll.votes for poll in polls))
    for poll in polls:
        for _ in range(poll.votes):
            player = voters.pop()
            given.append(_answer(filling, player, poll, Kind.VOTE))
            done = filling.checked[player.pk]
            if filling.dice.random() < 0.1 and done < len(filling.checks):
                filling.checked[player.pk] += 1
                given.append(_answer(filling, player, filling.checks[done], Kind.GOLD, beside=poll))
            if filling.dice.random() < 0.03:
                given.append(_answer(filling, player, poll, Kind.REPEAT))
    return given


def _answer(
    filling: Filling, player: Player, poll: Poll, kind: Kind, *, beside: Poll | None = None
) -> Row:
    dice, settled_as = filling.dice, poll.settled_as if kind != Kind.REPEAT else ""
    labels = filling.labels[poll.question]
    label = settled_as if settled_as and dice.random() < AGREE else dice.choice(labels)
    is_right = label == settled_as
    given_at = (beside or poll).created_at + timedelta(minutes=dice.uniform(1, 50))
    rule = Rule.WAITING if not settled_as else Rule.RIGHT if is_right else Rule.WRONG
    return {
        "public_id": f"{dice.getrandbits(128):032x}",
        "player_id": player.pk,
        "poll_id": poll.pk,
        "example_id": poll.example_id,
        "kind": kind.value,
        "label": label,
        "milliseconds": dice.randrange(1_500, 9_000),
        "guess": poll.guess,
        "guess_shown": kind == Kind.REPEAT,
        "given_at": given_at,
        "wrong_costs": 28,
        "cant_tell_costs": 1,
        "settled_as": settled_as,
        "rule": rule.value,
        "points": (10 if is_right else -28) if settled_as else 0,
        "waiting": 0 if settled_as else 10,
        "settled_at": given_at + timedelta(minutes=10) if settled_as else None,
    }


def _write(given: Sequence[Row]) -> None:
    """Each player's in rounds of ten. Not by bulk_create, which takes two minutes longer over a
    million rows: it asks every field of each how it is written.
    """
    of_player: dict[int, list[Row]] = defaultdict(list)
    for answer in given:
        of_player[answer["player_id"]].append(answer)
    tens = [rows[at : at + 10] for rows in of_player.values() for at in range(0, len(rows), 10)]
    rounds = Round.objects.bulk_create(
        Round(
            player_id=ten[0]["player_id"],
            answered=len(ten),
            began_at=ten[0]["given_at"],
            finished_at=ten[-1]["given_at"],
        )
        for ten in tens
    )
    moment = connection.ops.adapt_datetimefield_value
    columns = [*given[0], "round_id"]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {Answer._meta.db_table} ({', '.join(columns)})"
            f" VALUES ({', '.join(['%s'] * len(columns))})",
            [
                (*(moment(v) if isinstance(v, datetime) else v for v in row.values()), round_.pk)
                for round_, ten in zip(rounds, tens, strict=True)
                for row in ten
            ],
        )


# ---- what some of them led to --------------------------------------------------------------


def _dispute(filling: Filling) -> None:
    """A reviewer had to say of every tenth card, and of every tenth mistake of the first half a
    player said that it was none.
    """
    settled = Poll.objects.settled().order_by("pk").values_list("pk", "settled_as")
    Ruling.objects.bulk_create(
        Ruling(
            poll_id=poll,
            label=label,
            reason=filling.dice.choice(Ruling.Reason.values),
            by="robin",
            at=filling.now,
        )
        for poll, label in list(settled)[::10]
    )
    wrong = Answer.objects.filter(rule=Rule.WRONG).order_by("pk").values_list("pk", flat=True)
    Contest.objects.bulk_create(
        Contest(
            answer_id=answer,
            words="It says so.",
            state=Contest.State.DECLINED if number % 2 else Contest.State.OPEN,
            created_at=filling.now,
        )
        for number, answer in enumerate(list(wrong)[::20])
    )
