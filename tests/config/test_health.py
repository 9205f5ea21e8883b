"""/healthz: 200 while texts can be kept, with what else is wrong in the body."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from django.db import DatabaseError, OperationalError, connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from config.redis import client as redis_client
from config.redis import server_command
from webhooks.models import Business, Endpoint

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture(autouse=True)
def no_redis(tmp_path: Path, settings: Settings) -> None:
    """The queue is a Redis of this test, if it starts one."""
    settings.VAR_DIR, settings.REDIS_URL = tmp_path, ""


@pytest.fixture
def queue(no_redis: None, tmp_path: Path) -> Iterator[None]:
    server = subprocess.Popen(server_command(tmp_path), stdout=subprocess.DEVNULL)
    try:
        with redis_client("", tmp_path) as asking:
            deadline = time.monotonic() + 10
            while not _answers(asking):
                assert time.monotonic() < deadline, "the embedded Redis does not start"
                time.sleep(0.02)
        yield
    finally:
        server.kill()
        server.wait()


def _answers(server: redis.Redis) -> bool:
    try:
        return bool(server.ping())
    except redis.RedisError:
        return False


def test_all_is_well(client: Client, queue: None) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "database": "ok",
        "queue": "ok",
        "model": "baseline",
        "oldest_waiting_seconds": 0,
        "waiting_deliveries": 0,
        "failing_endpoints": 0,
        "unrouted_messages": 0,
    }


def test_without_redis_texts_are_kept_all_the_same(client: Client) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["database"]) == ("degraded", "ok")
    assert answer.json()["queue"] == "ConnectionError"


def test_an_endpoint_that_fails_is_told_and_one_that_is_switched_off_is_not(
    client: Client, queue: None
) -> None:
    dental = Business.objects.create(name="Riverside Dental", slug="dental")
    now = timezone.now()
    for url, disabled_at in (("https://a.example", None), ("https://b.example", now)):
        Endpoint.objects.create(
            business=dental, url=url, failing_since=now, disabled_at=disabled_at
        )
    report = client.get("/healthz").json()
    assert (report["status"], report["failing_endpoints"]) == ("degraded", 1)


@pytest.mark.parametrize("error", [OperationalError, DatabaseError])
def test_without_its_database_nod_is_down_and_says_no_more_than_that(
    error: type[DatabaseError], client: Client, queue: None
) -> None:
    def fails(*_: Any) -> None:
        raise error("connection to db.internal failed: password of nod")

    with connection.execute_wrapper(fails):
        answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json() == {"status": "down", "database": error.__name__}


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_it_is_only_asked(method: str, client: Client) -> None:
    assert getattr(client, method)("/healthz").status_code == 405
