"""The game in the admin. Sam may do everything there; tests/webhooks/test_admin.py opens every page
of it.
"""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from classifier import examples
from classifier.models import Example
from labelgame import actions
from labelgame.models import (
    Answer,
    Contest,
    Gold,
    Invitation,
    Player,
    Poll,
    QuestionState,
    Round,
    Ruling,
    Team,
    WeekPoints,
)
from labelgame.upkeep.booking import book_poll

from .conftest import NOW, THINGS, Asked, a_player
from .playing import poll_of, says

pytestmark = [pytest.mark.django_db, pytest.mark.database]

LISTS = [Answer, Contest, Gold, Invitation, Player, Poll, QuestionState, Round, Ruling, Team]
LISTS += [WeekPoints]
PRESSED = {"_form_submitted": "1"}  # the button in an action's dialog


def named(model: type[Model]) -> str:
    return model.__name__


def listing(model: type[Model]) -> str:
    return reverse(f"admin:labelgame_{model._meta.model_name}_changelist")


def page_of(row: Model, what: str = "change") -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{what}", args=[row.pk])


@pytest.fixture
def sam(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("sam"))
    return client


def a_story(asked: Asked, player: Player, text: str) -> Example:
    """Asked, answered wrongly, contested and decided; a hidden check from now on."""
    example = asked(text)
    given = says(player, example, "cancel")
    book_poll(poll=given.poll, settled_as="confirm", now=NOW)
    given.refresh_from_db()
    actions.contest(player=player, answer=given, words="no", now=NOW)
    actions.rule(poll=given.poll, by=player, label="confirm", reason="gap", make_gold=True, now=NOW)
    Invitation.issue(by="olga", now=NOW, note=text)
    return example


@pytest.fixture
def example(alice: Player, asked: Asked) -> Example:
    return a_story(asked, alice, "the purple umbrella is mine")


# ---- looking ---------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["change", "history"])
def test_every_row_has_a_page(sam: Client, example: Example, what: str) -> None:
    Player.objects.update(team=Team.objects.create(name="Front desk"))
    QuestionState.objects.create(
        question="intent", method="glad", wrong_costs=28, cant_tell_costs=1, computed_at=NOW
    )
    for model in LISTS:
        rows = list(model._default_manager.all())
        assert rows, model
        for row in rows:
            assert sam.get(page_of(row, what)).status_code == 200


@pytest.mark.parametrize("model", [Poll, Gold, Contest, Ruling], ids=named)
def test_the_words_of_what_was_pulled_are_in_no_list(
    sam: Client, example: Example, model: type[Model]
) -> None:
    assert "purple umbrella" in sam.get(listing(model)).content.decode()
    examples.pull(example=example, by="alice", reason="a name", now=timezone.now())
    page = sam.get(listing(model)).content.decode()
    assert "purple umbrella" not in page
    assert "taken out" in page


@pytest.mark.parametrize("model", [Answer, Round, Poll, Contest, Ruling], ids=named)
def test_no_list_of_what_was_done_names_players(
    sam: Client, example: Example, model: type[Model]
) -> None:
    Ruling.objects.update(by="robin")
    Contest.objects.update(decided_by="robin")
    assert "alice" not in sam.get(listing(model)).content.decode().lower()


@pytest.mark.parametrize("model", LISTS, ids=named)
def test_a_list_costs_the_same_queries_however_long_it_is(
    sam: Client, asked: Asked, model: type[Model]
) -> None:
    costs = []
    for things in (THINGS[:8], THINGS[8:16]):
        for thing in things:
            player = a_player(thing, team=Team.objects.create(name=thing))
            a_story(asked, player, f"the {thing} is mine")
        sam.get(listing(model))  # what is cached once per process is not counted
        with CaptureQueriesContext(connection) as queries:
            assert sam.get(listing(model)).status_code == 200
        costs.append(len(queries))
    assert costs[0] == costs[1] <= 10


def test_polls_that_wait_for_a_reviewer_are_found(sam: Client, asked: Asked) -> None:
    poll = poll_of(asked("see you there"))
    Poll.objects.filter(pk=poll.pk).update(state="review", why_review="split")
    found = sam.get(listing(Poll) + "?waits=review").context["cl"].result_list
    assert list(found) == [poll]


@pytest.mark.parametrize("by", ["number", "example"])
def test_answers_are_found_by_what_a_lineage_names(
    sam: Client, example: Example, alice: Player, asked: Asked, by: str
) -> None:
    says(alice, asked("something else"), "other")
    wanted = Answer.objects.get(example=example)
    term = wanted.pk if by == "number" else example.public_id
    assert list(sam.get(f"{listing(Answer)}?q={term}").context["cl"].result_list) == [wanted]


@pytest.mark.parametrize("nonsense", ["x", "²", "9" * 40])
def test_nonsense_finds_no_answer(sam: Client, example: Example, nonsense: str) -> None:
    assert not sam.get(f"{listing(Answer)}?q={nonsense}").context["cl"].result_list


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        ({}, "expired"),
        ({"expires_at": timezone.now().replace(year=2999)}, "open"),
        ({"withdrawn_at": NOW}, "withdrawn"),
    ],
)
def test_the_list_of_invitations_says_how_they_stand(
    sam: Client, facts: dict[str, object], state: str
) -> None:
    Invitation.issue(by="olga", now=NOW, note="for Nia")
    Invitation.objects.update(**facts)
    assert state in sam.get(listing(Invitation)).content.decode()


# ---- doing -----------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [Answer, Poll, Ruling, Player, WeekPoints], ids=named)
def test_what_happened_is_neither_changed_nor_deleted(
    sam: Client, example: Example, model: type[Model]
) -> None:
    row = model._default_manager.earliest("pk")
    for what in ("change", "delete"):
        assert sam.post(page_of(row, what), {"post": "yes"}).status_code == 403


def test_who_deletes_an_account_that_plays_is_told_what_to_do(sam: Client, alice: Player) -> None:
    page = sam.post(page_of(alice.user, "delete"), {"post": "yes"}).content.decode()
    assert "Retire them instead" in page
    assert reverse("labelgame:person", args=[alice.public_id]) in page
    assert Player.objects.filter(pk=alice.pk).exists()


def test_several_accounts_at_once_are_told_the_same(sam: Client, alice: Player) -> None:
    chosen = {"action": "delete_selected", "_selected_action": [alice.user_id], "post": "yes"}
    page = sam.post(reverse("admin:auth_user_changelist"), chosen).content.decode()
    assert "Retire them instead" in page
    assert User.objects.filter(pk=alice.user_id).exists()


def test_an_account_that_never_played_may_go(sam: Client) -> None:
    mia = User.objects.create_user("mia")
    sam.post(page_of(mia, "delete"), {"post": "yes"})
    assert not User.objects.filter(pk=mia.pk).exists()


def test_a_team_may_go_and_its_players_stay(sam: Client, alice: Player) -> None:
    team = Team.objects.create(name="Front desk")
    Player.objects.update(team=team)
    sam.post(page_of(team, "delete"), {"post": "yes"})
    alice.refresh_from_db()
    assert alice.team is None


def test_a_hidden_check_is_taken_out(sam: Client, example: Example) -> None:
    gold = Gold.objects.get()
    sam.post(page_of(gold, "take_out"), PRESSED)
    gold.refresh_from_db()
    assert gold.retired_at is not None
    assert "Taken out." in sam.get(page_of(gold, "history")).content.decode()


@pytest.mark.parametrize(
    ("model", "leads_to"), [(Player, "person"), (Poll, "review_item"), (QuestionState, "agreement")]
)
def test_a_row_leads_to_its_page_in_the_game(
    sam: Client, example: Example, model: type[Model], leads_to: str
) -> None:
    QuestionState.objects.create(
        question="intent", method="glad", wrong_costs=28, cant_tell_costs=1, computed_at=NOW
    )
    address = sam.get(page_of(model._default_manager.earliest("pk"), "open_in_game"))["Location"]
    page = sam.get(address)
    assert (page.status_code, page.resolver_match.url_name) == (200, leads_to)


def test_only_what_reviewers_may_decide_on_leads_to_a_review(
    sam: Client, asked: Asked, example: Example
) -> None:
    ruled, asked_still = poll_of(example), poll_of(asked("see you there"))
    offered = [
        [action["title"] for action in sam.get(page_of(poll)).context["actions_detail"]]
        for poll in (ruled, asked_still)
    ]
    assert offered == [["Review"], []]
    assert sam.get(page_of(asked_still, "open_in_game")).status_code == 403


def test_a_poll_that_is_none_offers_nothing(sam: Client) -> None:
    address = reverse("admin:labelgame_poll_change", args=["none"])
    assert sam.get(address)["Location"] == reverse("admin:index")


# ---- the frame -------------------------------------------------------------------------------


def test_the_sidebar_has_the_game(sam: Client) -> None:
    groups = {group["title"]: group for group in sam.get("/admin/").context["sidebar_navigation"]}
    items = {item["title"]: item["link"] for item in groups["Game"]["items"]}
    assert items["Settings"] == reverse("labelgame:settings")
    assert items["Review"] == reverse("labelgame:review")
    assert len(items) == len(LISTS) + 2


def test_the_overview_counts_what_waits_for_people(sam: Client, asked: Asked) -> None:
    poll = poll_of(asked("see you there"))
    Poll.objects.filter(pk=poll.pk).update(state="review", why_review="split")
    figures = {figure.about: figure for figure in sam.get("/admin/").context["figures"]}
    figure = figures["cards of the game that wait for a reviewer"]
    assert (figure.value, figure.hint, figure.is_well) == ("1", "1 card waits for players.", True)
