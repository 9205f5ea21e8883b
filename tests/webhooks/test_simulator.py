"""The simulator's pages and its echo endpoint, asked as a browser without JavaScript asks them."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone
from django.utils.html import escape
from pytest_django import Settings

from tests.webhooks.carrier import Answered
from tests.webhooks.conftest import demo_at, open_endpoint, read_everything, tell_everything
from webhooks import actions
from webhooks.delivery import signed_headers
from webhooks.inbound import InboundText
from webhooks.models import Business, Decision, Endpoint, EndpointSecret, Line, Message
from webhooks.simulator.scenes import BY_SLUG

pytestmark = [pytest.mark.django_db, pytest.mark.database]

PAGE = "/simulator/"
SEND = "/simulator/send/"
ECHO = "/simulator/echo/"
NOBODYS = "6a0f9c1e-2b3d-4c5f-8a7b-1c2d3e4f5a6b"  # a message that there is not


@pytest.fixture
def demo(db: None, settings: Settings) -> Business:
    return demo_at(settings.PUBLIC_BASE_URL)


@pytest.fixture
def alice(client: Client) -> Client:
    """Logged in; member of staff."""
    client.force_login(User.objects.create_user("alice", is_staff=True))
    return client


def received(body: str, *, scene: str = "dentist") -> Message:
    """A text that has been verified and kept."""
    line = Line.objects.get()
    text = InboundText(
        provider=line.provider,
        account_id=line.account_id,
        provider_id=f"SM{uuid4().hex}",
        sender=BY_SLUG[scene].person,
        to=line.address,
        body=body,
        raw=b"",
    )
    return actions.accept(text=text, line_id=line.pk, now=timezone.now())[0]


def shown(answer: Answered) -> str:
    assert answer.status_code == 200
    return answer.content.decode()


def story_page(message: Message) -> str:
    return f"{PAGE}?scene=dentist&message={message.public_id}"


def news_of(message: Message, client: Client, seen: str = "") -> Answered:
    return client.get(f"/simulator/story/{message.public_id}/", {"seen": seen})


# ---- how it is made ------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_to_write_while_the_demos_password_is_hashed(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def encode(*given: Any, **named: Any) -> str:
        within_a_transaction.append(connection.in_atomic_block)
        return hashed(*given, **named)

    within_a_transaction: list[bool] = []
    hashed = PBKDF2PasswordHasher.encode
    monkeypatch.setattr(PBKDF2PasswordHasher, "encode", encode)
    for _ in range(2):
        demo_at(settings.PUBLIC_BASE_URL)
    assert within_a_transaction == [False]


# ---- who may see it ------------------------------------------------------------------------


@pytest.mark.parametrize("logged_in", [False, True])
@pytest.mark.parametrize(
    ("method", "path"), [("get", PAGE), ("post", SEND), ("get", f"/simulator/story/{NOBODYS}/")]
)
def test_only_staff_get_in(
    method: str, path: str, logged_in: bool, client: Client, demo: Business
) -> None:
    if logged_in:
        client.force_login(User.objects.create_user("mallory"))
    answer = getattr(client, method)(path)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/admin/login/?next=/simulator/")


def test_a_fragment_for_who_was_logged_out_reloads_the_page(client: Client, demo: Business) -> None:
    answer = client.get(PAGE, headers={"HX-Request": "true"})
    assert answer["HX-Refresh"] == "true"
    assert answer.content == b""


@pytest.mark.parametrize("asked", ["?scene=mars", "?message=42", f"?message={NOBODYS}"])
def test_what_is_not_there_is_not_found(asked: str, alice: Client, demo: Business) -> None:
    assert alice.get(PAGE + asked).status_code == 404


def test_a_message_of_another_thread_is_not_found(alice: Client, demo: Business) -> None:
    message = received("yes", scene="vet")
    assert alice.get(story_page(message)).status_code == 404


def test_texts_of_real_lines_are_not_shown(alice: Client, demo: Business) -> None:
    message = received("yes")
    real = Line.objects.create(business=demo, account_id="AC2", address="+15005550011")
    Message.objects.filter(pk=message.pk).update(line=real)
    assert "yes</a>" not in shown(alice.get(PAGE))
    assert news_of(message, alice).status_code == 404


def test_without_a_simulated_line_it_says_what_to_do(alice: Client) -> None:
    answer = alice.get(PAGE)
    assert answer.status_code == 404
    assert "tick “is simulated”" in answer.content.decode()


# ---- the page ------------------------------------------------------------------------------


def test_every_scene_shows_its_reminders_and_suggestions(alice: Client, demo: Business) -> None:
    for scene in BY_SLUG.values():
        page = alice.get(PAGE, {"scene": scene.slug})
        for words in (*scene.reminders, *scene.replies):
            assert escape(words) in shown(page)


def test_an_empty_thread_explains_the_six_steps(alice: Client, demo: Business) -> None:
    page = shown(alice.get(PAGE))
    assert "Tap a suggestion or type a reply" in page
    assert page.count('class="step step-later"') == 6
    assert "hx-trigger" not in page


def test_words_of_a_text_never_become_markup(alice: Client, demo: Business) -> None:
    message = received("<script>alert(1)</script>")
    read_everything()
    page = shown(alice.get(story_page(message)))
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_pages_with_texts_are_kept_by_no_cache(alice: Client, demo: Business) -> None:
    assert "no-store" in alice.get(PAGE)["Cache-Control"]
    assert "no-store" in news_of(received("yes"), alice)["Cache-Control"]


def test_the_policy_allows_nothing_inline(alice: Client, demo: Business) -> None:
    answer = alice.get(story_page(received("yes")))
    assert "unsafe" not in answer["Content-Security-Policy"]
    page = shown(answer)
    assert re.findall(r"<style| style=| on[a-z]+=", page) == []
    assert page.count("<script") == page.count("<script src=")


# ---- sending -------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_reply_is_really_signed_posted_and_kept(alice: Client, running: Business) -> None:
    answer = alice.post(SEND, {"scene": "vet", "text": "omw"})
    message = Message.objects.get()
    assert (message.body, message.sender) == ("omw", BY_SLUG["vet"].person)
    assert b"Body=omw" in bytes(message.raw)
    where = parse_qs(urlsplit(answer["Location"]).query)
    assert where == {"scene": ["vet"], "message": [str(message.public_id)]}


@pytest.mark.django_db(transaction=True)
def test_an_address_where_something_else_answers_is_told(
    alice: Client, running: Business, settings: Settings
) -> None:
    settings.PUBLIC_BASE_URL += "/elsewhere"
    page = alice.post(SEND, {"scene": "vet", "text": "omw"}, follow=True)
    assert "Nod answered 404 and kept nothing." in shown(page)


def test_a_nod_that_does_not_answer_is_told(
    alice: Client, demo: Business, settings: Settings
) -> None:
    settings.PUBLIC_BASE_URL = "http://127.0.0.1:9"  # discard: nobody listens
    page = alice.post(SEND, {"scene": "vet", "text": "omw"}, follow=True)
    assert "does not answer: is Nod running there?" in shown(page)


# ---- the story -----------------------------------------------------------------------------


def test_while_it_waits_it_says_for_what_and_asks_again_soon(alice: Client, demo: Business) -> None:
    page = shown(alice.get(story_page(received("yes"))))
    assert "Waiting for the reading worker…" in page
    assert 'hx-trigger="every 400ms"' in page
    assert "Refresh</a></noscript>" in page


def test_what_waits_too_long_is_asked_about_less_often(alice: Client, demo: Business) -> None:
    message = received("yes")
    Message.objects.update(received_at=timezone.now() - timedelta(minutes=1))
    page = shown(alice.get(story_page(message)))
    assert "is the reading worker running?" in page
    assert 'hx-trigger="every 3s"' in page


def test_decided_it_shows_scores_decision_and_event(alice: Client, demo: Business) -> None:
    message = received("Yeah 👍 I'm gonna be at that appointment")
    read_everything()
    page = shown(alice.get(story_page(message)))
    decision = Decision.objects.get()
    assert page.count('<li class="score') == 7 + 4
    assert f'class="decision decision-{decision.action}"' in page
    assert decision.events.get().public_id in page
    assert "Waiting for the delivery worker…" in page


def test_decided_it_shows_what_else_the_text_says(alice: Client, demo: Business) -> None:
    message = received("worst service ever")
    read_everything()
    assert "It also says: has had enough." in shown(alice.get(story_page(message)))


@pytest.mark.django_db(transaction=True)
def test_delivered_it_is_over_and_verified(alice: Client, running: Business) -> None:
    message = received("yes")
    read_everything()
    tell_everything()
    page = shown(alice.get(story_page(message)))
    assert "<b>signature verified</b>" in page
    assert re.search(r"Done in [\d.]+\u202fs, signature verified\.", page)
    assert "hx-trigger" not in page
    assert "Refresh" not in page


def test_several_candidates_are_all_shown(alice: Client, demo: Business) -> None:
    message = received("yes", scene="family")
    read_everything()
    page = shown(alice.get(f"{PAGE}?scene=family&message={message.public_id}"))
    assert "Could answer <b>2</b>: Nod never guesses" in page
    assert page.count('class="quoted quoted-unsure"') == 2


def test_a_failed_delivery_says_what_came_back_and_when_it_is_tried_again(
    alice: Client, demo: Business
) -> None:
    Endpoint.objects.all().delete()
    open_endpoint(demo, "http://127.0.0.1:9/events")
    message = received("yes")
    read_everything()
    tell_everything()
    page = shown(alice.get(story_page(message)))
    assert "The receiver could not be reached" in page
    assert "Try 2 of 10 at " in page
    assert 'hx-trigger="every 3s"' in page


def test_a_delivery_that_was_given_up_says_so(
    alice: Client, demo: Business, settings: Settings
) -> None:
    settings.DELIVERY_RETRY_DELAYS = (0,)
    Endpoint.objects.all().delete()
    open_endpoint(demo, "http://127.0.0.1:9/events")
    message = received("yes")
    read_everything()
    tell_everything()
    page = shown(alice.get(story_page(message)))
    assert "given up on telling" in page
    assert "step-failed" in page


def test_no_endpoint_is_said_so(alice: Client, demo: Business) -> None:
    Endpoint.objects.all().delete()
    message = received("yes")
    read_everything()
    assert "No endpoint wants to be told" in shown(alice.get(story_page(message)))


def test_news_come_only_when_there_are_any(alice: Client, demo: Business) -> None:
    message = received("yes")
    first = shown(news_of(message, alice))
    seen = first.split("?seen=")[1].split('"')[0]
    assert news_of(message, alice, seen).status_code == 204
    read_everything()
    assert 'class="decision' in shown(news_of(message, alice, seen))


def test_an_opt_out_shows_in_the_thread(alice: Client, demo: Business) -> None:
    received("STOP")
    assert "no more texts to this person until they text START" in shown(alice.get(PAGE))


# ---- the echo endpoint ---------------------------------------------------------------------

BODY = '{"type": "reply.decided"}'


def echo(client: Client, body: bytes | str = BODY, **headers: str) -> Answered:
    return client.post(ECHO, body, content_type="application/json", headers=headers)


def signed(body: str = BODY, *, age: timedelta = timedelta(0)) -> dict[str, str]:
    secrets = list(EndpointSecret.objects.values_list("secret", flat=True))
    return signed_headers(
        event_id="evt_1", body=body, secrets=secrets[:1], now=timezone.now() - age
    )


def test_echo_verifies_what_nod_signs(client: Client, demo: Business) -> None:
    answer = echo(client, **signed())
    assert answer.status_code == 200
    assert answer.json() == {"verified": True, "id": "evt_1", "type": "reply.decided"}


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-signature": "v1,AAAA"},
        {"webhook-signature": "no comma"},
        {"webhook-signature": "v1,not base64!"},
        {"webhook-signature": "v1,a"},
        {"webhook-signature": "v1,é"},
        {"webhook-signature": ""},
        {"webhook-id": "evt_2"},
        {"webhook-id": ""},
        {"webhook-timestamp": "yesterday"},
        {"webhook-timestamp": "inf"},
        {"webhook-timestamp": "1e300"},
        {"webhook-timestamp": ""},
    ],
)
def test_echo_refuses_headers_of_mallory(
    change: dict[str, str], client: Client, demo: Business
) -> None:
    answer = echo(client, **signed() | change)
    assert answer.status_code == 401
    assert answer.json() == {"verified": False}


@pytest.mark.parametrize("body", [b"", b"\xff\x00", b"{}", b"[" * 100_000, BODY.encode() + b" "])
def test_echo_refuses_another_body(body: bytes, client: Client, demo: Business) -> None:
    assert echo(client, body, **signed()).status_code == 401


@pytest.mark.parametrize("body", ["[]", "42", '"text"', "{}"])
def test_echo_takes_any_json_that_is_signed(body: str, client: Client, demo: Business) -> None:
    assert echo(client, body, **signed(body)).json()["type"] is None


def test_echo_refuses_signed_words_that_are_no_json(client: Client, demo: Business) -> None:
    assert echo(client, "yes", **signed("yes")).status_code == 401


def test_echo_refuses_an_old_signature(client: Client, demo: Business) -> None:
    assert echo(client, **signed(age=timedelta(minutes=6))).status_code == 401


def test_echo_knows_no_other_endpoints_secret(client: Client, demo: Business) -> None:
    headers = signed()
    Endpoint.objects.update(url="https://example.com/events")
    assert echo(client, **headers).status_code == 401


def test_echo_survives_an_empty_secret(client: Client, demo: Business) -> None:
    headers = signed()
    EndpointSecret.objects.update(secret="whsec_")
    assert echo(client, **headers).status_code == 401


def test_echo_is_only_for_posts(client: Client, demo: Business) -> None:
    assert client.get(ECHO).status_code == 405
