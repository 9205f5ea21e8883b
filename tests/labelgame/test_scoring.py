"""Scoring pays for being right: a table over every rule, then what must hold for all cards."""

import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.taxonomy import current_taxonomy
from labelgame.rules.scoring import (
    BONUS,
    CANT_TELL,
    CANT_TELL_RIGHT,
    CHANGED,
    FEWEST,
    LEAST_COST,
    LINES,
    MOST_FREQUENT,
    NOT_YET,
    PULLED,
    RIGHT,
    SKIP,
    Card,
    Known,
    Rule,
    Tariff,
    difference,
    published,
    settle,
    tariff_of,
)

TARIFF = Tariff(wrong=28, cant_tell_wrong=2)

TABLE = [
    (Card("cancel"), Rule.WAITING, 0),
    (Card(CANT_TELL), Rule.WAITING, 0),
    (Card("cancel", "cancel"), Rule.RIGHT, 10),
    (Card("cancel", "cancel", model="cancel", others="cancel"), Rule.RIGHT, 10),
    (Card("cancel", "cancel", model="confirm"), Rule.BEAT_THE_MODEL, 20),
    (Card("cancel", "cancel", model="cancel", others="confirm"), Rule.BEAT_THE_OTHERS, 20),
    (Card("cancel", "cancel", model="confirm", others="confirm"), Rule.BEAT_THE_MODEL, 20),
    (Card("confirm", "cancel"), Rule.WRONG, -28),
    (Card("confirm", "cancel", model="other", others="other"), Rule.WRONG, -28),
    (Card("cancel", "cancel", model="confirm", is_gold=True), Rule.GOLD_RIGHT, 10),
    (Card("confirm", "cancel", is_gold=True), Rule.GOLD_WRONG, -28),
    (Card(CANT_TELL, CANT_TELL, model="cancel"), Rule.CANT_TELL_RIGHT, 5),
    (Card(CANT_TELL, "cancel"), Rule.CANT_TELL_WRONG, -2),
    (Card(CANT_TELL, "cancel", is_gold=True), Rule.CANT_TELL_WRONG, -2),
    (Card("cancel", CANT_TELL), Rule.NOBODY_CAN_TELL, 0),
    (Card("cancel", "cancel", model="cancel", told=True), Rule.AFTER_THE_GUESS, 0),
    (Card("cancel", "cancel", model="cancel", told=True, is_gold=True), Rule.AFTER_THE_GUESS, 0),
    (Card("cancel", "cancel", model="confirm", told=True), Rule.RIGHT, 10),
    (Card("cancel", "confirm", model="cancel", told=True), Rule.WRONG, -28),
    (Card(SKIP), Rule.SKIPPED, 0),
    (Card(SKIP, "cancel"), Rule.SKIPPED, 0),
    (Card("cancel", PULLED), Rule.PULLED, 0),
    (Card(CANT_TELL, PULLED), Rule.PULLED, 0),
]


@pytest.mark.parametrize(("card", "rule", "points"), TABLE)
def test_this_card_settles_so(card: Card, rule: Rule, points: int) -> None:
    settled = settle(card, TARIFF)
    assert (settled.rule, settled.points) == (rule, points)


def test_the_table_has_every_rule() -> None:
    assert {rule for _, rule, _ in TABLE} == set(Rule)


@pytest.mark.parametrize(("answer", "waiting"), [("cancel", 10), (CANT_TELL, 5), (SKIP, 0)])
def test_until_it_settles_an_answer_only_waits(answer: str, waiting: int) -> None:
    for is_gold in (False, True):  # which looks like any card
        settled = settle(Card(answer, is_gold=is_gold), TARIFF)
        assert (settled.points, settled.waiting) == (0, waiting)


def test_nothing_waits_for_who_says_what_the_model_had_said() -> None:
    told = Card("cancel", model="cancel", told=True)
    assert settle(told, TARIFF).waiting == 0
    assert settle(replace(told, answer="confirm"), TARIFF).waiting == 10


def test_settling_anew_books_the_difference() -> None:
    wrong, right = (settle(Card("cancel", label), TARIFF) for label in ("confirm", "cancel"))
    assert difference(wrong, right) == 38
    assert difference(right, wrong) == -38
    assert difference(right, right) == 0


def test_what_is_no_label_can_never_be_the_name_of_one() -> None:
    for name in (CANT_TELL, SKIP, NOT_YET, PULLED):
        assert not name.replace("_", "").isalnum()


# ---- what a wrong answer costs -------------------------------------------------------------


def test_the_cost_is_what_the_largest_share_asks_for() -> None:
    """With very many cards the interval is narrow, and the formula is left: 10 · 0.7 / 0.3."""
    known = {"neutral": Known(7_000_000), "positive": Known(3_000_000)}
    assert tariff_of(known).wrong == 24  # 23.3, and the interval's end, rounded up
    with_bonuses = known | {"neutral": Known(7_000_000, bonuses=700_000)}
    assert tariff_of(with_bonuses).wrong == 26  # 11 · 0.7 / 0.3


def test_before_enough_cards_are_known_the_start_figures_hold() -> None:
    assert tariff_of({}) == tariff_of({"a": Known(FEWEST - 1)}) == Tariff(wrong=28)
    assert tariff_of({"a": Known(FEWEST // 2), "b": Known(FEWEST // 2)}).wrong == LEAST_COST


shares = st.lists(st.tuples(st.integers(0, 4000), st.floats(0, 1)), min_size=2, max_size=9).filter(
    lambda counts: sum(count for count, _ in counts) >= FEWEST
)


@given(shares, st.integers(0, 500))
def test_no_single_key_earns_anything_on_the_cards_known(
    counts: list[tuple[int, float]], untold: int
) -> None:
    """Whatever the mix of labels and wherever the bonuses fell, up to the stated share."""
    known = {
        f"label_{at}": Known(count, bonuses=int(count * share))
        for at, (count, share) in enumerate(counts)
    }
    cards = sum(of.cards for of in known.values())
    if max(of.cards for of in known.values()) > MOST_FREQUENT * cards:
        return
    tariff = tariff_of(known | {CANT_TELL: Known(untold)})
    for of in known.values():
        assert of.cards * RIGHT + of.bonuses * BONUS <= (cards - of.cards) * tariff.wrong
    assert untold * CANT_TELL_RIGHT <= cards * tariff.cant_tell_wrong


beliefs = st.lists(st.integers(1, 100), min_size=2, max_size=7).map(
    lambda weights: [weight / sum(weights) for weight in weights]
)


@given(beliefs, st.integers(LEAST_COST, 200))
def test_the_likeliest_label_is_the_best_one_to_give(belief: list[float], cost: int) -> None:
    tariff = Tariff(wrong=cost)
    labels = [f"label_{at}" for at in range(len(belief))]

    def expected(answer: str) -> float:
        return sum(
            share * settle(Card(answer, truth), tariff).points
            for truth, share in zip(labels, belief, strict=True)
        )

    best = max(labels, key=expected)
    assert belief[labels.index(best)] == pytest.approx(max(belief))


@given(beliefs, st.integers(LEAST_COST, 200), st.data())
def test_no_bonus_makes_an_unlikely_label_worth_giving(
    belief: list[float], cost: int, data: st.DataObject
) -> None:
    """Even for a player who foresees for certain where the model errs."""
    at = data.draw(st.integers(0, len(belief) - 1))
    tariff = Tariff(wrong=cost)
    expected = belief[at] * tariff.points(Rule.BEAT_THE_MODEL)
    expected += (1 - belief[at]) * tariff.points(Rule.WRONG)
    if expected > 1e-9:
        assert belief[at] == max(belief)
        assert belief[at] > 0.5


# ---- a season of players -------------------------------------------------------------------

Player = Callable[[str, random.Random], str]

MIXES: Mapping[str, Mapping[str, float]] = {
    "intent": {"confirm": 0.27, "cancel": 0.2, "reschedule": 0.13, "question": 0.12, "other": 0.12,
               "opt_out": 0.08, "wrong_number": 0.08},
    "tone": {"neutral": 0.69, "negative": 0.14, "positive": 0.12, "hostile": 0.05},
    "one label on nearly everything": {"spam": 0.88, "ham": 0.12},
    "all alike": dict.fromkeys("abcd", 0.25),
}  # fmt: skip
CARDS = 3000


def card_of(mix: Mapping[str, float], dice: random.Random) -> Card:
    """A card as it settles: now and then on the wrong label; the model errs on one in four."""
    (truth,) = dice.choices(list(mix), list(mix.values()))
    settled = truth if dice.random() < 0.97 else dice.choice(list(mix))
    model, others = (
        settled if dice.random() < often else dice.choice(list(mix)) for often in (0.75, 0.9)
    )
    return Card(truth, settled, model, others, is_gold=dice.random() < 0.1)


def tariff_from(mix: Mapping[str, float], dice: random.Random) -> Tariff:
    cards, bonuses = Counter[str](), Counter[str]()
    for _ in range(500):
        card = card_of(mix, dice)
        cards[card.settled] += 1
        bonuses[card.settled] += {card.model, card.others} != {card.settled} and not card.is_gold
    return tariff_of({label: Known(cards[label], bonuses[label]) for label in cards})


def season(mix: Mapping[str, float], player: Player, *, seed: int) -> int:
    dice = random.Random(seed)
    tariff = tariff_from(mix, dice)
    total = 0
    for _ in range(CARDS):
        card = card_of(mix, dice)
        total += settle(replace(card, answer=player(card.answer, dice)), tariff).points
    return total


def careful(labels: list[str], *, often: float) -> Player:
    return lambda truth, dice: truth if dice.random() < often else dice.choice(labels)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", MIXES)
def test_dice_and_single_keys_end_at_or_below_zero_and_the_careful_gain(
    name: str, seed: int
) -> None:
    mix = MIXES[name]
    labels = list(mix)
    assert season(mix, lambda _, dice: dice.choice(labels), seed=seed) <= 0
    assert season(mix, lambda _, dice: dice.choice([*labels, CANT_TELL, SKIP]), seed=seed) <= 0
    by_share: Player = lambda _, dice: dice.choices(labels, list(mix.values()))[0]  # noqa: E731
    assert season(mix, by_share, seed=seed) <= 0
    for key in [*labels, CANT_TELL]:
        assert season(mix, lambda _, dice, key=key: key, seed=seed) <= 0  # type: ignore[misc]
    assert season(mix, careful(labels, often=0.97), seed=seed) > 0


def test_hasty_play_hardly_pays_and_half_right_loses() -> None:
    labels = list(MIXES["intent"])
    right_on_93, right_on_67, right_on_50 = (
        season(MIXES["intent"], careful(labels, often=often), seed=1)
        for often in (0.92, 0.62, 0.42)
    )
    assert right_on_93 > 5 * right_on_67
    assert right_on_50 < 0


# ---- the published page --------------------------------------------------------------------


def test_every_rule_is_published_with_a_title_words_and_an_example() -> None:
    assert LINES.keys() == {*Rule, CHANGED}
    assert all(line.title and line.words and line.example.story for line in LINES.values())


@pytest.mark.parametrize("rule", Rule)
def test_the_worked_example_is_one_of_its_rule(rule: Rule) -> None:
    example = LINES[rule].example
    assert settle(example.card, TARIFF).rule is rule
    taxonomy = current_taxonomy()
    known = {label for question in taxonomy.questions for label in question.label_names}
    assert {example.card.answer, example.card.settled} <= known | {CANT_TELL, SKIP, PULLED, NOT_YET}


def test_the_worked_examples_come_to_these_points() -> None:
    points = [line.points for line in published(TARIFF)]
    assert points == [0, 10, 20, 20, 0, -28, 10, -28, 5, -2, 0, 0, 0, 38]
    assert published(TARIFF)[0].waiting == 10


def test_the_published_words_give_the_figures_in_force() -> None:
    words = " ".join(line.words for line in published(Tariff(wrong=37, cant_tell_wrong=3)))
    assert "37 points off" in words
    assert "3 off" in words
    assert "{" not in words
