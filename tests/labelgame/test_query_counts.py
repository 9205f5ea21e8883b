"""What a page asks the database stays the same, however much was answered."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from labelgame import actions
from labelgame.models import GameSettings, Player
from tests.labelgame.conftest import NOW, Asked, a_player, a_stack, signed_in
from tests.labelgame.playing import says, settles

pytestmark = [pytest.mark.django_db, pytest.mark.database]

FEW, MANY = 3, 24  # examples


@pytest.fixture
def client(alice: Player) -> Client:
    return signed_in(alice)


@pytest.fixture(autouse=True)
def one_way_to_deal(db: None) -> None:
    """No check, no repeat, and the part of the mix in which there is always something."""
    shares = dict.fromkeys(("disagreement", "rarity", "relabel", "random", "gold", "repeat"), 0)
    GameSettings.objects.create(pk=1, **{f"{name}_share": share for name, share in shares.items()})


def settled_wrongly_for(alice: Player, asked: Asked, *, since: int, cards: int) -> None:
    """So many examples, of which Alice had each wrong; the tone is still asked of others."""
    others = [a_player(f"player-{since}-{number}") for number in range(3)]
    for example in a_stack(asked, cards)[since:]:
        GameSettings.objects.update(first_votes=4)
        example.polls.filter(question="intent").update(wanted=4)
        for player in others:
            says(player, example, "confirm")
        says(alice, example, "cancel")
    assert settles() == cards - since


def queries_of(client: Client, page: str) -> int:
    client.get(page)  # whatever is kept for a while is there
    with CaptureQueriesContext(connection) as queries:
        response = client.get(page)
    assert response.status_code == 200
    return len(queries)


@pytest.mark.parametrize("page", ["/play/", "/play/me/", "/play/boards/", "/play/rules/"])
def test_a_page_asks_no_more_when_there_is_more_to_tell(
    client: Client, alice: Player, asked: Asked, page: str
) -> None:
    settled_wrongly_for(alice, asked, since=0, cards=FEW)
    few = queries_of(client, page)
    settled_wrongly_for(alice, asked, since=FEW, cards=MANY)
    assert queries_of(client, page) == few


def test_an_answer_asks_no_more_when_there_is_more_to_tell(
    client: Client, alice: Player, asked: Asked
) -> None:
    asked_for = []
    for since, cards in ((0, FEW), (FEW, MANY)):
        settled_wrongly_for(alice, asked, since=since, cards=cards)
        [card, *_] = actions.hand(player=alice, now=NOW, cards=1)
        with CaptureQueriesContext(connection) as queries:
            client.post("/play/answer/", {"card": card.public_id, "label": "?"})
        asked_for.append(len(queries))
    assert asked_for[1] <= asked_for[0]  # the first one of a day begins it
