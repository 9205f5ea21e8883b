"""A file read by real workers through a real Redis, with whoever takes part killed in the middle:
the same bytes come out, and nothing of a text stays anywhere else."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
import redis

from classifier.partial import hidden
from config.redis import server_command, socket_path
from config.run import celery
from tests.processes.installation import ROOT, Installation, eventually

pytestmark = [pytest.mark.processes, pytest.mark.timeout(600)]

CHUNKS = 7
SECRET = "marmalade"  # in every text: it must not be found anywhere but in the files


@dataclass
class Machines:
    """One installation's Redis and the workers of its queue `files`, each as on its own machine."""

    nod: Installation
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, *command: str, log: str) -> psutil.Process:
        with (self.nod.folder / log).open("ab") as out:
            process = subprocess.Popen(
                command, cwd=ROOT, env=self.nod.env, stdout=out, stderr=subprocess.STDOUT
            )
        self.started.append(process)
        return psutil.Process(process.pid)

    def start_redis(self) -> None:
        self.start(*server_command(self.nod.folder), log="redis.log")
        eventually(socket_path(self.nod.folder).exists, seconds=20, what="no Redis")

    def worker(self, number: int, *pool: str) -> psutil.Process:
        options = ("-n", f"files{number}@%h", "-Q", "files", *(pool or ("-P", "solo")))
        return self.start(*celery("worker", *options), log=f"worker{number}.log")

    def classify(self, *arguments: str) -> psutil.Process:
        return self.start(sys.executable, "manage.py", "classify", *arguments, log="classify.log")

    def said(self, log: str = "classify.log") -> str:
        return (self.nod.folder / log).read_text(errors="replace")

    @property
    def redis(self) -> redis.Redis:
        return redis.Redis(unix_socket_path=str(socket_path(self.nod.folder)))

    def left_in_redis(self) -> list[str]:
        """All but the names of queues, which are there from the first nudge on."""
        keys = [key.decode() for key in self.redis.scan_iter()]
        return [key for key in keys if not key.startswith("_kombu.binding")]

    def kill_with_a_chunk_in_hand(self, worker: psutil.Process) -> None:
        def stopped() -> bool:
            worker.suspend()  # so that it cannot answer while it is looked at
            if self._has_begun_a_chunk(worker):
                return True
            worker.resume()
            return False

        eventually(stopped, seconds=90, what=self.said())
        worker.kill()
        worker.wait(30)

    def _has_begun_a_chunk(self, worker: psutil.Process) -> bool:
        """As Celery's own results tell it."""
        metas = [self.redis.get(key) for key in self.redis.keys("celery-task-meta-*")]
        known = [json.loads(meta) for meta in metas if meta]
        return any(
            meta["status"] == "STARTED" and meta["result"]["pid"] == worker.pid for meta in known
        )

    def stop(self) -> None:
        for process in self.started:
            process.kill()
            process.wait()


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[Machines]:
    # Longer than a worker takes for a chunk, on a busy machine too: one that is at it is not lost,
    # and what is sent again in vain leaves a second answer. The other must not outlast it.
    lease = {"CLAIM_LEASE_SECONDS": "45"}
    machines = Machines(Installation(tmp_path / "nod", extra=lease))
    try:
        machines.nod.manage("migrate", "-v", "0")
        machines.start_redis()
        yield machines
    finally:
        machines.stop()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "in.jsonl"
    rows = ({"id": n, "text": f"can i bring {SECRET} {n}"} for n in range(2000 * CHUNKS - 5))
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def read_here(machines: Machines, source: Path) -> bytes:
    target = source.with_name("here.jsonl")
    machines.nod.manage("classify", str(source), str(target), "-v", "0")
    return target.read_bytes()


def test_a_worker_killed_with_a_chunk_in_hand_changes_nothing_in_the_result(
    machines: Machines, source: Path
) -> None:
    target = source.with_name("out.jsonl")
    workers = [machines.worker(1), machines.worker(2)]
    run = machines.classify(str(source), str(target), "--distributed", "--in-flight", "4")

    machines.kill_with_a_chunk_in_hand(workers[0])
    assert run.wait(240) == 0, machines.said()
    assert "were lost with their worker: sent again." in machines.said()
    assert target.read_bytes() == read_here(machines, source)
    assert machines.left_in_redis() == []
    assert SECRET not in machines.said("worker1.log") + machines.said("worker2.log")
    assert not hidden(target, "part").exists()


def chunks_kept(target: Path) -> int:
    """By the journal, below its header: what lies in the part alone does not count yet."""
    journal = hidden(target, "journal")
    return journal.read_bytes().count(b"\n") - 1 if journal.exists() else 0


def test_a_killed_classify_is_gone_on_with_wherever_it_is_read(
    machines: Machines, source: Path
) -> None:
    target = source.with_name("out.jsonl")
    first = machines.classify(str(source), str(target))
    eventually(lambda: chunks_kept(target) > 0, seconds=90, what=machines.said())
    first.kill()
    first.wait(30)
    assert not target.exists()
    machines.worker(1)
    second = machines.classify(str(source), str(target), "--distributed", "--in-flight", "2")
    assert second.wait(240) == 0, machines.said()
    assert "Going on after the " in machines.said()
    assert target.read_bytes() == read_here(machines, source)
    assert machines.left_in_redis() == []


def test_ctrl_c_takes_the_texts_back_that_no_worker_has_taken(
    machines: Machines, source: Path
) -> None:
    target = source.with_name("out.jsonl")
    run = machines.classify(str(source), str(target), "--distributed")
    eventually(lambda: machines.redis.llen("files") == CHUNKS, seconds=90, what=machines.said())
    assert 0 < machines.redis.ttl("files") <= 600  # were it killed, Redis would forget them
    run.send_signal(signal.SIGINT)
    assert run.wait(60) == 130
    assert machines.left_in_redis() == []
    assert {path.name for path in source.parent.iterdir()} == {source.name, "nod"}


def test_what_two_killed_processes_had_in_hand_is_forgotten(
    machines: Machines, source: Path
) -> None:
    run = machines.classify(str(source), str(source.with_name("out.jsonl")), "--distributed")
    machines.kill_with_a_chunk_in_hand(machines.worker(1))
    run.kill()
    [held] = machines.redis.hvals("unacked")
    assert b"read_chunk" in held
    forget = "from classifier.distributed import forget_abandoned as f; import time; f(now={})"
    machines.nod.manage("shell", "--no-imports", "-c", forget.format("time.time()"))
    assert machines.redis.hlen("unacked") == 1, "it may still be read"
    machines.nod.manage("shell", "--no-imports", "-c", forget.format("time.time() + 601"))
    assert machines.redis.hlen("unacked") == machines.redis.zcard("unacked_index") == 0
    assert all(machines.redis.ttl(key) > 0 for key in machines.left_in_redis())
