"""Which version is live: one at most, and the record says since when, by whom and why."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction

from classifier import actions
from classifier.actions import KEPT_CANDIDATES, KEPT_SERVED
from classifier.gate import Check, Verdict
from classifier.models import ModelVersion, Serving, TrainingRun
from classifier.versions import WEIGHTS, DamagedVersion, Version, open_version

from .conftest import NOW, a_version

State = ModelVersion.State

pytestmark = [pytest.mark.django_db, pytest.mark.database]
HOUR = timedelta(hours=1)


def served(*names: str, models_dir: Path) -> list[ModelVersion]:
    """Versions promoted one after the other, an hour apart."""
    versions = []
    for hours, name in enumerate(names):
        versions.append(a_version(models_dir, name))
        actions.promote(version=versions[-1], by="Ana", now=NOW + hours * HOUR)
    return versions


def live() -> str:
    return ModelVersion.objects.live().get().name


def test_promoting_retires_the_version_before(models_dir: Path) -> None:
    old, new = served("old", "new", models_dir=models_dir)
    old.refresh_from_db()
    assert (old.state, old.live_from, old.retired_at) == (State.RETIRED, NOW, NOW + HOUR)
    assert (new.state, new.promoted_by) == (State.LIVE, "Ana")
    assert live() == "new"


def test_a_retired_version_can_come_back(models_dir: Path) -> None:
    old, new = served("old", "new", models_dir=models_dir)
    actions.promote(version=old, by="Ana", now=NOW + 2 * HOUR)
    new.refresh_from_db()
    assert (old.state, old.retired_at, new.state) == (State.LIVE, None, State.RETIRED)


def test_promoting_the_live_version_changes_nothing(models_dir: Path) -> None:
    [version] = served("one", models_dir=models_dir)
    actions.promote(version=version, by="Ben", now=NOW + HOUR)
    assert Serving.objects.get().by == "Ana"


def refused(version: ModelVersion) -> ModelVersion:
    checks = (Check("floors", False, "Too low."), Check("better", False, "A tie."))
    actions.record_verdict(version=version, verdict=Verdict(checks, version.name, "zero"))
    return version


def unjudged(version: ModelVersion) -> ModelVersion:
    version.checks = {}
    version.save(update_fields=["checks"])
    return version


def test_what_the_gate_refused_or_never_judged_does_not_go_live_by_itself(models_dir: Path) -> None:
    served("good", models_dir=models_dir)
    bad, new = refused(a_version(models_dir, "bad")), unjudged(a_version(models_dir, "new"))
    with pytest.raises(actions.NotPassed, match="it fails floors, better"):
        actions.promote(version=bad, by="Ana", now=NOW + HOUR)
    with pytest.raises(actions.NotPassed, match="it was never judged"):
        actions.promote(version=new, by="Ana", now=NOW + HOUR, although=" \n")
    assert live() == "good"


def test_a_pass_against_what_serves_no_more_counts_for_nothing(models_dir: Path) -> None:
    late = a_version(models_dir, "late")  # judged while the baseline read
    served("one", models_dir=models_dir)
    with pytest.raises(actions.NotPassed, match=r"late .* it was judged against baseline-tfidf"):
        actions.promote(version=late, by="Ana", now=NOW + HOUR)
    actions.promote(version=late, by="Ana", now=NOW + HOUR, although="one annoys people")
    assert Serving.objects.newest_first()[0].reason == (
        "although it was judged against baseline-tfidf: one annoys people"
    )


def test_a_pass_is_void_when_another_goes_live_while_its_files_are_looked_at(
    models_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served("one", models_dir=models_dir)
    late, first = (a_version(models_dir, name) for name in ("late", "first"))

    def slowly(path: Path, *, digest: str) -> Version:
        if path == late.path:
            actions.promote(version=first, by="Ben", now=NOW + HOUR)
        return open_version(path, digest=digest)

    monkeypatch.setattr(actions, "open_version", slowly)
    with pytest.raises(actions.NotPassed, match="another version went live meanwhile"):
        actions.promote(version=late, by="Ana", now=NOW + HOUR)
    assert live() == "first"


def test_a_person_may_say_why_and_the_record_keeps_it_with_what_failed(models_dir: Path) -> None:
    bad, new = refused(a_version(models_dir, "bad")), unjudged(a_version(models_dir, "new"))
    actions.promote(version=bad, by="Ana", now=NOW, although="the live one is worse")
    actions.promote(version=new, by="Ana", now=NOW + HOUR, although="a rehearsal")
    assert list(Serving.objects.newest_first().values_list("reason", flat=True)) == [
        "although it was never judged: a rehearsal",
        "although it fails floors, better: the live one is worse",
    ]


def test_the_longest_reason_fits_the_record_beside_every_check(models_dir: Path) -> None:
    names = ("must_pass", "floors", "no_label_lost", "calibrated", "better")
    version = a_version(models_dir, "bad")
    verdict = Verdict(tuple(Check(name, False, "No.") for name in names), "bad", "zero")
    actions.record_verdict(version=version, verdict=verdict)
    with pytest.raises(actions.NotPassed, match="characters or fewer"):
        actions.promote(
            version=version, by="Ana", now=NOW, although="x" * (actions.LONGEST_ALTHOUGH + 1)
        )
    actions.promote(version=version, by="Ana", now=NOW, although="x" * actions.LONGEST_ALTHOUGH)
    longest = Serving._meta.get_field("reason").max_length
    assert longest is not None
    assert len(Serving.objects.get().reason) <= longest


def test_what_the_gate_passed_takes_only_the_place_of_what_it_was_judged_against(
    models_dir: Path,
) -> None:
    old, new = served("old", "new", models_dir=models_dir)
    better = a_version(models_dir, "better")
    for rival in (old, None):
        with pytest.raises(actions.AnotherWentLive):
            actions.take_the_place_of(rival, version=better, by="Ana", now=NOW + 2 * HOUR)
    assert live() == "new"
    actions.take_the_place_of(new, version=better, by="Ana", now=NOW + 2 * HOUR)
    assert live() == "better"
    bad = refused(a_version(models_dir, "bad"))
    with pytest.raises(actions.NotPassed):
        actions.take_the_place_of(better, version=bad, by="Ana", now=NOW + 3 * HOUR)


def test_what_served_before_comes_back_without_a_word(models_dir: Path) -> None:
    bad = refused(a_version(models_dir, "bad"))
    actions.promote(version=bad, by="Ana", now=NOW, although="a rehearsal")
    actions.promote(version=a_version(models_dir, "good"), by="Ana", now=NOW + HOUR)
    assert actions.roll_back(by="Ben", now=NOW + 2 * HOUR) == bad
    actions.promote(version=ModelVersion.objects.get(name="good"), by="Ana", now=NOW + 3 * HOUR)
    actions.promote(version=ModelVersion.objects.get(name="bad"), by="Ana", now=NOW + 4 * HOUR)
    assert live() == "bad"
    assert Serving.objects.newest_first()[0].reason == "promoted"


def test_a_damaged_version_never_goes_live(models_dir: Path) -> None:
    served("good", models_dir=models_dir)
    bad = a_version(models_dir, "bad")
    (models_dir / "bad" / WEIGHTS).write_bytes(b"torn")
    with pytest.raises(DamagedVersion):
        actions.promote(version=bad, by="Ana", now=NOW + HOUR)
    assert live() == "good"
    assert Serving.objects.get().ended_at is None


def test_a_folder_with_other_weights_than_were_judged_never_goes_live(models_dir: Path) -> None:
    served("good", models_dir=models_dir)
    judged = a_version(models_dir, "judged")
    a_version(models_dir, "another")
    (models_dir / "judged").rename(models_dir / "away")
    (models_dir / "another").rename(models_dir / "judged")  # whole, by its own hashes
    with pytest.raises(DamagedVersion, match="holds other weights"):
        actions.promote(version=judged, by="Ana", now=NOW + HOUR)
    assert live() == "good"


def test_the_history_says_what_served_when_and_who_put_it_there(models_dir: Path) -> None:
    served("one", "two", models_dir=models_dir)
    assert not Serving.objects.at(NOW - HOUR).exists()
    assert Serving.objects.at(NOW + HOUR / 2).get().version.name == "one"
    late = Serving.objects.at(NOW + 9 * HOUR).get()
    assert (late.version.name, late.by, late.reason) == ("two", "Ana", "promoted")


def test_rolling_back_goes_into_the_past_and_not_to_and_fro(models_dir: Path) -> None:
    served("one", "two", "three", models_dir=models_dir)
    for hours, name in ((4, "two"), (5, "one")):
        assert actions.roll_back(by="Ben", now=NOW + hours * HOUR).name == name
        assert live() == name
    with pytest.raises(actions.NothingToRollBackTo):
        actions.roll_back(by="Ben", now=NOW + 6 * HOUR)
    assert live() == "one"
    assert "rolled back from two" in Serving.objects.newest_first()[0].reason


def test_a_version_promoted_again_is_rolled_back_to_what_it_replaced(models_dir: Path) -> None:
    one, _ = served("one", "two", models_dir=models_dir)
    actions.promote(version=one, by="Ana", now=NOW + 3 * HOUR)
    assert actions.roll_back(by="Ben", now=NOW + 4 * HOUR).name == "two"


def test_room_is_saved_by_what_nobody_goes_back_to(models_dir: Path) -> None:
    oldest = served(*(f"served {n}" for n in range(KEPT_SERVED + 3)), models_dir=models_dir)[0]
    for n in range(KEPT_CANDIDATES + 1):
        candidate = a_version(models_dir, f"candidate {n}")
        candidate.created_at = NOW + timedelta(days=n)
        candidate.save(update_fields=["created_at"])
    assert sorted(actions.save_room()) == ["candidate 0", "served 0", "served 1"]
    assert actions.save_room() == []
    assert ModelVersion.objects.filter(name="served 0").exists()
    with pytest.raises(DamagedVersion, match="to save room"):
        actions.promote(version=oldest, by="Ana", now=NOW + timedelta(days=30))
    for n in range(KEPT_SERVED):
        back = actions.roll_back(by="Ana", now=NOW + timedelta(days=40 + n))
        assert back.name == f"served {KEPT_SERVED + 1 - n}"
    assert not list(models_dir.glob(".draft-*"))


def test_rolling_back_passes_over_what_is_damaged(models_dir: Path) -> None:
    served("one", "two", "three", models_dir=models_dir)
    (models_dir / "two" / WEIGHTS).write_bytes(b"torn")
    assert actions.roll_back(by="Ben", now=NOW + 4 * HOUR).name == "one"


def test_without_a_live_version_there_is_nothing_to_roll_back() -> None:
    with pytest.raises(actions.NothingToRollBackTo, match="No version is live"):
        actions.roll_back(by="Ben", now=NOW)


def test_the_database_allows_no_second_live_version(models_dir: Path) -> None:
    served("one", models_dir=models_dir)
    two = a_version(models_dir, "two")
    with pytest.raises(IntegrityError), transaction.atomic():
        ModelVersion.objects.filter(pk=two.pk).update(state=State.LIVE)
    with pytest.raises(IntegrityError), transaction.atomic():
        Serving.objects.create(version=two, started_at=NOW, by="x", reason="x")


def test_the_database_allows_one_unfinished_training() -> None:
    facts = {"reason": TrainingRun.Reason.ASKED, "requested_by": "Ana", "requested_at": NOW}
    TrainingRun.objects.create(state=TrainingRun.State.FINISHED, **facts)
    TrainingRun.objects.create(state=TrainingRun.State.RUNNING, **facts)
    with pytest.raises(IntegrityError), transaction.atomic():
        TrainingRun.objects.create(state=TrainingRun.State.WAITING, **facts)


def test_a_verdict_is_kept_in_words(models_dir: Path) -> None:
    version = a_version(models_dir, "one")
    verdict = Verdict((Check("better", False, "A tie."),), "one", "zero")
    actions.record_verdict(version=version, verdict=verdict)
    version.refresh_from_db()
    assert version.verdict == "Refused: one fails 1 of 1 checks; zero stays.\n✗ A tie."
    assert version.checks["checks"][0]["holds"] is False
    assert list(ModelVersion.objects.candidates()) == [version]
