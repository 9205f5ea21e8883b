"""The simulator in a real browser. The workers' part is done by the test, between looks."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from config.demo_secrets import demo_secrets
from tests.browser import NARROW, WIDE, Visitor, barriers, chromium, sticks_out
from tests.webhooks.conftest import read_everything, tell_everything
from webhooks.demo import make_demo
from webhooks.models import Message
from webhooks.simulator.scenes import SCENES

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.database,
    pytest.mark.browser,
]

PAGE = "/simulator/"
YES = "Yeah 👍 I'm gonna be at that appointment"
STEPS = ["Received", "Matched", "Read", "Decided", "Told", "Delivered"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def alice(
    browser: Browser, live_server: LiveServer, settings: Settings, client: Client
) -> Iterator[Visitor]:
    """Member of staff, at her browser, before a running demo. Her console must stay silent."""
    settings.PUBLIC_BASE_URL = live_server.url
    known = demo_secrets(Path(django_settings.VAR_DIR))
    make_demo(known=known, base_url=live_server.url, now=timezone.now())
    client.force_login(User.objects.create_user("alice", password="nod nod nod", is_staff=True))
    alice = Visitor(browser, live_server.url)
    yield alice
    alice.leaves()
    assert alice.complaints == []


def send(page: Page, words: str) -> None:
    page.get_by_label("Your reply").fill(words)
    page.get_by_label("Your reply").press("Enter")
    expect(page.locator("#story-title")).to_contain_text(words)


def work() -> None:
    """What the workers do."""
    read_everything()
    tell_everything()


def expect_verified(page: Page) -> None:
    expect(page.get_by_text("signature verified", exact=True).first).to_be_visible()
    expect(page.locator("#story-status")).to_contain_text("Done in")


# ---- the whole way -------------------------------------------------------------------------


def test_a_reply_is_followed_to_the_verified_signature(alice: Visitor) -> None:
    page = alice.opens(PAGE)
    page.get_by_label("Username").fill("alice")
    page.get_by_label("Password").fill("nod nod nod")
    page.get_by_label("Password").press("Enter")
    page.get_by_role("link", name="Garage").click()
    page.get_by_role("button", name="who is this? stop texting me").click()
    status = page.get_by_role("status")
    expect(status).to_have_text("Kept. Waiting for the reading worker…")
    read_everything()
    expect(status).to_have_text("Decided. Waiting for the delivery worker…")
    expect(page.locator(".decision")).to_be_visible()
    tell_everything()
    expect_verified(page)
    expect(page.locator(".receipt")).not_to_have_text("kept")


def test_it_asks_no_more_when_it_is_over(alice: Visitor, client: Client) -> None:
    page = alice.opens(PAGE, client=client)
    send(page, YES)
    work()
    expect_verified(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(1000)
    assert asked == []


def test_the_phone_keeps_its_manners(alice: Visitor, client: Client) -> None:
    page = alice.opens(PAGE, client=client, size=NARROW)
    for number in range(5):
        send(page, f"text number {number}")
    text = page.get_by_label("Your reply")
    expect(text).to_be_focused()
    expect(text).to_have_value("")
    expect(page.locator("#texts").get_by_text("text number 4")).to_be_in_viewport()


def test_the_chosen_scene_is_in_view_on_a_phone(alice: Visitor, client: Client) -> None:
    last = SCENES[-1]
    page = alice.opens(f"{PAGE}?scene={last.slug}", client=client, size=NARROW)
    chosen = page.locator(".scenes [aria-current]")
    expect(chosen).to_contain_text(last.title)
    expect(chosen).to_be_in_viewport(ratio=1)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()


def test_keyboard_alone_is_enough(alice: Visitor, client: Client) -> None:
    page = alice.opens(PAGE, client=client)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    tab_to(page, "Garage")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Garage")).to_be_visible()
    tab_to(page, "wrong number mate")
    page.keyboard.press("Enter")
    expect(page.locator("#story-title")).to_have_text("wrong number mate")
    work()
    expect_verified(page)
    expect(page.get_by_label("Your reply")).to_be_focused()
    tab_to(page, "reply.decided")
    page.keyboard.press("Enter")
    expect(page.get_by_text('"reply.decided"')).to_be_visible()


def tab_to(page: Page, words: str) -> None:
    """Press Tab until what has these words has the focus; a visible ring is around it."""
    for _ in range(40):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        if words in focused.inner_text():
            ring = "element => getComputedStyle(element).outlineStyle"
            assert focused.evaluate(ring) == "solid"
            return
    pytest.fail(f"Tab never reaches {words!r}")


def test_without_javascript_plain_forms_and_a_refresh_link_do_it(
    alice: Visitor, client: Client
) -> None:
    page = alice.opens(PAGE, client=client, java_script_enabled=False)
    page.get_by_role("link", name="Vet").click()
    page.get_by_label("Your reply").fill("omw")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("status")).to_contain_text("Waiting for the reading worker…")
    work()
    page.get_by_role("link", name="Refresh").click()
    expect_verified(page)
    expect(page.get_by_role("link", name="Refresh")).to_have_count(0)


def test_a_session_that_ended_leads_to_the_log_in(alice: Visitor, client: Client) -> None:
    page = alice.opens(PAGE, client=client)
    send(page, YES)
    client.logout()
    page.wait_for_url("**/admin/login/?next=/simulator/**")


# ---- going about ---------------------------------------------------------------------------


def test_an_earlier_text_can_be_chosen_and_left_again(alice: Visitor, client: Client) -> None:
    page = alice.opens(PAGE, client=client)
    send(page, "yes")
    send(page, "no")
    work()
    page.get_by_role("link", name="You: yes").click()
    expect(page.locator("#story-title")).to_have_text("yes")
    page.go_back()
    expect(page.locator("#story-title")).to_have_text("no")
    expect(page.get_by_role("heading", name="Simulator")).to_be_visible()


def test_an_open_event_stays_open_while_news_come_in(alice: Visitor, client: Client) -> None:
    page = alice.opens(PAGE, client=client)
    send(page, YES)
    read_everything()
    page.locator("summary").click()
    tell_everything()
    expect_verified(page)
    expect(page.locator("details")).to_have_attribute("open", "")


def test_what_goes_wrong_is_said(alice: Visitor, client: Client, settings: Settings) -> None:
    page = alice.opens(PAGE, client=client)
    settings.PUBLIC_BASE_URL = "http://127.0.0.1:9"  # discard: nobody listens
    page.get_by_label("Your reply").fill("yes")
    page.get_by_label("Your reply").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("does not answer")
    assert not Message.objects.exists()


# ---- the look ------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_stands_in_anyones_way(
    scheme: str, size: tuple[int, int], alice: Visitor, client: Client
) -> None:
    page = alice.opens(PAGE, client=client, size=size, color_scheme=scheme, reduced_motion="reduce")
    assert barriers(page) == ""
    send(page, "STOP")
    assert barriers(page) == ""
    work()
    expect_verified(page)
    page.locator("summary").first.click()
    assert barriers(page) == ""
    assert sticks_out(page) <= 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_stands_in_the_way_on_an_error_page(
    scheme: str, alice: Visitor, client: Client
) -> None:
    page = alice.opens("/nowhere/", client=client, size=NARROW, color_scheme=scheme)
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()
    assert barriers(page) == ""
    assert len(alice.complaints) == 1  # the browser's own line about the 404
    alice.complaints.clear()


def test_the_menu_of_a_narrow_window_opens_and_closes(alice: Visitor, client: Client) -> None:
    page = alice.opens(PAGE, client=client, size=NARROW)
    expect(page.get_by_role("link", name="Admin")).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    expect(page.get_by_role("link", name="Admin")).to_be_visible()
    assert barriers(page) == ""
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Admin")).to_be_hidden()


def test_a_word_without_end_stays_in_its_bubble(alice: Visitor, client: Client) -> None:
    page = alice.opens(PAGE, client=client, size=NARROW)
    send(page, "a" * 100)
    assert sticks_out(page) <= 0


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])
def test_no_step_moves_when_news_come_in(
    size: tuple[int, int], alice: Visitor, client: Client
) -> None:
    page = alice.opens(PAGE, client=client, size=size)
    send(page, YES)
    before = {step: top_of(page, step) for step in STEPS}
    work()
    expect_verified(page)
    assert {step: top_of(page, step) for step in STEPS} == before


def top_of(page: Page, step: str) -> float:
    box = page.get_by_role("heading", name=step, exact=True).bounding_box()
    assert box is not None
    return box["y"]


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])
def test_everything_to_press_is_large_enough(
    size: tuple[int, int], alice: Visitor, client: Client
) -> None:
    page = alice.opens(PAGE, client=client, size=size)
    send(page, "ok")
    work()
    expect_verified(page)
    for each in page.locator("main :is(a, button, summary, input):visible").all():
        box = each.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44, each.inner_text()


def test_who_wants_no_motion_sees_none(alice: Visitor, client: Client) -> None:
    page = alice.opens(PAGE, client=client, reduced_motion="reduce")
    send(page, "omw")
    assert page.evaluate("document.getAnimations().length") == 0
