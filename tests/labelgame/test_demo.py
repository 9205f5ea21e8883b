"""A visitor of the demo finds something to play with."""

import json

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from classifier.data import starter_rows
from classifier.models import Example
from classifier.taxonomy import current_taxonomy
from classifier.text import fold
from labelgame import actions, demo
from labelgame.models import Gold, Player, Poll

from .conftest import NOW

pytestmark = pytest.mark.django_db


def test_the_demo_has_cards_once(alice: Player) -> None:
    call_command("demo_cards", verbosity=0)
    cards = Poll.objects.with_room().count()
    assert cards >= 100
    assert Gold.objects.exists()
    call_command("demo_cards", verbosity=0)
    assert Poll.objects.with_room().count() == cards
    assert len(actions.hand(player=alice, now=NOW)) == 2


def test_no_demo_reply_is_one_that_was_trained_on() -> None:
    rows = [json.loads(line) for line in demo.FILE.read_text().splitlines()]
    known = {(row.prompt, fold(row.text)) for row in starter_rows(current_taxonomy())}
    assert not [row for row in rows if (row["prompt"], fold(row["text"])) in known]


def test_production_has_no_made_up_cards(settings: Settings) -> None:
    settings.DEMO = False
    with pytest.raises(CommandError, match="your own texts"):
        call_command("demo_cards")
    assert not Example.objects.exists()
