"""What came of a simulated crowd's game, held against the truth."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass
from random import Random
from typing import Any

from django.db.models import Sum

from classifier.taxonomy import current_taxonomy
from labelgame import consensus
from labelgame.models import Answer, Gold, Poll, QuestionState, WeekPoints
from labelgame.rules.scoring import CANT_TELL, SKIP
from labelgame.simulation.crowd import Crowd, Sighting
from labelgame.simulation.people import Card, Kind, Person, reply

FIXED = (1, 2, 3, 5, 7, 9, 11, 13, 15)  # answers to every card, right or wrong, that majority gets
COMPARED = (3, 5, 7)  # … and at which consensus is asked, too

Given = Mapping[int, Sequence[tuple[Hashable, str]]]  # card -> (who, what they said), in order


@dataclass(frozen=True, slots=True)
class Share:
    right: int
    of: int

    @property
    def share(self) -> float:
        return self.right / self.of if self.of else 0.0


@dataclass(frozen=True, slots=True)
class Fixed:
    """With so many answers to every card, however clear it is."""

    answers: int
    majority: float  # share of the cards that come out right
    consensus: float | None


@dataclass(frozen=True, slots=True)
class Earned:
    """Points of all players of a kind."""

    kind: str
    players: int
    answers: int
    least: int
    most: int
    per_hundred: float  # answers


@dataclass(frozen=True, slots=True)
class Found:
    """When the game saw through a player, in answers that they had given by then; None: never."""

    name: str
    kind: str
    answers: int
    sign_after: int | None  # fair play shows a sign
    wrong_after: int | None  # consensus takes them to be wrong more often than right
    below_chance_after: int | None  # … and to be right less often than dice are
    right: float | None  # as consensus takes them to be at the end
    weight: float  # at the end


@dataclass(frozen=True)
class Played:
    """One crowd's whole game."""

    seed: int
    players: int
    examples: int
    cards: int  # questions about examples, checks left out
    answers: int  # of all kinds
    settled: Share  # how many cards settled, and of those how many right
    votes_per_card: float  # answers that counted, by settled card
    in_review: int
    unfinished: int
    too_many: int  # cards with more answers than they asked for
    consensus: Share  # all answers of the game to all its cards, weighed in one run
    majority: Share  # the same answers, counted
    fixed: list[Fixed]
    as_many_as: float | None  # answers a card with which majority is as often right as the game
    earned: list[Earned]
    found: list[Found]
    honest_blamed: int  # honest players with a sign, or taken to be wrong more often than right
    wrong_by_liars: int  # cards that settled as a liar said, and wrongly

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def wrong_through(self) -> int:
        return self.settled.of - self.settled.right


def judge(crowd: Crowd, *, seed: int, examples: int) -> Played:
    polls = list(Poll.objects.exclude(gold__source=Gold.Source.SHIPPED).order_by("pk"))
    given = answers_given()
    settled = [poll for poll in polls if poll.state == Poll.State.SETTLED]
    right = [poll for poll in settled if poll.settled_as == crowd.known.truth(poll)]
    votes = Counter({poll: len(answers) for poll, answers in given.items()})
    same = [compare(crowd, polls, given, question) for question in questions()]
    fixed = at_fixed_redundancy(crowd, polls, seed=seed)
    played = Share(len(right), len(settled))
    people = [seat.person for seat in crowd.seats]
    return Played(
        seed=seed,
        players=len(crowd.seats),
        examples=examples,
        cards=len(polls),
        answers=crowd.answers,
        settled=played,
        votes_per_card=sum(votes[poll.pk] for poll in settled) / max(1, len(settled)),
        in_review=sum(poll.state == Poll.State.REVIEW for poll in polls),
        unfinished=sum(poll.state == Poll.State.OPEN for poll in polls),
        too_many=sum(votes[poll.pk] > poll.wanted for poll in polls),
        consensus=_sum([each for each, _ in same]),
        majority=_sum([each for _, each in same]),
        fixed=fixed,
        as_many_as=as_many_as(played.share, fixed),
        earned=[earned(crowd, kind) for kind in Kind],
        found=[found(each, crowd.sightings) for each in people if each.kind is not Kind.HONEST],
        honest_blamed=sum(is_blamed(each, crowd.sightings) for each in people),
        wrong_by_liars=by_liars(crowd, set(settled) - set(right)),
    )


def questions() -> list[str]:
    return current_taxonomy().question_names


def answers_given() -> dict[int, list[tuple[Hashable, str]]]:
    """That counted, by card."""
    given: dict[int, list[tuple[Hashable, str]]] = defaultdict(list)
    rows = Answer.objects.counting().labelled().order_by("pk")
    for poll, player, label in rows.values_list("poll_id", "player_id", "label"):
        given[poll].append((player, label))
    return given


def compare(
    crowd: Crowd, polls: Sequence[Poll], given: Given, question: str
) -> tuple[Share, Share]:
    """Consensus and majority on the same answers, of the cards that have any."""
    truths = {
        poll.pk: crowd.known.truth(poll)
        for poll in polls
        if poll.question == question and given.get(poll.pk)
    }
    answers = {card: given[card] for card in truths}
    weighed = by_consensus(answers, method_of(question))
    return rightness(weighed, truths), rightness(by_majority(answers), truths)


def by_majority(given: Given) -> dict[int, str]:
    """Of two that are as frequent, the one that was said first."""
    return {
        card: Counter(label for _, label in answers).most_common(1)[0][0]
        for card, answers in given.items()
    }


def by_consensus(given: Given, method: str | None) -> dict[int, str]:
    rows = ((card, who, label) for card, answers in given.items() for who, label in answers)
    found = consensus.run(consensus.Votes.of_rows(rows), method=method).labels_of_tasks()
    return {card: found[card] for card in given}


def method_of(question: str) -> str | None:
    """That the game chose last, on its own answers; None: it has weighed none."""
    states = QuestionState.objects.filter(question=question)
    return states.values_list("method", flat=True).first()


def rightness(said: Mapping[int, str], truths: Mapping[int, str]) -> Share:
    return Share(sum(said[card] == truth for card, truth in truths.items()), len(truths))


def _sum(shares: Sequence[Share]) -> Share:
    return Share(sum(each.right for each in shares), sum(each.of for each in shares))


# ---- with so many answers to every card -----------------------------------------------------


def at_fixed_redundancy(crowd: Crowd, polls: Sequence[Poll], *, seed: int) -> list[Fixed]:
    """The same people asked about the same cards, each card by as many of them."""
    people = [seat.person for seat in crowd.seats]
    dice = Random(f"{seed} asked of a fixed number")
    most = min(FIXED[-1], len(people))
    asked: dict[str, dict[int, Card]] = {question: {} for question in questions()}
    for poll in polls:
        asked[poll.question][poll.pk] = crowd.known.card(poll)
    said = {
        question: {card: asked_of(people, known, most, dice) for card, known in cards.items()}
        for question, cards in asked.items()
    }

    def share(answers: int, put_together: Callable[[Given, str], dict[int, str]]) -> float:
        of_questions = []
        for question, cards in asked.items():
            first = {card: all_of[:answers] for card, all_of in said[question].items()}
            truths = {card: known.truth for card, known in cards.items()}
            of_questions.append(rightness(put_together(first, question), truths))
        return _sum(of_questions).share

    return [
        Fixed(
            answers,
            share(answers, lambda given, _: by_majority(given)),
            share(answers, lambda given, question: by_consensus(given, method_of(question)))
            if answers in COMPARED
            else None,
        )
        for answers in FIXED
        if answers <= most
    ]


def asked_of(
    people: Sequence[Person], card: Card, answers: int, dice: Random
) -> list[tuple[Hashable, str]]:
    """What the first so many say who do not skip it, in an order by lot."""
    said: list[tuple[Hashable, str]] = []
    for person in dice.sample(list(people), len(people)):
        label = reply(person, card, dice).label
        if label != SKIP:
            said.append((person.name, label))
        if len(said) == answers:
            break
    return said


def as_many_as(share: float, fixed: Sequence[Fixed]) -> float | None:
    """Answers to every card with which majority is as often right, between two that were tried;
    None where even the most are not enough.
    """
    before = Fixed(0, 0.0, None)
    for each in fixed:
        if each.majority >= share:
            part = (share - before.majority) / (each.majority - before.majority)
            return round(before.answers + part * (each.answers - before.answers), 2)
        before = each
    return None


# ---- people --------------------------------------------------------------------------------


def earned(crowd: Crowd, kind: Kind) -> Earned:
    sums = dict(WeekPoints.objects.values_list("player").annotate(Sum("points")))
    seats = [seat for seat in crowd.seats if seat.person.kind is kind]
    points = [sums.get(seat.player.pk, 0) for seat in seats] or [0]
    answers = sum(seat.answers for seat in seats)
    return Earned(
        kind=kind.value,
        players=len(seats),
        answers=answers,
        least=min(points),
        most=max(points),
        per_hundred=100 * sum(points) / max(1, answers),
    )


def found(person: Person, sightings: Sequence[Sighting]) -> Found:
    seen = [each for each in sightings if each.person == person]

    def first(holds: Callable[[Sighting], bool]) -> int | None:
        return next((each.answers for each in seen if holds(each)), None)

    last = seen[-1] if seen else Sighting(person, 0, 1.0, None, 0.0)
    return Found(
        name=person.name,
        kind=person.kind.value,
        answers=last.answers,
        sign_after=first(lambda each: each.weight < 1.0),
        wrong_after=first(lambda each: each.right is not None and each.right < 0.5),
        below_chance_after=first(lambda each: each.right is not None and each.right < each.chance),
        right=last.right,
        weight=last.weight,
    )


def is_blamed(person: Person, sightings: Sequence[Sighting]) -> bool:
    at_last = found(person, sightings)
    wrong = at_last.right is not None and at_last.right < 0.5
    return person.kind is Kind.HONEST and (at_last.weight < 1.0 or wrong)


def by_liars(crowd: Crowd, wrong: set[Poll]) -> int:
    """Of the cards that settled wrongly, those that settled as a liar had said."""
    liars = [seat.player.pk for seat in crowd.seats if seat.person.kind is Kind.LIAR]
    said = set(Answer.objects.counting().filter(player__in=liars).values_list("poll_id", "label"))
    return sum((poll.pk, poll.settled_as) in said for poll in wrong if poll.settled_as != CANT_TELL)


def played_from(told: Mapping[str, Any]) -> Played:
    """What `as_dict` made, read back."""
    parts = {
        "settled": Share(**told["settled"]),
        "consensus": Share(**told["consensus"]),
        "majority": Share(**told["majority"]),
        "fixed": [Fixed(**each) for each in told["fixed"]],
        "earned": [Earned(**each) for each in told["earned"]],
        "found": [Found(**each) for each in told["found"]],
    }
    return Played(**{**told, **parts})
