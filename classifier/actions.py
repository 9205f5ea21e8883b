"""The writes about model versions: register one, judge it, put it live, take it back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from classifier.gate import Verdict
from classifier.models import ModelVersion, Serving
from classifier.versions import DamagedVersion, Version, open_version, remove_version

State = ModelVersion.State


# Folders of 200 MB each, beside the live version's: to roll back to, and to look into.
KEPT_SERVED, KEPT_CANDIDATES = 5, 5

LONGEST_ALTHOUGH = 100  # characters; with the names of all checks it fits into Serving.reason


class NotPassed(Exception):
    """The gate has not passed this version against what is live, and nobody said why it should
    serve.
    """


class AnotherWentLive(NotPassed):
    """Since a candidate was judged, another version than the one it was judged against serves."""


class NothingToRollBackTo(Exception):
    """No version served before the live one, or none of them is whole any more."""


def register_candidate(
    *, version: Version, report: Mapping[str, Any], now: datetime
) -> ModelVersion:
    """A row for a version folder; the same folder twice is the same row."""
    row, _ = ModelVersion.objects.get_or_create(
        name=version.name,
        defaults={
            "folder": version.path.name,
            "digest": version.digest,
            "report": dict(report),
            "created_at": now,
        },
    )
    return row


def record_verdict(
    *, version: ModelVersion, verdict: Verdict, report: Mapping[str, Any] | None = None
) -> None:
    """`report`: what the verdict rests on, where it is another than the version came with."""
    version.verdict, version.checks = verdict.words, verdict.as_dict()
    version.report = version.report if report is None else dict(report)
    version.save(update_fields=["verdict", "checks", "report"])


def promote(
    *,
    version: ModelVersion,
    by: str,
    now: datetime,
    reason: str = "promoted",
    although: str = "",
    rolled_back: bool = False,
) -> None:
    """This version live, the one before it retired. Running readers notice at their next call.

    `although`: why it should serve without having passed the gate against what is live, which
    stands in the record with what it failed; what did or has served before needs none. Its
    thresholds stand in its folder, so they come and go with it. Raises NotPassed or DamagedVersion,
    and changes nothing, if it may not serve or its folder is not whole. Two promotions at once end
    with one live version, because the database allows no second.
    """
    live, rivals = ModelVersion.objects.live().first(), None
    if objection := version.objection(live):
        reason = _in_spite_of(version, objection, although.strip())
    elif version.state == State.CANDIDATE:
        rivals = _as_rivals(live)  # against which it passed
    # Before any lock: hashing its files takes a while.
    open_version(version.path, digest=version.digest)
    _put_live(
        version=version, by=by, now=now, reason=reason, rolled_back=rolled_back, rivals=rivals
    )


def _in_spite_of(version: ModelVersion, objection: str, although: str) -> str:
    if not although:
        raise NotPassed(
            f"{version.name} stays a candidate: {objection}."
            " Say why it should serve all the same, or put another version live."
        )
    if len(although) > LONGEST_ALTHOUGH:
        raise NotPassed(
            f"{version.name} stays a candidate: say why it should serve in {LONGEST_ALTHOUGH}"
            " characters or fewer."
        )
    return f"although {objection}: {although}"


def take_the_place_of(
    rival: ModelVersion | None, *, version: ModelVersion, by: str, now: datetime
) -> None:
    """What the gate passed goes live, if what it was judged against is still what serves.

    `rival`: the version that was live then, None if none was. Raises AnotherWentLive, and as
    `promote` does.
    """
    if objection := version.objection(None):  # whether the rival is live still, is asked below
        raise NotPassed(f"{version.name} stays a candidate: {objection}.")
    open_version(version.path, digest=version.digest)
    _put_live(
        version=version, by=by, now=now, reason="passed the gate", rolled_back=False,
        rivals=_as_rivals(rival),
    )  # fmt: skip


def _as_rivals(live: ModelVersion | None) -> list[int]:
    return [live.pk] if live is not None else []


@transaction.atomic
def _put_live(
    *,
    version: ModelVersion,
    by: str,
    now: datetime,
    reason: str,
    rolled_back: bool,
    rivals: list[int] | None = None,
) -> None:
    """`rivals`: what has to be live for it; None: whatever is."""
    live = ModelVersion.objects.select_for_update().live()
    if not version.path.exists():  # opened a moment ago, and removed since to save room
        raise DamagedVersion(f"{version.path} is not there any more.")
    if live.filter(pk=version.pk).exists():
        return
    if rivals is not None and list(live.values_list("pk", flat=True)) != rivals:
        raise AnotherWentLive(
            f"{version.name} stays a candidate: another version went live meanwhile."
        )
    live.update(state=State.RETIRED, retired_at=now)
    Serving.objects.filter(ended_at=None).update(ended_at=now)
    version.state = State.LIVE
    version.live_from = now
    version.retired_at = None
    version.promoted_by = by
    version.save(update_fields=["state", "live_from", "retired_at", "promoted_by"])
    Serving.objects.create(
        version=version, started_at=now, by=by, reason=reason, rolled_back=rolled_back
    )


@transaction.atomic
def save_room() -> list[str]:
    """Removes the folders of versions that nobody goes back to, and names them. What they were,
    scored and learnt stays in their rows.
    """
    list(ModelVersion.objects.select_for_update().live())  # nothing goes live meanwhile
    versions = ModelVersion.objects.newest_first()
    served = versions.filter(state=State.RETIRED).order_by("-live_from", "-pk")[KEPT_SERVED:]
    superfluous = [*served, *versions.candidates()[KEPT_CANDIDATES:]]
    removed = [version for version in superfluous if version.path.exists()]
    for version in removed:
        remove_version(version.path)
    return [version.name for version in removed]


def roll_back(*, by: str, now: datetime) -> ModelVersion:
    """The version that served before the live one serves again; damaged ones are passed over.

    A second roll-back goes one further into the past, not to and fro.
    """
    live = ModelVersion.objects.live().first()
    if live is None:
        raise NothingToRollBackTo("No version is live: there is nothing to take back.")
    reason = f"rolled back from {live.name}"
    for version in served_before(live):
        try:
            promote(version=version, by=by, now=now, reason=reason, rolled_back=True)
        except DamagedVersion:
            continue
        return version
    raise NothingToRollBackTo(
        f"No whole version served before {live.name}. Put one live with `manage.py promote NAME`."
    )


def served_before(live: ModelVersion) -> list[ModelVersion]:
    """Latest first, each once: what served before the live version was last promoted."""
    promoted = live.servings.filter(rolled_back=False).newest_first().first()
    earlier = Serving.objects.exclude(version=live)
    if promoted is not None:
        earlier = earlier.filter(started_at__lt=promoted.started_at)
    versions = [serving.version for serving in earlier.newest_first().select_related("version")]
    return list(dict.fromkeys(versions))
