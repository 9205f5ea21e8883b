"""The writes about the dataset: add what came, settle it, pull what must not be shown.

webhooks and imports add, the game settles and pulls, trainings learn (classifier/dataset.py).
What comes in here is raw; what is kept for players and models is masked on the way.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from classifier.folding import doubt_of, fold_key
from classifier.masking import masked_pair
from classifier.models import Example, ExampleLabel, ExampleSource, RawLook
from classifier.readings import TONE, Pair, Reading
from classifier.splits import Splits, splits_of
from classifier.taxonomy import Taxonomy, current_taxonomy

State = Example.State

CONSENSUS, IMPORT = "consensus", "import"  # who settled it, where no person did by name
# A consensus that moves a probability by less than this says nothing new: without it, every run
# over a million answers would write a million labels.
NOTEWORTHY = 0.01


class WordsForgotten(Exception):
    """The words as they were sent were deleted."""


# ---- add -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Arrival:
    """A text that came, as it was sent."""

    pair: Pair
    source: ExampleSource.Kind
    reference: str  # what the source knows it by; the same reference again adds nothing
    received_at: datetime
    known_names: Collection[str] = ()  # of the person, masked wherever they stand
    reading: Reading | None = None
    unsure: bool = False  # the reading was held as unsure
    drawn: bool = False  # by lot, to measure with
    contested: bool = False  # somebody says that the reading is wrong
    times: int = 1  # that it came


@dataclass(frozen=True)
class _Masked:
    arrival: Arrival
    pair: Pair
    key: str


def add_example(*, arrival: Arrival, now: datetime) -> Example:
    [example] = add_examples(arrivals=[arrival], now=now)
    return example


def add_examples(*, arrivals: Sequence[Arrival], now: datetime) -> list[Example]:
    """The example of each, in order: a new one, or the one that it folds into.

    An example is kept apart if a drawn text was its first. A drawn text that folds into one that
    trains is drawn all the same (`ExampleSource.drawn`), so that measuring may count it.
    """
    # Masked before any lock is taken, and so is what judges already: a process does that once, for
    # seconds, in which nobody else could write.
    masked = [_masked(arrival) for arrival in arrivals]
    return _add(masked, splits_of(current_taxonomy()), now=now) if masked else []


def _masked(arrival: Arrival) -> _Masked:
    pair = masked_pair(arrival.pair, known_names=arrival.known_names)
    return _Masked(arrival, pair, fold_key(pair))


@transaction.atomic
def _add(masked: Sequence[_Masked], splits: Splits, *, now: datetime) -> list[Example]:
    first = {item.key: item for item in reversed(masked)}
    # The unique key decides who is first. In one order for all, or two at once would each wait for
    # a row that the other has.
    Example.objects.bulk_create(
        [_new(first[key], splits, now) for key in sorted(first)], ignore_conflicts=True
    )
    # Locked, so that what follows sees every source that somebody else added before us; in the
    # order in which `_locked` locks.
    rows = Example.objects.select_for_update(no_key=True).filter(fold_key__in=first).order_by("pk")
    examples = {example.fold_key: example for example in rows}
    for kind in sorted({item.arrival.source for item in masked}):
        of_kind = [item for item in masked if item.arrival.source == kind]
        _add_sources(kind, of_kind, examples, now=now)
    contested = {examples[item.key].pk for item in masked if item.arrival.contested}
    Example.objects.filter(pk__in=contested).update(contested_at=now)
    return [examples[item.key] for item in masked]


def _add_sources(
    kind: ExampleSource.Kind,
    masked: Sequence[_Masked],
    examples: Mapping[str, Example],
    *,
    now: datetime,
) -> None:
    """Those that are new, and how often each example has been seen by then."""
    known = set(
        ExampleSource.objects.filter(
            kind=kind, reference__in={item.arrival.reference for item in masked}
        ).values_list("reference", "example_id")
    )
    references = {reference for reference, _ in known}
    new: dict[tuple[str, int | None], ExampleSource] = {}
    for item in masked:
        arrival, example = item.arrival, examples[item.key]
        # A message is one text for ever; a line of a file may be another by tomorrow.
        if kind == ExampleSource.Kind.MESSAGE and arrival.reference in references:
            continue
        if (arrival.reference, example.pk) in known:
            continue
        key = (arrival.reference, None if kind == ExampleSource.Kind.MESSAGE else example.pk)
        new.setdefault(key, _source(arrival, example))
    ExampleSource.objects.bulk_create(new.values())
    seen: dict[int, int] = {}
    for source in new.values():
        seen[source.example_id] = seen.get(source.example_id, 0) + source.times
    by_number: dict[int, list[int]] = {}
    for pk, number in seen.items():
        by_number.setdefault(number, []).append(pk)
    for number, pks in by_number.items():
        Example.objects.filter(pk__in=pks).update(times_seen=F("times_seen") + number, seen_at=now)
    for example in examples.values():
        example.times_seen += seen.get(example.pk, 0)


def _new(item: _Masked, splits: Splits, now: datetime) -> Example:
    reading = item.arrival.reading
    return Example(
        prompt=item.pair.prompt,
        text=item.pair.text,
        fold_key=item.key,
        split=splits.of(masked=item.pair, raw=item.arrival.pair),
        kept_apart=item.arrival.drawn,
        reading=_kept(reading, unsure=item.arrival.unsure, taxonomy=splits.taxonomy)
        if reading
        else {},
        guess=reading.intent if reading else "",
        doubt=doubt_of(reading.scores if reading else {}),
        created_at=now,
        seen_at=now,
    )


def _source(arrival: Arrival, example: Example) -> ExampleSource:
    return ExampleSource(
        example=example,
        kind=arrival.source,
        reference=arrival.reference,
        prompt=arrival.pair.prompt,
        text=arrival.pair.text,
        times=arrival.times,
        drawn=arrival.drawn,
        received_at=arrival.received_at,
    )


def _kept(reading: Reading, *, unsure: bool, taxonomy: Taxonomy) -> dict[str, Any]:
    scores = {taxonomy.primary.name: reading.scores, TONE: reading.tone_scores, **reading.others}
    kept = {question: dict(of) for question, of in scores.items() if of}
    return {"model": reading.model, "unsure": unsure, "scores": kept}


# ---- settle --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Settlement:
    """What an example settled on for one question."""

    example: Example
    question: str
    label: str
    probability: float
    probabilities: Mapping[str, float] = field(default_factory=dict)
    votes: int = 0
    method: str = "votes"
    by: str = CONSENSUS
    reason: str = ""
    answers: Sequence[str] = ()

    @property
    def is_a_persons(self) -> bool:
        return self.by not in (CONSENSUS, IMPORT)


def settle(*, settlement: Settlement, now: datetime) -> ExampleLabel | None:
    [label] = settle_all(settlements=[settlement], now=now)
    return label


@transaction.atomic
def settle_all(*, settlements: Sequence[Settlement], now: datetime) -> list[ExampleLabel | None]:
    """The label that stands then, for each in order; None where a reviewer is asked first.

    Each at most once per (example, question). What says nothing new writes nothing. No consensus
    and no import overrules a reviewer.
    """
    for settlement in settlements:
        _check(settlement)
    examples = _locked(settlement.example.pk for settlement in settlements)
    standing = {
        (label.example_id, label.question): label
        for label in ExampleLabel.objects.standing().filter(example__in=examples)
    }
    primary = current_taxonomy().primary.name
    new: dict[tuple[int, str], ExampleLabel] = {}
    for settlement in settlements:
        key = (settlement.example.pk, settlement.question)
        in_review = settlement.question == primary and examples[key[0]].state == State.REVIEW
        if in_review and not settlement.is_a_persons:
            continue
        if key not in standing or _says_more(settlement, standing[key]):
            new[key] = _label(settlement, now)
    _supersede((standing[key] for key in new if key in standing), now=now)
    ExampleLabel.objects.bulk_create(new.values())
    labelled = [pk for pk, question in new if question == primary]
    settled = Example.objects.showable().filter(pk__in=labelled)
    settled.update(state=State.SETTLED, settled_at=now)
    standing |= new
    return [standing.get((each.example.pk, each.question)) for each in settlements]


def _check(settlement: Settlement) -> None:
    question = current_taxonomy().question(settlement.question)
    if question is None:
        raise ValueError(f"{settlement.question!r} is no question of the taxonomy.")
    unknown = {settlement.label, *settlement.probabilities} - set(question.label_names)
    if unknown:
        raise ValueError(f"{sorted(unknown)} are no labels of the question {question.name}.")


def _locked(pks: Iterable[int]) -> dict[int, Example]:
    """In one order for all, so that no two wait for each other."""
    rows = Example.objects.select_for_update(no_key=True).filter(pk__in=set(pks)).order_by("pk")
    return {example.pk: example for example in rows}


def _says_more(settlement: Settlement, label: ExampleLabel) -> bool:
    if label.by not in (CONSENSUS, IMPORT) and not settlement.is_a_persons:
        return False
    if settlement.by == IMPORT and label.by == CONSENSUS and settlement.label == label.label:
        return False  # a file that agrees with the players knows less of how they came to it
    said = (label.label, label.by, label.method, label.votes, label.reason, list(label.answers))
    says = (settlement.label, settlement.by, settlement.method, settlement.votes)
    if said != (*says, settlement.reason, list(settlement.answers)):
        return True
    moved = [settlement.probability - label.probability]
    for name in {*label.probabilities, *settlement.probabilities}:
        moved.append(settlement.probabilities.get(name, 0.0) - label.probabilities.get(name, 0.0))
    return max(map(abs, moved)) >= NOTEWORTHY


def _label(settlement: Settlement, now: datetime) -> ExampleLabel:
    return ExampleLabel(
        example=settlement.example,
        question=settlement.question,
        label=settlement.label,
        probability=settlement.probability,
        probabilities=dict(settlement.probabilities),
        votes=settlement.votes,
        method=settlement.method,
        by=settlement.by,
        reason=settlement.reason,
        answers=list(settlement.answers),
        settled_at=now,
    )


def _supersede(labels: Iterable[ExampleLabel], *, now: datetime) -> None:
    ExampleLabel.objects.filter(pk__in=[label.pk for label in labels]).update(superseded_at=now)


@transaction.atomic
def send_to_review(*, example: Example, question: str, now: datetime) -> None:
    """A reviewer has to say: what stood for the question stands no more, and does not train."""
    locked = _locked([example.pk])[example.pk]
    _supersede(locked.labels.standing().of_question(question), now=now)
    if question == current_taxonomy().primary.name:
        Example.objects.showable().filter(pk=locked.pk).update(state=State.REVIEW, settled_at=None)


@transaction.atomic
def unsettle(*, example: Example, question: str, now: datetime) -> None:
    """What stood for the question stands no more: people are asked again, or nobody can tell."""
    locked = _locked([example.pk])[example.pk]
    _supersede(locked.labels.standing().of_question(question), now=now)
    if question == current_taxonomy().primary.name:
        labelled = Example.objects.filter(pk=locked.pk, state__in=(State.SETTLED, State.REVIEW))
        labelled.update(state=State.OPEN, settled_at=None)


# ---- weigh ---------------------------------------------------------------------------------


@transaction.atomic
def weigh_labels(*, weights: Mapping[int, float]) -> int:
    """Set what standing labels weigh in a training, by id; how many weigh otherwise than before.

    The one thing about a label that changes: it says nothing about the text, only how much one
    player may say.
    """
    labels = ExampleLabel.objects.standing().in_bulk(list(weights))
    changed = []
    for pk, label in labels.items():
        # Of what it is, not of 1: many small ones that are a little too large are much.
        if abs(label.weight - weights[pk]) >= NOTEWORTHY * label.weight:
            label.weight = weights[pk]
            changed.append(label)
    ExampleLabel.objects.bulk_update(changed, ["weight"], batch_size=200)
    return len(changed)


# ---- pull ----------------------------------------------------------------------------------


def pull(*, example: Example, by: str, reason: str, now: datetime) -> bool:
    """The leak button: from now on nobody is shown it and nothing learns from it. Whether it was
    there to pull: twice is normal, the first time stands.
    """
    return bool(
        Example.objects.showable()
        .filter(pk=example.pk)
        .update(state=State.PULLED, pulled_at=now, pulled_by=by, pulled_because=reason)
    )


@transaction.atomic
def put_back(*, example: Example) -> bool:
    """It named nobody after all; whether it was pulled."""
    primary = current_taxonomy().primary.name
    label = example.labels.standing().of_question(primary).first()
    pulled = Example.objects.pulled().filter(pk=example.pk)
    return bool(
        pulled.update(
            state=State.SETTLED if label else State.OPEN,
            settled_at=label.settled_at if label else None,
            pulled_at=None,
            pulled_by="",
            pulled_because="",
        )
    )


# ---- the words as they were sent -----------------------------------------------------------


def look_at_raw(*, source: ExampleSource, by: str, why: str, now: datetime) -> Pair:
    """The words, to a reviewer. The look is on record before they are given."""
    if source.forgotten_at is not None:
        raise WordsForgotten(f"They were deleted on {source.forgotten_at:%d %b %Y}.")
    RawLook.objects.create(source=source, by=by, why=why, at=now)
    return Pair(source.prompt, source.text)


def forget_raw(*, received_before: datetime, now: datetime) -> int:
    """Delete the words as they were sent of all that came before; of how many."""
    old = ExampleSource.objects.with_words().filter(received_at__lt=received_before)
    return old.update(prompt="", text="", forgotten_at=now)
