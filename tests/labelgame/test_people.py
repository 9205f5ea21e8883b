"""Coming in by a link, and what an operator does about people. Olga operates, Alice plays, Nia was
invited.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import ProtectedError
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from labelgame import accounts
from labelgame.models import Invitation, Player, Team
from labelgame.rules.fairplay import Kind

from .conftest import NOW, PASSWORD, a_player, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.database]

NIA = {"name": "Nia", "username": "nia", "password": "a long password", "time_zone": "Asia/Tokyo"}
TOO_FAST = {"kind": "too_fast", "words": "50 of the last 200 answers came too fast", "remains": 0.5}
ONE_KEY = {"kind": "one_key", "words": "said confirm on 20 of 20 cards", "remains": 0.0}


def invited(olga: Player, **facts: object) -> tuple[Invitation, str]:
    """For Nia, and the address that her link leads to."""
    row, token = accounts.invite(note="Nia", role="player", team=None, by=olga, now=timezone.now())
    Invitation.objects.filter(pk=row.pk).update(**facts)
    return row, reverse("labelgame:join", args=[token])


@pytest.fixture
def link(olga: Player) -> str:
    return invited(olga)[1]


# ---- joining -------------------------------------------------------------------------------


def test_a_link_leads_straight_to_the_practice(client: Client, link: str) -> None:
    response = client.post(link, NIA)
    assert response["Location"] == reverse("labelgame:practice")
    nia = Player.objects.get(user__username="nia")
    assert (nia.name, nia.role, nia.time_zone) == ("Nia", "player", "Asia/Tokyo")
    assert Invitation.objects.get().accepted_by == nia
    assert client.get(reverse("labelgame:rules")).status_code == 200


def test_a_link_gives_the_role_and_the_team_it_was_made_for(client: Client, olga: Player) -> None:
    _, link = invited(olga, role="reviewer", team=Team.objects.create(name="Front desk"))
    client.post(link, NIA)
    nia = Player.objects.get(user__username="nia")
    assert nia.is_reviewer
    assert str(nia.team) == "Front desk"


def test_a_username_is_suggested_and_the_inviters_time_zone_chosen(
    client: Client, olga: Player
) -> None:
    Player.objects.update(time_zone="Europe/Lisbon")
    form = client.get(invited(olga)[1]).context["form"]
    assert form["time_zone"].value() == "Europe/Lisbon"
    assert not User.objects.filter(username=form["username"].value()).exists()


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("name", "", "required"),
        ("username", "OLGA", "Somebody has this username"),
        ("username", "two words", "valid username"),
        ("password", "short", "at least 12 characters"),
        ("password", "1q2w3e4r5t6y", "too common"),
        ("time_zone", "Mars/Base", "not one of the available choices"),
    ],
)
def test_what_is_missing_or_taken_is_said_beside_its_field(
    client: Client, link: str, field: str, value: str, complaint: str
) -> None:
    form = client.post(link, NIA | {field: value}).context["form"]
    assert complaint in str(form.errors[field])
    assert not Invitation.objects.exclude(accepted_at=None).exists()


def test_the_link_is_told_to_no_other_site(client: Client, link: str) -> None:
    for response in (client.get(link), client.post(link, {}), client.post(link, NIA)):
        assert response["Referrer-Policy"] == "same-origin"
        assert "no-store" in response["Cache-Control"]


def test_a_browser_with_a_form_of_ours_is_let_in_and_mallorys_is_not(link: str) -> None:
    client = Client(enforce_csrf_checks=True)
    page = client.get(link)
    form = NIA | {"csrfmiddlewaretoken": page.context["csrf_token"]}
    assert client.post(link, form, headers={"Origin": "https://mallory.example"}).status_code == 403
    assert client.post(link, form, headers={"Origin": "http://testserver"}).status_code == 302


YESTERDAY = timezone.now() - timedelta(days=1)


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"expires_at": YESTERDAY}, "This link has expired"),
        ({"withdrawn_at": YESTERDAY}, "This link was withdrawn"),
    ],
)
def test_a_link_that_is_gone_says_why_and_what_to_do(
    client: Client, olga: Player, facts: dict[str, object], says: str
) -> None:
    _, link = invited(olga, **facts)
    for response in (client.get(link), client.post(link, NIA)):
        assert response.status_code == 410
        assert says in response.content.decode()
        assert "Ask whoever sent it" in response.content.decode()
    assert not User.objects.filter(username="nia").exists()


def test_a_used_link_makes_no_second_account(client: Client, link: str) -> None:
    client.post(link, NIA)
    response = Client().post(link, NIA | {"username": "mallory"})
    assert response.status_code == 410
    assert "This link has been used" in response.content.decode()
    assert not User.objects.filter(username="mallory").exists()


def test_a_link_that_was_cut_off_is_not_known(client: Client, link: str) -> None:
    response = client.get(link[:-4] + "/")
    assert response.status_code == 404
    assert "Copy the whole link" in response.content.decode()


def test_who_presses_the_button_twice_is_in(client: Client, link: str) -> None:
    Client().post(link, NIA)
    response = client.post(link, NIA)
    assert response["Location"] == reverse("labelgame:practice")
    assert client.get(reverse("labelgame:rules")).status_code == 200


def test_who_has_an_account_makes_no_second_one_by_mistake(alice: Player, link: str) -> None:
    response = signed_in(alice).post(link, NIA)
    assert response.status_code == 409
    assert "You are signed in already" in response.content.decode()


def test_a_username_taken_between_the_form_and_its_sending_is_an_error_of_its_field(
    alice: Player, link: str
) -> None:
    token = link.split("/")[-2]
    with pytest.raises(accounts.UsernameTaken):
        accounts.accept_invitation(token=token, now=timezone.now(), **NIA | {"username": "alice"})
    assert Invitation.objects.get().accepted_at is None


@pytest.mark.django_db(transaction=True)
def test_two_who_use_a_link_at_once_make_one_account(olga: Player) -> None:
    _, link = invited(olga)

    def accept(name: str) -> int:
        try:
            return Client().post(link, NIA | {"username": name}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(accept, ["nia", "nia", "nils", "nora"]))
    assert User.objects.exclude(username="olga").count() == 1
    # The two that are the same person may both be let in.
    assert answers in ([302, 410, 410, 410], [302, 302, 410, 410])


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_to_write_while_a_password_is_hashed(
    client: Client, olga: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    def encode(*given: Any, **named: Any) -> str:
        within_a_transaction.append(connection.in_atomic_block)
        return hashed(*given, **named)

    within_a_transaction: list[bool] = []
    hashed = PBKDF2PasswordHasher.encode
    monkeypatch.setattr(PBKDF2PasswordHasher, "encode", encode)
    client.post(invited(olga)[1], NIA)
    assert within_a_transaction == [False]
    assert User.objects.get(username="nia").check_password(NIA["password"])


def test_for_a_link_that_is_none_no_password_is_hashed(
    client: Client, link: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PBKDF2PasswordHasher, "encode", None)
    with pytest.raises(accounts.InvitationGone):
        accounts.accept_invitation(token=link, now=timezone.now(), **NIA)


# ---- signing in ----------------------------------------------------------------------------

SIGN_IN = "/play/sign-in/"


def test_a_player_signs_in_to_the_page_they_wanted(alice: Player, client: Client) -> None:
    form = {"username": "alice", "password": PASSWORD, "next": "/play/rules/"}
    assert client.post(SIGN_IN, form)["Location"] == "/play/rules/"


def test_nobody_is_sent_to_another_site(alice: Player, client: Client) -> None:
    form = {"username": "alice", "password": PASSWORD, "next": "https://mallory.example/"}
    assert client.post(SIGN_IN, form)["Location"] == "/play/"


def test_a_wrong_password_says_no_more_than_a_wrong_name(alice: Player, client: Client) -> None:
    User.objects.create_user("ida", password=PASSWORD, is_active=False)
    tried = [("alice", "not it at all"), ("nobody", PASSWORD), ("ida", PASSWORD)]
    said = set()
    for name, password in tried:
        response = client.post(SIGN_IN, {"username": name, "password": password})
        said.add(str(response.context["form"].errors))
    assert len(said) == 1


def test_who_signs_out_is_asked_to_sign_in(alice: Player) -> None:
    client = signed_in(alice)
    assert client.post("/play/sign-out/")["Location"] == SIGN_IN
    assert client.get("/play/rules/").status_code == 302


# ---- inviting ------------------------------------------------------------------------------

FORM = {"note": "Nia from the front desk", "role": "player", "team": "Front desk"}


def test_an_invitation_shows_its_link_once(olga: Player) -> None:
    client = signed_in(olga)
    response = client.post(reverse("labelgame:invite"), FORM)
    link = response.context["link"]
    assert link in response.content.decode()
    assert Client().get(urlsplit(link).path).status_code == 200
    page = client.get(reverse("labelgame:people")).content.decode()
    assert link not in page
    assert "Nia from the front desk" in page
    assert urlsplit(link).path.split("/")[-2] not in str(Invitation.objects.values())


@pytest.mark.parametrize("team", ["front  DESK", "Front desk"])
def test_a_team_of_a_known_name_is_the_one_that_is_there(olga: Player, team: str) -> None:
    desk = Team.objects.create(name="Front desk")
    signed_in(olga).post(reverse("labelgame:invite"), FORM | {"team": team})
    assert Invitation.objects.get().team == desk
    assert Team.objects.count() == 1


def test_coming_back_to_the_answers_address_shows_the_people(olga: Player) -> None:
    response = signed_in(olga).get(reverse("labelgame:invite"))
    assert response["Location"] == reverse("labelgame:people")


def test_a_withdrawn_link_lets_nobody_in(olga: Player, client: Client) -> None:
    row, link = invited(olga)
    page = signed_in(olga).post(reverse("labelgame:withdraw", args=[row.pk]), follow=True)
    assert "lets nobody in any more" in page.content.decode()
    assert client.post(link, NIA).status_code == 410


def test_a_used_link_can_no_longer_be_withdrawn(olga: Player, client: Client) -> None:
    row, link = invited(olga)
    client.post(link, NIA)
    assert not accounts.withdraw_invitation(invitation=row, by=olga, now=timezone.now())


# ---- people --------------------------------------------------------------------------------


def page_of(player: Player) -> str:
    return reverse("labelgame:person", args=[player.public_id])


def test_people_whose_answers_weigh_less_come_first(olga: Player, alice: Player) -> None:
    zoe = a_player("zoe", weight=0.5, signs=[TOO_FAST])
    response = signed_in(olga).get(reverse("labelgame:people"))
    assert [each.player for each in response.context["people"]] == [zoe, alice, olga]
    assert "50 of the last 200 answers came too fast" in response.content.decode()


def test_the_retired_have_a_list_of_their_own(olga: Player, alice: Player) -> None:
    accounts.retire(player=alice, by=olga, now=NOW)
    client = signed_in(olga)
    assert "Alice" not in client.get(reverse("labelgame:people")).content.decode()
    assert "Alice" in client.get(reverse("labelgame:people") + "?retired").content.decode()


def test_the_list_costs_the_same_queries_however_many_there_are(olga: Player) -> None:
    client, costs = signed_in(olga), []
    for number in range(0, 40, 20):
        for each in range(number, number + 20):
            a_player(f"player{each}", team=Team.objects.create(name=f"team {each}"))
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("labelgame:people"))
        costs.append(len(queries))
    assert costs[0] == costs[1]


def test_no_page_about_people_even_asks_how_often_they_are_right(
    olga: Player, alice: Player
) -> None:
    client = signed_in(olga)
    with CaptureQueriesContext(connection) as queries:
        for address in (reverse("labelgame:people"), page_of(alice)):
            assert client.get(address).status_code == 200
    asked = " ".join(query["sql"] for query in queries)
    for word in ("playerskill", "weekpoints", "booking", '"points"', '"settled_as"'):
        assert word not in asked


def test_a_person_gets_another_role_and_team(olga: Player, alice: Player) -> None:
    form = {"do": "place", "role": "reviewer", "team": "Back office"}
    page = signed_in(olga).post(page_of(alice), form, follow=True).content.decode()
    alice.refresh_from_db()
    assert alice.is_reviewer
    assert str(alice.team) == "Back office"
    assert "Made reviewer." in page
    assert "Moved to team Back office." in page


@pytest.mark.parametrize("form", [{"do": "retire"}, {"do": "place", "role": "player", "team": ""}])
def test_an_operator_always_remains(olga: Player, form: dict[str, str]) -> None:
    response = signed_in(olga).post(page_of(olga), form, follow=True)
    assert "ask another operator" in response.content.decode()
    olga.refresh_from_db()
    assert olga.is_operator
    assert olga.is_playing


def test_who_is_retired_plays_no_more_until_they_are_brought_back(
    olga: Player, alice: Player
) -> None:
    hers = signed_in(alice)
    signed_in(olga).post(page_of(alice), {"do": "retire"})
    assert hers.get(reverse("labelgame:rules")).status_code == 403
    signed_in(olga).post(page_of(alice), {"do": "bring back"})
    assert hers.get(reverse("labelgame:rules")).status_code == 200


@pytest.mark.parametrize("form", [{}, {"do": "delete"}, {"do": "set aside", "kind": "ugly"}])
def test_what_no_button_says_is_refused(olga: Player, alice: Player, form: dict[str, str]) -> None:
    assert signed_in(olga).post(page_of(alice), form).status_code == 400


def test_an_account_that_plays_cannot_be_deleted(alice: Player) -> None:
    with pytest.raises(ProtectedError):
        alice.user.delete()


# ---- fair play -----------------------------------------------------------------------------


@pytest.fixture
def hasty(db: None) -> Player:
    return a_player("zoe", weight=0.0, signs=[TOO_FAST, ONE_KEY])


@pytest.mark.parametrize(
    ("aside", "weight"),
    [
        ([], 0.0),
        ([Kind.ONE_KEY], 0.5),
        ([Kind.TOO_FAST], 0.0),
        ([Kind.TOO_FAST, Kind.ONE_KEY], 1.0),
    ],
)
def test_a_sign_set_aside_takes_no_weight(
    olga: Player, hasty: Player, aside: list[Kind], weight: float
) -> None:
    assert accounts.set_aside(player=hasty, kinds=aside, by=olga, now=NOW) == weight
    hasty.refresh_from_db()
    assert hasty.weight == weight


def test_setting_aside_and_counting_again_are_on_record(olga: Player, hasty: Player) -> None:
    client = signed_in(olga)
    client.post(page_of(hasty), {"do": "set aside", "kind": "one_key"})
    page = client.post(page_of(hasty), {"do": "count", "kind": "one_key"}, follow=True)
    said = [entry.change_message for entry in accounts.history_of(hasty)]
    assert said == ["Counted again: one key.", "Set aside: one key."]
    assert "It counts again. What Zoe says does not count." in page.content.decode()


def test_a_sign_that_is_gone_can_still_be_counted_again(olga: Player) -> None:
    zoe = a_player("zoe", signs_set_aside=["copied"])
    page = signed_in(olga).get(page_of(zoe)).content.decode()
    assert "Not found at the last look." in page
    assert "Let it count again: Copied" in page
