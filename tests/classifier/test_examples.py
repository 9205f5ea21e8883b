"""The dataset's writes: what folds, what is settled, what is pulled, who looked."""

import threading
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, connections

from classifier import examples, splits
from classifier.data import frozen_test_rows, shipped_must_pass_rows
from classifier.examples import Arrival, Settlement
from classifier.masking import masked_pair
from classifier.models import Example, ExampleLabel, ExampleSource, JudgedRow, RawLook
from classifier.readings import Pair, Reading, reading_from_scores
from classifier.taxonomy import Taxonomy

pytestmark = [pytest.mark.django_db, pytest.mark.database]

NOW = datetime(2026, 5, 3, 14, 10, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
REMINDER = "Riverside Dental: see you Tuesday at 2 PM?"
MESSAGE, IMPORT = ExampleSource.Kind.MESSAGE, ExampleSource.Kind.IMPORT
SCORES = {"confirm": 0.55, "cancel": 0.35, "other": 0.10}


def arrival(text: str, reference: str, *, prompt: str = REMINDER, **facts: Any) -> Arrival:
    return Arrival(
        pair=Pair(prompt, text),
        source=facts.pop("source", MESSAGE),
        reference=reference,
        received_at=NOW,
        **facts,
    )


def add(text: str, reference: str = "m1", **facts: Any) -> Example:
    return examples.add_example(arrival=arrival(text, reference, **facts), now=NOW)


def settle(example: Example, label: str, **facts: Any) -> ExampleLabel | None:
    chosen: dict[str, Any] = {"question": "intent", "probability": 0.9} | facts
    settlement = Settlement(example=example, label=label, **chosen)
    return examples.settle(settlement=settlement, now=LATER)


def a_reading() -> Reading:
    scores = {"intent": SCORES, "tone": {"neutral": 0.9, "negative": 0.1}}
    return reading_from_scores(scores, primary="intent", model="v1")


# ---- add -----------------------------------------------------------------------------------


def test_the_same_answer_from_two_people_is_one_example_seen_twice() -> None:
    first, second = add("Yes!!", "m1"), add("yes", "m2")
    assert first == second
    assert Example.objects.get().times_seen == 2
    assert ExampleSource.objects.count() == 2


def test_the_same_message_again_adds_nothing() -> None:
    assert add("yes", "m1") == add("yes", "m1")
    assert Example.objects.get().times_seen == 1


def test_a_line_of_a_file_that_is_another_text_by_now_is_another_source() -> None:
    add("yes", "rows.csv:2", source=IMPORT)
    add("no", "rows.csv:2", source=IMPORT)
    add("no", "rows.csv:2", source=IMPORT)
    assert sorted(Example.objects.values_list("text", "times_seen")) == [("no", 1), ("yes", 1)]


def test_one_batch_folds_like_many() -> None:
    arrivals = [arrival("yes", "m1"), arrival("no", "m2"), arrival("Yes!", "m3")]
    found = examples.add_examples(arrivals=[*arrivals, arrivals[0]], now=NOW)
    assert [example.text for example in found] == ["yes", "no", "yes", "yes"]
    assert [example.times_seen for example in found] == [2, 1, 2, 2]
    assert examples.add_examples(arrivals=[], now=NOW) == []


def test_what_players_see_is_masked_and_the_source_keeps_the_words() -> None:
    example = add("mail me at bob@example.com please")
    assert example.text == "mail me at [email] please"
    assert example.sources.get().text == "mail me at bob@example.com please"


def test_two_texts_that_differ_in_what_is_masked_alone_are_one_example() -> None:
    assert add("call me on 555-0142 please", "m1") == add("call me on 555-0177 please", "m2")


def test_the_reading_is_kept_with_its_doubt() -> None:
    example = add("maybe", reading=a_reading(), unsure=True)
    assert example.reading["model"] == "v1"
    assert example.reading["unsure"] is True
    assert example.reading["scores"]["intent"] == SCORES
    assert example.reading["scores"]["tone"] == {"neutral": 0.9, "negative": 0.1}
    assert example.guess == "confirm"
    assert example.doubt == pytest.approx(0.8)


def test_the_most_doubted_come_first_and_settled_ones_no_more() -> None:
    sure = replace(a_reading(), scores={"confirm": 0.99, "cancel": 0.01})
    sure_one = add("yes", "m1", reading=sure)
    torn_one = add("maybe", "m2", reading=a_reading())
    assert list(Example.objects.open().most_doubted_first()) == [torn_one, sure_one]
    settle(torn_one, "other")
    assert list(Example.objects.wanting("intent")) == [sure_one]
    assert set(Example.objects.wanting("tone")) == {sure_one, torn_one}


def test_a_drawn_text_keeps_its_example_apart_but_takes_none_from_training() -> None:
    drawn = add("see you then", "m1", drawn=True)
    assert drawn.kept_apart
    trains = add("yes", "m2")
    assert not add("yes", "m3", drawn=True).kept_apart
    assert trains.sources.filter(drawn=True).count() == 1


def test_what_judges_already_is_reserved(taxonomy: Taxonomy) -> None:
    for number, rows in enumerate(
        (frozen_test_rows(taxonomy), shipped_must_pass_rows(taxonomy)), start=1
    ):
        row = next(row for row in rows if len(row.text.split()) > 4)
        example = add(row.text, f"m{number}", prompt=row.prompt)
        assert example.split == Example.Split.RESERVED
        assert not Example.objects.wanting("intent").filter(pk=example.pk).exists()


def test_what_an_operator_added_to_the_judged_rows_is_reserved() -> None:
    JudgedRow.objects.create(pack="must_pass", text="my car is on fire, sorry")
    assert add("My car is on fire. Sorry!").split == Example.Split.RESERVED


def test_what_judges_already_is_masked_before_anything_is_locked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    outside = len(connection.savepoint_ids)
    depths = []

    def spied(pair: Pair, *, known_names: Collection[str] = ()) -> Pair:
        depths.append(len(connection.savepoint_ids))
        return masked_pair(pair, known_names=known_names)

    monkeypatch.setattr(splits, "masked_pair", spied)
    splits._shipped.cache_clear()
    add("see you then")
    assert len(depths) > 900
    assert set(depths) == {outside}


def test_all_other_examples_train_or_validate() -> None:
    sides = {add(f"let us say number {word}", word).split for word in map(chr, range(97, 123))}
    assert sides == {Example.Split.TRAIN, Example.Split.VALIDATION}


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_are_one_example_seen_twenty_times() -> None:
    texts = ["yes", "no", "Yes!", "No.", "see you"]

    def some(start: threading.Barrier, number: int) -> None:
        start.wait()
        order = texts if number % 2 else texts[::-1]
        examples.add_examples(
            arrivals=[arrival(text, f"m{number}-{text}") for text in order], now=NOW
        )
        # The same message a second time, as after a crash: nothing is counted twice.
        add(order[0], f"m{number}-{order[0]}")

    at_once(some, 20)
    seen = dict(Example.objects.values_list("text", "times_seen"))
    assert sorted(seen.values()) == [20, 40, 40]


def at_once(work: Callable[[threading.Barrier, int], None], number: int) -> None:
    start = threading.Barrier(number)

    def run(each: int) -> None:
        try:
            work(start, each)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(number) as pool:
        list(pool.map(run, range(number)))


# ---- settle --------------------------------------------------------------------------------


def test_a_settled_example_may_be_learnt_from() -> None:
    example = add("let us say so then")
    assert not Example.objects.trainable().exists()
    settle(example, "confirm", votes=3, answers=["a1", "a2", "a3"])
    assert Example.objects.settled().get() == example
    label = example.labels.standing().get()
    assert (label.label, label.answers) == ("confirm", ["a1", "a2", "a3"])


def test_another_label_supersedes_the_first_which_stays_on_record() -> None:
    example = add("maybe")
    first, second = settle(example, "confirm"), settle(example, "other")
    assert first
    assert second
    first.refresh_from_db()
    assert first.superseded_at == LATER
    assert list(example.labels.standing()) == [second]


def test_what_says_nothing_new_writes_nothing() -> None:
    example = add("maybe")
    first = settle(example, "other", probability=0.900)
    assert settle(example, "other", probability=0.905) == first
    assert settle(example, "other", probability=0.950) != first
    assert example.labels.count() == 2


def test_a_reviewers_word_stands_until_a_reviewer_changes_it() -> None:
    example = add("maybe")
    settle(example, "other", by="rita", reason="ambiguous")
    label = settle(example, "confirm")
    assert label is not None
    assert label.label == "other"
    settle(example, "confirm", by="rolf", reason="mistake")
    assert example.labels.standing().get().label == "confirm"


def test_what_lies_with_a_reviewer_trains_no_more_and_waits_for_them() -> None:
    example = add("maybe")
    settle(example, "other")
    examples.send_to_review(example=example, question="intent", now=LATER)
    assert settle(example, "confirm") is None
    assert Example.objects.in_review().get() == example
    settle(example, "confirm", by="rita")
    assert Example.objects.settled().get() == example


def test_a_disputed_tone_takes_away_no_intent() -> None:
    example = add("fine")
    settle(example, "confirm")
    settle(example, "negative", question="tone")
    examples.send_to_review(example=example, question="tone", now=LATER)
    assert Example.objects.settled().exists()
    assert [label.question for label in example.labels.standing()] == ["intent"]


def test_a_label_that_the_taxonomy_does_not_know_is_refused() -> None:
    example = add("maybe")
    with pytest.raises(ValueError, match="no labels of the question intent"):
        settle(example, "perhaps")
    with pytest.raises(ValueError, match="no question"):
        settle(example, "other", question="mood")


# ---- pull ----------------------------------------------------------------------------------


def test_a_pulled_example_is_shown_to_nobody_and_learnt_by_nothing() -> None:
    example = add("let us say so then")
    settle(example, "confirm")
    assert examples.pull(example=example, by="pia", reason="a name", now=LATER)
    assert not examples.pull(example=example, by="paul", reason="again", now=LATER)
    settle(example, "cancel")
    example.refresh_from_db()
    assert (example.state, example.pulled_by) == ("pulled", "pia")
    for rows in (Example.objects.showable(), Example.objects.wanting("tone")):
        assert not rows.exists()
    assert not Example.objects.trainable().exists()


def test_the_same_words_again_stay_pulled_and_a_mistake_is_mended() -> None:
    example = add("maybe", "m1")
    settle(example, "other")
    examples.pull(example=example, by="pia", reason="a name", now=LATER)
    assert add("maybe", "m2").state == "pulled"
    assert examples.put_back(example=example)
    assert not examples.put_back(example=example)
    assert Example.objects.settled().get().pulled_by == ""


# ---- the words as they were sent -----------------------------------------------------------


def test_every_look_at_raw_words_is_on_record() -> None:
    source = add("mail bob@example.com").sources.get()
    words = examples.look_at_raw(source=source, by="rita", why="settle", now=LATER)
    assert words.text == "mail bob@example.com"
    look = RawLook.objects.get()
    assert (look.source, look.by, look.why, look.at) == (source, "rita", "settle", LATER)


def test_raw_words_can_be_forgotten_and_the_example_stays() -> None:
    add("mail bob@example.com")
    assert examples.forget_raw(received_before=LATER, now=LATER) == 1
    assert examples.forget_raw(received_before=LATER, now=LATER) == 0
    source = ExampleSource.objects.get()
    assert (source.prompt, source.text) == ("", "")
    with pytest.raises(examples.WordsForgotten):
        examples.look_at_raw(source=source, by="rita", why="settle", now=LATER)
    assert Example.objects.get().text == "mail [email]"
