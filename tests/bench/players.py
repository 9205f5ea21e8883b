"""`python -m tests.bench.players`: prepares an installation for the load of tests/bench/game.py:
players, and examples to ask them about. Prints a session's key for each player.
"""

import json
import os
import sys
from datetime import datetime
from itertools import islice, permutations

import django

PLAYERS = 200
# Each has room for four answers, two for each question: a third more than the players will take, so
# that they are in each other's way.
EXAMPLES = 650


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    django.setup()
    from django.utils import timezone  # all of these are readable only after setup

    now = timezone.now()
    ask(now)
    json.dump(sign_in(now), sys.stdout)


def ask(now: datetime) -> None:
    from classifier.examples import Arrival, add_examples
    from classifier.models import ExampleSource
    from classifier.readings import Pair
    from labelgame.upkeep.polls import open_polls
    from tests.labelgame.conftest import REMINDER, THINGS, a_reading

    add_examples(
        arrivals=[
            Arrival(
                pair=Pair(REMINDER, f"do i need the {one}, the {other} or the {third}"),
                source=ExampleSource.Kind.MESSAGE,
                reference=f"bench-{one}-{other}-{third}",
                received_at=now,
                reading=a_reading("question", "neutral", 0.3 + (len(one + other) % 7) / 10),
                unsure=True,
            )
            for one, other, third in islice(permutations(THINGS, 3), EXAMPLES)
        ],
        now=now,
    )
    open_polls(now=now)


def sign_in(now: datetime) -> list[str]:
    from django.conf import settings
    from django.contrib.auth.models import User
    from django.test import Client

    from classifier.taxonomy import current_taxonomy
    from labelgame.models import Player
    from labelgame.practice import fingerprint

    users = User.objects.bulk_create(
        User(username=f"player-{number}", password="!") for number in range(PLAYERS)
    )
    meaning = fingerprint(current_taxonomy())
    Player.objects.bulk_create(
        Player(user=user, name=user.username, practised_for=meaning, joined_at=now)
        for user in users
    )
    browsers = [Client() for _ in users]
    for browser, user in zip(browsers, users, strict=True):
        browser.force_login(user)
    return [browser.cookies[settings.SESSION_COOKIE_NAME].value for browser in browsers]


if __name__ == "__main__":
    main()
