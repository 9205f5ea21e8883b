"""Has what comes in changed since the live version's first days? Its own readings tell.

Between steps 7 and 8 of a message's way: nobody waits for it. The readings of the first window are
compared with those of the last one by classifier/drift.py; what is counted, the database counts,
along one index and without looking at any text.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from django.conf import settings
from django.db.models import Case, Count, Exists, F, IntegerField, OuterRef, Value, When

from classifier.drift import BANDS, Drift, Sample, band_names, drift
from classifier.models import ModelVersion, TrainingRun
from classifier.trainings import replaceable
from webhooks.models import Decision, Reading
from webhooks.policy import DOUBTS

# Readings of a window that are looked at, evenly taken from all of it. Of so many, chance makes
# 0.002 of the index; more would only cost.
MOST_COUNTED = 5_000


@dataclass(frozen=True)
class Window:
    """A stretch of time, both ends included."""

    since: datetime
    until: datetime


def since_first_days(*, now: datetime) -> Drift | None:
    """None where no version is live, or not long enough for two windows."""
    live = ModelVersion.objects.live().first()
    windows = _windows(live.name, now=now) if live else None
    return _compared(live.name, *windows) if live and windows else None


def why_train(*, now: datetime) -> str | None:
    """What has changed, where a training should be asked for because of it: once per window, or a
    candidate that the gate refused would be trained again on the same grounds.
    """
    live = replaceable(now=now)
    windows = _windows(live.name, now=now) if live else None
    if live is None or windows is None:
        return None
    first, last = windows
    asked = TrainingRun.objects.filter(reason=TrainingRun.Reason.DRIFT)
    if asked.filter(requested_at__gte=last.since).exists():
        return None
    found = _compared(live.name, first, last)
    return found.words if found.changed else None


def _windows(version: str, *, now: datetime) -> tuple[Window, Window] | None:
    """The first and the last, each as long as the settings say, in days and in readings. None while
    they would overlap.
    """
    readings = Reading.objects.of_version(version)
    days, number = timedelta(days=settings.DRIFT_WINDOW_DAYS), settings.DRIFT_WINDOW_READINGS
    from_start = readings.oldest_first().values_list("read_at", flat=True)
    from_end = readings.newest_first().values_list("read_at", flat=True)
    start, enough = from_start.first(), from_start[number - 1 : number].first()
    enough_back = from_end[number - 1 : number].first()
    if start is None or enough is None or enough_back is None:
        return None
    first = Window(start, max(start + days, enough))
    last = Window(min(now - days, enough_back), now)
    return (first, last) if first.until < last.since else None


def _compared(version: str, first: Window, last: Window) -> Drift:
    return drift(_sample(version, first), _sample(version, last))


def _sample(version: str, window: Window) -> Sample:
    """What that version read then, counted by the database. Whatever else may drift, such as how
    often people overturn a decision, is one mix more.
    """
    readings = Reading.objects.of_version(version).between(window.since, window.until)
    every = max(1, ceil(readings.count() / MOST_COUNTED))
    # The ids first, out of the index alone: asked in one query, PostgreSQL goes through the table.
    chosen = list(
        readings.annotate(place=F("pk") % every).filter(place=0).values_list("pk", flat=True)
    )
    # Only what a better model would not leave to people: that a reminder is missing, or that a
    # label needs a person, says nothing about how well it reads. No `supersedes=None`: people
    # decide later for other reasons, and SQLite would go along that index, which holds every row.
    held = Decision.objects.filter(reading=OuterRef("pk"), reason__in=DOUBTS)
    counted = (
        Reading.objects.filter(pk__in=chosen)
        .annotate(band=_band(), held=Exists(held))
        .values_list("intent", "band", "held")
        .annotate(number=Count("pk"))
        .order_by()
    )
    mixes: dict[str, dict[str, int]] = {"label": {}, "confidence": {}, "share": {}}
    total = 0
    for intent, band, is_held, number in counted:
        total += number
        for what, part in (
            ("label", intent),
            ("confidence", band_names()[band]),
            ("share", "held as unsure" if is_held else "read surely"),
        ):
            mixes[what][part] = mixes[what].get(part, 0) + number
    return Sample(total, mixes)


def _band() -> Case:
    """The number of the band that the confidence is in."""
    return Case(
        *(When(confidence__lt=edge, then=Value(number)) for number, edge in enumerate(BANDS)),
        default=Value(len(BANDS)),
        output_field=IntegerField(),
    )
