"""The writes about model versions: register one, judge it, put it live."""

from datetime import datetime

from django.db import transaction

from classifier.gate import Verdict
from classifier.models import ModelVersion
from classifier.versions import Version

State = ModelVersion.State


def register_candidate(*, version: Version, now: datetime) -> ModelVersion:
    """A row for a version folder; the same folder twice is the same row."""
    row, _ = ModelVersion.objects.get_or_create(
        name=version.name,
        defaults={
            "folder": version.path.name,
            "digest": version.digest,
            "report": version.report,
            "created_at": now,
        },
    )
    return row


def record_verdict(*, version: ModelVersion, verdict: Verdict) -> None:
    version.verdict = verdict.words
    version.save(update_fields=["verdict"])


@transaction.atomic
def promote(*, version: ModelVersion, by: str, now: datetime) -> None:
    """This version live, the one before it retired. Running readers notice at their next call.

    The caller has opened the folder, so a damaged version is never put live; two promotions at once
    end with one live version, because the database allows no second.
    """
    live = ModelVersion.objects.select_for_update().live()
    live.exclude(pk=version.pk).update(state=State.RETIRED, retired_at=now)
    version.state = State.LIVE
    version.live_from = now
    version.retired_at = None
    version.promoted_by = by
    version.save(update_fields=["state", "live_from", "retired_at", "promoted_by"])
