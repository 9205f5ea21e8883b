"""Step 8: what the model was unsure of goes into the dataset, and a few by lot."""

import logging
import uuid
from collections.abc import Sequence
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from classifier.examples import add_examples
from classifier.models import Example, ExampleSource
from classifier.readings import RULES, Pair, Reading, reading_from_scores
from tests.webhooks.carrier import Carrier
from tests.webhooks.conftest import REMINDER, decision_on, read_everything
from webhooks import examples, sampling, tasks
from webhooks.examples import add_due
from webhooks.models import Business, Message, Reminder
from webhooks.nudges import Work
from webhooks.policy import DOUBTS, Reason

pytestmark = [pytest.mark.django_db, pytest.mark.database]

UNSURE, SURE = 0.3, 0.99


class Scripted:
    """A reader that is as sure as the text says: “sure …” or not."""

    def read(self, pairs: Sequence[Pair]) -> list[Reading]:
        return [self._read(pair) for pair in pairs]

    def _read(self, pair: Pair) -> Reading:
        confidence = SURE if pair.text.startswith("sure") else UNSURE
        scores = {
            "intent": {"confirm": confidence, "cancel": 1 - confidence},
            "tone": {"neutral": 1.0},
        }
        return reading_from_scores(scores, primary="intent", model="scripted")


@pytest.fixture(autouse=True)
def reader(monkeypatch: pytest.MonkeyPatch) -> Scripted:
    reader = Scripted()
    monkeypatch.setattr("webhooks.waiting.live_reader", lambda: reader)
    return reader


@pytest.fixture(autouse=True)
def none_by_lot(settings: Settings) -> None:
    settings.EXAMPLES_RANDOM_SHARE = 0.0


@pytest.fixture
def sharing(dental: Business) -> Business:
    dental.shares_examples = True
    dental.save(update_fields=["shares_examples"])
    return dental


def says(carrier: Carrier, *bodies: str) -> None:
    for body in bodies:
        carrier.text(body)
    read_everything()


def add_everything() -> None:
    while add_due(now=timezone.now()):
        pass


def texts() -> set[str]:
    return set(Example.objects.values_list("text", flat=True))


def test_a_text_that_was_held_as_unsure_becomes_an_example(
    carrier: Carrier, sharing: Business, reminder: Reminder
) -> None:
    says(carrier, "well, perhaps")
    assert decision_on("well, perhaps").reason == Reason.UNSURE
    add_everything()
    example = Example.objects.get()
    source = example.sources.get()
    assert example.text == "well, perhaps"
    assert (example.guess, example.reading["model"]) == ("cancel", "scripted")
    assert example.reading["unsure"] is True
    assert not example.kept_apart
    assert source.prompt == REMINDER
    assert source.reference == str(Message.objects.get().public_id)


def test_a_text_that_was_read_surely_does_not(
    carrier: Carrier, sharing: Business, reminder: Reminder
) -> None:
    says(carrier, "sure, see you")
    add_everything()
    assert texts() == set()


def test_one_that_somebody_says_was_read_wrongly_does_and_is_contested(
    carrier: Carrier, sharing: Business, reminder: Reminder
) -> None:
    says(carrier, "sure, see you")
    message = Message.objects.get()
    assert examples.contest(message=message)
    add_everything()
    example = Example.objects.contested().get()
    assert example.text == "sure, see you"
    assert not example.kept_apart
    message.refresh_from_db()
    assert message.example == Message.AsExample.ADDED


def test_what_is_an_example_already_is_contested_as_well(
    carrier: Carrier, sharing: Business, reminder: Reminder
) -> None:
    says(carrier, "well, perhaps")
    add_everything()
    assert not Example.objects.contested().exists()
    assert examples.contest(message=Message.objects.get())
    add_everything()
    example = Example.objects.contested().get()
    assert (example.times_seen, example.sources.count()) == (1, 1)


def test_nobody_is_asked_about_what_no_model_read_or_is_not_shared(
    carrier: Carrier, dental: Business, reminder: Reminder
) -> None:
    says(carrier, "sure, see you")
    assert not examples.contest(message=Message.objects.get())
    dental.shares_examples = True
    dental.save()
    says(carrier, "STOP")
    assert not examples.contest(message=Message.objects.get(body="STOP"))
    assert not Message.objects.due_as_examples().exists()


def test_one_drawn_by_lot_does_and_is_kept_apart(
    carrier: Carrier, sharing: Business, reminder: Reminder, settings: Settings
) -> None:
    settings.EXAMPLES_RANDOM_SHARE = 1.0
    says(carrier, "sure, see you", "well, perhaps")
    add_everything()
    assert set(Example.objects.values_list("text", "kept_apart")) == {
        ("sure, see you", True),
        ("well, perhaps", True),  # or what is measured would be true of the sure ones alone
    }


def test_keywords_and_empty_texts_never_do(
    carrier: Carrier, sharing: Business, reminder: Reminder, settings: Settings
) -> None:
    settings.EXAMPLES_RANDOM_SHARE = 1.0
    says(carrier, "STOP", "CANCEL", "HELP", "START", "   ")
    assert not examples.has_due()
    add_everything()
    assert texts() == set()


def test_texts_of_a_business_that_did_not_agree_never_do(
    carrier: Carrier, dental: Business, reminder: Reminder
) -> None:
    says(carrier, "well, perhaps")
    assert not examples.has_due()


def test_a_business_that_says_no_in_time_is_heard(
    carrier: Carrier, sharing: Business, reminder: Reminder
) -> None:
    says(carrier, "well, perhaps")
    Business.objects.update(shares_examples=False)
    add_everything()
    assert texts() == set()
    assert Message.objects.get().example == ""


def test_a_worker_killed_between_adding_and_marking_adds_once(
    carrier: Carrier, sharing: Business, reminder: Reminder
) -> None:
    says(carrier, "well, perhaps")
    add_everything()
    Message.objects.update(example=Message.AsExample.DUE)
    add_everything()
    assert Example.objects.get().times_seen == 1
    assert ExampleSource.objects.count() == 1


def test_what_a_lost_nudge_left_is_found_by_the_sweep(
    carrier: Carrier, sharing: Business, reminder: Reminder, monkeypatch: pytest.MonkeyPatch
) -> None:
    nudged: list[Any] = []
    monkeypatch.setattr("webhooks.tasks.nudge", nudged.append)
    says(carrier, "well, perhaps")
    tasks.sweep()
    assert Work.EXAMPLES in nudged
    tasks.add_examples()
    assert texts() == {"well, perhaps"}


def test_a_text_that_cannot_be_added_takes_no_other_with_it_and_no_decision_back(
    carrier: Carrier,
    sharing: Business,
    reminder: Reminder,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    says(carrier, "well, perhaps", "POISON for sure", "hmm, let me see")
    real = add_examples

    def poisoned(**given: Any) -> Any:
        if any(arrival.pair.text.startswith("POISON") for arrival in given["arrivals"]):
            raise RuntimeError(f"cannot mask {given}")
        return real(**given)

    monkeypatch.setattr(examples, "add_examples", poisoned)
    with caplog.at_level(logging.ERROR):
        add_everything()
    assert texts() == {"well, perhaps", "hmm, let me see"}
    failed = Message.objects.get(example=Message.AsExample.FAILED)
    assert failed.body.startswith("POISON")
    assert decision_on("POISON for sure").action == "hold"
    assert "POISON for sure" not in caplog.text


def test_a_database_that_is_away_costs_no_example(
    carrier: Carrier, sharing: Business, reminder: Reminder, monkeypatch: pytest.MonkeyPatch
) -> None:
    says(carrier, "well, perhaps")

    def away(**given: Any) -> Any:
        raise OperationalError("away")

    with monkeypatch.context() as broken:
        broken.setattr(examples, "add_examples", away)
        with pytest.raises(OperationalError):
            add_due(now=timezone.now())
    add_everything()
    assert texts() == {"well, perhaps"}


# ---- which -------------------------------------------------------------------------------


@given(st.uuids(), st.floats(0, 1))
def test_the_lot_falls_the_same_each_time_and_whoever_is_drawn_stays_drawn_from_more(
    public_id: uuid.UUID, share: float
) -> None:
    drawn = sampling.is_drawn(public_id, share=share)
    assert drawn == sampling.is_drawn(public_id, share=share)
    assert not drawn or sampling.is_drawn(public_id, share=1.0)
    assert not sampling.is_drawn(public_id, share=0.0)


def test_the_lot_falls_as_often_as_it_should() -> None:
    ids = (uuid.UUID(int=number) for number in range(20_000))
    drawn = sum(sampling.is_drawn(each, share=0.02) for each in ids)
    assert 340 <= drawn <= 460  # 400 ± 3 standard deviations


@pytest.mark.parametrize("reason", list(Reason))
def test_only_what_a_model_read_is_wanted(reason: Reason) -> None:
    wanted = sampling.is_wanted(reason=reason, model="v1", drawn=True)
    assert wanted == (reason in sampling.READ)
    assert sampling.is_wanted(reason=reason, model="v1", drawn=False) == (reason in DOUBTS)
    assert not sampling.is_wanted(reason=reason, model=RULES, drawn=True)
