"""Who may open what, as a table. Sam is staff of the installation, Ada its superuser, Mia has an
account and does not play, Ron has retired.
"""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from classifier import examples
from labelgame import access
from labelgame.models import Contest, Player, Poll, Ruling
from labelgame.urls import urlpatterns

from .conftest import NOW, Asked, a_player, signed_in
from .playing import poll_of, says

pytestmark = [pytest.mark.django_db, pytest.mark.database]

PLAYERS = {"player", "reviewer", "operator", "staff", "superuser"}
REVIEWERS = {"reviewer", "operator", "superuser"}
OPERATORS = {"operator", "superuser"}
EVERYBODY = {"anonymous", "stranger", "retired", *PLAYERS}


@dataclass(frozen=True)
class Address:
    name: str
    method: str
    who: set[str]
    args: tuple[object, ...] = ()


ADDRESSES = [
    Address("card", "GET", PLAYERS),
    Address("answer", "POST", PLAYERS),
    Address("undo", "POST", PLAYERS),
    Address("leak", "POST", PLAYERS),
    Address("put_back", "POST", PLAYERS),
    Address("still", "GET", PLAYERS),
    Address("new_round", "POST", PLAYERS),
    Address("round", "GET", PLAYERS, (uuid4(),)),
    Address("practice", "GET", PLAYERS),
    Address("practice", "POST", PLAYERS),
    Address("rules", "GET", PLAYERS),
    Address("me", "GET", PLAYERS),
    Address("profile", "POST", PLAYERS),
    Address("day_off", "POST", PLAYERS),
    Address("contest", "POST", PLAYERS, (1,)),
    Address("boards", "GET", PLAYERS),
    Address("sign_in", "GET", EVERYBODY),
    Address("join", "GET", EVERYBODY, ("no-such-token",)),
    Address("join", "POST", EVERYBODY, ("no-such-token",)),
    Address("people", "GET", OPERATORS),
    Address("invite", "POST", OPERATORS),
    Address("withdraw", "POST", OPERATORS, (1,)),
    Address("person", "GET", OPERATORS, (uuid4(),)),
    Address("person", "POST", OPERATORS, (uuid4(),)),
    Address("settings", "GET", OPERATORS),
    Address("settings", "POST", OPERATORS),
    Address("agreement", "GET", REVIEWERS),
    Address("review", "GET", REVIEWERS),
    Address("gap_written", "POST", REVIEWERS, (1,)),
    Address("review_item", "GET", REVIEWERS, (1,)),
    Address("review_item", "POST", REVIEWERS, (1,)),
    Address("raw", "GET", REVIEWERS, (1,)),
    Address("raw", "POST", REVIEWERS, (1,)),
    Address("sign_out", "POST", EVERYBODY),  # the last one: nobody is signed in after it
]

VISITORS: dict[str, Callable[[], Client]] = {
    "anonymous": Client,
    "stranger": lambda: client_of(User.objects.create_user("mia")),
    "retired": lambda: signed_in(a_player("ron", retired_at=NOW)),
    "player": lambda: signed_in(a_player("alice")),
    "reviewer": lambda: signed_in(a_player("robin", role=Player.Role.REVIEWER)),
    "operator": lambda: signed_in(a_player("olga", role=Player.Role.OPERATOR)),
    "staff": lambda: client_of(User.objects.create_user("sam", is_staff=True)),
    "superuser": lambda: client_of(User.objects.create_superuser("ada")),
}


def client_of(user: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def lets_in(client: Client, address: Address) -> bool:
    """Whatever the page then says: that there is no such row, or that something is missing."""
    url = reverse(f"labelgame:{address.name}", args=address.args)
    response = client.generic(address.method, url)
    to_sign_in = f"{reverse('labelgame:sign_in')}?next="
    is_sent_away = response.status_code == 302 and response["Location"].startswith(to_sign_in)
    assert response.status_code < 500
    return response.status_code != 403 and not is_sent_away


@pytest.mark.parametrize("visitor", VISITORS)
def test_every_page_knows_who_may_open_it(visitor: str) -> None:
    client = VISITORS[visitor]()
    let_in = {}
    for address in ADDRESSES:
        let_in[address.name, address.method] = lets_in(client, address)
    assert let_in == {(each.name, each.method): visitor in each.who for each in ADDRESSES}


def test_the_table_names_every_page() -> None:
    assert {each.name for each in ADDRESSES} == {pattern.name for pattern in urlpatterns}


# ---- being turned away -----------------------------------------------------------------------


def test_who_is_not_signed_in_comes_back_to_the_page_they_wanted(client: Client) -> None:
    wanted = reverse("labelgame:people") + "?retired"
    response = client.get(wanted)
    assert response["Location"] == "/play/sign-in/?next=/play/people/%3Fretired"


def test_what_was_sent_without_a_session_leads_to_no_page_that_only_takes_forms(
    client: Client,
) -> None:
    assert client.post(reverse("labelgame:undo"))["Location"] == "/play/sign-in/?next="


def test_a_fragment_without_a_session_sends_the_whole_page_to_sign_in(client: Client) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/play/"}
    response = client.post(reverse("labelgame:answer"), headers=headers)
    assert response["HX-Redirect"] == "/play/sign-in/?next=/play/"


def test_a_fragment_for_somebody_who_has_retired_reloads_the_page_that_says_so(
    alice: Player,
) -> None:
    client = signed_in(alice)
    Player.objects.update(retired_at=NOW)
    response = client.post(reverse("labelgame:answer"), headers={"HX-Request": "true"})
    assert response["HX-Refresh"] == "true"
    assert "Your playing has ended" in client.get(reverse("labelgame:card")).content.decode()


@pytest.mark.parametrize(
    ("page", "whose"), [("review", "for reviewers"), ("settings", "for operators")]
)
def test_a_player_is_told_whose_page_it_is(alice: Player, page: str, whose: str) -> None:
    response = signed_in(alice).get(reverse(f"labelgame:{page}"))
    assert response.status_code == 403
    assert whose in response.content.decode()


def test_pages_are_kept_by_no_cache(alice: Player) -> None:
    assert "no-store" in signed_in(alice).get(reverse("labelgame:rules"))["Cache-Control"]


# ---- staff of the installation ---------------------------------------------------------------


def test_staff_play_and_superusers_run_it_without_an_invitation() -> None:
    sam = User.objects.create_user("sam", is_staff=True)
    for user, role in (
        (sam, Player.Role.PLAYER),
        (User.objects.create_superuser("ada"), Player.Role.OPERATOR),
    ):
        player = access.player_of(user, now=NOW)
        assert player is not None
        assert (player.name, player.role) == (user.username, role)
        assert access.player_of(user, now=NOW) == player


def test_a_superuser_who_was_made_something_else_stays_it() -> None:
    ada = User.objects.create_superuser("ada")
    Player.objects.create(user=ada, name="Ada", joined_at=NOW)
    assert client_of(ada).get(reverse("labelgame:people")).status_code == 403


# ---- rows ------------------------------------------------------------------------------------


def test_only_operators_reach_people_and_invitations(
    alice: Player, robin: Player, olga: Player
) -> None:
    assert not access.people_for(alice) | access.people_for(robin)
    assert set(access.people_for(olga)) == {alice, robin, olga}
    assert not access.invitations_for(robin).exists()


@pytest.fixture
def poll(asked: Asked) -> Poll:
    return poll_of(asked("see you there"))


def test_a_card_that_nobody_is_divided_on_is_not_reviewed(robin: Player, poll: Poll) -> None:
    assert not access.reviews_for(robin).exists()


def test_a_card_in_review_is_for_reviewers_alone(alice: Player, robin: Player, poll: Poll) -> None:
    Poll.objects.filter(pk=poll.pk).update(state=Poll.State.REVIEW, why_review=Poll.Why.SPLIT)
    assert list(access.reviews_for(robin)) == [poll]
    assert not access.reviews_for(alice).exists()


def test_a_contested_card_is_reviewed_while_what_it_settled_as_stands(
    alice: Player, robin: Player, poll: Poll
) -> None:
    given = says(alice, poll.example, "other")
    Contest.objects.create(answer=given, created_at=NOW)
    assert list(access.reviews_for(robin)) == [poll]


def test_what_was_decided_may_be_decided_again(robin: Player, poll: Poll) -> None:
    Ruling.objects.create(poll=poll, label="confirm", reason="gap", by="robin", at=NOW)
    assert list(access.reviews_for(robin)) == [poll]


def test_nobody_reviews_what_was_pulled(robin: Player, poll: Poll) -> None:
    Poll.objects.filter(pk=poll.pk).update(state=Poll.State.REVIEW, why_review=Poll.Why.SPLIT)
    examples.pull(example=poll.example, by="alice", reason="a name", now=timezone.now())
    assert not access.reviews_for(robin).exists()
    for page in ("review_item", "raw"):
        address = reverse(f"labelgame:{page}", args=[poll.pk])
        assert signed_in(robin).get(address).status_code == 404
