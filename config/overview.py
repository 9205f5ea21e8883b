"""The admin's first page: is all well? A few figures, each a link to what is behind it."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst

from classifier.models import ModelVersion
from config.adminbase import count_of
from labelgame.models import Poll
from webhooks import drift
from webhooks.models import Delivery, Endpoint, Message

SECONDS_TO_READ = 60  # a text that waits longer than this says that nobody reads
FEW_REVIEWS = 50  # an hour of a reviewer's time; more than that should be said
ENOUGH = 1_000  # is said as “1,000+”: more says nothing more at a glance, and costs to count
SECONDS_OF_DRIFT = 300  # its windows are of days, and looking costs a quarter of a second


@dataclass(frozen=True)
class Figure:
    value: str
    about: str
    hint: str  # what it means, or what to do
    address: str
    is_well: bool


def overview(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """unfold's DASHBOARD_CALLBACK: adds to the index page's context."""
    makers = (waiting, _unrouted, endpoints, _given_up, _model, _drift, _review)
    return context | {"figures": [make() for make in makers]}


def _list(model: str, query: str = "") -> str:
    return reverse(f"admin:{model}_changelist") + query


def _count(rows: QuerySet[Any]) -> int:
    return count_of(rows, most=ENOUGH)


def _words(count: int) -> str:
    return f"{count:,}+" if count == ENOUGH else f"{count:,}"


def waiting() -> Figure:
    texts = Message.objects.waiting()
    oldest = texts.oldest_first().values_list("received_at", flat=True).first()
    seconds = (timezone.now() - oldest).total_seconds() if oldest else 0
    is_well = seconds < SECONDS_TO_READ
    return Figure(
        value=_words(_count(texts)),
        about="texts waiting to be read",
        hint="They are read within seconds."
        if is_well
        else f"The oldest has waited {seconds / 60:.0f} min: is the reading worker running?",
        address=_list("webhooks_message", "?state__exact=waiting"),
        is_well=is_well,
    )


def _unrouted() -> Figure:
    number = _count(Message.objects.unrouted())
    return Figure(
        value=_words(number),
        about="texts to a number that no line has",
        hint="Open one to add its line." if number else "Every number is known.",
        address=_list("webhooks_message", "?state__exact=unrouted"),
        is_well=not number,
    )


def endpoints() -> Figure:
    trouble = Endpoint.objects.exclude(Q(failing_since=None) & Q(disabled_at=None)).count()
    return Figure(
        value=str(trouble),
        about="endpoints failing or disabled",
        hint="Their page says why." if trouble else "None is failing.",
        address=_list("webhooks_endpoint"),
        is_well=not trouble,
    )


def _given_up() -> Figure:
    number = _count(Delivery.objects.filter(state=Delivery.State.FAILED))
    return Figure(
        value=_words(number),
        about="deliveries given up",
        hint="Choose them in the list to send them again." if number else "None has been given up.",
        address=_list("webhooks_delivery", "?state__exact=failed"),
        is_well=not number,
    )


def _model() -> Figure:
    live = ModelVersion.objects.live().first()
    return Figure(
        value=live.name if live else "baseline",
        about="reads the texts",
        hint="" if live else "No model is live yet: run manage.py train, then promote.",
        address=_list("classifier_modelversion"),
        is_well=live is not None,
    )


def _drift() -> Figure:
    # Kept by version: the first days of the next one are others.
    live = ModelVersion.objects.live().values_list("name", flat=True).first()
    found = cache.get_or_set(
        f"drift-{live}",
        lambda: drift.since_first_days(now=timezone.now()),
        timeout=SECONDS_OF_DRIFT,
    )
    if found is None:
        value, hint = (
            "too early",
            (
                f"Known when two windows of {settings.DRIFT_WINDOW_DAYS} days and"
                f" {settings.DRIFT_WINDOW_READINGS} readings lie behind the live version."
            ),
        )
    else:
        value = "changed" if found.changed else "steady"
        hint = f"{capfirst(found.words)}."
    return Figure(
        value=value,
        about="what comes in, against the live version's first days",
        hint=hint,
        address=_list("classifier_trainingrun", "?reason__exact=drift"),
        is_well=found is None or not found.changed,
    )


def _review() -> Figure:
    number = _count(Poll.objects.in_review().asked())
    asked = _count(Poll.objects.with_room())
    return Figure(
        value=_words(number),
        about="cards of the game that wait for a reviewer",
        hint=f"{_words(asked)} {'card waits' if asked == 1 else 'cards wait'} for players.",
        address=reverse("labelgame:review"),
        is_well=number <= FEW_REVIEWS,
    )
