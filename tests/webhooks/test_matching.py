"""Which reminder a text answers. None or several is an outcome, never a guess."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from classifier.text import normalise
from tests.webhooks.carrier import BOB, DENTAL, Carrier
from tests.webhooks.conftest import REMINDER, decision_on, read_everything, remind
from webhooks import actions
from webhooks.matching import among, is_open, match_reminders
from webhooks.models import Business, Line, Message, Reminder
from webhooks.policy import Match

pytestmark = [pytest.mark.django_db, pytest.mark.database]

ALICE = "+12025550102"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HAIRCUT = "Riverside Dental: do not forget your X-ray on Thursday at 9 AM with Dr. Wong."
YES = "Yes, I will be there"


def text_from(line: Line, sender: str = BOB, body: str = YES, **facts: object) -> Message:
    """A message that was just kept, not saved."""
    values = {"received_at": timezone.now(), "provider": "twilio", "to": DENTAL} | facts
    return Message(line=line, sender=sender, body=body, **values)


def matched(message: Message) -> tuple[Match, Reminder | None]:
    [found] = match_reminders([message])
    return found.match, found.reminder


# ---- none, one, several --------------------------------------------------------------------


def test_nobody_was_asked_anything(line: Line) -> None:
    assert matched(text_from(line)) == (Match.NONE, None)


def test_the_only_open_reminder_is_the_one(line: Line, reminder: Reminder) -> None:
    assert matched(text_from(line)) == (Match.ONE, reminder)


def test_two_open_reminders_are_several_and_both_are_named(line: Line, reminder: Reminder) -> None:
    other = remind(line, BOB, HAIRCUT)
    [found] = match_reminders([text_from(line)])
    assert (found.match, found.reminder) == (Match.SEVERAL, None)
    assert list(found.candidates) == [reminder, other]


def test_another_persons_reminder_is_not_theirs(line: Line, reminder: Reminder) -> None:
    assert matched(text_from(line, sender=ALICE)) == (Match.NONE, None)


def test_a_reminder_from_another_line_is_not_answered_here(
    line: Line, reminder: Reminder, dental: Business
) -> None:
    garage = Line.objects.create(business=dental, account_id="AC1", address="+15005550020")
    assert matched(text_from(garage)) == (Match.NONE, None)


def test_every_message_of_a_batch_gets_its_own_outcome_in_order(line: Line) -> None:
    bobs, alices = remind(line, BOB), remind(line, ALICE)
    senders = [ALICE, "+12025550103", BOB, ALICE]
    found = match_reminders([text_from(line, sender=sender) for sender in senders])
    assert [each.reminder for each in found] == [alices, None, bobs, alices]


def test_no_messages_need_no_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        assert match_reminders([]) == []


def test_a_batch_needs_one_query(
    line: Line, reminder: Reminder, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    messages = [text_from(line) for _ in range(64)]
    with django_assert_num_queries(1):
        match_reminders(messages)


# ---- time ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "match"),
    [
        (NOON - timedelta(microseconds=1), Match.NONE),  # written before it was asked
        (NOON, Match.ONE),
        (NOON + timedelta(hours=1) - timedelta(microseconds=1), Match.ONE),
        (NOON + timedelta(hours=1), Match.NONE),  # expired at that very moment
    ],
)
def test_a_reminder_is_open_from_its_sending_to_its_expiry(
    moment: datetime, match: Match, line: Line
) -> None:
    remind(line, BOB, now=NOON, expires_at=NOON + timedelta(hours=1))
    assert matched(text_from(line, received_at=moment))[0] is match


def test_what_counts_is_when_the_text_came_not_when_it_is_read(line: Line) -> None:
    """The reading worker may be hours late."""
    hour_ago = timezone.now() - timedelta(hours=1)
    reminder = remind(line, BOB, now=hour_ago, expires_at=hour_ago + timedelta(minutes=10))
    assert matched(text_from(line, received_at=hour_ago + timedelta(minutes=5))) == (
        Match.ONE,
        reminder,
    )


@pytest.mark.parametrize(
    ("moment", "current"),
    [(NOON + 2 * SECOND - timedelta(microseconds=1), "first"), (NOON + 2 * SECOND, "second")],
)
def test_a_second_reminder_of_an_appointment_takes_over_from_the_first(
    moment: datetime, current: str, line: Line
) -> None:
    reminders = {
        "first": remind(line, BOB, now=NOON, appointment_ref="a17"),
        "second": remind(line, BOB, "Tomorrow!", now=NOON + 2 * SECOND, appointment_ref="a17"),
    }
    assert matched(text_from(line, received_at=moment)) == (Match.ONE, reminders[current])


def test_reminders_of_two_appointments_stay_two(line: Line) -> None:
    for number in (1, 2):
        remind(line, BOB, now=NOON, appointment_ref=f"a{number}")
    assert matched(text_from(line, received_at=NOON + SECOND))[0] is Match.SEVERAL


# ---- what the channel or the person names --------------------------------------------------


@pytest.fixture
def two(line: Line) -> tuple[Reminder, Reminder]:
    return (
        remind(line, BOB, REMINDER, provider_id="SM1"),
        remind(line, BOB, HAIRCUT, provider_id="SM2"),
    )


@pytest.mark.parametrize("number", [0, 1])
def test_the_text_that_was_replied_to_decides(
    number: int, two: tuple[Reminder, Reminder], line: Line
) -> None:
    message = text_from(line, replied_to=two[number].provider_id)
    assert matched(message) == (Match.ONE, two[number])


def test_a_reply_to_a_text_that_was_no_reminder_answers_none_of_them(
    two: tuple[Reminder, Reminder], line: Line
) -> None:
    assert matched(text_from(line, replied_to="SM9")) == (Match.NONE, None)


def test_a_reply_to_another_text_does_not_answer_the_only_open_reminder(line: Line) -> None:
    remind(line, BOB, provider_id="SM1")
    assert matched(text_from(line, replied_to="SM9")) == (Match.NONE, None)


def test_where_the_business_does_not_tell_its_ids_a_reply_to_a_text_is_as_any_other(
    line: Line, reminder: Reminder
) -> None:
    assert matched(text_from(line, replied_to="SM9")) == (Match.ONE, reminder)


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize(
    "form", ["Liked “{}”", "Disliked “{}”", 'Loved "{}"', "👍 to “ {} ”", "Reacted 🦷 to “{}”"]
)
def test_a_reaction_answers_the_reminder_it_quotes(
    form: str, number: int, two: tuple[Reminder, Reminder], line: Line
) -> None:
    message = text_from(line, body=form.format(two[number].body))
    assert matched(message) == (Match.ONE, two[number])


@pytest.mark.parametrize("number", [0, 1])
def test_a_quote_that_was_cut_off_still_tells_which(
    number: int, two: tuple[Reminder, Reminder], line: Line
) -> None:
    message = text_from(line, body=f"Liked “{two[number].body[:40]}…”")
    assert matched(message) == (Match.ONE, two[number])


def test_a_quote_of_what_both_begin_with_tells_nothing(
    two: tuple[Reminder, Reminder], line: Line
) -> None:
    assert matched(text_from(line, body="Liked “Riverside Dental…”"))[0] is Match.SEVERAL
    assert matched(text_from(line, body="Liked an image"))[0] is Match.SEVERAL


def test_a_reaction_to_another_text_is_never_taken_for_an_answer_to_the_open_one(
    line: Line, reminder: Reminder
) -> None:
    quote = "Riverside Dental: we miss you! It is time for your next check-up."
    assert matched(text_from(line, body=f"Liked “{quote}”")) == (Match.NONE, None)


def test_a_reaction_to_a_reminder_that_has_expired_is_none_of_the_open_one(line: Line) -> None:
    old = timezone.now() - timedelta(days=30)
    remind(line, BOB, HAIRCUT, now=old, expires_at=old + timedelta(days=1))
    remind(line, BOB, REMINDER)
    assert matched(text_from(line, body=f"Liked “{HAIRCUT}”")) == (Match.NONE, None)


# ---- end to end ----------------------------------------------------------------------------


def test_a_yes_that_could_be_to_two_is_held_with_both_named(
    two: tuple[Reminder, Reminder], carrier: Carrier
) -> None:
    carrier.text(YES)
    read_everything()
    message = Message.objects.get()
    assert (message.match, message.reminder) == ("several", None)
    assert set(message.candidates.all()) == set(two)
    decision = decision_on(YES)
    assert decision.action == "hold"


def test_a_reply_on_a_channel_that_names_the_text_acts_on_that_appointment(
    two: tuple[Reminder, Reminder], carrier: Carrier
) -> None:
    carrier.text(YES, OriginalRepliedMessageSid="SM2")
    read_everything()
    decision = decision_on(YES)
    assert (decision.action, decision.message.reminder) == ("act", two[1])


def test_a_yes_to_a_family_phone_with_two_people_is_held(line: Line, carrier: Carrier) -> None:
    for ref, name in (("a1", "Dana"), ("a2", "Sam")):
        remind(line, BOB, f"Riverside Dental: is {name} coming on Tuesday?", appointment_ref=ref)
    carrier.text(YES)
    read_everything()
    assert decision_on(YES).action == "hold"
    assert Message.objects.get().match == "several"


# ---- for all texts and reminders -----------------------------------------------------------


@dataclass
class Asked:
    body: str
    provider_id: str


bodies = st.sampled_from([REMINDER, HAIRCUT, REMINDER + " Reply C to confirm.", "See you!", ""])
ids = st.sampled_from(["", "SM1", "SM2"])
asked = st.lists(st.builds(Asked, body=bodies, provider_id=ids), max_size=4)
quotes = st.builds(lambda body, end: body[:end], bodies, st.integers(0, 80)) | st.text(max_size=60)


@given(asked, ids, quotes)
def test_what_is_left_is_always_some_of_the_candidates_in_order(
    candidates: Sequence[Asked], replied_to: str, quote: str
) -> None:
    left = list(among(candidates, replied_to=replied_to, quote=quote))
    rest = iter(candidates)
    assert all(any(each is other for other in rest) for each in left)


@given(asked, ids, quotes)
def test_nothing_that_contradicts_what_was_named_is_left(
    candidates: Sequence[Asked], replied_to: str, quote: str
) -> None:
    left = among(candidates, replied_to=replied_to, quote=quote)
    if replied_to:
        assert all(each.provider_id in ("", replied_to) for each in left)
    elif len(quote) > 40:
        said = normalise(quote).removesuffix("...").rstrip()
        assert all(len(said) < 20 or normalise(each.body).startswith(said) for each in left)


moments = st.integers(-5, 15).map(lambda minutes: NOON + timedelta(minutes=minutes))
spans = st.tuples(st.integers(-4, 4), st.integers(1, 8), st.none() | st.integers(0, 8))


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.tuples(spans, st.sampled_from([BOB, ALICE]), bodies), max_size=4), moments)
def test_a_text_is_matched_only_if_exactly_one_reminder_of_theirs_was_open(
    line: Line, asked: list[tuple[tuple[int, int, int | None], str, str]], moment: datetime
) -> None:
    Reminder.objects.all().delete()
    for (begin, length, closed), person, body in asked:
        start = NOON + timedelta(minutes=begin)
        Reminder.objects.create(
            business=line.business,
            line=line,
            to=person,
            body=body,
            created_at=start,
            expires_at=start + timedelta(minutes=length),
            closed_at=start + timedelta(minutes=closed) if closed is not None else None,
        )
    could = [each for each in Reminder.objects.filter(to=BOB) if is_open(each, moment)]
    match, reminder = matched(text_from(line, received_at=moment))
    assert match is {0: Match.NONE, 1: Match.ONE}.get(len(could), Match.SEVERAL)
    assert reminder == (could[0] if len(could) == 1 else None)
    assert {each.pk for each in could} == set(
        Reminder.objects.filter(to=BOB).open_at(moment).values_list("pk", flat=True)
    )


def test_the_database_refuses_a_match_without_a_reminder(line: Line, carrier: Carrier) -> None:
    carrier.text(YES)
    message = Message.objects.get()
    message.match = "one"
    with pytest.raises(IntegrityError, match="a_matched_message_has_a_reminder"):
        message.save(update_fields=["match"])


def test_two_current_reminders_of_one_appointment_cannot_be(line: Line) -> None:
    first, _ = actions.register_reminder(
        line=line, to=BOB, body="1", now=NOON, appointment_ref="a17"
    )
    first.pk, first.public_id = None, "00000000-0000-4000-8000-000000000000"
    with pytest.raises(IntegrityError):
        first.save(force_insert=True)
