"""The game's people, and texts for them. Alice plays and has practised; Charlie is new; Robin
reviews; Olga runs it.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from classifier.examples import Arrival, add_example
from classifier.models import Example, ExampleSource
from classifier.readings import Pair, Reading, reading_from_scores
from classifier.taxonomy import current_taxonomy
from labelgame.models import Gold, Player, Poll
from labelgame.practice import fingerprint
from labelgame.upkeep.polls import open_polls

NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)  # a Monday morning
PASSWORD = "nod nod nod nod"
REMINDER = "Hi Dana, this is Riverside Dental. Your check-up is on 12 May at 2:30 pm. Coming?"

Asked = Callable[..., Example]


def a_player(name: str, *, practised: bool = True, **facts: Any) -> Player:
    user = User.objects.create_user(name, password=PASSWORD)
    meaning = fingerprint(current_taxonomy()) if practised else ""
    return Player.objects.create(
        user=user, name=name.title(), practised_for=meaning, joined_at=NOW, **facts
    )


def signed_in(player: Player) -> Client:
    """A browser of theirs."""
    client = Client()
    client.force_login(player.user)
    return client


@pytest.fixture
def alice(db: None) -> Player:
    return a_player("alice")


@pytest.fixture
def charlie(db: None) -> Player:
    """Has not practised yet."""
    return a_player("charlie", practised=False)


@pytest.fixture
def robin(db: None) -> Player:
    return a_player("robin", role=Player.Role.REVIEWER)


@pytest.fixture
def olga(db: None) -> Player:
    return a_player("olga", role=Player.Role.OPERATOR)


@pytest.fixture
def asked(db: None) -> Asked:
    """asked("yes") makes an example of a text that came, and asks the questions about it. `guess`
    and `tone` are what the model took it for, and how surely; `guess=None`: it was not asked.
    """
    came = 0

    def ask(
        text: str,
        *,
        prompt: str = REMINDER,
        guess: str | None = "confirm",
        tone: str = "neutral",
        sure: float = 0.6,
        now: datetime = NOW,
        **facts: Any,
    ) -> Example:
        nonlocal came
        came += 1
        arrival = Arrival(
            pair=Pair(prompt, text),
            source=ExampleSource.Kind.MESSAGE,
            reference=f"text-{came}",
            received_at=now,
            reading=a_reading(guess, tone, sure) if guess else None,
            unsure=True,
            **facts,
        )
        example = add_example(arrival=arrival, now=now)
        open_polls(now=now)
        return example

    return ask


def a_reading(guess: str, tone: str, sure: float) -> Reading:
    taxonomy = current_taxonomy()
    scores = {}
    for question, label in zip(taxonomy.questions, (guess, tone), strict=True):
        rest = (1 - sure) / (len(question.labels) - 1)
        scores[question.name] = dict.fromkeys(question.label_names, rest) | {label: sure}
    return reading_from_scores(scores, primary=taxonomy.primary.name, model="v1")


THINGS = [
    "scarf",
    "umbrella",
    "ladder",
    "kettle",
    "blanket",
    "bucket",
    "lantern",
    "pillow",
    "bicycle",
    "hammer",
    "trumpet",
    "basket",
    "carpet",
    "mirror",
    "candle",
    "drawer",
    "helmet",
    "jacket",
    "pencil",
    "saddle",
]
PHRASES = ("i'll bring the {}", "do i need the {}", "another day, the {} broke", "what {}?")


def a_stack(asked: Asked, cards: int) -> list[Example]:
    """So many examples, up to 80, none of which folds into another."""
    texts = [phrase.format(thing) for thing in THINGS for phrase in PHRASES]
    return [asked(text) for text in texts[:cards]]


@pytest.fixture
def check(asked: Asked) -> Poll:
    """A hidden check: they will not come, and that is known. Nothing else of it is asked."""
    example = asked("the one whose label is known by now", guess="question")
    Poll.objects.filter(example=example).update(
        state=Poll.State.SETTLED, settled_as="cancel", settled_at=NOW, probability=1.0
    )
    poll = Poll.objects.get(example=example, question="intent")
    Gold.objects.create(
        poll=poll, question="intent", label="cancel", source=Gold.Source.REVIEWER, created_at=NOW
    )
    return poll
