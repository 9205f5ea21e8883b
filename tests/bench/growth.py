"""Does a page cost the same after a million answers? The game's pages with 1,000, 10,000 and
100,000 examples and ten times as many answers, on three databases of one process, in turns; then
the full run over all answers, in a process of its own.

Each page is asked for twice at a time and the second time counts: what is kept for a minute
(labelgame/needs.py) is there, as it is for all visitors but one.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import dj_database_url
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings
from django.urls import reverse
from django.utils import timezone

from labelgame import actions, background, dice
from labelgame.models import Answer, GameSettings, Player
from tests.bench.filled import fill
from tests.bench.table import Limit, Line
from tests.processes.installation import ROOT, Installation

SIZES = (1_000, 10_000, 100_000)  # examples
ROUNDS = 9
AIM = 0.5  # twice as long as with fewer examples, at most
QUERIES = 0  # more than with fewer
RUN_SECONDS, RUN_MEGABYTES = 180, 1_500  # of a full run over a question's half a million answers

PLAYERS_PAGES = ("card", "me", "boards")
DESK = ("people", "review", "agreement")
LISTS = ("poll", "answer", "player", "gold", "contest", "ruling", "round", "weekpoints")
OPEN = "state__exact=open"
FILTERED = {"poll": "waits=review", "contest": OPEN, "ruling": "reason__exact=gap"}
PLAIN = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}


@dataclass(frozen=True)
class Installed:
    """A database of one size, with its people's browsers."""

    database: BaseDatabaseWrapper
    url: str
    players: Mapping[str, Player]
    browsers: Mapping[str, Client]

    def see(self, who: str, address: str) -> None:
        with dice.loaded_dice(3):  # whether a check comes is no question of size
            response = self.browsers[who].get(address)
        assert response.status_code == 200, f"{address} answered {response.status_code}"


Doing = Callable[[Installed], object]


def measure() -> Iterable[Line | Limit]:
    with (
        tempfile.TemporaryDirectory(prefix="nod-bench-") as folder,
        override_settings(STORAGES=PLAIN, ALLOWED_HOSTS=["testserver"]),
    ):
        installed = {size: install(size, Path(folder) / str(size)) for size in SIZES}
        times: dict[str, dict[int, list[float]]] = {}
        queries: dict[str, dict[int, int]] = {}
        for number in range(ROUNDS + 1):  # the first is the warm-up
            for size, each in installed.items():
                connections["default"] = each.database
                cache.clear()
                for what, doing in doings().items():
                    queries.setdefault(what, {})[size] = count_queries(doing, each)
                    taken = milliseconds(doing, each)
                    times.setdefault(what, {}).setdefault(size, []).extend([taken] * bool(number))
        for what, of in times.items():
            *fewer, most = (statistics.median(of[size]) for size in SIZES)
            quicker = SIZES[fewer.index(min(fewer))]
            peer = f"with {quicker:,} examples in place of {SIZES[-1]:,}"
            yield Line(what, "ms", most, peer, min(fewer), AIM, lower_is_better=True)
        grown, what = max((of[SIZES[-1]] - min(of.values()), what) for what, of in queries.items())
        yield Limit(f"queries more, at most: {what}", "", grown, QUERIES)
        yield from full_run(installed[SIZES[-1]])


# ---- installations -------------------------------------------------------------------------


def install(size: int, folder: Path) -> Installed:
    url = Installation(folder).database_url
    kept = connections["default"]
    settings = {**kept.settings_dict, "NAME": dj_database_url.parse(url)["NAME"]}
    database = connections["default"] = type(kept)(settings, "default")
    call_command("migrate", verbosity=0)
    keen, usual, *_ = fill(examples=size, now=timezone.now())
    # So that ten cards hold some of each kind.
    GameSettings.objects.create(pk=1, gold_share=0.2, repeat_share=0.2)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")  # as it does by itself within a minute
    staff = User.objects.create_superuser("staff")
    browsers = {"keen": Client(), "usual": Client(), "staff": Client()}
    for browser, user in zip(browsers.values(), (keen.user, usual.user, staff), strict=True):
        browser.force_login(user)
    return Installed(database, url, {"keen": keen, "usual": usual}, browsers)


# ---- what is timed -------------------------------------------------------------------------


def doings() -> dict[str, Doing]:
    found: dict[str, Doing] = {"background, nothing to do": nothing_to_do}
    for who in ("usual", "keen"):
        found[f"ten cards dealt, {who}"] = partial(ten_cards, who=who)
        found[f"an answer, {who}"] = partial(answer, who=who)
        for name in PLAYERS_PAGES:
            found[f"{name}, {who}"] = seeing(who, f"labelgame:{name}")
    for name in DESK:
        found[name] = seeing("staff", f"labelgame:{name}")
    for model in LISTS:
        found[f"admin, {model}"] = seeing("staff", f"admin:labelgame_{model}_changelist")
    for model, query in FILTERED.items():
        name = f"admin:labelgame_{model}_changelist"
        found[f"admin, {model}?{query}"] = seeing("staff", name, query)
    examples = "admin:classifier_example_changelist"
    found["admin, example"] = seeing("staff", examples)
    found[f"admin, example?{OPEN}"] = seeing("staff", examples, OPEN)
    found["admin, first page"] = seeing("staff", "admin:index")
    return found


def seeing(who: str, name: str, query: str = "") -> Doing:
    return partial(Installed.see, who=who, address=f"{reverse(name)}?{query}")


def nothing_to_do(_: Installed) -> None:
    background.see_to_game(now=timezone.now())


def ten_cards(installed: Installed, who: str) -> None:
    with dice.loaded_dice(3):
        cards = actions.hand(player=installed.players[who], now=timezone.now(), cards=10)
    assert len(cards) == 10


def answer(installed: Installed, who: str) -> None:
    """And the cards that come back for it."""
    with dice.loaded_dice(3):
        [card] = actions.hand(player=installed.players[who], now=timezone.now(), cards=1)
        response = installed.browsers[who].post(
            reverse("labelgame:answer"),
            {"card": card.public_id, "label": "?", "ms": 3000},
            headers={"HX-Request": "true"},
        )
    assert response.status_code == 200


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def count_queries(doing: Doing, installed: Installed) -> int:
    with undone(), CaptureQueriesContext(connection) as queries:
        doing(installed)
    return len(queries)


def milliseconds(doing: Doing, installed: Installed) -> float:
    with undone():
        began = time.perf_counter()
        doing(installed)
        return 1000 * (time.perf_counter() - began)


# ---- the full run --------------------------------------------------------------------------

RUN = """
import time, django
django.setup()
from django.utils import timezone
from classifier.taxonomy import current_taxonomy
from labelgame.upkeep.weighing import weigh_question
from tests.bench.peak import peak
began = time.perf_counter()
weigh_question(question=current_taxonomy().primary, now=timezone.now())
print(time.perf_counter() - began, peak())
"""


def full_run(installed: Installed) -> Iterable[Limit]:
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": installed.url,
    }
    run = [sys.executable, "-c", RUN]
    done = subprocess.run(run, cwd=ROOT, env=env, stdout=subprocess.PIPE, check=True)
    seconds, megabytes = map(float, done.stdout.split())
    answers = Answer.objects.filter(poll__question="intent").count()
    yield Limit(f"a full run, {answers:,} answers", "s", seconds, RUN_SECONDS)
    yield Limit("its memory at most", "MB", megabytes, RUN_MEGABYTES)
