"""Play without reading is found, honest players are left alone, and a weight comes back."""

import random
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelgame.rules.fairplay import (
    COPIED_REMAINS,
    RECENT,
    Kind,
    Play,
    Repeat,
    Standing,
    contradicts,
    copied,
    one_key,
    pattern,
    standing,
    too_fast,
)

MIXES = {
    "intent": {"confirm": 0.27, "cancel": 0.2, "reschedule": 0.13, "question": 0.12, "other": 0.12,
               "opt_out": 0.08, "wrong_number": 0.08},
    "tone": {"neutral": 0.69, "negative": 0.14, "positive": 0.12, "hostile": 0.05},
}  # fmt: skip
HONEST = 300  # simulated; the figure in the module's docstring is from 20,000


def cards(question: str, number: int, dice: random.Random) -> list[Play]:
    """As they settle, answered in no time."""
    mix = MIXES[question]
    return [
        Play(example, question, label, 0, dice.choice([1, 3, 7, 16]), settled=label)
        for example, label in enumerate(dice.choices(list(mix), list(mix.values()), k=number))
    ]


def slip(play: Play, dice: random.Random) -> str:
    """A mistake: half of them are the one that everybody makes."""
    labels = list(MIXES[play.question])
    common = labels[(labels.index(play.label) + 1) % len(labels)]
    others = [label for label in labels if label != play.label]
    return common if dice.random() < 0.5 else dice.choice(others)


def honest(
    question: str, number: int, dice: random.Random, *, often: float, unsettled: float = 0.3
) -> list[Play]:
    """Quick as people are: lognormal around a second and a half plus a fast reader's time per
    word.
    """
    plays = []
    own_pace = dice.uniform(0.6, 1.6)  # some read twice as fast as others
    for card in cards(question, number, dice):
        said = card.label if dice.random() < often else slip(card, dice)
        pace = own_pace * dice.lognormvariate(0, 0.35)
        took = int(pace * (1500 + 120 * card.words))
        settled = card.settled if dice.random() >= unsettled else None
        plays.append(replace(card, label=said, milliseconds=took, settled=settled))
    return plays


def repeats(question: str, number: int, dice: random.Random, *, often: float) -> list[Repeat]:
    labels = list(MIXES[question])
    return [
        Repeat(label, label if dice.random() < often else dice.choice(labels))
        for label in dice.choices(labels, list(MIXES[question].values()), k=number)
    ]


def simulated(seed: int) -> Standing:
    """An honest player, right on 75 to 98 cards in a hundred, and a neighbour of the same cards."""
    dice = random.Random(seed)
    often, hers = dice.uniform(0.75, 0.98), dice.uniform(0.75, 0.98)
    number = dice.randint(20, 100)
    state = dice.random()
    mine: list[Play] = []
    theirs: list[Play] = []
    for question in MIXES:
        for plays, right in ((mine, often), (theirs, hers)):
            same_cards = random.Random(f"{state}{question}")
            drawn = honest(question, number, same_cards, often=1.0)
            plays += [
                play if dice.random() < right else replace(play, label=slip(play, dice))
                for play in drawn
            ]
    again = repeats("intent", dice.randint(0, 20), dice, often=often)
    return standing(mine, repeats=again, others={"a neighbour": theirs})


# ---- honest players ------------------------------------------------------------------------


def test_hardly_any_honest_player_has_a_sign() -> None:
    blamed = [seed for seed in range(HONEST) if simulated(seed).signs]
    assert len(blamed) <= HONEST / 100


def test_few_answers_say_nothing() -> None:
    plays = [Play(at, "tone", "neutral", 1, 9, settled="positive") for at in range(11)]
    assert standing(plays, repeats=[Repeat("a", "b")] * 7) == Standing(1.0, ())
    assert standing([]).words == "nothing unusual"


def test_a_player_who_was_shown_one_label_again_and_again_is_not_blamed() -> None:
    plays = [Play(at, "intent", "opt_out", 2500, 3, settled="opt_out") for at in range(90)]
    plays += [Play(99, "intent", "opt_out", 2500, 3, settled="cancel")]
    assert standing(plays).signs == ()


# ---- the others ----------------------------------------------------------------------------


def kinds(found: Standing) -> set[Kind]:
    return {sign.kind for sign in found.signs}


def test_answers_faster_than_reading_are_found_and_the_others_still_count() -> None:
    dice = random.Random(1)
    plays = honest("intent", 100, dice, often=0.9)
    hasty = [replace(play, milliseconds=300) if at % 2 else play for at, play in enumerate(plays)]
    found = standing(hasty)
    assert kinds(found) == {Kind.TOO_FAST}
    assert found.weight == pytest.approx(0.5)
    assert found.words == "50 of the last 100 answers came faster than the card can be read"


@pytest.mark.parametrize("question", MIXES)
def test_a_single_key_is_found_whichever_it_is(question: str) -> None:
    for key in MIXES[question]:
        dice = random.Random(key)
        plays = [replace(card, label=key, milliseconds=2000) for card in cards(question, 100, dice)]
        found = standing(plays)
        assert kinds(found) == {Kind.ONE_KEY}
        assert found.weight == 0
        assert f"said {key} on" in found.words


@pytest.mark.parametrize("length", range(2, 9))
def test_keys_in_a_fixed_order_are_found_before_anything_settles(length: int) -> None:
    keys = [list(MIXES["intent"])[at % 7] for at in range(length)]
    plays = [Play(at, "intent", keys[at % length], 2500, 3) for at in range(100)]
    found = standing(plays)
    assert kinds(found) == {Kind.PATTERN}
    assert found.weight == 0


def test_the_one_who_copies_has_half_a_vote_and_the_copied_one_keeps_theirs() -> None:
    dice = random.Random(3)
    original = honest("intent", 150, dice, often=0.8, unsettled=0)
    copy = [replace(play, milliseconds=2000) for play in original]
    found = standing(copy, others={"Sam": original})
    assert kinds(found) == {Kind.COPIED}
    assert found.weight == COPIED_REMAINS
    assert "of Sam's" in found.words
    assert standing(original).signs == ()


def test_the_same_right_answers_are_no_copy() -> None:
    right = [replace(play, milliseconds=2500) for play in cards("intent", 200, random.Random(4))]
    assert copied(right, right, "Sam") is None


def test_somebody_who_answers_by_dice_contradicts_themselves() -> None:
    dice = random.Random(5)
    found = standing([], repeats=repeats("intent", 20, dice, often=0))
    assert kinds(found) == {Kind.CONTRADICTS}
    assert found.weight < 0.4


def test_several_signs_lower_the_weight_together() -> None:
    plays = [Play(at, "tone", "neutral", 100, 9, settled="positive") for at in range(100)]
    found = standing(plays)
    assert kinds(found) == {Kind.TOO_FAST, Kind.ONE_KEY}
    assert found.weight == 0


# ---- it can be undone ----------------------------------------------------------------------


def test_a_weight_comes_back_with_better_play() -> None:
    bad = [Play(at, "tone", "neutral", 100, 9, settled="positive") for at in range(100)]
    good = honest("intent", RECENT, random.Random(6), often=0.9)
    assert standing(bad).weight == 0
    assert standing(bad + good).weight == 1


def test_the_operator_may_set_a_sign_aside_and_still_sees_it() -> None:
    bad = [Play(at, "tone", "neutral", 100, 9, settled="positive") for at in range(100)]
    found = standing(bad, set_aside=[Kind.ONE_KEY, Kind.TOO_FAST])
    assert found.weight == 1
    assert kinds(found) == {Kind.TOO_FAST, Kind.ONE_KEY}


labels = st.sampled_from("abc")
plays = st.lists(
    st.builds(
        Play,
        example=st.integers(0, 99),
        question=st.sampled_from(["one", "two"]),
        label=labels,
        milliseconds=st.integers(0, 9000),
        words=st.integers(0, 60),
        settled=st.none() | labels,
    ),
    max_size=250,
)


@given(plays, plays, st.lists(st.builds(Repeat, labels, labels)))
def test_a_weight_is_always_between_nothing_and_one(
    mine: list[Play], theirs: list[Play], again: list[Repeat]
) -> None:
    found = standing(mine, repeats=again, others={"Sam": theirs})
    assert 0 <= found.weight <= 1
    assert (found.weight < 1) == bool(found.signs)
    assert all(0 <= sign.remains < 1 and sign.words for sign in found.signs)


@pytest.mark.parametrize("sign", [too_fast, one_key, pattern, contradicts])
def test_nothing_is_no_sign(sign: Callable[[list[object]], object]) -> None:
    assert sign([]) is None
