"""The door and the desk in a real browser. Nia comes in by a link; Robin reviews; Olga operates."""

from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from classifier.models import Example
from labelgame import accounts
from labelgame.models import Answer, Contest, Player, Poll, Ruling, Team
from labelgame.upkeep.weighing import weigh_everything
from tests.browser import NARROW, WIDE, Visitor, barriers, chromium, expect_no_barrier, sticks_out

from .conftest import NOW, Asked, a_player, a_stack, signed_in
from .playing import file_says, poll_of, says

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

SIZES = pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])
SCHEMES = pytest.mark.parametrize("scheme", ["light", "dark"])
TOO_FAST = {
    "kind": "too_fast",
    "words": "96 of the last 200 answers came faster than the card can be read",
    "remains": 0.52,
}
COPIED = {
    "kind": "copied",
    "words": "made 14 of Ann's 16 mistakes in the same way, later",
    "remains": 0.5,
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def visitor(browser: Browser, live_server: LiveServer, settings: Settings) -> Iterator[Visitor]:
    """Somebody at a browser, whose console must stay silent."""
    settings.PUBLIC_BASE_URL = live_server.url
    visitor = Visitor(browser, live_server.url)
    yield visitor
    visitor.leaves()
    assert visitor.complaints == []


@pytest.fixture
def link(olga: Player) -> str:
    _, token = accounts.invite(note="Nia", role="player", team=None, by=olga, now=timezone.now())
    return f"/play/join/{token}/"


@pytest.fixture
def desk(olga: Player, robin: Player, asked: Asked) -> Client:
    """Olga's, after a busy week: two players are divided, contest and are ruled upon."""
    now = timezone.now()
    ann = a_player("ann", team=Team.objects.create(name="Front desk"))
    zoe = a_player("zoe", weight=0.26, signs=[TOO_FAST, COPIED], signs_set_aside=["one_key"])
    a_player("pat", retired_at=NOW)
    examples = [asked("can [name] come at [time] instead?"), *a_stack(asked, 24)]
    for number, example in enumerate(examples):
        label = ("confirm", "question", "reschedule")[number % 3]
        says(ann, example, label)
        says(zoe, example, "other" if number < 6 else label)
        says(ann, example, "neutral", question="tone")
    weigh_everything(now=now, anyway=True)
    polls = [poll_of(example) for example in examples]
    Poll.objects.filter(pk__in=[poll.pk for poll in polls[:4]]).update(
        state=Poll.State.REVIEW, why_review=Poll.Why.SPLIT
    )
    contested = Answer.objects.filter(poll=polls[4], player=zoe)
    contested.update(settled_as="question", settled_at=now)
    Contest.objects.create(
        answer=contested.get(), words="They ask for nothing, they complain.", created_at=now
    )
    for poll in polls[:2]:
        Ruling.objects.create(
            poll=poll, label="other", reason="gap", note="Who else may answer?", by="robin", at=now
        )
    accounts.invite(note="Sam, the new one", role="reviewer", team=None, by=olga, now=now)
    accounts.change_role(player=ann, role="reviewer", by=olga, now=now)
    return signed_in(olga)


def waiting() -> Poll:
    return Poll.objects.in_review().earliest("pk")


def addresses() -> list[str]:
    zoe = Player.objects.get(name="Zoe")
    pages = ["people/", "people/?retired", f"people/{zoe.public_id}/", "settings/", "agreement/"]
    pages += ["review/", f"review/{waiting().pk}/", f"review/{waiting().pk}/raw/"]
    return [f"/play/{page}" for page in pages]


# ---- coming in -----------------------------------------------------------------------------


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "plain"])
def test_a_link_leads_to_the_practice_in_one_form(
    visitor: Visitor, link: str, javascript: bool
) -> None:
    page = visitor.opens(link, size=NARROW, java_script_enabled=javascript)
    page.get_by_label("Your name").fill("Nia")
    page.get_by_label("Password", exact=True).fill("a long password")
    page.get_by_role("button", name="Start practising").click()
    page.wait_for_url("**/play/practice/")
    assert Player.objects.get(name="Nia").is_playing


def test_the_browser_fills_in_what_it_knows(visitor: Visitor, link: str) -> None:
    page = visitor.opens(link, timezone_id="Asia/Tokyo")
    expect(page.get_by_label("Time zone")).to_have_value("Asia/Tokyo")
    number = page.get_by_label("Username").input_value().split("-")[-1]
    page.get_by_label("Your name").fill("Zoë Fernández")
    expect(page.get_by_label("Username")).to_have_value(f"zoe-{number}")
    page.get_by_label("Username").fill("zoe.f")
    page.get_by_label("Your name").fill("Zoë F.")
    expect(page.get_by_label("Username")).to_have_value("zoe.f")


def test_what_was_chosen_stays_when_something_is_wrong(visitor: Visitor, link: str) -> None:
    page = visitor.opens(link, timezone_id="Asia/Tokyo")
    page.get_by_label("Your name").fill("Olga")
    page.get_by_label("Username").fill("olga")
    page.get_by_label("Time zone").select_option("Europe/Rome")
    page.get_by_label("Password", exact=True).fill("a long password")
    page.get_by_role("button", name="Start practising").click()
    expect(page.get_by_text("Somebody has this username already.")).to_be_visible()
    expect(page.get_by_label("Time zone")).to_have_value("Europe/Rome")
    assert barriers(page) == ""


def test_a_password_can_be_looked_at(visitor: Visitor, link: str) -> None:
    page = visitor.opens(link)
    page.get_by_role("button", name="Show the password").click()
    expect(page.get_by_label("Password", exact=True)).to_have_attribute("type", "text")


def test_an_invitation_goes_from_hand_to_hand(visitor: Visitor, olga: Player) -> None:
    page = visitor.opens("/play/people/", client=signed_in(olga))
    page.get_by_label("Whom is it for?").fill("Nia")
    page.get_by_role("button", name="Make a link").click()
    link = page.get_by_role("textbox", name="The link for Nia").input_value()
    theirs = visitor.opens(link)
    expect(theirs.get_by_role("heading", name="Come and play")).to_be_visible()


# ---- reviewing -----------------------------------------------------------------------------


def test_a_card_is_decided_by_two_keys(visitor: Visitor, desk: Client) -> None:
    first = waiting()
    page = visitor.opens("/play/review/", client=desk)
    page.get_by_role("link", name="Begin").click()
    expect(page.get_by_role("heading", name="Decide", exact=True)).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("4")
    expect(page.get_by_role("alert")).to_contain_text("Decided: Asks something.")
    ruling = Ruling.objects.filter(poll=first).latest("pk")
    assert (ruling.label, ruling.reason) == ("question", "gap")
    assert f"/play/review/{first.pk}/" not in page.url


def test_a_key_pressed_in_a_note_is_a_letter(visitor: Visitor, desk: Client) -> None:
    before = Ruling.objects.count()
    page = visitor.opens(f"/play/review/{waiting().pk}/", client=desk)
    page.get_by_label("The text is ambiguous").check()
    page.get_by_label("A note").press_sequentially("g4")
    expect(page.get_by_label("A note")).to_have_value("g4")
    expect(page.get_by_label("The text is ambiguous")).to_be_checked()
    assert Ruling.objects.count() == before


def test_without_a_reason_a_key_decides_nothing(visitor: Visitor, desk: Client) -> None:
    before = Ruling.objects.count()
    page = visitor.opens(f"/play/review/{waiting().pk}/", client=desk)
    page.keyboard.press("4")
    expect(page.get_by_label("The text is ambiguous")).to_be_focused()
    assert Ruling.objects.count() == before


def test_keys_can_be_switched_off_at_the_desk(visitor: Visitor, desk: Client) -> None:
    before = Ruling.objects.count()
    page = visitor.opens(f"/play/review/{waiting().pk}/", client=desk)
    button = page.get_by_role("button", name="Asks something")
    expect(button).to_have_attribute("aria-keyshortcuts", "4")
    page.get_by_role("button", name="Switch the keys off").click()
    page.keyboard.press("g")
    page.keyboard.press("4")
    page.wait_for_timeout(300)
    expect(page.get_by_label("The guide does not say")).not_to_be_checked()
    expect(page.locator("kbd:visible")).to_have_count(0)
    page.reload()
    page.keyboard.press("g")
    expect(page.get_by_label("The guide does not say")).not_to_be_checked()
    page.get_by_role("button", name="Switch the keys on").click()
    page.keyboard.press("g")
    expect(page.get_by_label("The guide does not say")).to_be_checked()
    assert Ruling.objects.count() == before


def test_a_key_decides_nothing_while_the_menu_is_open(visitor: Visitor, desk: Client) -> None:
    page = visitor.opens(f"/play/review/{waiting().pk}/", client=desk, size=NARROW)
    page.get_by_role("button", name="Menu").click()
    page.keyboard.press("g")
    page.wait_for_timeout(300)
    expect(page.get_by_label("The guide does not say")).not_to_be_checked()


def test_a_card_is_decided_without_javascript(visitor: Visitor, desk: Client) -> None:
    page = visitor.opens(f"/play/review/{waiting().pk}/", client=desk, java_script_enabled=False)
    page.get_by_label("The guide does not say").check()
    page.get_by_role("button", name="Nobody can tell").click()
    expect(page.get_by_role("alert")).to_contain_text("Decided: Can't tell.")


# ---- the look ------------------------------------------------------------------------------


@SIZES
@SCHEMES
def test_nothing_stands_in_anyones_way_at_the_desk(
    visitor: Visitor, desk: Client, size: tuple[int, int], scheme: str
) -> None:
    page = visitor.opens("/play/people/", client=desk, size=size, color_scheme=scheme)
    for address in addresses():
        page.goto(address)
        expect_no_barrier(page)
    page.goto("/play/people/")
    page.get_by_label("Whom is it for?").fill("Nia")
    page.get_by_role("button", name="Make a link").click()
    expect(page.get_by_text("it is not shown again")).to_be_visible()
    expect_no_barrier(page)


@SIZES
@SCHEMES
def test_nothing_stands_in_anyones_way_at_the_door(
    visitor: Visitor, link: str, alice: Player, size: tuple[int, int], scheme: str
) -> None:
    page = visitor.opens("/play/sign-in/", size=size, color_scheme=scheme)
    page.get_by_label("Username").fill("alice")
    page.get_by_label("Password", exact=True).fill("not it at all")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("do not go together")).to_be_visible()
    for address in (None, "/play/sign-in/", link):
        if address:
            page.goto(address)
        expect_no_barrier(page)


@SCHEMES
@SIZES
def test_nothing_stands_in_the_way_of_who_looks_at_words_as_they_came(
    visitor: Visitor, desk: Client, size: tuple[int, int], scheme: str
) -> None:
    poll = waiting()
    poll.example.sources.update(prompt="Coming, Dana?", text="Dana here, at 4")
    page = visitor.opens(
        f"/play/review/{poll.pk}/raw/", client=desk, size=size, color_scheme=scheme
    )
    page.get_by_label("Why").fill("A chip hides what they ask for.")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("Dana here, at 4")).to_be_visible()
    expect_no_barrier(page)


@SIZES
def test_nothing_stands_in_the_way_of_who_runs_it(
    visitor: Visitor, desk: Client, size: tuple[int, int]
) -> None:
    """Every list of the game and of the models in the admin, and a row of each that has one."""
    client = Client()
    client.force_login(User.objects.create_superuser("administrator"))
    labelled = Example.objects.earliest("pk")
    file_says(labelled, "reschedule")
    page = visitor.opens(reverse("admin:index"), client=client, size=size)
    for model, its_admin in admin.site._registry.items():
        if model._meta.app_label not in ("labelgame", "classifier"):
            continue
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        row = labelled if model is Example else its_admin.get_queryset(HttpRequest()).first()
        addresses = [reverse(f"{name}_changelist")]
        addresses += [reverse(f"{name}_change", args=[row.pk])] if row else []
        for address in addresses:
            page.goto(address)
            page.wait_for_selector("[role=main]")
            expect_no_barrier(page)


@SCHEMES
def test_nothing_stands_in_the_way_where_one_may_not_go(
    visitor: Visitor, link: str, alice: Player, scheme: str
) -> None:
    page = visitor.opens(link, client=signed_in(alice), size=NARROW, color_scheme=scheme)
    for address in (link, "/play/people/", "/play/join/unknown/"):
        page.goto(address)
        expect_no_barrier(page)
    assert len(visitor.complaints) == 4  # the browser's own lines about 403, 404 and 409
    visitor.complaints.clear()


@SIZES
def test_everything_to_press_is_large_enough(
    visitor: Visitor, desk: Client, size: tuple[int, int]
) -> None:
    page = visitor.opens("/play/people/", client=desk, size=size)
    for address in addresses():
        page.goto(address)
        for small in too_small(page):
            pytest.fail(f"{address}: {small}")


def too_small(page: Page) -> list[str]:
    """What is less than 44 pixels high or wide; a box to tick counts with its label."""
    pressed = "main :is(a, button, select, textarea, label:has(input), input[type=text]):visible"
    found = []
    for each in page.locator(pressed).all():
        box = each.bounding_box()
        assert box is not None
        if min(box["width"], box["height"]) < 44:
            found.append(each.inner_text() or str(each.get_attribute("name")))
    return found


def test_numbers_are_large_enough_to_be_touched(visitor: Visitor, olga: Player) -> None:
    page = visitor.opens("/play/settings/", client=signed_in(olga), size=NARROW)
    for field in page.locator("main input[type=number]").all():
        box = field.bounding_box()
        assert box is not None
        assert box["height"] >= 44


@pytest.mark.parametrize("width", [320, 720, 960, 1024])
def test_no_width_between_the_two_breaks_a_page(visitor: Visitor, desk: Client, width: int) -> None:
    page = visitor.opens("/play/people/", client=desk, size=(width, 800))
    for address in addresses():
        page.goto(address)
        assert sticks_out(page) <= 0, address


def test_the_longest_menu_fits_where_it_lies_open(visitor: Visitor) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("administrator.of.riverside@example.com"))
    page = visitor.opens("/play/people/", client=client, size=(1024, 800))
    expect(page.get_by_role("button", name="Menu")).to_be_hidden()
    assert sticks_out(page) <= 0
