"""Models in the admin: reports to read, versions to put live, trainings to start and to watch; and
the dataset they learn from."""

import re
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from classifier import actions, examples, judged
from classifier.gate import Check, Verdict
from classifier.models import Example, JudgedRow, ModelVersion, RawLook, Serving, TrainingRun
from classifier.taxonomy import Taxonomy
from classifier.training.run import conclude
from classifier.versions import WEIGHTS, open_version

from .conftest import NOW, Tiny, a_version
from .test_examples import add, settle

pytestmark = [pytest.mark.django_db, pytest.mark.database]

VERSIONS = "admin:classifier_modelversion_changelist"
PRESSED = {"_form_submitted": "1"}


@pytest.fixture
def judged_version(tiny: Tiny, models_dir: Path, taxonomy: Taxonomy) -> ModelVersion:
    """The session's tiny version with a whole report, on what it did not learn of the test set."""
    shutil.copytree(tiny.version.path, models_dir / tiny.version.path.name)
    version = open_version(models_dir / tiny.version.path.name)
    learnt = [*tiny.data.train, *tiny.data.validation]
    tests = judged.without_judged(judged.test_rows(taxonomy), learnt)
    outcome = conclude(version, tiny.data, tests, by="Ana", now=NOW)
    return outcome.candidate


def words_of(response: Any) -> str:
    """What a person reads on it."""
    assert response.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def page_of(client: Client, row: ModelVersion | TrainingRun) -> str:
    return words_of(client.get(reverse(f"admin:classifier_{row._meta.model_name}_change",
                                       args=[row.pk])))  # fmt: skip


def press(client: Client, name: str, *args: int) -> str:
    return words_of(client.post(reverse(f"admin:{name}", args=args), PRESSED, follow=True))


# ---- reports -------------------------------------------------------------------------------


def test_the_list_shows_each_version_with_its_score_and_verdict(
    admin_client: Client, judged_version: ModelVersion
) -> None:
    words = words_of(admin_client.get(reverse(VERSIONS)))
    score = judged_version.report["questions"]["intent"]["macro_f1"]
    assert judged_version.name in words
    assert f"intent {score:.3f}" in words
    assert "refused" in words  # a model of one layer


def test_a_report_says_what_a_manager_asks(
    admin_client: Client, judged_version: ModelVersion
) -> None:
    words = page_of(admin_client, judged_version)
    assert re.search(r"Of 100 replies it would be sure of \d+", words)
    for heading in ("May it serve?", "How much can it decide?", "Against others, on the same rows",
                    "Label by label: intent", "Label by label: tone", "What is taken for what",
                    "Is it fair to everybody?", "Its worst errors", "How it was made"):  # fmt: skip
        assert heading in words
    for question in ("intent", "tone"):
        assert f"calibration error of {question}" in words
        assert f"confidence about the {question} mean what it says" in words
    low, high = judged_version.report["questions"]["tone"]["labels"]["neutral"]["f1_interval"]
    assert f"{low:.2f}–{high:.2f}" in words
    assert "all dialects of English 72 rows" in words
    assert "Spanish and Spanglish 44 rows" in words
    assert "keyword-rules" in words
    assert "baseline-tfidf" in words
    assert "depends on reminder" in words
    assert "scottish" in words
    for check in judged_version.checks["checks"]:
        assert check["words"][:40].split("“")[0] in words


def test_a_report_without_the_newer_parts_still_opens(
    admin_client: Client, tiny: Tiny, models_dir: Path
) -> None:
    version = a_version(models_dir, "old")
    version.report = {"questions": {}}
    version.save()
    assert "How well old reads" in page_of(admin_client, version)


def test_the_report_is_one_file_that_needs_nothing_else(
    admin_client: Client, judged_version: ModelVersion
) -> None:
    address = reverse("admin:classifier_modelversion_file", args=[judged_version.pk])
    response = admin_client.get(address)
    assert response["Content-Disposition"] == f'attachment; filename="{judged_version.name}.html"'
    page = response.content.decode()
    assert "<svg" in page
    assert ".nod-report" in page
    assert not re.search(r'(?:src|href)="', page)


def test_the_figures_of_a_report_are_downloaded_as_json(
    admin_client: Client, judged_version: ModelVersion
) -> None:
    address = reverse("admin:classifier_modelversion_json", args=[judged_version.pk])
    assert address in admin_client.get(
        reverse("admin:classifier_modelversion_change", args=[judged_version.pk])
    ).content.decode()  # fmt: skip
    response = admin_client.get(address)
    assert response["Content-Disposition"] == f'attachment; filename="{judged_version.name}.json"'
    whole = response.json()
    assert whole["name"] == judged_version.name
    assert whole["report"] == judged_version.report
    assert whole["checks"] == judged_version.checks


@pytest.mark.parametrize("kind", ["file", "json"])
def test_a_report_is_for_those_who_may_see_versions(
    client: Client, models_dir: Path, kind: str
) -> None:
    version = a_version(models_dir, "one")
    client.force_login(User.objects.create_user("eve", password="eve", is_staff=True))
    address = reverse(f"admin:classifier_modelversion_{kind}", args=[version.pk])
    assert client.get(address).status_code == 403


def test_texts_of_a_report_are_escaped(admin_client: Client, judged_version: ModelVersion) -> None:
    judged_version.report["worst"][0]["text"] = "<script>alert(1)</script>"
    judged_version.save()
    address = reverse("admin:classifier_modelversion_file", args=[judged_version.pk])
    assert "<script>" not in admin_client.get(address).content.decode()


# ---- what serves ---------------------------------------------------------------------------


def test_a_version_is_put_live_and_taken_back_by_name(
    admin_client: Client, models_dir: Path
) -> None:
    old = a_version(models_dir, "old")
    assert "old is live" in press(admin_client, "classifier_modelversion_promote", old.pk)
    new = a_version(models_dir, "new")
    assert "new is live" in press(admin_client, "classifier_modelversion_promote", new.pk)
    assert "old is live again" in press(admin_client, "classifier_modelversion_roll_back")
    assert ModelVersion.objects.live().get() == old
    assert list(Serving.objects.newest_first().values_list("version__name", "by")) == [
        ("old", "admin"), ("new", "admin"), ("old", "admin"),
    ]  # fmt: skip
    history = words_of(admin_client.get(reverse("admin:classifier_serving_changelist")))
    assert "rolled back from new" in history


def test_a_damaged_version_is_refused_with_the_reason(
    admin_client: Client, models_dir: Path
) -> None:
    good = a_version(models_dir, "good")
    actions.promote(version=good, by="Ana", now=NOW)
    bad = a_version(models_dir, "bad")
    (models_dir / "bad" / WEIGHTS).write_bytes(b"torn")
    assert "Refused, and nothing changed" in press(
        admin_client, "classifier_modelversion_promote", bad.pk
    )
    assert ModelVersion.objects.live().get() == good


def test_a_refused_version_is_put_live_only_with_a_typed_reason(
    admin_client: Client, models_dir: Path
) -> None:
    good = a_version(models_dir, "good")
    actions.promote(version=good, by="Ana", now=NOW)
    bad = a_version(models_dir, "bad")
    verdict = Verdict((Check("better", False, "A tie."),), "bad", "good")
    actions.record_verdict(version=bad, verdict=verdict)
    address = reverse("admin:classifier_modelversion_promote", args=[bad.pk])
    assert "It fails better" in words_of(admin_client.get(address))
    assert "This field is required" in words_of(
        admin_client.post(address, PRESSED | {"although": " "})
    )
    assert ModelVersion.objects.live().get() == good
    said = admin_client.post(address, PRESSED | {"although": "good is worse"}, follow=True)
    assert "bad is live" in words_of(said)
    assert Serving.objects.newest_first()[0].reason == "although it fails better: good is worse"
    good_again = reverse("admin:classifier_modelversion_promote", args=[good.pk])
    assert "all the same" not in words_of(admin_client.get(good_again))


def test_an_unjudged_version_is_put_live_only_with_a_typed_reason(
    admin_client: Client, models_dir: Path
) -> None:
    version = a_version(models_dir, "new")
    version.checks = {}
    version.save(update_fields=["checks"])
    said = press(admin_client, "classifier_modelversion_promote", version.pk)
    assert "It was never judged" in said
    assert not ModelVersion.objects.live().exists()


def test_nothing_to_roll_back_to_is_said(admin_client: Client) -> None:
    assert "nothing to take back" in press(admin_client, "classifier_modelversion_roll_back")


def test_who_may_only_look_changes_nothing(client: Client, models_dir: Path) -> None:
    version = a_version(models_dir, "one")
    user = User.objects.create_user("ben", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client.force_login(user)
    words = words_of(client.get(reverse(VERSIONS)))
    assert "Train now" not in words
    assert "Roll back" not in words
    for name, args in (("promote", [version.pk]), ("roll_back", []), ("train_now", [])):
        address = reverse(f"admin:classifier_modelversion_{name}", args=args)
        assert client.post(address, PRESSED).status_code == 403
    assert not TrainingRun.objects.exists()
    assert not Serving.objects.exists()


# ---- trainings -----------------------------------------------------------------------------


def test_train_now_asks_for_one_training_however_often_it_is_pressed(admin_client: Client) -> None:
    assert "begins as soon as" in press(admin_client, "classifier_modelversion_train_now")
    assert "one at a time" in press(admin_client, "classifier_modelversion_train_now")
    run = TrainingRun.objects.get()
    assert (run.reason, run.requested_by, run.state) == ("asked", "admin", "waiting")


def test_the_progress_of_a_training_asks_for_itself_until_it_has_ended(
    admin_client: Client,
) -> None:
    now = timezone.now()
    run = TrainingRun.objects.create(
        reason="new_examples", because="214 rows more", requested_by="scheduler", requested_at=now,
        state="running", stage="training", rows_done=250, rows_total=1000, attempts=1,
        started_at=now - timedelta(minutes=2), heartbeat_at=now,
    )  # fmt: skip
    address = reverse("admin:classifier_trainingrun_progress", args=[run.pk])
    response = admin_client.get(address)
    assert 'hx-trigger="every 2s"' in response.content.decode()
    words = words_of(response)
    assert "25 %, about 5 minutes left" in words or "25 %, about 6 minutes left" in words
    assert "214 rows more" in words
    assert "25 %" in words_of(admin_client.get(reverse(VERSIONS)))

    TrainingRun.objects.update(state="finished", finished_at=now)
    assert "hx-trigger" not in admin_client.get(address).content.decode()


def test_a_training_is_stopped_by_somebody(admin_client: Client) -> None:
    run = TrainingRun.objects.create(reason="asked", requested_by="Ana", requested_at=NOW)
    address = reverse("admin:classifier_trainingrun_stop", args=[run.pk])
    assert "It stops within seconds" in words_of(admin_client.post(address, follow=True))
    run.refresh_from_db()
    assert (run.state, run.error) == ("stopped", "Stopped by admin.")
    assert "had ended already" in words_of(admin_client.post(address, follow=True))


# ---- rows that operators add ---------------------------------------------------------------


def test_an_incident_becomes_a_must_pass_row(admin_client: Client, taxonomy: Taxonomy) -> None:
    before = len(judged.must_pass_rows(taxonomy))
    address = reverse("admin:classifier_judgedrow_add")
    row = {
        "pack": "must_pass", "prompt": "Piano tuning on Monday at 4?", "text": "the piano is sold",
        "intent": "cancel", "tone": "", "group": "incident", "why": "was read as other",
    }  # fmt: skip
    words_of(admin_client.post(address, row, follow=True))
    added = JudgedRow.objects.get()
    assert (added.labels, added.added_by) == ({"intent": "cancel"}, "admin")
    strict = judged.must_pass_rows(taxonomy)
    assert len(strict) == before + 1
    assert strict[-1].labels == {"intent": "cancel", "tone": None}

    again = words_of(admin_client.post(address, row | {"intent": "confirm"}))
    assert f"judged already: added row {added.pk}" in again
    nothing = words_of(admin_client.post(address, row | {"text": " ", "intent": ""}))
    assert "This field is required" in nothing
    assert JudgedRow.objects.count() == 1


# ---- the dataset ---------------------------------------------------------------------------


@pytest.fixture
def leaky() -> Example:
    """Masking overlooked nothing here, but its source holds a mail address."""
    return add("please mail bob@example.com instead", "m1", prompt="See you Tuesday?")


def raw_page(example: Example) -> str:
    args = [example.pk, example.sources.get().pk]
    return reverse("admin:classifier_example_raw", args=args)


def example_page(example: Example) -> str:
    return reverse("admin:classifier_example_change", args=[example.pk])


def test_the_examples_are_listed_masked_with_their_labels(
    admin_client: Client, leaky: Example
) -> None:
    settle(leaky, "other", probability=0.8)
    listing = reverse("admin:classifier_example_changelist")
    words = words_of(admin_client.get(listing))
    assert "please mail [email] instead" in words
    assert "other 0.80" in words
    assert "bob@example.com" not in words
    assert "[email]" in words_of(admin_client.get(listing, {"label": "other"}))
    assert "[email]" not in words_of(admin_client.get(listing, {"label": "confirm"}))


def test_an_example_shows_its_labels_history_and_no_raw_word(
    admin_client: Client, leaky: Example
) -> None:
    settle(leaky, "other", votes=3)
    settle(leaky, "question", by="rita", reason="guideline gap")
    words = words_of(admin_client.get(example_page(leaky)))
    assert "rita" in words
    assert "guideline gap" in words
    assert "consensus" in words
    assert "Look at them" in words
    assert "bob@example.com" not in words


def test_an_examples_page_costs_the_same_however_often_it_came(
    admin_client: Client, leaky: Example, django_assert_max_num_queries: Any
) -> None:
    for number in range(30):
        add("please mail eve@example.com instead", f"again {number}", prompt="See you Tuesday?")
    with django_assert_max_num_queries(14):
        words = words_of(admin_client.get(example_page(leaky)))
    assert "31 times, the latest 20" in words


def test_raw_words_are_shown_for_a_reason_that_is_recorded(
    admin_client: Client, leaky: Example
) -> None:
    asked = admin_client.get(raw_page(leaky))
    assert "bob@example.com" not in words_of(asked)
    assert "bob@example.com" not in words_of(admin_client.post(raw_page(leaky), {"why": " "}))
    assert not RawLook.objects.exists()
    shown = admin_client.post(raw_page(leaky), {"why": "to settle a dispute"})
    assert "bob@example.com" in words_of(shown)
    assert "no-store" in shown["Cache-Control"]
    look = RawLook.objects.get()
    assert (look.by, look.why) == ("admin", "to settle a dispute")
    looks = words_of(admin_client.get(reverse("admin:classifier_rawlook_changelist")))
    assert "to settle a dispute" in looks


def test_raw_words_are_for_reviewers_alone(client: Client, leaky: Example) -> None:
    eve = User.objects.create_user("eve", password="eve", is_staff=True)
    eve.user_permissions.add(Permission.objects.get(codename="view_example"))
    client.force_login(eve)
    assert "for reviewers" in words_of(client.get(example_page(leaky)))
    answer = client.post(raw_page(leaky), {"why": "curious"})
    assert answer.status_code == 403
    assert b"bob@example.com" not in answer.content
    assert not RawLook.objects.exists()


def test_words_that_were_forgotten_cannot_be_looked_at(
    admin_client: Client, leaky: Example
) -> None:
    examples.forget_raw(received_before=timezone.now(), now=timezone.now())
    words = words_of(admin_client.post(raw_page(leaky), {"why": "to settle"}))
    assert "They were deleted" in words


def test_a_source_is_only_found_under_its_own_example(admin_client: Client, leaky: Example) -> None:
    other = add("quite another text here", "m2")
    args = [other.pk, leaky.sources.get().pk]
    page = reverse("admin:classifier_example_raw", args=args)
    assert admin_client.get(page).status_code == 404


def test_an_example_is_pulled_and_put_back_by_a_button(
    admin_client: Client, leaky: Example
) -> None:
    assert "nobody is shown it" in press(admin_client, "classifier_example_pull", leaky.pk)
    assert Example.objects.pulled().get().pulled_by == "admin"
    assert "pulled already" in press(admin_client, "classifier_example_pull", leaky.pk)
    assert "It is back" in press(admin_client, "classifier_example_put_back", leaky.pk)
    assert "was not pulled" in press(admin_client, "classifier_example_put_back", leaky.pk)
    assert Example.objects.open().get() == leaky
