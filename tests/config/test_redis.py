"""One Redis, in the spellings that Celery's two halves want."""

from pathlib import Path

import pytest

from config.celery import Answered, app, results_in
from config.redis import broker_url, results_url

VAR = Path("/var/nod")


@pytest.mark.parametrize(
    ("redis_url", "broker", "results"),
    [
        ("", "redis+socket:///var/nod/redis.sock", "redis+socket:///var/nod/redis.sock"),
        ("redis://host/1", "redis://host/1", "redis://host/1"),
        ("unix:///run/r.sock", "redis+socket:///run/r.sock", "redis+socket:///run/r.sock"),
        ("rediss://host/0", "rediss://host/0", "rediss://host/0?ssl_cert_reqs=required"),
        ("rediss://h/0?a=1", "rediss://h/0?a=1", "rediss://h/0?a=1&ssl_cert_reqs=required"),
        ("rediss://h?ssl_cert_reqs=none",) * 3,
    ],
)
def test_queue_and_results_are_in_the_same_redis(redis_url: str, broker: str, results: str) -> None:
    assert (broker_url(redis_url, VAR), results_url(redis_url, VAR)) == (broker, results)


@pytest.mark.parametrize("redis_url", ["", "redis://host/1", "unix:///r.sock", "rediss://host/0"])
def test_celery_takes_the_address_of_the_results(redis_url: str) -> None:
    assert type(results_in(results_url(redis_url, VAR))).__name__ == "RedisBackend"


def test_nothing_but_what_is_answered_has_results() -> None:
    app.loader.import_default_modules()  # as a worker does
    assert type(app.backend).__name__ == "DisabledBackend"
    assert [name for name, task in app.tasks.items() if isinstance(task, Answered)] == [
        "classifier.tasks.read_chunk"
    ]
