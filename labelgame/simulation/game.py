"""One simulated crowd's whole game, from the first break until nothing is left to settle."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from random import Random

from classifier.data import Row, place_of
from classifier.examples import Arrival, add_examples
from classifier.models import Example, ExampleSource
from classifier.readings import Reading, reading_from_scores
from classifier.taxonomy import Taxonomy, current_taxonomy
from labelgame import background
from labelgame.dice import loaded_dice
from labelgame.models import Answer
from labelgame.simulation.crowd import WEIGH, Crowd, invite
from labelgame.simulation.judging import Played, judge
from labelgame.simulation.known import Known
from labelgame.simulation.people import crowd_of

MODEL_RIGHT = 0.8  # of the guesses, as a first model's; players beat it for a bonus


def play_game(
    *,
    rows: Sequence[Row],
    players: int,
    examples: int,
    seed: int,
    now: datetime,
    weigh_every: timedelta = WEIGH,
    on_answer: Callable[[Answer], object] = lambda answer: None,
) -> Played:
    """`rows`: labelled in all questions; so many of them are played for, and their labels told to
    nobody.
    """
    taxonomy, dice = current_taxonomy(), Random(seed)
    with loaded_dice(seed):
        known = Known(rows, taxonomy, seed=seed)
        asked = add(dice.sample(list(rows), min(examples, len(rows))), known, dice, now=now)
        seats = invite(crowd_of(players, dice), now=now, seed=seed)
        crowd = Crowd(seats, known, now, dice, weigh_every=weigh_every, on_answer=on_answer)
        background.see_to_game(now=now)
        background.weigh(now=now)  # which plants the first checks
        while crowd.play_break():
            pass
        crowd.weigh(anyway=True)
        crowd.settle()
    return judge(crowd, seed=seed, examples=len({example.pk for example in asked}))


def add(rows: Sequence[Row], known: Known, dice: Random, *, now: datetime) -> list[Example]:
    """As if they had been texted, and read unsurely."""
    taxonomy = current_taxonomy()
    arrivals = [
        Arrival(
            pair=row.pair,
            source=ExampleSource.Kind.MESSAGE,
            reference=f"simulated {place_of(row)} {number}",
            received_at=now,
            reading=guessed(row, known, taxonomy, dice),
            unsure=True,
        )
        for number, row in enumerate(rows)
    ]
    return add_examples(arrivals=arrivals, now=now)


def guessed(row: Row, known: Known, taxonomy: Taxonomy, dice: Random) -> Reading:
    """What a middling model makes of it; it errs where people do."""
    scores = {}
    for question in taxonomy.questions:
        card = known.card_of(row, question.name)
        is_right = dice.random() < MODEL_RIGHT
        label = card.truth if is_right else card.looks_like
        sure = dice.uniform(0.4, 0.95 if is_right else 0.75)
        rest = (1 - sure) / (len(question.labels) - 1)
        scores[question.name] = dict.fromkeys(question.label_names, rest) | {label: sure}
    return reading_from_scores(scores, primary=taxonomy.primary.name, model="simulated")
