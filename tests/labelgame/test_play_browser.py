"""Playing in a real browser: by keys, by touch, without JavaScript, on a bad network. The console
must stay silent.
"""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from classifier.models import Example
from classifier.taxonomy import current_taxonomy
from labelgame import actions
from labelgame.models import (
    Answer,
    GameSettings,
    Invitation,
    Offer,
    Player,
    Poll,
    Round,
    Team,
    WeekPoints,
)
from labelgame.models.polls import Kind
from labelgame.pages.mine import this_week
from labelgame.practice import practice_cards
from tests.browser import NARROW, WIDE, Visitor, barriers, chromium, expect_no_barrier, sticks_out
from tests.labelgame.conftest import PASSWORD, Asked, a_player, a_stack, signed_in
from tests.labelgame.playing import says

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.database,
    pytest.mark.browser,
]

PLAY = "/play/"
# The browser's own line about a request that the test cut off.
NO_NETWORK = "Failed to load resource: net::"
UNREAD = 250  # ms after a swap in which a double tap is not taken for an answer
PHONE: dict[str, Any] = {"size": NARROW, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def visitor(browser: Browser, live_server: LiveServer, asked: Asked) -> Iterator[Visitor]:
    """Somebody before a game with cards enough and nothing dealt by chance."""
    GameSettings.objects.update_or_create(pk=1, defaults={"gold_share": 0, "repeat_share": 0})
    a_stack(asked, 12)
    visitor = Visitor(browser, live_server.url)
    yield visitor
    visitor.leaves()
    assert [each for each in visitor.complaints if not each.startswith(NO_NETWORK)] == []


def shown(page: Page) -> str:
    """The id of the card in sight."""
    return page.locator(".card:not([hidden])").get_attribute("data-card") or ""


def press(page: Page, key: str) -> None:
    page.wait_for_timeout(UNREAD)
    page.keyboard.press(key)


def tap(page: Page, label: str = "Can't tell") -> None:
    page.wait_for_timeout(UNREAD)
    page.locator(".card:not([hidden])").get_by_role("button", name=label).tap()


def kept(page: Page, count: int) -> None:
    """Wait until so many answers are in the database. The page waits too: a request that a test
    holds (`page.route`) is handled only while a call to the page runs.
    """
    deadline = time.monotonic() + 10
    while Answer.objects.standing().count() != count:
        assert time.monotonic() < deadline, f"{Answer.objects.standing().count()} of {count}"
        page.wait_for_timeout(50)


def nothing_waits(page: Page) -> None:
    """The outbox is empty. Asked from here: the page's policy lets no script poll in it."""
    deadline = time.monotonic() + 10
    while page.evaluate("Object.values(localStorage).join()") != "[]":
        assert time.monotonic() < deadline, "an answer still waits"
        time.sleep(0.05)


# ---- a round of ten --------------------------------------------------------------------------


def test_a_round_by_keys_alone(visitor: Visitor, alice: Player) -> None:
    page = visitor.opens(PLAY, client=signed_in(alice))
    for _ in range(10):
        card = shown(page)
        press(page, "0")
        expect(page.locator(f"#card-{card}")).to_have_count(0)
    expect(page.get_by_role("heading", name="Round done")).to_be_visible()
    assert Answer.objects.filter(label="?").count() == 10
    page.wait_for_load_state()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{PLAY}")
    expect(page.locator(".count")).to_have_text("Card 1 of 10")


def test_a_round_by_touch(visitor: Visitor, alice: Player) -> None:
    page = visitor.opens(PLAY, client=signed_in(alice), **PHONE)
    for _ in range(10):
        card = shown(page)
        page.wait_for_timeout(UNREAD)
        page.locator(".card:not([hidden]) .label").first.tap()
        # A finger's click comes a little after the touch, and the card with it.
        expect(page.locator(f"#card-{card}")).to_have_count(0)
    expect(page.get_by_role("heading", name="Round done")).to_be_visible()
    assert Answer.objects.exclude(label__in="?-").count() == 10
    page.get_by_role("button", name="Another round").tap()
    expect(page.locator(".count")).to_have_text("Card 1 of 10")


def test_a_round_without_javascript(visitor: Visitor, alice: Player) -> None:
    page = visitor.opens(PLAY, client=signed_in(alice), java_script_enabled=False, size=NARROW)
    for number in range(1, 11):
        expect(page.locator(".count")).to_have_text(f"Card {number} of 10")
        page.locator(".card:not([hidden]) .label").first.click()
    expect(page.get_by_role("heading", name="Round done")).to_be_visible()
    assert Answer.objects.count() == 10
    page.get_by_role("button", name="Another round").click()
    expect(page.locator(".count")).to_have_text("Card 1 of 10")


def test_every_label_has_its_key(visitor: Visitor, alice: Player) -> None:
    page = visitor.opens(PLAY, client=signed_in(alice))
    button = page.locator(".card:not([hidden]) .label").nth(2)
    label, key = button.get_attribute("value"), button.get_attribute("data-key")
    press(page, key or "")
    kept(page, 1)
    assert Answer.objects.get().label == label


def test_from_the_link_to_the_first_answer_that_counts(visitor: Visitor) -> None:
    _, token = Invitation.issue(by="olga", now=timezone.now())
    page = visitor.opens(f"/play/join/{token}/", **PHONE)
    page.get_by_label("Your name").fill("Noor")
    page.get_by_role("textbox", name="Password").fill(PASSWORD)
    taps = [page.get_by_role("button", name="Start practising")]
    for card in practice_cards(current_taxonomy()):
        taps.append(page.locator(f".label[value={card.label}]"))
        taps.append(page.locator("[data-enter]"))
    taps += [page.get_by_role("link", name="Play the first round"), page.locator(".label:visible")]
    for each in taps:
        page.wait_for_timeout(UNREAD)
        each.first.tap()
    kept(page, 1)
    assert len(taps) == 23


# ---- the swap --------------------------------------------------------------------------------


def test_the_next_card_is_there_at_once_and_nothing_moves(visitor: Visitor, alice: Player) -> None:
    page = visitor.opens(PLAY, client=signed_in(alice), **PHONE)
    before = places(page)
    page.wait_for_timeout(UNREAD)
    is_there = page.evaluate(
        """() => new Promise((done) => {
            const card = document.querySelector(".card:not([hidden])");
            card.querySelector("[data-key='0']").click();
            requestAnimationFrame(() => {
                const next = document.querySelector(".card:not([hidden])");
                done(next !== card && next.contains(document.activeElement));
            });
        })"""
    )
    assert is_there, "the card of the next frame is not the next card"
    assert places(page) == before


def places(page: Page) -> list[dict[str, float] | None]:
    """Of what a thumb goes for."""
    card = page.locator(".card:not([hidden])")
    parts = [".phone-top", ".others", ".question"]
    return [card.locator(part).bounding_box() for part in parts]  # type: ignore[misc]


def test_a_double_tap_answers_one_card(visitor: Visitor, alice: Player) -> None:
    page = visitor.opens(PLAY, client=signed_in(alice))
    page.wait_for_timeout(UNREAD)
    page.locator(".card:not([hidden]) [data-key='0']").dblclick()
    expect(page.locator("#number")).to_have_text("2")
    kept(page, 1)


def test_the_guess_is_said_after_the_answer_and_not_before(visitor: Visitor, alice: Player) -> None:
    page = visitor.opens(PLAY, client=signed_in(alice))
    expect(page.get_by_text("Nod had guessed")).to_have_count(0)
    press(page, "0")
    expect(page.get_by_role("status")).to_contain_text("You: 🤷 Can't tell")
    expect(page.get_by_role("status")).to_contain_text("Nod had guessed")


def test_keys_can_be_switched_off(visitor: Visitor, alice: Player) -> None:
    page = visitor.opens(PLAY, client=signed_in(alice))
    card = page.locator(".card:not([hidden])")
    card.get_by_role("button", name="What the labels mean").click()
    page.get_by_role("button", name="Switch the keys off").click()
    page.keyboard.press("Escape")
    press(page, "0")
    page.wait_for_timeout(300)
    assert not Answer.objects.exists()
    expect(page.locator("#number")).to_have_text("1")


# ---- a bad network, and taking back ------------------------------------------------------------


@contextmanager
def offline(page: Page) -> Iterator[None]:
    page.context.set_offline(True)
    yield
    page.context.set_offline(False)


def lose(route: Route) -> None:
    """The reply: the server has the request."""
    route.fetch()
    route.abort()


def after_two_answers(visitor: Visitor, alice: Player) -> tuple[Page, str, str]:
    """The page, the first one's card, the words of the second."""
    page = visitor.opens(PLAY, client=signed_in(alice))
    first = shown(page)
    press(page, "0")
    words = page.locator(".card:not([hidden]) .said").inner_text()
    press(page, "0")
    kept(page, 2)
    return page, first, words


def test_undo_brings_the_card_back(visitor: Visitor, alice: Player) -> None:
    page = visitor.opens(PLAY, client=signed_in(alice))
    words = page.locator(".card:not([hidden]) .said").inner_text()
    press(page, "0")
    kept(page, 1)
    press(page, "u")
    expect(page.locator(".card:not([hidden]) .said")).to_have_text(words)
    expect(page.locator("#number")).to_have_text("1")
    kept(page, 0)
    press(page, "0")
    kept(page, 1)


def test_an_answer_that_never_left_is_taken_back_without_a_network(
    visitor: Visitor, alice: Player
) -> None:
    page = visitor.opens(PLAY, client=signed_in(alice))
    first = shown(page)
    with offline(page):
        press(page, "0")
        press(page, "u")
        expect(page.locator(f"#card-{first}")).to_be_visible()
        press(page, "s")
    kept(page, 1)
    assert Answer.objects.get().label == "-"


def test_no_answer_is_lost_to_a_bad_network(visitor: Visitor, alice: Player) -> None:
    page = visitor.opens(PLAY, client=signed_in(alice))
    with offline(page):
        press(page, "0")
        expect(page.get_by_role("status")).to_contain_text("No network. 1 answer kept.")
        press(page, "0")
        expect(page.get_by_text("is sent when the network is back")).to_be_visible()
        expect(page.get_by_role("status")).to_contain_text("2 answers kept")
        assert not Answer.objects.exists()
    kept(page, 2)
    expect(page.locator("#number")).to_have_text("3")
    expect(page.get_by_role("status")).not_to_contain_text("kept")


def test_what_waits_holds_no_word_of_a_text(visitor: Visitor, alice: Player) -> None:
    page = visitor.opens(PLAY, client=signed_in(alice))
    card = shown(page)
    with offline(page):
        press(page, "0")
        stored = page.evaluate("Object.values(localStorage).join()")
        assert re.sub(r'"ms":\d+', '"ms":0', stored) == (
            f'[{{"to":"answer","card":"{card}","label":"?","ms":0}}]'
        )
    kept(page, 1)


def test_what_waited_when_the_window_closed_is_sent_the_next_time(
    visitor: Visitor, alice: Player
) -> None:
    page = visitor.opens(PLAY, client=signed_in(alice))
    card = shown(page)
    page.route("**/answer/", lambda route: route.abort())
    press(page, "0")
    expect(page.get_by_role("status")).to_contain_text("No reply. 1 answer kept.")
    page.unroute("**/answer/")
    page.reload()
    kept(page, 1)
    assert str(Answer.objects.get().public_id) == card
    expect(page.locator(f"#card-{card}")).to_have_count(0)


def test_an_answer_whose_reply_was_lost_counts_once(visitor: Visitor, alice: Player) -> None:
    page = visitor.opens(PLAY, client=signed_in(alice))
    page.route("**/answer/", lose, times=1)
    press(page, "0")
    kept(page, 1)
    expect(page.get_by_role("status")).to_contain_text("Nod had guessed", timeout=10_000)
    press(page, "0")
    kept(page, 2)


def test_a_correction_is_not_lost_with_the_reply_to_what_it_corrects(
    visitor: Visitor, alice: Player
) -> None:
    page = visitor.opens(PLAY, client=signed_in(alice))
    words = page.locator(".card:not([hidden]) .said").inner_text()
    page.route("**/answer/", lose, times=1)
    press(page, "0")
    expect(page.get_by_role("status")).to_contain_text("No reply. 1 answer kept.")
    page.keyboard.press("u")
    expect(page.locator(".card:not([hidden]) .said")).to_have_text(words)
    kept(page, 0)
    key = page.locator(".card:not([hidden]) .label").first.get_attribute("data-key")
    press(page, key or "")
    kept(page, 1)
    assert Answer.objects.standing().get().label != "?"


def test_undo_pressed_twice_takes_back_one_answer(visitor: Visitor, alice: Player) -> None:
    page, first, words = after_two_answers(visitor, alice)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    page.keyboard.press("u")
    page.keyboard.press("u")
    expect(page.locator(".card:not([hidden]) .said")).to_have_text(words)
    page.wait_for_load_state("networkidle")
    assert sum(url.endswith("/undo/") for url in sent) == 1
    assert str(Answer.objects.standing().get().public_id) == first


def test_undo_whose_reply_was_lost_takes_back_one_answer_when_pressed_again(
    visitor: Visitor, alice: Player
) -> None:
    page, first, words = after_two_answers(visitor, alice)
    page.route("**/undo/", lose, times=1)
    page.keyboard.press("u")
    expect(page.get_by_role("status")).to_contain_text("cannot be taken back just now")
    kept(page, 1)
    page.keyboard.press("u")
    expect(page.locator(".card:not([hidden]) .said")).to_have_text(words)
    assert str(Answer.objects.standing().get().public_id) == first


def test_what_was_sent_by_the_next_page_is_what_undo_takes_back(
    visitor: Visitor, alice: Player
) -> None:
    page = visitor.opens(PLAY, client=signed_in(alice))
    first = shown(page)
    press(page, "0")
    kept(page, 1)
    words = page.locator(".card:not([hidden]) .said").inner_text()
    page.route("**/answer/", lambda route: route.abort())
    press(page, "0")
    expect(page.get_by_role("status")).to_contain_text("No reply. 1 answer kept.")
    page.unroute("**/answer/")
    page.reload()
    kept(page, 2)
    press(page, "u")
    expect(page.locator(".card:not([hidden]) .said")).to_have_text(words)
    assert str(Answer.objects.standing().get().public_id) == first


def test_what_waited_is_sent_from_whatever_page_comes_next(visitor: Visitor, alice: Player) -> None:
    page = visitor.opens(PLAY, client=signed_in(alice))
    page.route("**/answer/", lambda route: route.abort())
    press(page, "0")
    expect(page.get_by_role("status")).to_contain_text("No reply. 1 answer kept.")
    page.unroute("**/answer/")
    page.goto("/play/boards/")
    kept(page, 1)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    nothing_waits(page)


# Storage that is full can still be read.
FULL = "Storage.prototype.setItem = () => { throw new DOMException('', 'QuotaExceededError') }"


def test_an_answer_arrives_from_a_browser_that_can_store_nothing(
    visitor: Visitor, alice: Player
) -> None:
    page = visitor.opens(PLAY, client=signed_in(alice))
    page.add_init_script(FULL)
    page.reload()
    press(page, "0")
    kept(page, 1)
    expect(page.get_by_role("status")).to_contain_text("Nod had guessed")


def test_what_waits_is_sent_once_although_storage_is_full_meanwhile(
    visitor: Visitor, alice: Player
) -> None:
    page = visitor.opens(PLAY, client=signed_in(alice))
    sent: list[str] = []
    page.on("requestfinished", lambda request: sent.append(request.url))
    with offline(page):
        press(page, "0")
        page.evaluate(f"() => {{ {FULL} }}")
        press(page, "0")
        expect(page.get_by_role("status")).to_contain_text("2 answers kept")
    kept(page, 2)
    expect(page.locator("#number")).to_have_text("3")
    expect(page.get_by_role("status")).not_to_contain_text("kept")
    assert sum(url.endswith("/answer/") for url in sent) == 2


def test_who_was_signed_out_signs_in_and_loses_nothing(visitor: Visitor, alice: Player) -> None:
    client = signed_in(alice)
    page = visitor.opens(PLAY, client=client)
    client.logout()
    press(page, "0")
    page.wait_for_url("**/play/sign-in/**")
    page.get_by_label("Username").fill("alice")
    password = page.get_by_role("textbox", name="Password")
    password.fill(PASSWORD)
    password.press("Enter")
    kept(page, 1)


REFUSED = "Failed to load resource: the server responded with a status of 4"


def refusals(visitor: Visitor) -> int:
    """The browser's own lines about them, which are then forgotten."""
    lines = [each for each in visitor.complaints if each.startswith(REFUSED)]
    visitor.complaints[:] = [each for each in visitor.complaints if each not in lines]
    return len(lines)


def test_who_signed_in_in_another_window_answers_on_in_this_one(
    visitor: Visitor, alice: Player
) -> None:
    client = signed_in(alice)
    page = visitor.opens(PLAY, client=client)
    page.route("**/still/**", lambda route: route.abort())  # a hidden window does not look
    client.logout()
    other = page.context.new_page()
    other.goto("/play/sign-in/")
    other.get_by_label("Username").fill("alice")
    password = other.get_by_role("textbox", name="Password")
    password.fill(PASSWORD)
    password.press("Enter")
    other.wait_for_url(f"**{PLAY}")
    other.close()
    card = shown(page)
    press(page, "0")
    kept(page, 1)
    assert str(Answer.objects.get().public_id) == card
    nothing_waits(page)
    assert refusals(visitor) == 1


def test_who_stays_refused_is_told_what_to_do(visitor: Visitor, alice: Player) -> None:
    page = visitor.opens(PLAY, client=signed_in(alice), size=NARROW)
    page.route("**/answer/", lambda route: route.fulfill(status=403))
    loads: list[str] = []
    page.on("load", lambda loaded: loads.append(loaded.url))
    press(page, "0")
    expect(page.get_by_role("status")).to_contain_text("1 answer kept. Sign out and in again")
    words = page.locator("#status span")
    assert words.evaluate("each => each.scrollWidth <= each.clientWidth"), "it is cut off"
    assert sticks_out(page) <= 0
    page.wait_for_timeout(1500)  # in which a bad network is tried again
    assert (len(loads), refusals(visitor)) == (1, 2)
    page.unroute("**/answer/")
    press(page, "0")
    kept(page, 2)


def test_nothing_is_reloaded_where_the_browser_keeps_no_answers(
    visitor: Visitor, alice: Player
) -> None:
    page = visitor.opens(PLAY, client=signed_in(alice))
    page.evaluate(f"() => {{ {FULL} }}")
    page.route("**/answer/", lambda route: route.fulfill(status=403))
    press(page, "0")
    expect(page.get_by_role("status")).to_contain_text("reload this page")
    expect(page.locator("#number")).to_have_text("2")
    page.unroute("**/answer/")
    press(page, "0")
    kept(page, 2)
    assert refusals(visitor) == 1


def test_what_is_too_large_for_ever_keeps_no_answer_waiting(
    visitor: Visitor, alice: Player
) -> None:
    page = visitor.opens(PLAY, client=signed_in(alice))
    first = shown(page)

    def refuse(route: Route) -> None:
        if first in (route.request.post_data or ""):
            route.fulfill(status=413)
        else:
            route.continue_()

    page.route("**/answer/", refuse)
    press(page, "0")
    press(page, "0")
    nothing_waits(page)
    kept(page, 1)
    assert refusals(visitor) == 1


# ---- leaks -----------------------------------------------------------------------------------


def test_a_card_that_was_pulled_is_gone_from_an_open_window_within_five_seconds(
    visitor: Visitor, alice: Player
) -> None:
    page = visitor.opens(PLAY, client=signed_in(alice))
    first, second = page.locator(".card").all()
    card, following = (each.get_attribute("data-card") or "" for each in (first, second))
    example = Offer.objects.get(public_id=card).poll.example
    actions.pull_example(example=example, by="robin", now=timezone.now())
    expect(page.locator(f"#card-{card}")).to_have_count(0, timeout=5000)
    expect(page.locator(f"#card-{following}")).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text("taken out of the game")
    expect(page.locator(".card")).to_have_count(2)


def test_a_leak_is_reported_in_one_tap_and_a_slip_mended_by_another(
    visitor: Visitor, alice: Player
) -> None:
    page = visitor.opens(PLAY, client=signed_in(alice), **PHONE)
    card = shown(page)
    example = Offer.objects.get(public_id=card).poll.example
    page.wait_for_timeout(300)  # what comes sooner is the finger of a tap before
    page.locator(f"#card-{card}").get_by_role("button", name="This names somebody").tap()
    expect(page.locator(f"#card-{card}")).to_have_count(0)
    back = page.get_by_role("button", name="Put it back")
    expect(back).to_be_visible()
    assert Example.objects.pulled().get() == example
    assert barriers(page) == ""
    back.tap()
    expect(page.locator(f"#card-{card}")).to_be_visible()
    assert not Example.objects.pulled().exists()


# ---- nothing left ----------------------------------------------------------------------------


def test_the_page_that_has_nothing_finds_a_card_by_itself(
    visitor: Visitor, alice: Player, asked: Asked
) -> None:
    Poll.objects.update(state="closed")
    page = visitor.opens(PLAY, client=signed_in(alice))
    expect(page.get_by_role("heading", name="Nothing left for now")).to_be_visible()
    asked("something new to read")
    expect(page.locator(".card:not([hidden])")).to_contain_text("something new", timeout=12_000)


# ---- the look --------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_stands_in_anyones_way(
    scheme: str, size: tuple[int, int], visitor: Visitor, alice: Player, charlie: Player
) -> None:
    look = {"size": size, "color_scheme": scheme, "reduced_motion": "reduce"}
    page = visitor.opens(PLAY, client=signed_in(alice), **look)
    press(page, "0")
    kept(page, 1)
    expect_no_barrier(page)
    page.locator(".card:not([hidden]) .help").click()
    expect_no_barrier(page)
    for path in ("me/", "boards/", "rules/", f"round/{Round.objects.get().public_id}/"):
        page.goto(PLAY + path)
        expect_no_barrier(page)
    page = visitor.opens("/play/practice/", client=signed_in(charlie), **look)
    expect_no_barrier(page)
    page.locator(".label").first.click()
    expect_no_barrier(page)


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_stands_in_the_way_after_a_week(
    scheme: str, size: tuple[int, int], visitor: Visitor, alice: Player, charlie: Player,
    check: Poll,
) -> None:  # fmt: skip
    """A mistake, a league and a team, nothing left, and a practice that failed."""
    look = {"size": size, "color_scheme": scheme, "reduced_motion": "reduce"}
    now = timezone.now()
    says(alice, check.example, "confirm", kind=Kind.GOLD, now=now)
    actions.close_round(round_=Round.objects.get(), now=now)
    Player.objects.filter(pk=alice.pk).update(team=Team.objects.create(name="Front desk"))
    others = [a_player(name, team=Team.objects.get()) for name in ("ann", "zoe", "pat")]
    for number, player in enumerate([alice, *others]):
        WeekPoints.objects.update_or_create(
            player=player, week=this_week(now).words, defaults={"points": 1_200 - number}
        )
    client = signed_in(charlie)
    for number, card in enumerate(practice_cards(current_taxonomy()), 1):
        wrong = "other" if card.question == "intent" else "positive"
        client.post("/play/practice/", {"number": number, "label": wrong})
    Poll.objects.update(state="closed")
    page = visitor.opens(PLAY + "me/", client=signed_in(alice), **look)
    expect(page.get_by_role("heading", name="Worth another look")).to_be_visible()
    expect_no_barrier(page)
    page.goto(PLAY + "boards/")
    expect(page.get_by_role("row", name="Front desk")).to_be_visible()
    expect_no_barrier(page)
    page.goto(PLAY)
    expect(page.get_by_role("heading", name="Nothing left for now")).to_be_visible()
    expect_no_barrier(page)
    page = visitor.opens("/play/practice/", client=client, **look)
    expect(page.get_by_text("Try again")).to_be_visible()
    expect_no_barrier(page)


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])
def test_everything_to_press_is_large_enough(
    size: tuple[int, int], visitor: Visitor, alice: Player
) -> None:
    page = visitor.opens(PLAY, client=signed_in(alice), size=size)
    press(page, "0")
    kept(page, 1)
    for path in ("", "me/", "boards/", f"round/{Round.objects.get().public_id}/"):
        page.goto(PLAY + path)
        for each in page.locator("main :is(a, button, summary, select, input):visible").all():
            if each.get_attribute("type") == "checkbox":
                continue  # its label is what one presses, and is large enough
            box = each.bounding_box()
            assert box is not None
            assert min(box["width"], box["height"]) >= 44, each.inner_text()


def test_a_text_without_end_is_scrolled_in_its_phone(visitor: Visitor, asked: Asked) -> None:
    Offer.objects.all().delete()
    Example.objects.update(text="really " * 220)
    page = visitor.opens(PLAY, client=signed_in(a_player("dora")), **PHONE)
    expect(page.locator(".card:not([hidden]) .others")).to_be_in_viewport()
    assert sticks_out(page) <= 0


def test_who_wants_no_motion_sees_none(visitor: Visitor, alice: Player) -> None:
    page = visitor.opens(PLAY, client=signed_in(alice), reduced_motion="reduce")
    press(page, "0")
    assert page.evaluate("document.getAnimations().length") == 0
