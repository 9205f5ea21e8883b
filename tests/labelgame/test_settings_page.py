"""The settings page. Olga operates."""

import re
from itertools import pairwise

import pytest
from django.test import Client
from django.urls import reverse

from labelgame import accounts, gamesettings
from labelgame.models import GameSettings, Player
from labelgame.pages.forms import GameSettingsForm

from .conftest import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.database]

PAGE = "/play/settings/"


@pytest.fixture
def desk(olga: Player) -> Client:
    return signed_in(olga)


def as_shown(desk: Client) -> dict[str, str]:
    """What a browser would send if nobody touched anything."""
    form = desk.get(PAGE).context["form"]
    values = {name: form[name].value() for name in form.fields}
    return {name: str(value) for name, value in values.items() if value not in (None, False)}


def test_every_setting_has_a_field() -> None:
    kept = {field.name for field in GameSettings._meta.fields if field.editable}
    assert set(GameSettingsForm().fields) == kept - {"id"}


def test_every_field_is_on_the_page(desk: Client) -> None:
    page = desk.get(PAGE).content.decode()
    assert set(re.findall(r'name="(\w+)"', page)) >= set(GameSettingsForm().fields)


def test_a_change_is_kept_and_says_by_whom(desk: Client) -> None:
    page = desk.post(PAGE, as_shown(desk) | {"first_votes": "3", "gold_share": "12.5"}, follow=True)
    settings = GameSettings.current()
    assert (settings.first_votes, settings.gold_share) == (3, 0.125)
    assert settings.changed_by == "olga"
    assert settings.changed_at is not None
    assert "Saved: answers at first, hidden checks." in page.content.decode()
    assert [entry.change_message for entry in accounts.history_of(settings)] == [
        "Changed answers at first, hidden checks."
    ]


def test_saving_what_is_there_changes_nothing(desk: Client) -> None:
    page = desk.post(PAGE, as_shown(desk), follow=True)
    assert "Nothing was changed." in page.content.decode()
    assert GameSettings.current().changed_at is None


def test_boards_and_missions_are_switched_off(desk: Client) -> None:
    form = as_shown(desk)
    del form["boards_on"], form["missions_on"]
    desk.post(PAGE, form)
    settings = GameSettings.current()
    assert not settings.boards_on
    assert not settings.missions_on


PARTS = ("doubt_share", "disagreement_share", "rarity_share", "relabel_share", "random_share")


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"first_votes": "8"}, "No fewer than the answers at first."),
        ({"gold_share": "51"}, "less than or equal to 50"),
        ({"target": "20"}, "greater than or equal to 50"),
        ({"target": "sure"}, "Enter a number."),
        ({"holidays": "2026-12-25\n25 December"}, "“25” is no day: write it as 2026-12-25."),
        (dict.fromkeys(PARTS, "0"), "One part of what to ask next must be above 0."),
    ],
)
def test_what_cannot_be_is_said_in_words(
    desk: Client, given: dict[str, str], complaint: str
) -> None:
    before = GameSettings.current()
    assert complaint in desk.post(PAGE, as_shown(desk) | given).content.decode()
    after = GameSettings.current()
    assert (after.first_votes, after.mix, after.changed_at) == (
        before.first_votes,
        before.mix,
        None,
    )


def test_shares_are_written_in_percent(desk: Client) -> None:
    form = desk.get(PAGE).context["form"]
    assert form["gold_share"].value() == "10"
    assert form["most_of_a_label"].value() == "34"


# ---- a hundred cards -------------------------------------------------------------------------


def test_a_hundred_cards_are_a_hundred_cards() -> None:
    parts = gamesettings.of_a_hundred(GameSettings(random_share=0.9))
    assert sum(part.cards for part in parts) == pytest.approx(100)
    for part, following in pairwise(parts):
        assert following.before == pytest.approx(part.before + part.cards)


def test_what_is_not_a_check_and_does_not_come_back_is_mixed() -> None:
    settings = GameSettings(gold_share=0.1, repeat_share=0.1, **dict.fromkeys(PARTS, 0.0))
    settings.random_share = 0.5
    cards = {part.key: part.cards for part in gamesettings.of_a_hundred(settings)}
    assert cards["checks"] == pytest.approx(10)
    assert cards["again"] == pytest.approx(9)
    assert cards["random"] == pytest.approx(81)


def test_the_page_draws_them(desk: Client) -> None:
    page = desk.get(reverse("labelgame:settings")).content.decode()
    assert page.count('<rect class="part') == 7
    assert "<b>10</b> hidden checks" in page


def test_it_says_which_question_is_the_first(desk: Client) -> None:
    page = desk.get(PAGE).content.decode()
    assert "“What does this person want?”: of the cards that a model picks, so many ask" in page


def test_a_question_never_loses_all_its_turns(desk: Client) -> None:
    assert (
        "less than or equal to 95"
        in desk.post(PAGE, as_shown(desk) | {"primary_share": "100"}).content.decode()
    )
