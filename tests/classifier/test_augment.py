"""Retyped as phones do it: other letters, the same answer."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.data import Row
from classifier.masking import CHIP
from classifier.training.augment import (
    EMOJI_ALIKE,
    Augmenter,
    kind_of_reminder,
    retyped,
    tells_by_itself,
    with_a_held_letter,
    with_a_like_emoji,
    with_another_plain_answer,
    with_other_spelling,
    with_typo,
    without_apostrophes,
    without_punctuation,
)


@given(st.text(max_size=60), st.integers(0, 2**32))
def test_the_same_dice_retype_the_same_way_and_no_text_breaks_it(text: str, seed: int) -> None:
    once = retyped(text, random.Random(seed))
    assert once == retyped(text, random.Random(seed))


def rows_of(*pairs: tuple[str, str]) -> list[Row]:
    return [Row(prompt, text, {"intent": "other"}) for prompt, text in pairs]


def test_a_telling_reply_is_also_learnt_under_another_reminder_of_the_kind_and_under_none() -> None:
    rows = rows_of(
        ("Dentist at 2, coming?", "i will be there at two"),
        ("Garage at 9. Ok?", "yes"),
        ("Do you need to cancel?", "no"),
    )
    augmenter = Augmenter(rows, share=1.0)
    prompts = {augmenter.pair(0, random.Random(seed)).prompt for seed in range(200)}
    assert prompts == {"", "Dentist at 2, coming?", "Garage at 9. Ok?"}


def test_no_chip_reaches_the_model_and_its_place_is_taken_anew_each_time() -> None:
    rows = rows_of(
        ("Hi [name], [date] at [time]. Ok?", "this is [name], can we do [date] instead"),
        ("Garage at [time]. Ok?", "ring [phone]"),
    )
    augmenter = Augmenter(rows, share=0.5)
    drawn = [augmenter.pair(at, random.Random(seed)) for seed in range(100) for at in (0, 1)]
    assert not [pair for pair in drawn if CHIP.search(pair.prompt + pair.text)]
    assert len({pair.text for pair in drawn}) > 100


def test_a_share_of_none_leaves_every_row_as_it_is() -> None:
    rows = rows_of(("Coming?", "yes i will be there"))
    augmenter = Augmenter(rows, share=0.0)
    assert all(augmenter.pair(0, random.Random(seed)) == rows[0].pair for seed in range(50))


def test_reminders_that_turn_a_yes_round_are_another_kind() -> None:
    assert kind_of_reminder("Do you need to cancel?") != kind_of_reminder("Will you come?")
    assert kind_of_reminder("Reply Y or N") != kind_of_reminder("See you at 3")


def test_an_emoji_becomes_one_of_its_like_and_never_another() -> None:
    for seed in range(30):
        assert with_a_like_emoji("ok 😊", random.Random(seed))[-1] in EMOJI_ALIKE["😊"]
    assert with_a_like_emoji("👎", random.Random(1)) == "👎"


def test_words_are_shortened_as_in_a_hurry() -> None:
    assert with_other_spelling("see you", random.Random(1)) == "see u"
    assert with_other_spelling("nothing here", random.Random(1)) == "nothing here"


def test_a_typo_changes_one_word_and_keeps_its_first_letter() -> None:
    words = ["tomorrow", "morning", "works", "great"]
    for seed in range(50):
        typed = with_typo(" ".join(words), random.Random(seed)).split()
        changed = [(old, new) for old, new in zip(words, typed, strict=True) if old != new]
        assert len(changed) <= 1
        assert all(old[0] == new[0] and abs(len(old) - len(new)) <= 1 for old, new in changed)


@pytest.mark.parametrize("text", ["no", "yes", "ok", "👍", "2:30", ""])
def test_a_word_that_a_typo_would_turn_into_another_is_left(text: str) -> None:
    assert all(with_typo(text, random.Random(seed)) == text for seed in range(20))


def test_a_short_reply_never_loses_its_reminder_or_question_mark() -> None:
    dice = random.Random(1)
    augmenter = Augmenter(rows_of(("Coming?", "what?")), share=1.0)
    assert all(augmenter.pair(0, dice).prompt for _ in range(100))
    assert all("?" in without_punctuation("where?", dice) for _ in range(20))


@pytest.mark.parametrize(
    "text",
    [
        "no that's all sorted now", "Yeah it's still broken I'm afraid", "y please do that one",
        "sí por favor, gracias señora", "ok then leave it as it is", "not any more I'm afraid",
        "it's done, thank you so much", "👍 yes that is right", "Still waiting for it, sorry",
    ],
)  # fmt: skip
def test_what_answers_its_reminder_never_loses_it_however_long(text: str) -> None:
    dice = random.Random(1)
    augmenter = Augmenter(rows_of(("Still broken?", text), ("All well?", "so so")), share=1.0)
    assert {augmenter.pair(0, dice).prompt for _ in range(100)} == {"Still broken?"}


@pytest.mark.parametrize(
    "text", ["nobody here is called Dana", "my car won't start", "okra is what I grow here"]
)
def test_what_tells_its_own_story_may_lose_its_reminder(text: str) -> None:
    assert tells_by_itself(text)


def test_people_draw_out_a_word() -> None:
    drawn = {with_a_held_letter("yes see you", random.Random(seed)) for seed in range(30)}
    assert drawn == {"yesss see you", "yessss see you", "yesssss see you"}
    assert with_a_held_letter("see you", random.Random(1)) == "see you"


def test_apostrophes_go_in_both_forms() -> None:
    assert without_apostrophes("can't won’t", random.Random(1)) == "cant wont"


# ---- plain answers --------------------------------------------------------------------------


def others(text: str) -> set[str]:
    return {with_another_plain_answer(text, random.Random(seed)) for seed in range(200)}


@pytest.mark.parametrize(
    "text", ["yes", "Yep!", "YEAH", "aye 👍", " nope.", "nah, it's still broken"]
)
def test_a_plain_answer_is_said_in_another_word_for_it(text: str) -> None:
    said = others(text)
    assert text not in said
    assert len(said) >= 4


def test_its_letters_and_all_around_it_stay() -> None:
    assert "NOPE!!" in others("NO!!")
    assert "Yep, I do." in others("Yes, I do.")
    assert "nah it's fixed" in others("no it's fixed")


@pytest.mark.parametrize(
    "text",
    [
        "no worries", "no problem", "no need", "yeah nah", "no one here is called Dana", "no voy",
        "yes man", "ya no quiero", "know it", "not any more", "yesterday", "ok", "👍", "",
    ],
)  # fmt: skip
def test_what_is_no_plain_answer_stays(text: str) -> None:
    assert others(text) == {text}


def test_yes_and_no_never_change_places() -> None:
    assert not others("yes") & others("no")
    assert not others("yes") & {"no"}


@given(st.text(max_size=30), st.integers(0, 2**32))
def test_no_text_breaks_it(text: str, seed: int) -> None:
    with_another_plain_answer(text, random.Random(seed))


def test_a_training_meets_a_plain_answer_in_many_words() -> None:
    augmenter = Augmenter(rows_of(("Do you need to cancel?", "yes")), share=0.4)
    drawn = [augmenter.pair(0, random.Random(seed)).text for seed in range(1000)]
    assert 400 < drawn.count("yes") < 600  # some are drawn out
    assert {"yup", "aye"} <= set(drawn)
