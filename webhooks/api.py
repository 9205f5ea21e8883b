"""/api/v1/: what a business's own system asks of us. Everything is fetched through the business
whose key it is; what belongs to another one is “not found”.
"""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Field, Query, Router, Schema, Status
from ninja.errors import HttpError
from pydantic import AfterValidator, AwareDatetime

from webhooks import actions
from webhooks.events import message_facts
from webhooks.models import Business, Contact, Event, Message, Reminder

router = Router()
EVENTS_PER_PAGE = 100


def _storable(text: str) -> str:
    if "\x00" in text:
        raise ValueError("must not contain the NUL character")
    return text


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("is too near the beginning or the end of time") from error


Words = Annotated[str, AfterValidator(_storable)]
Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]


class NewReminder(Schema):
    """An outbound text that asks something, told to us when it is sent."""

    line: Words = Field(description="The number it is sent from, as it stands in the admin.")
    to: Words = Field(min_length=1, max_length=80, description="The person's number: +15005550006.")
    body: Words = Field(min_length=1, max_length=4_000, description="Its words, as they were sent.")
    appointment_ref: Words = Field("", max_length=200, description="Your id of the appointment.")
    appointment_at: Moment | None = Field(None, description="When it is, with a time zone.")
    expires_at: Moment | None = Field(
        None, description="Until when a text may answer it. Else: the appointment, or 7 days."
    )
    provider_id: Words = Field("", max_length=64, description="The provider's id of this text.")


class ReminderOut(Schema):
    id: UUID
    expires_at: datetime
    opted_out: bool = Field(description="This person wants no texts from this line: send none.")


class EventOut(Schema):
    sequence: int = Field(description="Give the last one you have as `after`.")
    id: str = Field(description="The `webhook-id` it is delivered under.")
    type: str
    body: str = Field(description="The JSON, byte for byte as it is signed.")


class EventsOut(Schema):
    events: list[EventOut]


class Problem(Schema):
    detail: str


def business_of(request: HttpRequest) -> Business:
    """The caller, as `webhooks/auth.py` found them."""
    business = getattr(request, "auth", None)
    assert isinstance(business, Business)
    return business


@router.post(
    "/reminders", response={201: ReminderOut, 200: ReminderOut, 404: Problem, 422: Problem}
)
def register_reminder(request: HttpRequest, new: NewReminder) -> Status[ReminderOut]:
    """Note that a reminder went out. The same one again is answered 200 with the same id."""
    now = timezone.now()
    line = business_of(request).lines.filter(address=new.line).first()
    if line is None:
        raise HttpError(404, "No line of yours has this address: check it in the admin.")
    if new.expires_at is not None and new.expires_at <= now:
        raise HttpError(422, "expires_at is in the past: nothing could answer this reminder.")
    reminder, is_new = actions.register_reminder(
        line=line,
        to=new.to,
        body=new.body,
        now=now,
        appointment_ref=new.appointment_ref,
        appointment_at=new.appointment_at,
        expires_at=new.expires_at,
        provider_id=new.provider_id,
    )
    return Status(201 if is_new else 200, _reminder_out(reminder))


def _reminder_out(reminder: Reminder) -> ReminderOut:
    contact = Contact.objects.opted_out().filter(line=reminder.line_id, address=reminder.to)
    return ReminderOut(
        id=reminder.public_id, expires_at=reminder.expires_at, opted_out=contact.exists()
    )


@router.get("/events", response=EventsOut)
def events(
    request: HttpRequest,
    after: Annotated[
        int, Query(ge=0, le=2**62, description="The `sequence` of the last one you have.")
    ] = 0,
) -> EventsOut:
    """The events after one, oldest first: to catch up after an outage. New ones appear here a
    few seconds after they are delivered, so that none is ever skipped."""
    rows = Event.objects.of_business(business_of(request)).settled_after(
        after, now=timezone.now(), at_most=EVENTS_PER_PAGE
    )
    return EventsOut(
        events=[
            EventOut(sequence=event.pk, id=event.public_id, type=event.type, body=event.body)
            for event in rows
        ]
    )


@router.get("/messages/{message_id}", response=dict[str, Any])
def message(request: HttpRequest, message_id: UUID) -> dict[str, Any]:
    """One message with its words and numbers: for receivers of thin events."""
    row = get_object_or_404(Message.objects.of_business(business_of(request)), public_id=message_id)
    return dict(message_facts(row, thin=False))
