"""Which version is live: one at most, and the record says since when and by whom."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from classifier import actions
from classifier.gate import Verdict
from classifier.models import ModelVersion

State = ModelVersion.State

pytestmark = [pytest.mark.django_db, pytest.mark.database]
NOW = datetime(2026, 5, 3, 14, 10, tzinfo=UTC)


def a_version(name: str, state: State = State.CANDIDATE) -> ModelVersion:
    return ModelVersion.objects.create(name=name, folder=name, state=state, created_at=NOW)


def test_promoting_retires_the_version_before(settings: object) -> None:
    old, new = a_version("old"), a_version("new")
    actions.promote(version=old, by="Ana", now=NOW)
    actions.promote(version=new, by="Ben", now=NOW + timedelta(hours=1))
    old.refresh_from_db()
    assert (old.state, old.live_from, old.retired_at) == (
        State.RETIRED,
        NOW,
        NOW + timedelta(hours=1),
    )
    assert (new.state, new.promoted_by) == (State.LIVE, "Ben")
    assert ModelVersion.objects.live().get() == new


def test_a_retired_version_can_come_back() -> None:
    old, new = a_version("old", State.RETIRED), a_version("new", State.LIVE)
    actions.promote(version=old, by="Ana", now=NOW)
    new.refresh_from_db()
    assert (old.state, old.retired_at, new.state) == (State.LIVE, None, State.RETIRED)


def test_promoting_the_live_version_changes_nothing_but_the_record() -> None:
    live = a_version("live", State.LIVE)
    actions.promote(version=live, by="Ana", now=NOW)
    assert ModelVersion.objects.live().get() == live


def test_the_database_allows_no_second_live_version() -> None:
    a_version("one", State.LIVE)
    with pytest.raises(IntegrityError), transaction.atomic():
        a_version("two", State.LIVE)


def test_a_verdict_is_kept_in_words() -> None:
    version = a_version("one")
    actions.record_verdict(version=version, verdict=Verdict(False, "Refused: a tie."))
    version.refresh_from_db()
    assert version.verdict == "Refused: a tie."
    assert list(ModelVersion.objects.candidates()) == [version]
