"""STOP, START, HELP and CANCEL, from the carrier to what the business is told."""

import json

import pytest
from django.utils import timezone

from tests.webhooks.carrier import BOB, DENTAL, INBOUND, KEY, Carrier, text_form
from tests.webhooks.conftest import Api, decision_on, read_everything
from webhooks.models import Business, Contact, Decision, Event, Line, Message, Reminder

pytestmark = [pytest.mark.django_db, pytest.mark.database]

STOP_WORDS = [
    "STOP",
    "stop",
    " Stop. ",
    "STOPALL",
    "UNSUBSCRIBE",
    "End",
    "quit",
    "revoke",
    "optout",
]


def opted_out(line: Line, address: str = BOB) -> bool:
    return Contact.objects.opted_out().filter(line=line, address=address).exists()


def told() -> list[str]:
    """The types of the events, oldest first."""
    return list(Event.objects.order_by("pk").values_list("type", flat=True))


@pytest.fixture
def advanced(line: Line) -> Line:
    """The provider names opt-outs itself."""
    line.advanced_opt_out = True
    line.save(update_fields=["advanced_opt_out"])
    return line


# ---- STOP ----------------------------------------------------------------------------------


@pytest.mark.parametrize("word", STOP_WORDS)
def test_a_stop_word_holds_before_anything_is_read(word: str, line: Line, carrier: Carrier) -> None:
    carrier.text(word)
    assert opted_out(line)
    assert not Decision.objects.exists()


@pytest.mark.parametrize("word", STOP_WORDS)
def test_a_stop_word_is_acted_on_and_told(word: str, reminder: Reminder, carrier: Carrier) -> None:
    carrier.text(word)
    read_everything()
    decision = decision_on(word)
    assert (decision.action, decision.label, decision.reason) == ("act", "opt_out", "keyword")
    assert told() == ["reply.decided", "contact.opted_out"]


@pytest.mark.parametrize(
    "words", ["STOP PLEASE?", "non-stop", "don't stop", "CANCEL my appt", "✋"]
)
def test_only_a_whole_message_is_a_keyword(words: str, line: Line, carrier: Carrier) -> None:
    carrier.text(words)
    assert not opted_out(line)


def test_the_first_stop_is_the_one_that_counts(line: Line, carrier: Carrier) -> None:
    carrier.text("STOP")
    first = Contact.objects.get().opted_out_at
    carrier.text("STOP", OptOutType="STOP")
    read_everything()
    contact = Contact.objects.get()
    assert (contact.opted_out_at, contact.opted_out_by) == (first, "keyword")


def test_an_opt_out_is_of_one_person_at_one_line(line: Line, carrier: Carrier) -> None:
    garage = Line.objects.create(
        business=line.business, account_id=line.account_id, address="+15005550020"
    )
    carrier.text("STOP")
    assert opted_out(line)
    assert not opted_out(garage)
    assert not opted_out(line, "+12025550102")


# ---- START ---------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["START", "start", "Unstop!"])
def test_a_start_word_brings_back(word: str, line: Line, carrier: Carrier) -> None:
    carrier.text("STOP")
    carrier.text(word)
    assert not opted_out(line)
    read_everything()
    assert not opted_out(line)
    assert decision_on(word).action == "ignore"


@pytest.mark.parametrize(
    "words", ["yes", "YES", "Yes, I will be there", "please start again", "hello", "HELP", ""]
)
def test_any_other_text_does_not_bring_back(words: str, line: Line, carrier: Carrier) -> None:
    carrier.text("STOP")
    carrier.text(words)
    read_everything()
    assert opted_out(line)


def test_a_start_holds_against_a_stop_that_is_decided_after_it(
    line: Line, carrier: Carrier
) -> None:
    """The reading worker was slow: both texts had been kept before either was decided."""
    carrier.text("STOP")
    carrier.text("START")
    read_everything()
    assert not opted_out(line)


def test_a_start_holds_against_words_that_are_read_after_it(line: Line, carrier: Carrier) -> None:
    carrier.text("please stop texting me")
    carrier.text("START")
    read_everything()
    assert decision_on("please stop texting me").label == "opt_out"
    assert not opted_out(line)


def test_a_stop_after_a_start_holds(line: Line, carrier: Carrier) -> None:
    for word in ("STOP", "START", "STOP"):
        carrier.text(word)
    read_everything()
    assert opted_out(line)


# ---- HELP ----------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["HELP", "info"])
def test_help_is_held_for_people(word: str, line: Line, carrier: Carrier) -> None:
    carrier.text(word)
    read_everything()
    decision = decision_on(word)
    assert (decision.action, decision.reason) == ("hold", "keyword")
    assert not opted_out(line)


# ---- CANCEL: an opt-out to the carrier, an answer to a reminder ------------------------------


def test_a_bare_cancel_with_a_reminder_open_is_for_people_to_ask(
    reminder: Reminder, line: Line, carrier: Carrier
) -> None:
    carrier.text("Cancel")
    read_everything()
    decision = decision_on("Cancel")
    assert (decision.action, decision.label, decision.reason) == (
        "hold",
        "cancel",
        "cancel_keyword",
    )
    assert opted_out(line)  # the carrier has blocked the number, whatever was meant
    assert Message.objects.get().reminder == reminder


def test_a_bare_cancel_that_answers_nothing_is_an_opt_out(line: Line, carrier: Carrier) -> None:
    carrier.text("CANCEL")
    read_everything()
    assert decision_on("CANCEL").label == "opt_out"
    assert told() == ["reply.decided", "contact.opted_out"]


def test_where_the_provider_names_opt_outs_a_cancel_it_did_not_name_is_a_word(
    reminder: Reminder, advanced: Line, carrier: Carrier
) -> None:
    carrier.text("CANCEL")
    read_everything()
    assert not opted_out(advanced)
    decision = decision_on("CANCEL")
    assert decision.label == "cancel"
    assert decision.reason != "cancel_keyword"


def test_where_the_provider_names_opt_outs_a_stop_is_still_a_stop(
    advanced: Line, carrier: Carrier
) -> None:
    carrier.text("STOP")
    assert opted_out(advanced)


def test_a_cancel_that_the_provider_took_for_an_opt_out_still_may_mean_the_visit(
    reminder: Reminder, advanced: Line, carrier: Carrier
) -> None:
    carrier.text("CANCEL", OptOutType="STOP")
    read_everything()
    assert opted_out(advanced)
    assert decision_on("CANCEL").reason == "cancel_keyword"


# ---- what the provider says itself ---------------------------------------------------------


@pytest.mark.parametrize("words", ["STOP", "arrêt", "no more of this", ""])
def test_an_opt_out_that_the_provider_names_holds_whatever_the_words(
    words: str, advanced: Line, carrier: Carrier
) -> None:
    carrier.text(words, OptOutType="STOP")
    assert opted_out(advanced)
    assert Contact.objects.get().opted_out_by == "provider"
    read_everything()
    decision = Decision.objects.get()
    assert (decision.action, decision.reason) == ("act", "provider")


def test_a_start_that_the_provider_names_brings_back(advanced: Line, carrier: Carrier) -> None:
    carrier.text("STOP", OptOutType="STOP")
    carrier.text("comenzar", OptOutType="START")
    assert not opted_out(advanced)


def test_a_yes_that_lifts_a_block_still_answers_the_reminder(
    reminder: Reminder, advanced: Line, carrier: Carrier
) -> None:
    """YES is in Twilio's default START set: there a yes comes with OptOutType=START."""
    carrier.text("STOP", OptOutType="STOP")
    carrier.text("Yes, I will be there", OptOutType="START")
    assert not opted_out(advanced)
    read_everything()
    decision = decision_on("Yes, I will be there")
    assert decision.label == "confirm"
    assert decision.reading is not None
    assert decision.message.reminder == reminder


@pytest.mark.parametrize("said", ["stop", "Stop"])
def test_the_case_of_what_the_provider_names_does_not_matter(
    said: str, advanced: Line, carrier: Carrier
) -> None:
    carrier.text("fin", OptOutType=said)
    assert opted_out(advanced)


@pytest.mark.parametrize("said", ["", "MAYBE", "STOP\x00", "\u200b", "S" * 5_000])
def test_an_opt_out_type_that_is_none_says_nothing(
    said: str, advanced: Line, carrier: Carrier
) -> None:
    assert carrier.text("hello", OptOutType=said).status_code == 200
    assert Message.objects.get().opt_out_type == ""
    assert not opted_out(advanced)


# ---- what the model reads ------------------------------------------------------------------


@pytest.mark.parametrize("words", ["please stop texting me", "no more messages please"])
def test_an_opt_out_in_other_words_marks_the_person(
    words: str, line: Line, carrier: Carrier
) -> None:
    carrier.text(words)
    assert not opted_out(line)  # nothing has been read yet
    read_everything()
    assert (decision_on(words).action, decision_on(words).label) == ("act", "opt_out")
    assert Contact.objects.get().opted_out_by == "model"
    assert told() == ["reply.decided", "contact.opted_out"]


def test_a_wrong_number_is_noted_and_told_but_opts_nobody_out(
    reminder: Reminder, line: Line, carrier: Carrier
) -> None:
    carrier.text("wrong number, I am not Dana")
    read_everything()
    contact = Contact.objects.get()
    assert contact.wrong_number_at is not None
    assert contact.opted_out_at is None
    assert told() == ["reply.decided", "contact.wrong_number"]


def test_a_reaction_that_quotes_the_word_stop_opts_nobody_out(
    reminder: Reminder, line: Line, carrier: Carrier
) -> None:
    carrier.text("Liked “Riverside Dental: reply STOP to stop or CANCEL to cancel”")
    read_everything()
    assert not opted_out(line)


# ---- what the business is told -------------------------------------------------------------


def test_who_has_opted_out_is_said_when_a_reminder_is_registered(
    line: Line, carrier: Carrier, api: Api
) -> None:
    new = {"line": DENTAL, "to": BOB, "body": "See you Tuesday?"}
    assert api.post("/reminders", new).json()["opted_out"] is False
    carrier.text("STOP")
    assert api.post("/reminders", new).json()["opted_out"] is True
    carrier.text("START")
    assert api.post("/reminders", new).json()["opted_out"] is False


def test_the_opt_out_event_names_the_message_and_the_decision(line: Line, carrier: Carrier) -> None:
    form = text_form("STOP")
    carrier.post(INBOUND, form)
    read_everything()
    body = json.loads(Event.objects.get(type="contact.opted_out").body)
    assert body["type"] == "contact.opted_out"
    assert body["data"]["message"]["provider_id"] == form["MessageSid"]
    assert body["data"]["message"]["from"] == BOB
    assert body["data"]["decision"]["intent"] == "opt_out"


def test_an_opt_out_at_one_business_is_none_at_another(
    line: Line, carrier: Carrier, db: None
) -> None:
    garage = Business.objects.create(name="Garage", slug="garage")
    other = Line.objects.create(business=garage, account_id="AC9", address=DENTAL)
    other.signing_keys.create(key=KEY)
    carrier.text("STOP")
    read_everything()
    assert not opted_out(other)
    assert not Event.objects.filter(business=garage).exists()


def test_a_person_opted_out_by_hand_stays_so_until_they_start(line: Line, carrier: Carrier) -> None:
    Contact.objects.create(
        line=line, address=BOB, opted_out_at=timezone.now(), opted_out_by="staff"
    )
    carrier.text("hello?")
    read_everything()
    assert opted_out(line)
    carrier.text("START")
    assert not opted_out(line)
