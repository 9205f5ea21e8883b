"""What came in at first and what comes in now: counted in the database, asked about once."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from classifier.drift import FEWEST
from classifier.models import ModelVersion, TrainingRun
from classifier.readings import RULES
from webhooks import drift, tasks
from webhooks.models import Decision, Line, Message, Reading
from webhooks.policy import Reason

pytestmark = [pytest.mark.django_db, pytest.mark.database]

DAY = timedelta(days=1)
WENT_LIVE = datetime(2026, 3, 2, 9, tzinfo=UTC)
NOW = WENT_LIVE + 21 * DAY
USUAL = {"confirm": 0.5, "cancel": 0.2, "question": 0.2, "reschedule": 0.1}
CHANGED = {"confirm": 0.2, "cancel": 0.2, "question": 0.2, "reschedule": 0.4}


@pytest.fixture
def live(db: None) -> ModelVersion:
    return ModelVersion.objects.create(
        name="live", folder="live", state="live", created_at=WENT_LIVE, live_from=WENT_LIVE
    )


@pytest.fixture(autouse=True)
def no_nudge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("classifier.trainings.nudge", lambda: None)


Came = Callable[..., None]


@pytest.fixture
def came(line: Line) -> Came:
    """Plants `number` texts as they were read and decided, evenly over `days` from `since` on."""

    def plant(
        shares: Mapping[str, float],
        *,
        since: datetime,
        days: float = 7,
        number: int = FEWEST,
        unsure: float = 0.2,
        model: str = "live",
    ) -> None:
        dice = random.Random(f"{since} {model}")
        at = [since + days * DAY * place / number for place in range(number)]
        labels = dice.choices(list(shares), list(shares.values()), k=number)
        messages = Message.objects.bulk_create(
            Message(
                provider="twilio", account_id=line.account_id, provider_id=uuid.uuid4().hex,
                line=line, sender="+12025550101", to=line.address, body="…", raw=b"",
                received_at=moment, state=Message.State.DECIDED,
            )
            for moment in at
        )  # fmt: skip
        readings = Reading.objects.bulk_create(
            Reading(
                message=message, intent=label, confidence=dice.betavariate(8, 2),
                model_version=model, result={}, read_at=moment,
            )
            for message, label, moment in zip(messages, labels, at, strict=True)
        )  # fmt: skip
        held = [place < unsure * number for place in range(number)]
        Decision.objects.bulk_create(
            Decision(
                message=reading.message, reading=reading, decided_at=reading.read_at,
                action="hold" if is_held else "act", label=reading.intent,
                reason=(Reason.UNSURE if is_held else Reason.SURE).value,
            )
            for reading, is_held in zip(readings, held, strict=True)
        )  # fmt: skip

    return plant


def words() -> str:
    found = drift.since_first_days(now=NOW)
    assert found is not None
    return found.words


# ---- what is found -------------------------------------------------------------------------


def test_a_shift_of_the_labels_is_found(live: ModelVersion, came: Came) -> None:
    came(USUAL, since=WENT_LIVE)
    came(CHANGED, since=NOW - 7 * DAY)
    assert words().startswith("label ")
    assert drift.why_train(now=NOW) == words()


def test_a_shift_of_what_the_model_leaves_to_people_is_found(
    live: ModelVersion, came: Came
) -> None:
    came(USUAL, since=WENT_LIVE, unsure=0.1)
    came(USUAL, since=NOW - 7 * DAY, unsure=0.5)
    assert words().startswith("share held as unsure: 10 → 50 %")


def test_an_ordinary_week_is_no_shift(live: ModelVersion, came: Came) -> None:
    came(USUAL, since=WENT_LIVE)
    came(CHANGED, since=WENT_LIVE + 8 * DAY, days=5)  # neither among the first nor the last
    came(USUAL, since=NOW - 7 * DAY)
    assert words().startswith("no shift")
    assert drift.why_train(now=NOW) is None


def test_only_what_the_live_version_read_counts(live: ModelVersion, came: Came) -> None:
    for model in (RULES, "the one before"):
        came(CHANGED, since=NOW - 7 * DAY, number=2 * FEWEST, model=model)
    came(USUAL, since=WENT_LIVE)
    came(USUAL, since=NOW - 7 * DAY)
    assert words().startswith("no shift")


def test_what_people_decide_later_changes_nothing_of_it(live: ModelVersion, came: Came) -> None:
    came(USUAL, since=WENT_LIVE)
    came(USUAL, since=NOW - 7 * DAY)
    before = words()
    for first in Decision.objects.filter(reading__read_at__gt=NOW - 7 * DAY):
        Decision.objects.create(
            message=first.message, reading=first.reading, supersedes=first, decided_at=NOW,
            action="act", label="confirm", reason="corrected", by="Ana",
        )  # fmt: skip
    assert words() == before


# ---- windows -------------------------------------------------------------------------------


def test_without_a_live_version_nothing_is_known(came: Came) -> None:
    came(USUAL, since=WENT_LIVE)
    assert drift.since_first_days(now=NOW) is None
    assert drift.why_train(now=NOW) is None


def test_windows_that_would_overlap_say_nothing(live: ModelVersion, came: Came) -> None:
    came(USUAL, since=WENT_LIVE, days=6)
    came(CHANGED, since=WENT_LIVE + 7 * DAY, days=3, number=2 * FEWEST)
    assert drift.since_first_days(now=WENT_LIVE + 10 * DAY) is None
    assert drift.why_train(now=WENT_LIVE + 10 * DAY) is None


def test_a_window_of_few_texts_reaches_further(live: ModelVersion, came: Came) -> None:
    """A small practice: seven days bring a third of what can be compared."""
    came(USUAL, since=WENT_LIVE, days=21)
    later = WENT_LIVE + 50 * DAY
    came(CHANGED, since=later - 21 * DAY, days=21)
    found = drift.since_first_days(now=later)
    assert found is not None
    assert (found.before, found.after) == (FEWEST, FEWEST)
    assert found.changed


def test_too_few_texts_in_all_say_nothing(live: ModelVersion, came: Came) -> None:
    came(USUAL, since=WENT_LIVE, number=FEWEST // 2)
    came(CHANGED, since=NOW - 7 * DAY, number=FEWEST // 2 - 1)
    assert drift.since_first_days(now=NOW) is None


def test_of_very_many_readings_an_even_part_is_looked_at(
    live: ModelVersion, came: Came, monkeypatch: pytest.MonkeyPatch
) -> None:
    came(USUAL, since=WENT_LIVE, number=3 * FEWEST)
    came(CHANGED, since=NOW - 7 * DAY, number=3 * FEWEST)
    monkeypatch.setattr(drift, "MOST_COUNTED", FEWEST)
    found = drift.since_first_days(now=NOW)
    assert found is not None
    assert (found.before, found.after) == (FEWEST, FEWEST)
    assert found.changed


def test_it_costs_the_same_queries_whatever_there_is_and_reads_no_text(
    live: ModelVersion, came: Came
) -> None:
    came(USUAL, since=WENT_LIVE)
    came(CHANGED, since=NOW - 7 * DAY)
    with CaptureQueriesContext(connection) as queries:
        drift.since_first_days(now=NOW)
    assert len(queries) == 10  # the live version, three for the windows, three for each sample
    assert not [query for query in queries.captured_queries if "webhooks_message" in query["sql"]]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="reads SQLite's plan")
def test_every_query_goes_along_the_index_made_for_it(live: ModelVersion, came: Came) -> None:
    """Another one that fits the words may still hold every row there is."""
    came(USUAL, since=WENT_LIVE)
    came(CHANGED, since=NOW - 7 * DAY)
    with CaptureQueriesContext(connection) as queries:
        drift.since_first_days(now=NOW)
    steps: list[str] = []
    with connection.cursor() as cursor:
        for query in queries.captured_queries:
            cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}")
            steps += [str(row[-1]) for row in cursor.fetchall()]
    assert not [step for step in steps if step.startswith("SCAN webhooks")]
    searches = [step for step in steps if step.startswith("SEARCH") and "_reading" in step]
    known = ("readings_by_version", "(reading_id=?")
    assert {name for name in known if any(name in step for step in searches)} == set(known)
    assert all(any(name in step for name in known) or "(rowid=?)" in step for step in searches)


# ---- asking --------------------------------------------------------------------------------


@pytest.fixture
def drifted(live: ModelVersion, came: Came, monkeypatch: pytest.MonkeyPatch) -> None:
    came(USUAL, since=WENT_LIVE)
    came(CHANGED, since=NOW - 7 * DAY)
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


@pytest.mark.usefixtures("drifted")
def test_the_scheduler_asks_for_a_training_and_says_why() -> None:
    tasks.look_for_drift()
    run = TrainingRun.objects.get()
    assert (run.reason, run.requested_by) == (TrainingRun.Reason.DRIFT, "scheduler")
    assert run.because == words()
    tasks.look_for_drift()  # one waits already
    assert TrainingRun.objects.count() == 1


@pytest.mark.usefixtures("drifted")
def test_it_is_asked_once_in_a_window(came: Came) -> None:
    tasks.look_for_drift()
    TrainingRun.objects.update(state=TrainingRun.State.FINISHED)  # and the gate refused it
    came(CHANGED, since=NOW, days=8, number=2 * FEWEST)
    assert drift.why_train(now=NOW + 6 * DAY) is None
    assert drift.why_train(now=NOW + 7 * DAY + timedelta(hours=1)) is not None


@pytest.mark.usefixtures("drifted")
def test_it_waits_while_another_training_is_under_way_or_was_lately(settings: Settings) -> None:
    run = TrainingRun.objects.create(
        reason=TrainingRun.Reason.ASKED, requested_by="Ana", requested_at=NOW
    )
    assert drift.why_train(now=NOW) is None
    run.state = TrainingRun.State.FINISHED
    run.save(update_fields=["state"])
    assert drift.why_train(now=NOW) is None
    settings.RETRAIN_AT_MOST_EVERY_HOURS = 0
    assert drift.why_train(now=NOW) is not None


# ---- shown ---------------------------------------------------------------------------------


def overview() -> str:
    client = Client()
    client.force_login(User.objects.create_superuser("alice"))
    return client.get("/admin/").content.decode()


@pytest.mark.usefixtures("drifted")
def test_the_overview_says_what_changed() -> None:
    page = overview()
    assert "changed" in page
    assert "Label " in page


@pytest.mark.usefixtures("drifted")
def test_the_overview_looks_once_in_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[datetime] = []

    def look(*, now: datetime) -> None:
        looks.append(now)

    monkeypatch.setattr(drift, "since_first_days", look)
    overview()
    User.objects.all().delete()  # who looks is made anew each time
    overview()
    assert len(looks) == 1


def test_the_overview_says_when_it_will_know(live: ModelVersion) -> None:
    assert "Known when two windows of 7 days and 500 readings" in overview()
