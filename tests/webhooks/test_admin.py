"""The admin, as an operator uses it. Alice may do everything; Bob, who texts, is no staff; Mallory
sends what she should not."""

from __future__ import annotations

import socket
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from pytest_django import Settings

from classifier.models import Example, ModelVersion, RawLook, Serving, TrainingRun
from config import adminbase
from labelgame.models import Team
from tests.webhooks.carrier import ACCOUNT, BASE_URL, BOB, DENTAL, Carrier
from tests.webhooks.conftest import read_everything, remind, tell_everything
from tests.webhooks.receiver import Receiver
from webhooks import consent, delivery
from webhooks.models import (
    ApiKey,
    Business,
    Contact,
    Decision,
    Delivery,
    DeliveryAttempt,
    Endpoint,
    Event,
    Line,
    Message,
    Reading,
    Reminder,
    ShadowRun,
    StatusUpdate,
)

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

pytestmark = [pytest.mark.django_db, pytest.mark.database]

PRESSED = {"_form_submitted": "1"}  # the button in an action's dialog
READ_ONLY = (Message, Reminder, Contact, StatusUpdate, Delivery)
# Of the game's tables, teams alone are kept by hand.
GAME = [model for model in apps.get_app_config("labelgame").get_models() if model is not Team]
EVERY_PAGE = sorted(admin.site._registry, key=lambda model: model._meta.label)


def named(model: type[Model]) -> str:
    return model._meta.label


def listing(model: type[Model]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def page_of(row: Model, what: str = "change") -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{what}", args=[row.pk])


def adding(model: type[Model]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add")


def text_of(response: Answer) -> str:
    assert response.status_code == 200, response.status_code
    return response.content.decode()


def said(response: Answer) -> list[str]:
    """What the page after a change tells."""
    return [str(message) for message in response.context["messages"]]


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def alice(db: None) -> Client:
    return client_of(User.objects.create_superuser("alice"))


@pytest.fixture
def onlooker(db: None) -> Client:
    """Staff who may look at everything and do nothing."""
    user = User.objects.create_user("olive", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    return client_of(user)


@pytest.fixture
def story(reminder: Reminder, endpoint: Endpoint, carrier: Carrier) -> Message:
    """A text that was read, decided and told."""
    carrier.text("STOP")
    read_everything()
    tell_everything()
    return Message.objects.get()


@pytest.fixture
def told(story: Message) -> Delivery:
    return Delivery.objects.get(event__type="contact.opted_out")


# ---- every page ----------------------------------------------------------------------------


@pytest.mark.parametrize("model", EVERY_PAGE, ids=named)
def test_every_list_opens(alice: Client, story: Message, model: type[Model]) -> None:
    assert alice.get(listing(model)).status_code == 200


@pytest.mark.parametrize("model", EVERY_PAGE, ids=named)
def test_every_add_page_opens_or_is_refused(alice: Client, model: type[Model]) -> None:
    made_by_nod = (Example, ModelVersion, RawLook, Serving, ShadowRun, TrainingRun)
    may_add = model not in (*READ_ONLY, *GAME, *made_by_nod)
    assert alice.get(adding(model)).status_code == (200 if may_add else 403)


@pytest.mark.parametrize("what", ["change", "history"])
@pytest.mark.parametrize("model", EVERY_PAGE, ids=named)
def test_every_row_has_a_page(
    alice: Client, story: Message, carrier: Carrier, model: type[Model], what: str
) -> None:
    carrier.receipt()
    ApiKey.issue(business=Business.objects.get(), name="scheduler", now=timezone.now())
    for row in model._default_manager.all():
        assert alice.get(page_of(row, what)).status_code == 200


@pytest.mark.parametrize("model", EVERY_PAGE, ids=named)
def test_who_is_no_staff_is_sent_to_the_log_in(model: type[Model], db: None) -> None:
    bob = client_of(User.objects.create_user("bob"))
    for visitor in (Client(), bob):
        response = visitor.get(listing(model))
        assert response.status_code == 302
        assert urlsplit(response["Location"]).path == reverse("admin:login")


@pytest.mark.parametrize("what", ["change", "delete"])
@pytest.mark.parametrize("model", READ_ONLY, ids=named)
def test_what_happened_cannot_be_changed(
    alice: Client, story: Message, carrier: Carrier, model: type[Model], what: str
) -> None:
    carrier.receipt()
    row = model._default_manager.earliest("pk")
    assert alice.post(page_of(row, what), {"post": "yes"}).status_code == 403
    assert model._default_manager.filter(pk=row.pk).exists()


# ---- the story of a message ----------------------------------------------------------------


def test_a_message_tells_its_whole_story(alice: Client, story: Message, told: Delivery) -> None:
    page = text_of(alice.get(page_of(story)))
    assert escape(story.reminder.body if story.reminder else "?") in page
    attempt = told.attempts.get()
    for part in (
        BOB,
        "Riverside Dental",
        story.provider_id,
        "NumSegments",  # every parameter as it came
        Reading.objects.get().model_version,
        "No more texts",  # the label, as the taxonomy words it
        "the whole text is a keyword that carriers know",
        told.event.public_id,
        told.endpoint.url,
        f"{attempt.milliseconds} ms",
        "Send again",
    ):
        assert part in page, part


@pytest.mark.parametrize(
    ("reminders", "heading"),
    [(0, "It answers no reminder"), (1, "It answers a reminder"), (2, "It may answer 2 reminders")],
)
def test_the_story_says_which_reminder_is_answered(
    alice: Client, line: Line, carrier: Carrier, bob: str, reminders: int, heading: str
) -> None:
    for number in range(reminders):
        remind(line, bob, body=f"Are you coming to appointment number {number}?")
    carrier.text("yes")
    read_everything()
    assert heading in text_of(alice.get(page_of(Message.objects.get())))


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"Body": "hello"}, "Waiting to be read"),
        ({"Body": "hello", "To": "+15005550099"}, "No line has this address"),
        ({"Body": "", "NumMedia": "1"}, "No words in it."),
    ],
)
def test_the_story_of_a_text_that_got_no_further(
    alice: Client, line: Line, carrier: Carrier, form: dict[str, str], words: str
) -> None:
    carrier.text(**{"body": form.pop("Body"), **form})
    assert words in text_of(alice.get(page_of(Message.objects.get())))


def test_the_story_shows_the_tags_and_does_without_where_there_were_none_yet(
    alice: Client, line: Line, carrier: Carrier
) -> None:
    carrier.text("worst service ever")
    read_everything()
    message, reading = Message.objects.get(), Reading.objects.get()
    assert "Has had enough" in text_of(alice.get(page_of(message)))
    del reading.result["tags"]
    reading.save(update_fields=["result"])
    assert "Has had enough" not in text_of(alice.get(page_of(message)))


def test_mallorys_markup_is_only_text(alice: Client, line: Line, carrier: Carrier) -> None:
    carrier.text("<script>alert(1)</script>", ProfileName='"><img src=x onerror=alert(2)>')
    read_everything()
    for address in (listing(Message), page_of(Message.objects.get())):
        page = text_of(alice.get(address))
        assert "<script>alert" not in page
        assert "<img src=x" not in page


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("", 2),
        ("?decision=act", 1),
        ("?decision=hold", 0),
        ("?label=opt_out", 1),
        ("?label=confirm", 0),
        ("?state__exact=waiting", 1),
        ("?state__exact=unrouted", 0),
    ],
)
def test_messages_are_filtered(
    alice: Client, story: Message, carrier: Carrier, query: str, number: int
) -> None:
    carrier.text("not read yet")
    assert alice.get(listing(Message) + query).context["cl"].result_count == number


def test_a_superseded_decision_is_not_the_one_that_stands(alice: Client, story: Message) -> None:
    first = story.decisions.get()
    Decision.objects.create(
        message=story, action="hold", label="other", supersedes=first, decided_at=timezone.now()
    )
    found = {
        action: alice.get(f"{listing(Message)}?decision={action}").context["cl"].result_count
        for action in ("act", "hold")
    }
    assert found == {"act": 0, "hold": 1}


# ---- searching for people ------------------------------------------------------------------


@pytest.mark.parametrize("term", [BOB, "STOP", "0101\x00"])
def test_a_search_for_a_person_stays_out_of_the_url(
    alice: Client, story: Message, carrier: Carrier, term: str
) -> None:
    carrier.text("from somebody else", From="+12025550199")
    response = alice.post(listing(Message) + "?state__exact=decided&p=2", {"q": term}, follow=True)
    address, _ = response.redirect_chain[-1]
    assert address.endswith("?state__exact=decided&q=~")
    assert response.context["cl"].query == term.strip("\x00")
    assert [row.body for row in response.context["cl"].result_list] == ["STOP"]
    links = text_of(response).split('href="')
    assert not any(BOB.lstrip("+") in link.split('"')[0] for link in links)


def test_an_empty_search_shows_everything_again(alice: Client, story: Message) -> None:
    alice.post(listing(Message), {"q": "nobody has written this"})
    response = alice.post(listing(Message) + "?q=~", {"q": ""}, follow=True)
    assert response.context["cl"].result_count == 1


# ---- large tables --------------------------------------------------------------------------


def make_stories(line: Line, endpoint: Endpoint, number: int) -> None:
    """Rows as they are after the way of a message, without the way."""
    now = timezone.now()
    first = Message.objects.count()
    facts = {"provider": "twilio", "account_id": ACCOUNT, "line": line, "raw": b"a=b"}
    for i in range(first, first + number):
        sid = f"SM{i:032x}"
        message = Message.objects.create(
            provider_id=sid, sender=f"+1202555{i:04}", received_at=now, state="decided", **facts
        )
        decision = Decision.objects.create(message=message, action="act", decided_at=now)
        event = Event.objects.create(
            public_id=f"evt_{sid}", business=line.business, type="reply.decided", body="{}",
            message=message, decision=decision, created_at=now,
        )  # fmt: skip
        sent = Delivery.objects.create(event=event, endpoint=endpoint, next_attempt_at=now)
        DeliveryAttempt.objects.create(delivery=sent, started_at=now, milliseconds=1)
        remind(line, message.sender, body=sid)
        consent.opt_out(line_id=line.pk, address=message.sender, by="keyword", at=now)
        StatusUpdate.objects.create(
            provider_id=sid, provider_status="sent", status="sent", received_at=now, **facts
        )


@pytest.mark.parametrize("model", READ_ONLY, ids=named)
def test_a_list_costs_the_same_few_queries_however_long_it_is(
    alice: Client, line: Line, endpoint: Endpoint, model: type[Model]
) -> None:
    costs = []
    for number in (5, 45):
        make_stories(line, endpoint, number)
        alice.get(listing(model))  # what is cached once per process is not counted
        with CaptureQueriesContext(connection) as queries:
            assert alice.get(listing(model)).context["cl"].result_count in (5, 50)
        costs.append(len(queries))
    assert costs[0] == costs[1] <= 10


def test_the_story_costs_the_same_queries_however_often_it_was_tried(
    alice: Client, story: Message, told: Delivery
) -> None:
    costs = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            alice.get(page_of(story))
        costs.append(len(queries))
        for _ in range(8):
            DeliveryAttempt.objects.create(
                delivery=told, started_at=timezone.now(), milliseconds=1, outcome="refused"
            )
    assert costs[0] == costs[1]


def test_counting_stops_where_a_number_tells_nothing(
    alice: Client, line: Line, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adminbase, "MOST_COUNTED", 3)
    make_stories(line, endpoint, 5)
    assert alice.get(listing(Message)).context["cl"].result_count == 3


# ---- lines ---------------------------------------------------------------------------------


def line_form(business: Business, **fields: str) -> dict[str, str]:
    return {
        "business": str(business.pk),
        "provider": "twilio",
        "account_id": ACCOUNT,
        "address": DENTAL,
        "signing_keys-TOTAL_FORMS": "1",
        "signing_keys-INITIAL_FORMS": "0",
        "signing_keys-0-key": "the-auth-token-9876",
    } | fields


def test_a_new_line_gets_the_texts_that_waited_for_it(
    alice: Client, dental: Business, line: Line, carrier: Carrier
) -> None:
    carrier.text("early", To="+15005550099")
    form = line_form(dental, address="+15005550099")
    response = alice.post(adding(Line), form, follow=True)
    assert "1 text that waited for this line will be read now." in said(response)
    assert Message.objects.get().state == Message.State.WAITING
    assert Message.objects.get().line == Line.objects.get(address="+15005550099")


def test_a_text_without_a_line_leads_to_the_form_that_makes_one(
    alice: Client, line: Line, carrier: Carrier
) -> None:
    carrier.text("early", To="+15005550099")
    message = Message.objects.get()
    address = f"{adding(Line)}?for={message.pk}"
    assert address in text_of(alice.get(page_of(message)))
    assert alice.get(address).context["adminform"].form.initial["address"] == "+15005550099"


@pytest.mark.parametrize("nonsense", ["", "0", "²", "x", "9" * 40])
def test_a_line_for_no_text_is_an_empty_form(alice: Client, nonsense: str) -> None:
    assert alice.get(f"{adding(Line)}?for={nonsense}").status_code == 200


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("account_id", "MG" + "0" * 32, "begins with AC"),
        ("account_id", "AC123", "34 characters"),
        ("address", "(500) 555-0010", "Write it as Twilio does"),
        ("address", "5005550010", "Write it as Twilio does"),
    ],
)
def test_what_is_pasted_into_the_wrong_field_is_caught(
    alice: Client, dental: Business, field: str, value: str, complaint: str
) -> None:
    response = alice.post(adding(Line), line_form(dental, **{field: value}))
    assert complaint in str(response.context["adminform"].form.errors[field])


@pytest.mark.parametrize(
    "address", ["+15005550010", "12345", "whatsapp:+15005550010", "rcs:dental"]
)
def test_every_kind_of_address_can_be_entered(
    alice: Client, dental: Business, address: str
) -> None:
    alice.post(adding(Line), line_form(dental, address=address))
    assert Line.objects.get().address == address


def test_a_signing_key_is_never_shown_again(alice: Client, dental: Business) -> None:
    alice.post(adding(Line), line_form(dental))
    line = Line.objects.get()
    assert line.signing_keys.get().key == "the-auth-token-9876"
    page = text_of(alice.get(page_of(line)))
    assert "the-auth-token" not in page
    assert "••••••••9876" in page


def test_a_line_without_a_key_is_warned_about(alice: Client, dental: Business) -> None:
    form = line_form(dental, **{"signing_keys-TOTAL_FORMS": "0"})
    assert any(
        "no signing key" in each for each in said(alice.post(adding(Line), form, follow=True))
    )


def test_the_webhook_address_is_ready_to_copy(alice: Client, line: Line) -> None:
    page = text_of(alice.get(page_of(line)))
    assert escape(f"{BASE_URL}/webhooks/twilio/#ct=1500&rt=3500&rc=2&rp=5xx,ct,rt") in page
    assert f"{BASE_URL}/webhooks/twilio/status/" in page


@pytest.mark.parametrize("model", [Line, Endpoint, ApiKey], ids=named)
def test_what_belongs_to_a_business_does_not_change_hands(
    alice: Client, line: Line, model: type[Model]
) -> None:
    Endpoint.objects.create(business=line.business, url="https://example.com/hook")
    ApiKey.issue(business=line.business, name="scheduler", now=timezone.now())
    row = model._default_manager.get()
    form = alice.get(page_of(row)).context["adminform"].form
    assert "business" not in form.fields


def test_the_page_of_a_business_shows_what_it_has(alice: Client, story: Message) -> None:
    business = Business.objects.get()
    key, _ = ApiKey.issue(business=business, name="scheduler", now=timezone.now())
    page = text_of(alice.get(page_of(business)))
    for row in (Line.objects.get(), Endpoint.objects.get(), key):
        assert f'href="{page_of(row)}"' in page


# ---- API keys ------------------------------------------------------------------------------


@pytest.fixture
def key(dental: Business) -> ApiKey:
    return ApiKey.issue(business=dental, name="scheduler", now=timezone.now())[0]


def test_a_new_key_is_shown_once_and_never_again(alice: Client, dental: Business) -> None:
    form = {"business": dental.pk, "name": "scheduler"}
    response = alice.post(adding(ApiKey), form, follow=True)
    shown = next(each for each in said(response) if "Copy the key now" in each)
    token = shown.partition("'nod-token'>")[2].partition("<")[0]
    key = ApiKey.objects.get()
    assert ApiKey.objects.matching(token) == key
    assert token in text_of(response)
    for address in (listing(ApiKey), page_of(key), page_of(key, "history")):
        assert token not in text_of(alice.get(address))


def test_revoking_a_key_says_by_whom(alice: Client, key: ApiKey) -> None:
    asked = alice.get(page_of(key, "revoke"))
    assert "cannot be undone" in text_of(asked)
    assert ApiKey.objects.usable().exists()  # asking is not doing
    response = alice.post(page_of(key, "revoke"), PRESSED)
    assert response["Location"] == page_of(key)
    assert not ApiKey.objects.usable().exists()
    entry = LogEntry.objects.get()
    assert (entry.user.get_username(), entry.change_message) == ("alice", "Revoked.")


def test_keys_are_revoked_from_the_list(alice: Client, key: ApiKey) -> None:
    choice = {"action": "revoke_selected", "_selected_action": [key.pk]}
    response = alice.post(listing(ApiKey), choice, follow=True)
    assert said(response) == ["Revoked: 1 of 1."]
    again = alice.post(listing(ApiKey), choice, follow=True)
    assert said(again) == ["Revoked: 0 of 1."]


def test_only_a_revoked_key_can_be_deleted(alice: Client, key: ApiKey) -> None:
    assert alice.post(page_of(key, "delete"), {"post": "yes"}).status_code == 403
    alice.post(page_of(key, "revoke"), PRESSED)
    assert alice.post(page_of(key, "delete"), {"post": "yes"}).status_code == 302


# ---- endpoints -----------------------------------------------------------------------------


def add_endpoint(client: Client, business: Business, url: str) -> Answer:
    form = {"business": business.pk, "url": url}
    return client.post(adding(Endpoint), form, follow=True)


def test_a_new_endpoint_has_a_secret_to_copy(alice: Client, dental: Business) -> None:
    response = add_endpoint(alice, dental, "https://93.184.215.14/hook")
    assert any("has a secret now" in each for each in said(response))
    endpoint = Endpoint.objects.get()
    assert endpoint.secrets.get().secret in text_of(alice.get(page_of(endpoint)))


def test_an_endpoint_in_a_private_network_is_refused_with_the_reason(
    alice: Client, dental: Business
) -> None:
    response = add_endpoint(alice, dental, "https://10.0.0.5/hook")
    assert "belongs to a private network" in text_of(response)
    assert not Endpoint.objects.exists()


def test_a_name_is_resolved_while_no_transaction_waits(
    alice: Client, dental: Business, monkeypatch: pytest.MonkeyPatch
) -> None:
    depths = []
    outside = len(connection.savepoint_ids)

    def resolve(*_: object, **__: object) -> list[object]:
        depths.append(len(connection.savepoint_ids))
        raise OSError("no such name")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    add_endpoint(alice, dental, "https://hooks.example.com/nod")
    assert depths == [outside]
    assert Endpoint.objects.exists()  # it may resolve tomorrow


def test_whoever_only_looks_sees_no_secret(onlooker: Client, endpoint: Endpoint) -> None:
    page = text_of(onlooker.get(page_of(endpoint)))
    assert endpoint.url in page
    assert endpoint.secrets.get().secret not in page


@pytest.mark.parametrize("what", ["rotate", "enable", "disable"])
def test_whoever_only_looks_changes_no_endpoint(
    onlooker: Client, endpoint: Endpoint, what: str
) -> None:
    assert onlooker.post(page_of(endpoint, what), PRESSED).status_code == 403


def test_a_secret_is_rotated_and_history_says_by_whom(alice: Client, endpoint: Endpoint) -> None:
    alice.post(page_of(endpoint, "rotate"), PRESSED)
    assert endpoint.secrets.count() == 2
    history = text_of(alice.get(page_of(endpoint, "history")))
    assert "alice" in history
    assert "Made a new secret" in history


def test_an_endpoint_that_was_ever_told_anything_is_not_deleted(
    alice: Client, endpoint: Endpoint, told: Delivery, dental: Business
) -> None:
    unused = Endpoint.objects.create(business=dental, url="https://hooks.example.com/nod")
    assert alice.get(page_of(endpoint, "delete")).status_code == 403
    assert alice.get(page_of(unused, "delete")).status_code == 200


def test_an_endpoint_is_switched_off_and_on(alice: Client, endpoint: Endpoint) -> None:
    alice.post(page_of(endpoint, "disable"), PRESSED)
    page = text_of(alice.get(page_of(endpoint)))
    assert "Switched off by alice." in page
    assert page_of(endpoint, "disable") not in page
    alice.post(page_of(endpoint, "enable"), PRESSED)
    assert Endpoint.objects.enabled().exists()


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({}, "working"),
        ({"failing_since": -HOUR}, "Every attempt since"),
        ({"paused_until": HOUR}, "It asked us to wait until"),
        ({"paused_until": -HOUR}, "working"),
        ({"disabled_at": -HOUR, "failing_since": -HOUR}, "disabled"),
    ],
)
def test_the_list_of_endpoints_says_how_they_are(
    alice: Client, dental: Business, changes: dict[str, timedelta], shown: str
) -> None:
    times = {name: timezone.now() + delta for name, delta in changes.items()}
    Endpoint.objects.create(business=dental, url="https://example.com/hook", **times)
    assert shown in text_of(alice.get(listing(Endpoint)))


# ---- deliveries ----------------------------------------------------------------------------


def is_due(sent: Delivery) -> bool:
    now = timezone.now()
    return Delivery.objects.due(now=now, lease=delivery.lease()).filter(pk=sent.pk).exists()


@pytest.fixture(params=["page", "story", "list"])
def send_again(request: pytest.FixtureRequest) -> Callable[[Client, Delivery], Answer]:
    """Press “send again” in one of the three places where it stands."""

    def press(client: Client, sent: Delivery) -> Answer:
        if request.param == "list":
            choice = {"action": "send_selected_again", "_selected_action": [sent.pk]}
            return client.post(listing(Delivery), choice, follow=True)
        form = PRESSED | ({"from_story": "1"} if request.param == "story" else {})
        return client.post(page_of(sent, "send_again"), form, follow=True)

    return press


def test_send_again_keeps_the_id_and_makes_it_due(
    alice: Client,
    told: Delivery,
    receiver: Receiver,
    send_again: Callable[[Client, Delivery], Answer],
) -> None:
    assert not is_due(told)
    assert said(send_again(alice, told)) == ["1 delivery is on the way again."]
    assert is_due(told)
    receiver.got.clear()
    tell_everything()
    assert [got.headers["webhook-id"] for got in receiver.got] == [told.event.public_id]
    assert told.attempts.count() == 2
    assert LogEntry.objects.get().change_message == "Sent again."


def test_send_again_from_the_story_leads_back_to_it(alice: Client, told: Delivery) -> None:
    form = PRESSED | {"from_story": "1"}
    response = alice.post(page_of(told, "send_again"), form)
    assert response["Location"] == page_of(told.event.message)


def test_send_again_says_when_an_endpoint_is_disabled(
    alice: Client, told: Delivery, send_again: Callable[[Client, Delivery], Answer]
) -> None:
    Endpoint.objects.update(disabled_at=timezone.now())
    assert "waiting for an endpoint that is disabled" in said(send_again(alice, told))[1]
    assert not is_due(told)


def test_asking_whether_to_send_again_sends_nothing(alice: Client, told: Delivery) -> None:
    assert "Send this event again?" in text_of(alice.get(page_of(told, "send_again")))
    assert not is_due(told)


def test_whoever_only_looks_sends_nothing(onlooker: Client, told: Delivery) -> None:
    assert "Send again" not in text_of(onlooker.get(page_of(told.event.message)))
    assert onlooker.post(page_of(told, "send_again"), PRESSED).status_code == 403
    assert not is_due(told)


@pytest.fixture
def read_by_a_model(reminder: Reminder, carrier: Carrier) -> Message:
    business = reminder.business
    business.shares_examples = True
    business.save()
    carrier.text("well, let me see about that then")
    read_everything()
    message = Message.objects.get()
    Message.objects.update(example=Message.AsExample.NO)
    return message


def test_people_are_asked_about_what_was_read_wrongly(
    alice: Client, read_by_a_model: Message
) -> None:
    page = page_of(read_by_a_model, "read_wrongly")
    assert "Ask people what it says?" in text_of(alice.get(page))
    assert not Message.objects.due_as_examples().exists()
    assert said(alice.post(page, PRESSED, follow=True)) == ["People are asked what it says."]
    assert Message.objects.due_as_examples().get().is_contested
    assert LogEntry.objects.get().change_message == "Said to be read wrongly."


def test_where_nobody_can_be_asked_it_is_said(alice: Client, story: Message) -> None:
    [words] = said(alice.post(page_of(story, "read_wrongly"), PRESSED, follow=True))
    assert "no model read it" in words
    assert not Message.objects.due_as_examples().exists()


def test_whoever_only_looks_contests_nothing(onlooker: Client, read_by_a_model: Message) -> None:
    assert "read wrongly" not in text_of(onlooker.get(page_of(read_by_a_model)))
    page = page_of(read_by_a_model, "read_wrongly")
    assert onlooker.post(page, PRESSED).status_code == 403
    assert not Message.objects.due_as_examples().exists()


def test_a_request_from_mallorys_page_sends_nothing(told: Delivery) -> None:
    alice = Client(enforce_csrf_checks=True)
    alice.force_login(User.objects.create_superuser("alice"))
    assert alice.post(page_of(told, "send_again"), PRESSED).status_code == 403


@pytest.mark.parametrize(
    ("answer", "state", "outcome"),
    [(200, "delivered", "taken"), (500, "to be tried again", "refused"), (410, "given up", "410")],
)
def test_the_list_of_deliveries_says_what_became_of_each(
    alice: Client, line: Line, endpoint: Endpoint, carrier: Carrier, receiver: Receiver,
    answer: int, state: str, outcome: str,
) -> None:  # fmt: skip
    receiver.answers(answer)
    carrier.text("hello")
    read_everything()
    tell_everything()
    page = text_of(alice.get(listing(Delivery)))
    assert state in page
    assert outcome in page


# ---- reminders and contacts ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "bodies"),
    [("open", ["second"]), ("replaced", ["first"]), ("expired", ["long ago"])],
)
def test_reminders_are_open_expired_or_replaced(
    alice: Client, line: Line, bob: str, state: str, bodies: list[str]
) -> None:
    now = timezone.now()
    remind(line, bob, "long ago", now=now - timedelta(days=30))
    remind(line, bob, "first", appointment_ref="A1", now=now - HOUR)
    remind(line, bob, "second", appointment_ref="A1", now=now)
    response = alice.get(f"{listing(Reminder)}?state={state}")
    assert [row.body for row in response.context["cl"].result_list] == bodies
    assert state in text_of(alice.get(page_of(Reminder.objects.get(body=bodies[0]))))


def test_contacts_who_opted_out_are_found(alice: Client, line: Line, story: Message) -> None:
    Contact.objects.create(line=line, address="+12025550199")
    response = alice.get(f"{listing(Contact)}?known=opted_out")
    assert [row.address for row in response.context["cl"].result_list] == [BOB]
    assert "their text was an opt-out word" in text_of(response)


# ---- the frame around it -------------------------------------------------------------------


def policy_of(response: Answer) -> dict[str, str]:
    parts = response["Content-Security-Policy"].split("; ")
    return dict(part.partition(" ")[::2] for part in parts)


@pytest.mark.parametrize("address", ["/admin/", "/admin/login/", "/admin/webhooks/message/"])
def test_the_admin_may_evaluate_its_own_expressions(alice: Client, address: str) -> None:
    policy = policy_of(alice.get(address, follow=True))
    assert policy["script-src"] == "'self' 'unsafe-eval'"  # an inline script stays forbidden
    assert policy["style-src"] == "'self' 'unsafe-inline'"
    assert policy["object-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"


@pytest.mark.parametrize(
    "address", ["/simulator/", "/healthz", "/api/v1/docs", "/webhooks/twilio/", "/administration"]
)
def test_everywhere_else_the_policy_is_strict(alice: Client, address: str) -> None:
    policy = policy_of(alice.get(address))
    assert policy["default-src"] == "'self'"
    assert not any("unsafe" in value for value in policy.values())


def test_the_sidebar_shows_what_one_may_see(line: Line) -> None:
    user = User.objects.create_user("olive", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_message"))
    groups = client_of(user).get("/admin/").context["sidebar_navigation"]
    assert [(g["title"], [item["title"] for item in g["items"]]) for g in groups] == [
        ("Texts", ["Messages"])
    ]


def test_the_sidebar_counts_endpoints_in_trouble(alice: Client, endpoint: Endpoint) -> None:
    def badge() -> object:
        groups = alice.get("/admin/").context["sidebar_navigation"]
        items = {item["title"]: item for group in groups for item in group["items"]}
        return items["Endpoints"].get("badge")

    assert badge() is None
    Endpoint.objects.update(failing_since=timezone.now())
    assert badge() == 1


def test_the_overview_says_whether_all_is_well(
    alice: Client, line: Line, endpoint: Endpoint, carrier: Carrier
) -> None:
    carrier.text("to nobody", To="+15005550099")
    carrier.text("hello")
    Message.objects.waiting().update(received_at=timezone.now() - HOUR)
    page = text_of(alice.get("/admin/"))
    assert "The oldest has waited 60 min" in page
    assert "Open one to add its line." in page
    assert "None is failing." in page


def test_times_are_written_one_way(alice: Client, dental: Business) -> None:
    assert f"{dental.created_at:%-d %b %Y, %H:%M}" in text_of(alice.get(listing(Business)))


def test_a_demo_says_that_it_is_one(alice: Client, settings: Settings) -> None:
    assert settings.DEMO
    assert alice.get("/admin/").context["environment"] == ["demo", "warning"]
