"""Two hundred players at once, each with a round of ten, by plain forms, on a whole installation:
is every answer kept, is no card answered oftener than it asked for, and how long does the next card
take, against a page of the same server that is only written out, the rules?

Nobody stops to think, so the server is as busy as it can be, and cards are few, so players are in
each other's way. Some answers differ, so that cards ask for more while rounds go on; some are sent
twice, as by a browser that heard nothing.
"""

import http.client
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from urllib.parse import urlencode
from uuid import UUID

from tests.bench.table import Limit, Line
from tests.processes.installation import ROOT, Installation

CARDS = 10
RULES = 5  # times that each player reads them before the round, and again after it
DIFFER, SKIP, TWICE = 0.1, 0.03, 0.05  # shares of the answers
PATIENCE = 60.0  # seconds that a player for whom nothing is left looks again
TRIES = 5  # that a browser makes where the server failed
AIM = 0.33  # three times as long as the rules, at most

CARD = re.compile(r'name="card" value="([0-9a-f-]+)"')
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
REPLY = re.compile(r"Reply: </span>(.*?)</p>", re.DOTALL)
LABEL = re.compile(r'class="label" type="submit" name="label" value="([^"]+)"')


def measure() -> Iterable[Line | Limit]:
    database = "PostgreSQL" if os.environ.get("DATABASE_URL") else "SQLite"
    with tempfile.TemporaryDirectory(prefix="nod-bench-") as folder:
        installation = Installation(Path(folder))
        installation.start()
        try:
            players = [Player(installation.port, key) for key in session_keys(installation)]
            all_at_once(players, Player.read_rules)
            all_at_once(players, Player.play)
            all_at_once(players, Player.read_rules)
            for what, of in (("next card", "cards"), ("an answer", "answers")):
                yield Line(
                    f"{what}, p95, {database}",
                    "ms",
                    p95(players, of),
                    "the rules page, p95",
                    p95(players, "rules"),
                    AIM,
                    lower_is_better=True,
                )
            yield from what_is_kept(installation, players)
        finally:
            installation.stop()


def session_keys(installation: Installation) -> list[str]:
    command = [sys.executable, "-m", "tests.bench.players"]
    done = subprocess.run(
        command, cwd=ROOT, env=installation.env, stdout=subprocess.PIPE, check=True
    )
    keys: list[str] = json.loads(done.stdout)
    return keys


def all_at_once(players: Sequence["Player"], doing: Callable[["Player"], None]) -> None:
    with ThreadPoolExecutor(len(players)) as pool:
        list(pool.map(doing, players))


def p95(players: Sequence["Player"], of: str) -> float:
    """Milliseconds."""
    seconds = [each for player in players for each in player.seconds[of]]
    return 1000 * statistics.quantiles(seconds, n=20)[-1]


def what_is_kept(installation: Installation, players: Sequence["Player"]) -> Iterable[Limit]:
    asked = sum(len(of) for player in players for of in player.seconds.values())
    failed = sum(player.failed for player in players)
    yield Limit("requests that failed", f"of {asked}", failed, 0)
    sent = {card for player in players for card in player.answered}
    rows = installation.rows("SELECT public_id FROM labelgame_answer")
    kept = {UUID(str(card)) for (card,) in rows}
    yield Limit("answers sent and not kept", f"of {len(sent)}", len(sent - kept), 0)
    yield Limit("answers kept and not sent", f"of {len(kept)}", len(kept - sent), 0)
    counted = """SELECT count(*) FROM labelgame_answer WHERE poll_id = labelgame_poll.id
        AND kind = 'vote' AND label <> '-' AND undone_at IS NULL"""
    [(polls, too_many)] = installation.rows(
        f"SELECT count(*), sum(CASE WHEN ({counted}) > wanted THEN 1 ELSE 0 END)"
        " FROM labelgame_poll WHERE votes > 0"
    )
    yield Limit("cards answered too often", f"of {polls}", int(too_many), 0)
    [(rounds,)] = installation.rows(
        f"SELECT count(*) FROM labelgame_round WHERE answered = {CARDS} AND finished_at IS NOT NULL"
    )
    yield Limit("rounds that did not end", f"of {len(players)}", len(players) - rounds, 0)


class Player:
    """With a browser of their own, signed in."""

    def __init__(self, port: int, session: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.cookies = {"sessionid": session}
        self.dice = Random(session)
        self.answered: list[UUID] = []
        self.seconds: dict[str, list[float]] = {"rules": [], "cards": [], "answers": [], "ends": []}
        self.failed = 0

    def read_rules(self) -> None:
        for _ in range(RULES):
            self.request("rules", "/play/rules/")

    def play(self) -> None:
        """From card to card until the round's end comes in place of one."""
        page = "/play/"
        while not page.startswith("/play/round/"):
            words = self.card(page)
            card = CARD.findall(words)[0]
            form = {
                "csrfmiddlewaretoken": TOKEN.findall(words)[0],
                "card": card,
                "label": self.label(words),
                "ms": "3000",
            }
            for _ in range(2 if self.dice.random() < TWICE else 1):
                page = self.request("answers", "/play/answer/", form)
            self.answered.append(UUID(card))
        self.request("ends", page)

    def card(self, page: str) -> str:
        """Where nothing is left just now, it is looked for again, as the page does."""
        deadline = time.monotonic() + PATIENCE
        while not CARD.search(words := self.request("cards", page)):
            assert time.monotonic() < deadline, "nothing is left to ask"
            time.sleep(1)
        return words

    def label(self, words: str) -> str:
        """Most players say the same of a reply."""
        drawn = self.dice.random()
        if drawn < SKIP:
            return "-"
        labels: list[str] = LABEL.findall(words[: words.index("</article>")])
        if drawn < SKIP + DIFFER:
            return self.dice.choice(labels)
        reply: str = REPLY.findall(words)[0]
        return labels[zlib.crc32(reply.encode()) % len(labels)]

    def request(self, of: str, path: str, form: dict[str, str] | None = None) -> str:
        """The page; of a form, where it led. Again where the server failed."""
        for _ in range(TRIES):
            began = time.perf_counter()
            response, words = self.ask(path, form)
            self.seconds[of].append(time.perf_counter() - began)
            if response.status < 500:
                break
            self.failed += 1
        assert response.status == (302 if form else 200), f"{path} answered {response.status}"
        return response.headers["Location"] if form else words

    def ask(self, path: str, form: dict[str, str] | None) -> tuple[http.client.HTTPResponse, str]:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if form:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(
            "POST" if form else "GET", path, urlencode(form) if form else None, headers
        )
        response = self.connection.getresponse()
        words = response.read().decode()
        for cookie in response.headers.get_all("Set-Cookie", []):
            name, value = cookie.split(";")[0].split("=", 1)
            self.cookies[name] = value
        return response, words
