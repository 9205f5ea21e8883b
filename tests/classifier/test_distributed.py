"""Chunks over a real Redis, to a worker process whose threads answer in whatever order they like.
What is killed in the middle: tests/processes/test_classify.py."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import current_app
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from kombu import pools
from pytest_django import Settings

from classifier import distributed
from classifier.distributed import CannotDistribute, Sent, by_workers
from classifier.files import Chunk, Plan, Readings, here
from classifier.reader import reader_of
from classifier.readings import BASELINE, RULES, Pair
from config.redis import broker_url, results_url
from tests.processes.installation import Installation
from tests.processes.test_classify import Machines

pytestmark = [pytest.mark.processes, pytest.mark.timeout(600)]

WORDS = st.sampled_from(["yes", "no", "who is this", "can we do friday", "STOP", "thanks"])


@pytest.fixture(autouse=True)
def machines(tmp_path: Path, settings: Settings) -> Iterator[Machines]:
    """A Redis, and this very process sending to it."""
    machines = Machines(Installation(tmp_path / "nod"))
    folder = settings.VAR_DIR = machines.nod.folder
    settings.RESULTS_URL = results_url("", folder)
    before = current_app.conf.broker_url
    try:
        machines.start_redis()
        use(broker_url("", folder))
        yield machines
    finally:
        machines.stop()
        use(before)


@pytest.fixture
def worker(machines: Machines) -> None:
    machines.nod.manage("migrate", "-v", "0")
    machines.worker(1, "-P", "threads", "-c", "3")


def use(broker: str) -> None:
    current_app.conf.update(broker_url=broker)
    pools.reset()
    vars(current_app)["_pool"] = vars(current_app.amqp)["_producer_pool"] = None


def silent(sentence: str) -> None:
    pass


def chunks_of(pairs: list[Pair], size: int) -> Iterator[Chunk]:
    for first in range(0, len(pairs), size):
        some = pairs[first : first + size]
        yield Chunk([{"text": pair.text} for pair in some], some, first + 1, "", 0)


def all_through(plan: Plan, chunks: Iterator[Chunk]) -> list[tuple[Chunk, Readings]]:
    return list(plan.through(chunks))


@pytest.mark.django_db
@pytest.mark.usefixtures("worker")
def test_whoever_answers_first_every_chunk_comes_back_in_its_place_as_it_is_read_here(
    machines: Machines,
) -> None:
    reader = reader_of(BASELINE)

    @examples(max_examples=25, deadline=None)
    @given(words=st.lists(WORDS, max_size=60), size=st.integers(1, 9), in_flight=st.integers(1, 9))
    def in_order(words: list[str], size: int, in_flight: int) -> None:
        pairs = [Pair("", f"{word} {number}") for number, word in enumerate(words)]
        taken: list[Chunk] = []

        def counted() -> Iterator[Chunk]:
            for chunk in chunks_of(pairs, size):
                taken.append(chunk)
                yield chunk

        back: list[tuple[Chunk, Readings]] = []
        for each in by_workers(BASELINE, in_flight=in_flight, say=silent).through(counted()):
            assert len(taken) - len(back) <= in_flight
            back.append(each)
        assert back == all_through(here(reader), chunks_of(pairs, size))
        assert machines.left_in_redis() == []

    in_order()


@pytest.mark.usefixtures("worker")
def test_a_worker_without_the_version_is_named_and_no_other_is_taken(machines: Machines) -> None:
    plan = by_workers("20260101T000000-gone", in_flight=4, say=silent)
    with pytest.raises(CannotDistribute, match="a file stays with one version") as error:
        all_through(plan, chunks_of([Pair("", "yes")] * 30, 3))
    assert "no such model version" in str(error.value)
    # What the worker had in hand it answers afterwards; nobody fetches that, so it goes by itself.
    assert all(machines.redis.ttl(key) > 0 for key in machines.left_in_redis())


@pytest.mark.parametrize("model", [BASELINE, RULES])
def test_an_answer_of_the_right_version_or_of_the_rules_is_taken(model: str) -> None:
    sent = Sent(Chunk([{}], [Pair("", "yes")], 1, "", 0), BASELINE)
    answer = {"readings": [{"model": model}]}
    assert distributed._readings_in(answer, sent) == answer["readings"]


def test_an_answer_of_another_version_is_refused() -> None:
    sent = Sent(Chunk([{}], [Pair("", "yes")], 1, "", 0), BASELINE)
    with pytest.raises(CannotDistribute, match="A worker read with another, though"):
        distributed._readings_in({"readings": [{"model": "another"}]}, sent)


def test_without_a_redis_it_says_what_to_do(settings: Settings, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path
    with pytest.raises(CannotDistribute, match=r"Set REDIS_URL to theirs, or start one"):
        by_workers(BASELINE, in_flight=4, say=silent)


def test_without_a_worker_it_says_how_to_start_one_and_takes_the_texts_back(
    machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distributed, "PATIENCE_SECONDS", 0.5)
    machines.redis.lpush("files", "another file's chunk")
    plan = by_workers(BASELINE, in_flight=4, say=silent)
    with pytest.raises(CannotDistribute, match=r"Start one on each machine: .* -Q files -P solo"):
        all_through(plan, chunks_of([Pair("", "yes")] * 30, 3))
    assert machines.redis.lrange("files", 0, -1) == [b"another file's chunk"]
    assert machines.left_in_redis() == ["files"]


def test_a_redis_that_goes_away_in_the_middle_says_so_soon(
    machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = by_workers(BASELINE, in_flight=2, say=silent).through(
        chunks_of([Pair("", "yes")] * 3, 1)
    )
    monkeypatch.setattr(distributed, "_is_lost", lambda *_, **__: machines.stop())
    with pytest.raises(CannotDistribute, match="Redis went away"):
        next(done)


def test_no_text_is_in_what_celery_shows_of_a_task(machines: Machines) -> None:
    sent = Sent(Chunk([{}], [Pair("", "marmalade")], 1, "", 0), BASELINE)
    sent.send()
    [message] = machines.redis.lrange("files", 0, -1)
    assert "marmalade" not in json.dumps(json.loads(message)["headers"])
    assert 0 < machines.redis.ttl("files") <= 600
    distributed._take_back([sent])
    assert machines.left_in_redis() == []
