"""POST /api/v1/reminders and who may call /api/v1/ at all."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.webhooks.carrier import BOB, DENTAL
from tests.webhooks.conftest import Api, api_of, remind
from webhooks.models import ApiKey, Business, Line, Reminder

pytestmark = [pytest.mark.django_db, pytest.mark.database]

PATHS = ["/reminders", "/events", "/messages/00000000-0000-4000-8000-000000000000", "/classify"]


def new(**facts: Any) -> dict[str, Any]:
    return {"line": DENTAL, "to": BOB, "body": "See you Tuesday?"} | facts


@pytest.fixture
def garage(db: None) -> Business:
    """Another business of the same installation."""
    garage = Business.objects.create(name="Garage", slug="garage")
    Line.objects.create(business=garage, account_id="AC9", address="+15005550020")
    return garage


# ---- who may call --------------------------------------------------------------------------


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer nod_wrong",
        "Basic bm9kOm5vZA==",
        "Bearer é",
        "a" * 9999,
    ],
)
def test_without_a_key_nothing_is_told(
    path: str, authorization: str | None, line: Line, client: Client
) -> None:
    client.raise_request_exception = False
    headers = {} if authorization is None else {"Authorization": authorization}
    assert client.get(f"/api/v1{path}", headers=headers).status_code in (401, 405)
    assert client.post(f"/api/v1{path}", headers=headers).status_code in (401, 405)


def test_a_revoked_key_is_no_key(line: Line, api: Api) -> None:
    assert api.get("/events").status_code == 200
    ApiKey.objects.update(revoked_at=timezone.now())
    assert api.get("/events").status_code == 401
    assert api.post("/reminders", new()).status_code == 401
    assert not Reminder.objects.exists()


def test_of_a_key_only_the_digest_is_kept(dental: Business) -> None:
    key, token = ApiKey.issue(business=dental, name="scheduler", now=timezone.now())
    assert len(token) > 40
    kept = {str(getattr(key, field.name)) for field in ApiKey._meta.fields}
    assert not any(token in value for value in kept)


def test_a_digest_is_no_key(dental: Business, client: Client) -> None:
    key, _ = ApiKey.issue(business=dental, name="scheduler", now=timezone.now())
    assert Api(client, key.digest).get("/events").status_code == 401


# ---- registering ---------------------------------------------------------------------------


def test_a_reminder_is_registered(line: Line, api: Api) -> None:
    at = timezone.now() + timedelta(days=3)
    answer = api.post(
        "/reminders",
        new(appointment_ref="a17", appointment_at=at.isoformat(), provider_id="SM1"),
    )
    assert answer.status_code == 201
    reminder = Reminder.objects.get()
    assert answer.json()["id"] == str(reminder.public_id)
    assert (reminder.line, reminder.to, reminder.body) == (line, BOB, "See you Tuesday?")
    assert (reminder.appointment_ref, reminder.provider_id) == ("a17", "SM1")
    assert reminder.appointment_at == reminder.expires_at == at


def test_the_same_reminder_again_is_the_same_reminder(line: Line, api: Api) -> None:
    first = api.post("/reminders", new(appointment_ref="a17"))
    again = api.post("/reminders", new(appointment_ref="a17"))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert Reminder.objects.count() == 1


@pytest.mark.parametrize(
    "other",
    [
        {"body": "See you on Friday?"},
        {"to": "+12025550102"},
        {"provider_id": "SM2"},
        {"appointment_at": "2127-03-03T14:30:00Z"},
    ],
)
def test_another_reminder_is_another_one(other: dict[str, str], line: Line, api: Api) -> None:
    told = {"provider_id": "SM1", "appointment_at": "2127-03-02T14:30:00Z"}
    first = api.post("/reminders", new(**told))
    second = api.post("/reminders", new(**{**told, **other}))
    assert second.status_code == 201
    assert first.json()["id"] != second.json()["id"]


def test_what_was_left_out_at_first_may_be_told_the_second_time(line: Line, api: Api) -> None:
    """Before it is sent nobody knows the provider's id; one text must never count as two."""
    at = timezone.now() + timedelta(days=3)
    first = api.post("/reminders", new())
    second = api.post("/reminders", new(provider_id="SM1", appointment_at=at.isoformat()))
    assert (second.status_code, second.json()["id"]) == (200, first.json()["id"])
    reminder = Reminder.objects.get()
    assert (reminder.provider_id, reminder.appointment_at, reminder.expires_at) == ("SM1", at, at)
    assert api.post("/reminders", new()).status_code == 200
    reminder.refresh_from_db()
    assert (reminder.provider_id, reminder.appointment_at, reminder.expires_at) == ("SM1", at, at)


def test_a_new_expiry_of_the_same_reminder_holds(line: Line, api: Api) -> None:
    until = timezone.now() + timedelta(days=2)
    api.post("/reminders", new())
    again = api.post("/reminders", new(expires_at=until.isoformat()))
    assert again.status_code == 200
    assert Reminder.objects.get().expires_at == until


def test_the_same_words_about_a_moved_appointment_take_over(line: Line, api: Api) -> None:
    """Else the business would be told the old time."""
    friday, monday = (timezone.now() + timedelta(days=day) for day in (2, 5))
    api.post("/reminders", new(appointment_ref="a17", appointment_at=friday.isoformat()))
    moved = api.post("/reminders", new(appointment_ref="a17", appointment_at=monday.isoformat()))
    assert moved.status_code == 201
    [current] = Reminder.objects.filter(closed_at=None)
    assert (current.appointment_at, current.expires_at) == (monday, monday)


def test_a_newer_one_about_the_same_appointment_closes_the_older(line: Line, api: Api) -> None:
    api.post("/reminders", new(appointment_ref="a17"))
    api.post("/reminders", new(appointment_ref="a17", body="Tomorrow!"))
    api.post("/reminders", new(appointment_ref="a18"))
    older, newer, another = Reminder.objects.order_by("pk")
    assert older.closed_at == newer.created_at
    assert newer.closed_at is None
    assert another.closed_at is None


def test_an_appointment_of_another_person_is_not_closed(line: Line, api: Api) -> None:
    api.post("/reminders", new(appointment_ref="a17"))
    api.post("/reminders", new(appointment_ref="a17", to="+12025550102"))
    assert not Reminder.objects.exclude(closed_at=None).exists()


def test_a_reminder_that_has_expired_can_be_sent_again(line: Line, api: Api) -> None:
    api.post("/reminders", new(appointment_ref="a17"))
    week_ago = timezone.now() - timedelta(days=8)
    Reminder.objects.update(created_at=week_ago, expires_at=week_ago + timedelta(days=7))
    assert api.post("/reminders", new(appointment_ref="a17")).status_code == 201
    assert Reminder.objects.filter(closed_at=None).count() == 1


@pytest.mark.parametrize(
    ("facts", "days"),
    [
        ({}, 7),
        ({"appointment_at": 3}, 3),
        ({"appointment_at": 3, "expires_at": 2}, 2),
        ({"appointment_at": 3, "expires_at": 5}, 5),
        ({"appointment_at": -1}, 7),  # asked about afterwards
    ],
)
def test_a_reminder_stays_open_until_its_expiry_its_appointment_or_a_week(
    facts: dict[str, int], days: int, line: Line, api: Api
) -> None:
    now = timezone.now()
    moments = {name: (now + timedelta(days=day)).isoformat() for name, day in facts.items()}
    assert api.post("/reminders", new(**moments)).status_code == 201
    expected = now + timedelta(days=days)
    assert abs(Reminder.objects.get().expires_at - expected) < timedelta(minutes=1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("same", [True, False], ids=["the same one", "different ones"])
def test_registered_many_times_at_once_an_appointment_has_one_open_reminder(
    same: bool, line: Line
) -> None:
    barrier = threading.Barrier(8)

    def register(number: int) -> None:
        try:
            barrier.wait(10)
            body = "See you!" if same else f"See you! {number}"
            remind(line, BOB, body, appointment_ref="a17")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(register, range(8)))
    assert Reminder.objects.filter(closed_at=None).count() == 1
    assert Reminder.objects.count() == (1 if same else 8)


# ---- what is refused -----------------------------------------------------------------------


@pytest.mark.parametrize("address", ["+15005550020", "+19", "", " ", "x" * 10_000])
def test_a_line_that_is_not_theirs_is_not_found(
    address: str, line: Line, garage: Business, api: Api
) -> None:
    answer = api.post("/reminders", new(line=address))
    assert answer.status_code == 404
    assert "admin" in answer.json()["detail"]
    assert not Reminder.objects.exists()


def test_each_business_reaches_its_own_line_of_the_same_number(
    line: Line, garage: Business, api: Api
) -> None:
    twin = Line.objects.create(business=garage, account_id="AC9", address=DENTAL)
    assert api_of(garage).post("/reminders", new()).status_code == 201
    assert Reminder.objects.get().line == twin


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"to": ""}, "to"),
        ({"to": "1" * 81}, "to"),
        ({"to": None}, "to"),
        ({"body": ""}, "body"),
        ({"body": "a" * 4_001}, "body"),
        ({"body": "a\x00b"}, "body"),
        ({"to": "a\x00b"}, "to"),
        ({"line": "a\x00b"}, "line"),
        ({"appointment_ref": "a\x00b"}, "appointment_ref"),
        ({"provider_id": "a\x00b"}, "provider_id"),
        ({"appointment_ref": "a" * 201}, "appointment_ref"),
        ({"provider_id": "a" * 65}, "provider_id"),
        ({"body": "\ud800"}, "body"),
        ({"body": 5}, "body"),
        ({"appointment_at": "2026-11-03T14:00:00"}, "appointment_at"),  # no time zone
        ({"appointment_at": "Tuesday"}, "appointment_at"),
        ({"appointment_at": "2026-13-03T14:00:00Z"}, "appointment_at"),
        ({"expires_at": "2099-11-03T14:00:00"}, "expires_at"),
        ({"expires_at": "2020-11-03T14:00:00Z"}, "expires_at"),  # over already
    ],
)
def test_what_cannot_be_is_said_by_its_name(
    facts: dict[str, Any], field: str, line: Line, api: Api
) -> None:
    answer = api.post("/reminders", new(**facts))
    assert answer.status_code == 422
    assert field in answer.content.decode()
    assert not Reminder.objects.exists()


@pytest.mark.parametrize("missing", ["line", "to", "body"])
def test_what_is_missing_is_said_by_its_name(missing: str, line: Line, api: Api) -> None:
    body = new()
    del body[missing]
    answer = api.post("/reminders", body)
    assert answer.status_code == 422
    assert missing in answer.content.decode()


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '"x"', "{}", "\ufeff{}", "[" * 9_999])
def test_a_body_that_is_no_reminder_is_refused(body: str, line: Line, api: Api) -> None:
    assert api.post("/reminders", body).status_code in (400, 422)


@pytest.mark.parametrize(
    "moment",
    ["9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", 1e18, -1e18],
)
@pytest.mark.parametrize("field", ["appointment_at", "expires_at"])
def test_a_moment_at_the_end_of_time_is_no_server_error(
    field: str, moment: str | float, line: Line, api: Api
) -> None:
    assert api.post("/reminders", new(**{field: moment})).status_code in (201, 422)
    assert all(reminder.expires_at for reminder in Reminder.objects.all())  # they load again


values = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=90)
    | st.datetimes().map(str)
    | st.datetimes(timezones=st.timezones()).map(lambda moment: moment.isoformat())
    | st.lists(st.text(max_size=5), max_size=2)
)
FIELDS = ["line", "to", "body", "appointment_ref", "appointment_at", "expires_at", "provider_id"]


@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(facts=st.dictionaries(st.sampled_from(FIELDS), values, max_size=7))
def test_whatever_is_registered_the_answer_is_never_a_server_error(
    facts: dict[str, Any], line: Line, api: Api
) -> None:
    assert api.post("/reminders", new(**facts)).status_code in (200, 201, 404, 422)
