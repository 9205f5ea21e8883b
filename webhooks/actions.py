"""Every write of more than one step, as a verb. The row is the truth, a task only a nudge.

A text is accepted in one transaction and acknowledged after it; everything slow comes later, in
`read_waiting`: claim, read (no transaction, no lock), decide and tell in one transaction.
"""

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from classifier.hints import hints_in
from classifier.readings import Reading as ModelReading
from webhooks import buttons, consent, policy, sampling, waiting
from webhooks.events import events_of
from webhooks.inbound import InboundStatus, InboundText
from webhooks.matching import Matched, match_reminders
from webhooks.models import (
    Contact,
    Decision,
    Delivery,
    Endpoint,
    Event,
    Line,
    Message,
    Reading,
    Reminder,
    StatusUpdate,
)
from webhooks.nudges import Work, nudge

READ_BATCH = 64  # messages per claim: one transaction's worth, well inside a lease
ROUTED_TOGETHER = 500  # texts handed to a line in one transaction: others want to write, too
LOOKED_FOR_LINES = 1_000  # texts without a line whose line is looked for, the latest
REMINDER_STAYS_OPEN = timedelta(days=7)  # when neither an appointment nor an expiry is given


# ---- 3 keep it, once -----------------------------------------------------------------------


def accept(*, text: InboundText, line_id: int | None, now: datetime) -> tuple[Message, bool]:
    """Keep a verified text; (its message, whether it is new). Committed when this returns.

    The unique key of the provider's id decides, so any number of copies at once is one message.
    Without a line it is kept all the same, for the operator to route.
    """
    message = Message(
        provider=text.provider,
        account_id=text.account_id,
        provider_id=text.provider_id,
        line_id=line_id,
        sender=text.sender,
        to=text.to,
        body=text.body,
        media_count=text.media_count,
        opt_out_type=text.opt_out_type,
        replied_to=text.replied_to,
        button_payload=text.button_payload,
        idempotency_token=text.idempotency_token,
        raw=text.raw,
        received_at=now,
        state=Message.State.WAITING if line_id else Message.State.UNROUTED,
    )
    try:
        _store(message)
    except IntegrityError:
        kept = Message.objects.filter(
            provider=text.provider, account_id=text.account_id, provider_id=text.provider_id
        ).first()
        if kept is None:
            raise  # another constraint: a fault of ours, which the provider's retry may outlive
        return kept, False
    transaction.on_commit(lambda: nudge(Work.READING))
    return message, True


def _store(message: Message) -> None:
    """Insert it, together with what a keyword in it means for the person."""
    word = consent.consent_word(message)
    if word is None:
        message.save(force_insert=True)  # one statement is a transaction of its own
        return
    with transaction.atomic():
        message.save(force_insert=True)
        consent.mind_consent(message, word)


def route_waiting() -> None:
    """Whether a text has a line was asked before it was kept: one that was added in between does
    not know of it, nor one that more texts waited for than are handed over together.
    """
    latest = Message.objects.unrouted().order_by("-received_at")
    keys = set(latest.values_list("provider", "account_id", "to")[:LOOKED_FOR_LINES])
    for line in Line.objects.filter(address__in={to for _, _, to in keys}):
        if (line.provider, line.account_id, line.address) in keys:
            while route(line=line) == ROUTED_TOGETHER:
                pass


def route(*, line: Line) -> int:
    """Hand a line the oldest texts that came for it before it was known; how many."""
    unrouted = Message.objects.unrouted().filter(
        provider=line.provider, account_id=line.account_id, to=line.address
    )
    chosen = list(unrouted.oldest_first().defer("raw")[:ROUTED_TOGETHER])
    if not chosen:
        return 0
    for message in chosen:
        message.line = line
    words = [(message, consent.consent_word(message)) for message in chosen]
    with transaction.atomic():
        # Who handed out one of them in between has minded its word: minded twice it says no more.
        routed = Message.objects.unrouted().filter(pk__in=[message.pk for message in chosen])
        number = routed.update(line=line, state=Message.State.WAITING)
        for message, word in words:
            if word is not None:
                consent.mind_consent(message, word)
        transaction.on_commit(lambda: nudge(Work.READING))
    return number


@transaction.atomic
def record_status(*, status: InboundStatus, line_id: int | None, now: datetime) -> bool:
    """Keep a delivery receipt once per (text, status); whether it is new.

    Receipts come twice and out of order: each is kept as it came, none overwrites another.
    """
    receipt = StatusUpdate(
        provider=status.provider,
        account_id=status.account_id,
        provider_id=status.provider_id,
        line_id=line_id,
        to=status.to,
        status=status.receipt.value,
        provider_status=status.provider_status,
        error_code=status.error_code,
        raw=status.raw,
        received_at=now,
    )
    known = StatusUpdate.objects.filter(
        provider=status.provider,
        account_id=status.account_id,
        provider_id=status.provider_id,
        provider_status=status.provider_status,
    )
    if known.exists():
        return False
    StatusUpdate.objects.bulk_create([receipt], ignore_conflicts=True)
    if status.opted_out and line_id is not None:
        consent.opt_out(line_id=line_id, address=status.to, by="carrier", at=now)
    return True


# ---- reminders -----------------------------------------------------------------------------


@transaction.atomic
def register_reminder(
    *,
    line: Line,
    to: str,
    body: str,
    now: datetime,
    appointment_ref: str = "",
    appointment_at: datetime | None = None,
    expires_at: datetime | None = None,
    provider_id: str = "",
) -> tuple[Reminder, bool]:
    """Note that a reminder went out; (the reminder, whether it is new).

    The same reminder again is the same reminder, and may tell what was left out at first. Another
    one about the same appointment takes over from the one before, so that one appointment never
    counts as two candidates.
    """
    # The line's row is the lock: two at once for the same appointment come one after the other.
    Line.objects.select_for_update().get(pk=line.pk)
    current = Reminder.objects.asked(line=line, person=to).filter(closed_at=None)
    # Not `open_at(now)`: whoever held the lock before us may have a later clock.
    for known in current.filter(expires_at__gt=now, body=body, appointment_ref=appointment_ref):
        if _agree(known.appointment_at, appointment_at) and _agree(known.provider_id, provider_id):
            if expires_at is None and appointment_at != known.appointment_at:
                expires_at = _end_of(appointment_at, now=now)
            known.appointment_at = known.appointment_at or appointment_at
            known.provider_id = known.provider_id or provider_id
            known.expires_at = expires_at or known.expires_at
            known.save(update_fields=["appointment_at", "provider_id", "expires_at"])
            return known, False
    if appointment_ref:
        current.filter(appointment_ref=appointment_ref).update(closed_at=now)
    expires_at = expires_at or _end_of(appointment_at, now=now)
    reminder = Reminder.objects.create(
        business=line.business,
        line=line,
        to=to,
        body=body,
        appointment_ref=appointment_ref,
        appointment_at=appointment_at,
        provider_id=provider_id,
        created_at=now,
        expires_at=expires_at or now + REMINDER_STAYS_OPEN,
    )
    return reminder, True


def _agree(one: object, other: object) -> bool:
    """What was not told contradicts nothing."""
    return not one or not other or one == other


def _end_of(appointment_at: datetime | None, *, now: datetime) -> datetime | None:
    return appointment_at if appointment_at and appointment_at > now else None


# ---- 5 read, in batches --------------------------------------------------------------------


def read_waiting() -> int:
    """Claim, read and decide the oldest waiting messages; how many were claimed."""
    claim, messages = waiting.claim_messages(now=timezone.now(), limit=READ_BATCH)
    if not messages:
        return 0
    matches = match_reminders(messages)
    read = waiting.read(messages, matches)
    conclude(
        claim=claim,
        messages=[messages[i] for i in read],
        matches=[matches[i] for i in read],
        readings=list(read.values()),
        now=timezone.now(),
    )
    return len(messages)


# ---- 6 decide ------------------------------------------------------------------------------


@transaction.atomic
def conclude(
    *,
    claim: uuid.UUID,
    messages: Sequence[Message],
    matches: Sequence[Matched],
    readings: Sequence[ModelReading | None],
    now: datetime,
) -> None:
    """Write reading, decision, event and deliveries of every message that is still ours."""
    ours = set(
        Message.objects.waiting()
        .filter(pk__in=[message.pk for message in messages], claim=claim)
        .select_for_update()
        .values_list("pk", flat=True)
    )
    decisions = [
        _decide(message, matched, reading, now=now)
        for message, matched, reading in zip(messages, matches, readings, strict=True)
        if message.pk in ours
    ]
    # People in one order for all workers: two that tell of the same people would else each wait
    # for a row that the other has.
    for decision in sorted(decisions, key=_person):
        _mind_label(decision, now=now)
    events = [event for decision in decisions for event in events_of(decision)]
    written_at = timezone.now()  # not `now`: the locks above may have been waited for
    for event in events:
        event.created_at = written_at
    Event.objects.bulk_create(events)
    create_deliveries(events=events, now=now)
    transaction.on_commit(lambda: nudge(Work.DELIVERY))
    if any(decision.message.example == Message.AsExample.DUE for decision in decisions):
        transaction.on_commit(lambda: nudge(Work.EXAMPLES))


def _decide(
    message: Message, matched: Matched, reading: ModelReading | None, *, now: datetime
) -> Decision:
    """Write what was found out about one message."""
    keyword, from_provider = consent.keyword_in(message)
    ruling = policy.decide(
        replace(
            policy.facts_of(reading),
            match=matched.match,
            keyword=keyword,
            keyword_from_provider=from_provider,
            button=buttons.label_of(message),
            has_text=waiting.has_words(message),
            has_media=message.media_count > 0,
        )
    )
    message.match, message.reminder = matched.match.value, matched.reminder
    message.state, message.claim, message.claimed_at = Message.State.DECIDED, None, None
    message.example = _as_example(message, reading, ruling.reason)
    message.save(update_fields=["match", "reminder", "state", "claim", "claimed_at", "example"])
    if matched.candidates:
        message.candidates.set(matched.candidates)
    return Decision.objects.create(
        message=message,
        reading=_keep(reading, message=message, now=now) if reading else None,
        action=ruling.action.value,
        label=ruling.label,
        also=ruling.also,
        hints=_hints(message, ruling),
        reason=ruling.reason.value,
        threshold=ruling.threshold,
        decided_at=now,
    )


def _hints(message: Message, ruling: policy.Ruling) -> dict[str, list[str]]:
    """The days and times of somebody who wants another. Nothing acts on them."""
    wished = policy.RESCHEDULE in (ruling.label, ruling.also)
    return hints_in(message.body) if wished else {}


def _as_example(
    message: Message, reading: ModelReading | None, reason: policy.Reason
) -> Message.AsExample:
    """Whether to put it into the dataset, which is done later: nobody waits here for masking."""
    if reading is None or message.line is None or not message.line.business.shares_examples:
        return Message.AsExample.NO
    drawn = sampling.is_drawn(message.public_id, share=settings.EXAMPLES_RANDOM_SHARE)
    wanted = sampling.is_wanted(reason=reason, model=reading.model, drawn=drawn)
    return Message.AsExample.DUE if wanted else Message.AsExample.NO


def _person(decision: Decision) -> tuple[int, str, datetime]:
    message = decision.message
    return message.line_id or 0, message.sender, message.received_at


def _keep(reading: ModelReading, *, message: Message, now: datetime) -> Reading:
    return Reading.objects.create(
        message=message,
        intent=reading.intent,
        confidence=reading.confidence,
        tone=reading.tone or "",
        model_version=reading.model,
        result=reading.as_dict(),
        read_at=now,
    )


def _mind_label(decision: Decision, *, now: datetime) -> None:
    """What a decision to act means for the person, beside the event."""
    message = decision.message
    if decision.action != policy.Action.ACT or message.line_id is None:
        return
    if decision.label == policy.OPT_OUT:
        by = "button" if decision.reason == policy.Reason.BUTTON else "model"
        consent.opt_out(
            line_id=message.line_id, address=message.sender, by=by, at=message.received_at
        )
    elif decision.label == policy.WRONG_NUMBER:
        Contact.objects.update_or_create(
            line_id=message.line_id,
            address=message.sender,
            defaults={"wrong_number_at": now},
        )


def create_deliveries(*, events: Sequence[Event], now: datetime) -> None:
    """One delivery of each event to each endpoint of its business."""
    endpoints: dict[int, list[Endpoint]] = {}
    for endpoint in Endpoint.objects.enabled().filter(
        business__in={event.business_id for event in events}
    ):
        endpoints.setdefault(endpoint.business_id, []).append(endpoint)
    Delivery.objects.bulk_create(
        Delivery(event=event, endpoint=endpoint, next_attempt_at=now)
        for event in events
        for endpoint in endpoints.get(event.business_id, [])
    )
