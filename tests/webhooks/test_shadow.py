"""What another model version would have decided otherwise of late: exactly that, and kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import F
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from classifier.models import ModelVersion
from classifier.reader import Reader
from classifier.readings import Pair
from classifier.scoring import Scores
from classifier.taxonomy import current_taxonomy
from classifier.versions import WEIGHTS, DamagedVersion
from tests.classifier.conftest import (  # noqa: F401
    a_version,
    models_dir,
    no_reader_left_over,
)
from tests.webhooks.carrier import Carrier
from tests.webhooks.conftest import REMINDER, decision_on, read_everything, remind
from webhooks import shadow, tasks
from webhooks.models import (
    ChangedDecision,
    Decision,
    Line,
    Reading,
    Reminder,
    ShadowRun,
)

pytestmark = [pytest.mark.django_db, pytest.mark.database]

COMES, COULD_NOT, WHERE = "sure, see you then", "cannot make it", "where do I park?"
Said = tuple[str, float]  # label, confidence


class Scripted:
    """A scorer that says of each text what it was told to, and keeps what it was asked."""

    def __init__(self, name: str, **thresholds: float) -> None:
        self.name = name
        self.taxonomy = current_taxonomy()
        self.thresholds: Mapping[str, float] = thresholds
        self.says: dict[str, Said] = {}
        self.batches: list[list[Pair]] = []
        self.poison = ""
        self.was_in_transaction = False

    def scores(self, pairs: Sequence[Pair]) -> list[Scores]:
        self.batches.append(list(pairs))
        self.was_in_transaction |= connection.in_atomic_block
        if any(pair.text == self.poison for pair in pairs):
            raise RuntimeError("cannot read that")
        return [self._scores(*self.says.get(pair.text, ("confirm", 0.99))) for pair in pairs]

    def _scores(self, label: str, confidence: float) -> Scores:
        return {
            question.name: {
                name: confidence if name == label else (1 - confidence) / 6
                for name in question.label_names
            }
            for question in self.taxonomy.questions
        }

    @property
    def asked(self) -> list[str]:
        return [pair.text for batch in self.batches for pair in batch]


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> Scripted:
    scripted = Scripted("before")
    scripted.says = {COULD_NOT: ("cancel", 0.99), WHERE: ("question", 0.99)}
    monkeypatch.setattr("webhooks.waiting.live_reader", lambda: Reader(scripted))
    return scripted


@pytest.fixture
def challenger(live: Scripted, monkeypatch: pytest.MonkeyPatch) -> Scripted:
    """Says what the live one says, until a test has it say otherwise."""
    scripted = Scripted("challenger")
    scripted.says = dict(live.says)
    monkeypatch.setattr(shadow, "reader_of", lambda name: Reader(scripted))
    return scripted


@pytest.fixture
def candidate(db: None) -> ModelVersion:
    return ModelVersion.objects.create(
        name="challenger", folder="challenger", verdict="Refused.", created_at=timezone.now()
    )


@pytest.fixture
def texted(carrier: Carrier, reminder: Reminder, challenger: Scripted) -> None:
    for body in (COMES, COULD_NOT, WHERE):
        carrier.text(body)
    read_everything()


def run_of(version: ModelVersion) -> ShadowRun:
    return shadow.make(version=version, now=timezone.now())


def changes() -> dict[str, tuple[str, str]]:
    """Text -> what it would be."""
    rows = ChangedDecision.objects.values_list("decision__message__body", "action", "label")
    return {body: (action, label) for body, action, label in rows}


# ---- what is listed ------------------------------------------------------------------------


@pytest.mark.usefixtures("texted")
def test_exactly_the_decisions_that_would_change_are_listed(
    challenger: Scripted, candidate: ModelVersion
) -> None:
    challenger.says |= {
        COMES: ("confirm", 0.5),  # the same label, no longer sure enough
        COULD_NOT: ("confirm", 0.97),
        WHERE: ("question", 0.88),  # another confidence, the same decision
    }
    run = run_of(candidate)
    assert (run.version, run.texts, run.changed) == ("challenger", 3, 2)
    assert changes() == {COMES: ("hold", "confirm"), COULD_NOT: ("act", "confirm")}
    change = run.changes.get(decision__message__body=COULD_NOT)
    assert (change.decision.action, change.decision.label) == ("act", "cancel")
    assert change.decision.reading is not None
    assert change.decision.reading.confidence == pytest.approx(0.99)
    assert change.confidence == pytest.approx(0.97)


@pytest.mark.usefixtures("texted")
def test_a_version_that_answers_the_same_changes_nothing(candidate: ModelVersion) -> None:
    run = run_of(candidate)
    assert (run.texts, run.changed, changes()) == (3, 0, {})


@pytest.mark.usefixtures("texted")
def test_nothing_of_what_was_decided_changes(challenger: Scripted, candidate: ModelVersion) -> None:
    challenger.says = {}
    before = list(Decision.objects.order_by("pk").values())
    run_of(candidate)
    assert list(Decision.objects.order_by("pk").values()) == before
    assert Reading.objects.count() == 3


@pytest.mark.usefixtures("texted")
def test_its_own_thresholds_count(challenger: Scripted, candidate: ModelVersion) -> None:
    challenger.thresholds = {"confirm": 0.995}
    run_of(candidate)
    assert changes() == {COMES: ("hold", "confirm")}


@pytest.mark.usefixtures("texted")
def test_the_reminder_is_the_one_that_was_found_then(
    challenger: Scripted, candidate: ModelVersion, line: Line, bob: str
) -> None:
    remind(line, bob, "Something else?")
    run_of(candidate)
    assert [pair.prompt for pair in challenger.batches[0]] == [REMINDER] * 3


def test_a_keyword_is_never_read_nor_listed(
    carrier: Carrier, reminder: Reminder, challenger: Scripted, candidate: ModelVersion
) -> None:
    carrier.text("STOP")
    carrier.text("that will do", OptOutType="STOP")
    read_everything()
    assert set(Decision.objects.values_list("reason", flat=True)) == {"keyword", "provider"}
    challenger.says = {"that will do": ("cancel", 0.99)}
    run = run_of(candidate)
    assert (run.texts, run.changed, challenger.asked) == (0, 0, [])


@pytest.mark.usefixtures("texted")
def test_what_people_decided_later_is_not_held_against_it(
    challenger: Scripted, candidate: ModelVersion
) -> None:
    first = decision_on(WHERE)
    Decision.objects.create(
        message=first.message, reading=first.reading, supersedes=first, by="Ana",
        action="act", label="confirm", reason="corrected", decided_at=timezone.now(),
    )  # fmt: skip
    assert run_of(candidate).texts == 3
    assert changes() == {}


@pytest.mark.usefixtures("texted")
def test_a_text_that_it_cannot_read_would_be_held(
    challenger: Scripted, candidate: ModelVersion
) -> None:
    challenger.poison = COMES
    run = run_of(candidate)
    assert (run.texts, changes()) == (3, {COMES: ("hold", "")})


@pytest.mark.usefixtures("texted")
def test_one_that_is_live_by_now_is_held_against_what_the_one_before_decided(
    carrier: Carrier, live: Scripted, challenger: Scripted, candidate: ModelVersion
) -> None:
    live.name = "challenger"
    carrier.text("read by itself")
    read_everything()
    challenger.says = {COULD_NOT: ("confirm", 0.97), WHERE: ("question", 0.99)}
    run = run_of(candidate)
    assert (run.texts, changes()) == (3, {COULD_NOT: ("act", "confirm")})
    [change] = run.changes.all()
    assert change.decision.reading is not None
    assert change.decision.reading.model_version == "before"


# ---- how much ------------------------------------------------------------------------------


def test_the_newest_are_read_in_batches_and_no_more_than_so_many(
    carrier: Carrier,
    line: Line,
    challenger: Scripted,
    candidate: ModelVersion,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for number in range(6):
        carrier.text(f"text {number}")
    read_everything()
    monkeypatch.setattr(shadow, "MOST", 5)
    monkeypatch.setattr(shadow, "READ_BATCH", 2)
    told: list[tuple[int, int]] = []
    shadow.make(version=candidate, now=timezone.now(), on_progress=lambda *each: told.append(each))
    assert challenger.asked == [f"text {number}" for number in (5, 4, 3, 2, 1)]
    assert told == [(2, 5), (4, 5), (5, 5)]


@pytest.mark.usefixtures("texted")
@pytest.mark.parametrize(("fewest", "read"), [(0, 1), (2, 2), (200, 3)])
def test_where_a_day_brings_few_the_last_ones_are_read(
    challenger: Scripted,
    candidate: ModelVersion,
    monkeypatch: pytest.MonkeyPatch,
    fewest: int,
    read: int,
) -> None:
    monkeypatch.setattr(shadow, "FEWEST", fewest)
    older = Decision.objects.exclude(pk=decision_on(WHERE).pk)
    older.update(decided_at=F("decided_at") - shadow.LOOKED_BACK)
    assert run_of(candidate).texts == read
    assert challenger.asked == [WHERE, COULD_NOT, COMES][:read]


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_it_reads(
    carrier: Carrier, line: Line, challenger: Scripted, candidate: ModelVersion
) -> None:
    carrier.text(COMES)
    read_everything()
    run_of(candidate)
    assert challenger.asked == [COMES]
    assert not challenger.was_in_transaction


@pytest.mark.usefixtures("texted")
def test_a_new_run_replaces_the_one_before(challenger: Scripted, candidate: ModelVersion) -> None:
    challenger.says |= {COMES: ("cancel", 0.99)}
    first = run_of(candidate)
    challenger.says |= {COMES: ("confirm", 0.99), WHERE: ("other", 0.99)}
    later = timezone.now() + timedelta(hours=1)
    shadow.make(version=candidate, now=later)
    run = ShadowRun.objects.get()
    assert (run.pk, run.made_at, run.changed) == (first.pk, later, 1)
    assert changes() == {WHERE: ("hold", "other")}


# ---- by itself -----------------------------------------------------------------------------


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    commands: list[tuple[str, ...]] = []
    monkeypatch.setattr(tasks, "manage", lambda *command, **_: commands.append(command))
    return commands


@pytest.mark.usefixtures("texted")
def test_the_newest_judged_version_is_compared_once(
    candidate: ModelVersion, started: list[tuple[str, ...]]
) -> None:
    ModelVersion.objects.create(
        name="older", folder="older", verdict="Passed.",
        created_at=candidate.created_at - timedelta(days=1),
    )  # fmt: skip
    tasks.shadow_newest()
    [command] = started
    assert command == ("shadow", "challenger", "--step-aside", "--verbosity", "0")
    run_of(candidate)
    tasks.shadow_newest()
    assert len(started) == 1


def test_one_that_went_live_by_itself_is_compared_all_the_same(
    candidate: ModelVersion, started: list[tuple[str, ...]]
) -> None:
    candidate.state = ModelVersion.State.LIVE
    candidate.save(update_fields=["state"])
    tasks.shadow_newest()
    assert [command[1] for command in started] == ["challenger"]


def test_one_that_nobody_judged_yet_waits(
    candidate: ModelVersion, started: list[tuple[str, ...]]
) -> None:
    ModelVersion.objects.update(verdict="")
    tasks.shadow_newest()
    assert started == []


def test_it_is_asked_for_where_nobody_waits_for_texts() -> None:
    task = "webhooks.tasks.shadow_newest"
    assert settings.CELERY_TASK_ROUTES[task] == {"queue": "training"}
    assert task in {each["task"] for each in settings.CELERY_BEAT_SCHEDULE.values()}


# ---- the command ---------------------------------------------------------------------------


def printed(*arguments: str, **options: Any) -> str:
    out = StringIO()
    call_command("shadow", *arguments, stdout=out, **options)
    return out.getvalue()


@pytest.mark.usefixtures("texted")
def test_the_command_prints_the_list(challenger: Scripted, candidate: ModelVersion) -> None:
    challenger.says |= {COMES: ("confirm", 0.5), COULD_NOT: ("confirm", 0.97)}
    page = printed("challenger")
    for part in (
        "act cancel → act confirm: 1\n",
        "act confirm → hold confirm: 1\n",
        "0.99 by before → 0.97",
        f"reminder: {REMINDER}",
        f"reply:    {COULD_NOT}",
        "By challenger, 2 of 3 texts would have been decided otherwise.",
    ):
        assert part in page, part
    assert page.index("→ act") < page.index("→ hold")  # what nobody would look at comes first
    assert WHERE not in page


@pytest.mark.usefixtures("texted")
def test_in_the_background_no_text_is_printed(
    challenger: Scripted, candidate: ModelVersion, capsys: pytest.CaptureFixture[str]
) -> None:
    challenger.says = {}
    assert printed("challenger", verbosity=0) == ""
    assert capsys.readouterr() == ("", "")
    assert ShadowRun.objects.get().changed == 2


@pytest.mark.usefixtures("texted")
def test_a_damaged_version_is_refused_and_its_run_stays(
    challenger: Scripted,
    monkeypatch: pytest.MonkeyPatch,
    models_dir: Path,  # noqa: F811
) -> None:
    version = a_version(models_dir, "broken")
    run = run_of(version)
    monkeypatch.undo()
    (version.path / WEIGHTS).write_bytes(b"something else")
    with pytest.raises(DamagedVersion, match="was changed since it was written"):
        run_of(version)
    with pytest.raises(CommandError, match="was changed since it was written"):
        printed("broken")
    run.refresh_from_db()
    assert run.texts == 3


def test_a_name_that_no_version_has_is_said(db: None) -> None:
    with pytest.raises(CommandError, match="No version is named 'nobody'"):
        printed("nobody")


# ---- the admin -----------------------------------------------------------------------------


def staff(*permissions: str) -> Client:
    user = User.objects.create_user("olive", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def page_of(row: ShadowRun | ModelVersion) -> str:
    name = f"admin:{row._meta.app_label}_{row._meta.model_name}_change"
    return reverse(name, args=[row.pk])


def of(version: ModelVersion) -> str:
    return reverse("admin:webhooks_shadowrun_of", args=[version.pk])


@pytest.fixture
def run(texted: None, challenger: Scripted, candidate: ModelVersion) -> ShadowRun:
    challenger.says |= {COMES: ("confirm", 0.5), COULD_NOT: ("confirm", 0.97)}
    return run_of(candidate)


def test_the_page_shows_what_would_change_and_the_texts(run: ShadowRun) -> None:
    page = staff("view_shadowrun", "view_message").get(page_of(run)).content.decode()
    assert "2 of 3 texts would have been decided otherwise" in page
    assert COMES in page
    assert COULD_NOT in page
    assert REMINDER in page
    assert "0.99 → 0.97" in page
    assert WHERE not in page
    assert page.index(COULD_NOT) < page.index(COMES)
    assert reverse("admin:webhooks_message_change", args=[decision_on(COMES).message_id]) in page


def test_texts_are_for_those_who_may_see_messages(run: ShadowRun) -> None:
    page = staff("view_shadowrun").get(page_of(run)).content.decode()
    assert "2 of 3 texts would have been decided otherwise" in page
    for words in (COMES, COULD_NOT, REMINDER):
        assert words not in page


def test_without_the_permission_there_is_no_page_and_no_link(
    run: ShadowRun, candidate: ModelVersion
) -> None:
    visitor = staff("view_message", "view_modelversion")
    assert visitor.get(page_of(run)).status_code == 403
    assert visitor.get(of(candidate), follow=True).status_code == 403
    assert of(candidate) not in visitor.get(page_of(candidate)).content.decode()


def test_of_many_texts_the_newest_are_shown_and_how_many_there_are(
    run: ShadowRun, monkeypatch: pytest.MonkeyPatch, carrier: Carrier, candidate: ModelVersion,
    challenger: Scripted,
) -> None:  # fmt: skip
    carrier.text("also sure")
    read_everything()
    challenger.says |= {"also sure": ("confirm", 0.5)}
    run_of(candidate)
    monkeypatch.setattr("webhooks.admin.shadows.SHOWN", 1)
    page = staff("view_shadowrun", "view_message").get(page_of(run)).content.decode()
    assert "2 texts, the newest 1" in page
    assert "also sure" in page
    assert COMES not in page


def test_a_versions_page_leads_to_it(run: ShadowRun, candidate: ModelVersion) -> None:
    visitor = staff("view_modelversion", "view_shadowrun")
    assert of(candidate) in visitor.get(page_of(candidate)).content.decode()
    assert visitor.get(of(candidate))["Location"] == page_of(run)


def test_where_nothing_was_compared_yet_it_says_what_to_do(candidate: ModelVersion) -> None:
    page = staff("view_shadowrun").get(of(candidate), follow=True).content.decode()
    assert "manage.py shadow challenger" in page
