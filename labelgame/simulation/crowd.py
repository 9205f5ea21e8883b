"""Simulated people at the game: every card is dealt, answered and settled by the game itself.

People play in breaks, some rounds each, side by side, on a clock that moves as they read; between
their answers the background does what the scheduler would have it do.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush
from random import Random

from django.contrib.auth import get_user_model

from classifier.taxonomy import current_taxonomy
from labelgame import actions, background
from labelgame.models import Answer, Player, PlayerSkill, QuestionState
from labelgame.models.polls import Kind
from labelgame.practice import fingerprint
from labelgame.simulation.known import Known
from labelgame.simulation.people import Person, reply

BREAK = timedelta(minutes=20)  # in which everybody begins, some sooner and some later
BETWEEN = timedelta(hours=2)  # two breaks
ROUNDS = 2  # of one person in a break
NEXT_CARD = timedelta(milliseconds=400)  # till it is seen: a hand has to come down
# On the game's clock. The scheduler looks every five seconds and weighs every two minutes: half as
# often changes nothing but the time that a simulation takes.
SEE_TO_GAME = timedelta(seconds=10)
WEIGH = timedelta(minutes=4)


@dataclass
class Seat:
    """A simulated person and their player."""

    person: Person
    player: Player
    dice: Random
    answers_about: Counter[str] = field(default_factory=Counter)  # question -> of all kinds

    @property
    def answers(self) -> int:
        return self.answers_about.total()

    def play_card(self, known: Known, *, now: datetime) -> Answer | None:
        """Answer the card in hand; None: nothing is left for them."""
        held = actions.hand(player=self.player, now=now)
        if not held:
            if (open_ := actions.open_round(player=self.player)) is not None:
                actions.close_round(round_=open_, now=now)  # as the page does
            return None
        said = reply(self.person, known.card(held[0].poll), self.dice)
        self.answers_about[held[0].poll.question] += 1
        return actions.answer(
            player=self.player,
            card=held[0].public_id,
            label=said.label,
            milliseconds=said.milliseconds,
            now=now,
        )


@dataclass(frozen=True, slots=True)
class Sighting:
    """What the game made of a player when it weighed all answers."""

    person: Person
    answers: int  # that they had given by then
    weight: float
    right: float | None  # how often they are right, as consensus believes; None: not known yet
    chance: float  # how often dice are right


@dataclass
class Crowd:
    seats: Sequence[Seat]
    known: Known
    now: datetime
    dice: Random
    weigh_every: timedelta = WEIGH
    sightings: list[Sighting] = field(default_factory=list)
    on_answer: Callable[[Answer], object] = lambda answer: None

    @property
    def answers(self) -> int:
        return sum(seat.answers for seat in self.seats)

    def answers_about(self, question: str) -> int:
        return sum(seat.answers_about[question] for seat in self.seats)

    def play_break(self, *, rounds: int = ROUNDS, most: int | None = None) -> int:
        """How many answers counted: with none, nothing is left to settle. `most`: answers of all
        kinds after which everybody goes back to work.
        """
        began, counted, seen_to, weighed = self.answers, 0, self.now, self.now
        queue = [(self.now + self.dice.random() * BREAK, place) for place in range(len(self.seats))]
        cards = dict.fromkeys(range(len(self.seats)), rounds * actions.CARDS)
        heapify(queue)
        while queue and (most is None or self.answers - began < most):
            self.now, place = heappop(queue)
            if self.now - seen_to >= SEE_TO_GAME:
                background.see_to_game(now=self.now)
                seen_to = self.now
            if self.now - weighed >= self.weigh_every:
                self.weigh()
                weighed = self.now
            answer = self.seats[place].play_card(self.known, now=self.now)
            if answer is None:
                continue
            counted += answer.kind == Kind.VOTE
            self.on_answer(answer)
            cards[place] -= 1
            if cards[place] > 0:
                read = timedelta(milliseconds=answer.milliseconds)
                heappush(queue, (self.now + read + NEXT_CARD, place))
        self.settle()
        self.now += BETWEEN
        return counted

    def settle(self) -> None:
        """What the background does once nothing can be undone any more."""
        self.now += timedelta(minutes=1)
        background.see_to_game(now=self.now)
        self.weigh()

    def weigh(self, *, anyway: bool = False) -> None:
        if background.weigh(now=self.now, anyway=anyway):
            self.sightings += sightings(self.seats)


def invite(people: Sequence[Person], *, now: datetime, seed: int) -> list[Seat]:
    """Players who have all passed the practice: whoever means harm can read a guide, too."""
    meaning = fingerprint(current_taxonomy())
    users = get_user_model().objects
    return [
        Seat(
            person,
            Player.objects.create(
                user=users.create_user(person.name),
                name=person.name,
                practised_for=meaning,
                practised_at=now,
                joined_at=now,
            ),
            Random(f"{seed} {person.name}"),
        )
        for person in people
    ]


def sightings(seats: Sequence[Seat]) -> list[Sighting]:
    taxonomy = current_taxonomy()
    chance = sum(1 / len(question.labels) for question in taxonomy.questions)
    rights = _rights()
    weights = dict(Player.objects.values_list("pk", "weight"))
    return [
        Sighting(
            seat.person,
            seat.answers,
            weights[seat.player.pk],
            rights.get(seat.player.pk),
            chance / len(taxonomy.questions),
        )
        for seat in seats
    ]


def _rights() -> dict[int, float]:
    """How often each player is right, over the labels as common as they are, of all questions."""
    priors = dict(QuestionState.objects.values_list("question", "priors"))
    shares: dict[int, list[float]] = {}
    for skill in PlayerSkill.objects.filter(question__in=priors):
        of = priors[skill.question]
        said = skill.confusion
        right = sum(share * said.get(label, {}).get(label, 0.0) for label, share in of.items())
        shares.setdefault(skill.player_id, []).append(right)
    return {player: sum(right) / len(right) for player, right in shares.items()}
