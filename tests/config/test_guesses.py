"""Who guesses at passwords has to wait: ten times in a quarter of an hour, for one name from one
address."""

import logging
from datetime import timedelta

import pytest
from axes.models import AccessAttempt, AccessLog
from django.contrib.auth.models import User
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from config.guesses import address_of

PASSWORD = "the right horse battery"
HOME, ELSEWHERE = "198.51.100.7", "203.0.113.9"

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture
def ada() -> User:
    return User.objects.create_superuser("ada", password=PASSWORD)


def tries(name: str, password: str, *, page: str = "admin:login", address: str = HOME) -> int:
    form = {"username": name, "password": password}
    answer = Client(REMOTE_ADDR=address).post(reverse(page), form)
    return answer.status_code


@pytest.mark.parametrize("page", ["admin:login", "labelgame:sign_in"])
def test_ten_wrong_passwords_and_the_right_one_has_to_wait(ada: User, page: str) -> None:
    assert [tries("ada", f"guess {n}", page=page) for n in range(10)] == [200] * 9 + [429]
    assert tries("ada", PASSWORD, page=page) == 429
    other = {"admin:login": "labelgame:sign_in", "labelgame:sign_in": "admin:login"}[page]
    assert tries("ada", PASSWORD, page=other) == 429  # the other door is the same


def test_neither_the_colleagues_nor_the_owner_elsewhere_are_locked_out(ada: User) -> None:
    User.objects.create_superuser("bo", password=PASSWORD)
    for number in range(10):
        tries("ada", f"guess {number}")
    assert tries("bo", PASSWORD) == 302  # the same office
    assert tries("ada", PASSWORD, address=ELSEWHERE) == 302


def test_it_is_over_after_a_quarter_of_an_hour_however_often_one_tries(ada: User) -> None:
    for number in range(15):
        tries("ada", f"guess {number}")
    earlier = timezone.now() - timedelta(minutes=15, seconds=1)
    AccessAttempt.objects.update(attempt_time=earlier)
    assert tries("ada", PASSWORD) == 302


def test_the_right_password_starts_the_count_afresh(ada: User) -> None:
    for _ in range(2):
        assert [tries("ada", f"guess {number}") for number in range(9)] == [200] * 9
        assert tries("ada", PASSWORD) == 302


def test_the_page_says_how_long_to_wait(ada: User, client: Client) -> None:
    form = {"username": "ada", "password": "a guess"}
    for _ in range(10):
        answer = client.post(reverse("labelgame:sign_in"), form)
    assert answer["Retry-After"] == "900"
    assert "Try again in 15 minutes" in answer.content.decode()


def test_nothing_is_kept_but_the_count_and_nothing_is_logged(
    ada: User, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        for number in range(11):
            tries("ada", f"guess {number}")
        tries("ada", PASSWORD, address=ELSEWHERE)
    assert AccessLog.objects.count() == 0
    [attempt] = AccessAttempt.objects.all()
    assert "guess" not in attempt.post_data
    assert "ada" not in attempt.post_data
    assert HOME not in caplog.text
    assert "ada" not in caplog.text


@pytest.mark.parametrize(
    ("trusted", "told", "expected"),
    [
        (False, f"{ELSEWHERE}", HOME),  # anybody may write that
        (True, f"{ELSEWHERE}", ELSEWHERE),
        (True, f"192.0.2.1, {ELSEWHERE}", ELSEWHERE),  # the caller's own invention stands first
        (True, "", HOME),
        (True, f"{ELSEWHERE}, unknown", HOME),
    ],
)
def test_the_address_is_the_one_that_is_known(
    settings: Settings, *, trusted: bool, told: str, expected: str
) -> None:
    settings.TRUST_PROXY_HEADERS = trusted
    request = RequestFactory().get("/", REMOTE_ADDR=HOME, HTTP_X_FORWARDED_FOR=told)
    assert address_of(request) == expected
