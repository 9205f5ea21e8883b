"""What an answer earns: the published rules of the game. Pure: facts in, whole points out.

The rules have to hold against people who do not look. Whoever answers without reading, always with
one key or by dice, chooses a blind mixture of the labels; so it is enough that no *single* label,
given on every card, earns anything. That is the thought of Dasgupta & Ghosh ("Crowdsourced
Judgement Elicitation with Endogenous Proficiency", WWW 2013): agreement is paid only by as much as
it exceeds the agreement that blind answers reach. They take off what *this* player's labels would
reach by chance; so do the rules that pay one over a label's share (Radanovic, Faltings & Jurca,
"Incentives for Effort in Crowdsourcing Using the Peer Truth Serum", ACM TIST 2016). With more than
two labels both can make it pay to name a rare label that one believes less likely than a frequent
one (Shnayder and others, "Informed Truthfulness in Multi-Task Peer Prediction", EC 2016, on where
such rules stop being truthful), and would fill our dataset with those.

So every label pays and costs the same here, and the cost is set by the blind player who does best:
the one who gives the label of the largest share `s` on every card breaks even where

    s · pay = (1 − s) · cost,  hence  cost = pay · s / (1 − s)

`pay` counts that label's bonuses in, as they fell on the cards known so far, and `s` is the upper
end of its interval. Dice earn a mixture of what the labels earn: less. What is left is a game in
which the likeliest label is always the best one to give, and giving none is better where nothing is
likely enough (Chow, "On Optimum Recognition Error and Reject Tradeoff", IEEE Trans. IT, 1970).

A card that has not settled pays nothing: waiting points stand on no board, so being many earns
nothing either. What this cannot do: blind players who are many enough to settle cards among
themselves are for consensus to weigh, and for fairplay.py to find.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import ceil

from classifier.intervals import wilson

# Answers and outcomes that are not labels. A label's name is made of letters, digits and _ .
CANT_TELL = "?"
SKIP = "-"
NOT_YET = ""  # the example has not settled
PULLED = "!"  # the example was taken out of the game: somebody could be known by it

RIGHT = 10
BONUS = 10  # at most one an answer: being right against the model or the others pays double
# A wrong answer costs at least what an answer can pay at most. Then an answer pays in expectation
# only where the player believes it more likely than not, whatever they think of the model; and
# labels that are no more than half of the cards are covered before any of them is counted.
LEAST_COST = RIGHT + BONUS
CANT_TELL_RIGHT = 5  # half of a label: nobody should look for reasons not to decide
LEAST_CANT_TELL_COST = 1  # covers up to one card in six that nobody can tell

# Cards known, below which their shares are not gone by: the interval of a share of two thirds is
# then 13 points wide. Until then the start's figures hold.
FEWEST = 200
START_SHARE = 0.7  # about the largest in the starter set, a neutral tone
START_BONUS = 0.2  # right answers that bring a bonus: a first model errs on one card in five
# The largest share of one label up to which blind play earns nothing. Beyond, a wrong answer would
# cost more than nine right ones bring, and the cards should be mixed better instead.
MOST_FREQUENT = 0.9


class Rule(StrEnum):
    WAITING = "waiting"
    RIGHT = "right"
    BEAT_THE_MODEL = "beat_the_model"
    BEAT_THE_OTHERS = "beat_the_others"
    AFTER_THE_GUESS = "after_the_guess"
    WRONG = "wrong"
    GOLD_RIGHT = "gold_right"
    GOLD_WRONG = "gold_wrong"
    CANT_TELL_RIGHT = "cant_tell_right"
    CANT_TELL_WRONG = "cant_tell_wrong"
    NOBODY_CAN_TELL = "nobody_can_tell"
    SKIPPED = "skipped"
    PULLED = "pulled"


# What my page shows as wrong, and what can be contested.
MISTAKES = frozenset({Rule.WRONG, Rule.GOLD_WRONG, Rule.CANT_TELL_WRONG})


@dataclass(frozen=True, slots=True)
class Tariff:
    """What mistakes cost at present, for one question. An answer settles at the tariff under which
    it was given, however late: a player knows what is at stake.
    """

    wrong: int = LEAST_COST
    cant_tell_wrong: int = LEAST_CANT_TELL_COST

    def points(self, rule: Rule) -> int:
        return {
            Rule.RIGHT: RIGHT,
            Rule.GOLD_RIGHT: RIGHT,
            Rule.BEAT_THE_MODEL: RIGHT + BONUS,
            Rule.BEAT_THE_OTHERS: RIGHT + BONUS,
            Rule.WRONG: -self.wrong,
            Rule.GOLD_WRONG: -self.wrong,
            Rule.CANT_TELL_RIGHT: CANT_TELL_RIGHT,
            Rule.CANT_TELL_WRONG: -self.cant_tell_wrong,
        }.get(rule, 0)


@dataclass(frozen=True, slots=True)
class Known:
    """The cards known to be of one label: settled ones and gold ones."""

    cards: int
    bonuses: int = 0  # of these, on which the model or most others said something else


def tariff_of(known: Mapping[str, Known]) -> Tariff:
    """For a question, from its cards of late: label (or CANT_TELL) -> how many."""
    labels = {label: of for label, of in known.items() if label != CANT_TELL}
    cards = sum(of.cards for of in labels.values())
    untold = known.get(CANT_TELL, Known(0)).cards
    if cards < FEWEST:
        return Tariff(wrong=max(LEAST_COST, _cost(START_SHARE, RIGHT + BONUS * START_BONUS)))
    costs = [
        _cost(wilson(of.cards, cards)[1], RIGHT + BONUS * of.bonuses / of.cards)
        for of in labels.values()
        if of.cards
    ]
    of_untold = _cost(wilson(untold, cards + untold)[1], CANT_TELL_RIGHT) if untold else 0
    return Tariff(
        wrong=max(LEAST_COST, *costs), cant_tell_wrong=max(LEAST_CANT_TELL_COST, of_untold)
    )


def _cost(share: float, pay: float) -> int:
    """Whole points that leave nothing to somebody who is right on this share without looking."""
    share = min(share, MOST_FREQUENT)
    return ceil(pay * share / (1 - share) - 1e-9)  # less what rounding put on top


@dataclass(frozen=True, slots=True)
class Card:
    """One player's answer, and what became of its example."""

    answer: str  # a label, CANT_TELL or SKIP
    settled: str = NOT_YET  # a label, CANT_TELL, PULLED or NOT_YET
    model: str | None = None  # what the model had guessed
    others: str | None = None  # what most of the other players said; None: no majority
    is_gold: bool = False
    told: bool = False  # what the model had guessed, before this answer: it was given anew


@dataclass(frozen=True, slots=True)
class Settlement:
    rule: Rule
    points: int  # that count
    waiting: int = 0  # that would come if the answer is right; on no board, in no sum


def settle(card: Card, tariff: Tariff) -> Settlement:
    rule = _rule_of(card)
    waiting = 0
    if rule is Rule.WAITING and not _says_what_it_was_told(card):
        waiting = CANT_TELL_RIGHT if card.answer == CANT_TELL else RIGHT
    return Settlement(rule, tariff.points(rule), waiting)


def difference(before: Settlement, after: Settlement) -> int:
    """What is booked, in the week in which it happens, when an example settles anew."""
    return after.points - before.points


def _rule_of(card: Card) -> Rule:
    if card.answer == SKIP:
        return Rule.SKIPPED
    if card.settled == NOT_YET:
        return Rule.WAITING
    if card.settled == PULLED:
        return Rule.PULLED
    is_right = card.answer == card.settled
    if card.answer == CANT_TELL:
        return Rule.CANT_TELL_RIGHT if is_right else Rule.CANT_TELL_WRONG
    if card.settled == CANT_TELL:
        return Rule.NOBODY_CAN_TELL
    if is_right and _says_what_it_was_told(card):
        return Rule.AFTER_THE_GUESS
    if card.is_gold:
        return Rule.GOLD_RIGHT if is_right else Rule.GOLD_WRONG
    if not is_right:
        return Rule.WRONG
    if card.told:  # whoever has seen a guess is right against nobody
        return Rule.RIGHT
    if card.model not in (None, card.settled):
        return Rule.BEAT_THE_MODEL
    if card.others not in (None, card.settled):
        return Rule.BEAT_THE_OTHERS
    return Rule.RIGHT


def _says_what_it_was_told(card: Card) -> bool:
    """Else one could answer anything, look at the guess, undo, and be paid for what the model knows
    without reading a word.
    """
    return card.told and card.answer == card.model


# ---- the page that publishes this -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Example:
    story: str
    card: Card
    before: Card | None = None  # how it had settled first, where it settles anew


@dataclass(frozen=True, slots=True)
class Line:
    """A rule as players read it. `words` may name {right}, {bonus}, {wrong}, {cant_tell_right} and
    {cant_tell_wrong}.
    """

    title: str
    words: str
    example: Example


@dataclass(frozen=True, slots=True)
class Published:
    title: str
    words: str
    story: str
    points: int  # of the example, by the tariff in force
    waiting: int


CHANGED = "changed"  # no rule of one settlement, but of two

LINES: Mapping[str, Line] = {
    Rule.WAITING: Line(
        "Waiting",
        "Your answer counts once enough people have answered and the card settles. Until then its"
        " points wait, and stand on no board.",
        Example("“see you then”: you say Will come, nobody else has answered.", Card("confirm")),
    ),
    Rule.RIGHT: Line(
        "Right",
        "The card settles as you said: {right} points.",
        Example(
            "“see you then”: you say Will come, it settles as Will come.",
            Card("confirm", "confirm", model="confirm", others="confirm"),
        ),
    ),
    Rule.BEAT_THE_MODEL: Line(
        "Beat the model",
        "The card settles as you said, and the model had guessed something else: {bonus} points on"
        " top. Where it had misread what they want, the text counts half as much again when the"
        " model learns.",
        Example(
            "“👍 I can't make it”: the model guessed Will come, you say Will not come, and so it"
            " settles.",
            Card("cancel", "cancel", model="confirm", others="cancel"),
        ),
    ),
    Rule.BEAT_THE_OTHERS: Line(
        "Right against the others",
        "The card settles as you said, though most other players had said something else: {bonus}"
        " points on top. The two bonuses do not add up.",
        Example(
            "“yes” to “Do you need to cancel?”: two others said Will come, you say Will not come,"
            " and the reviewer agrees with you.",
            Card("cancel", "cancel", model="cancel", others="confirm"),
        ),
    ),
    Rule.AFTER_THE_GUESS: Line(
        "Right, as the model had said",
        "You took an answer back when the model's guess had been said, and gave the guess: nothing"
        " is won. Another answer that is right earns {right} points, a wrong one costs as ever.",
        Example(
            "“see you then”: you had hit Will not come by mistake, read that Nod had guessed Will"
            " come, and said so.",
            Card("confirm", "confirm", model="confirm", told=True),
        ),
    ),
    Rule.WRONG: Line(
        "Wrong",
        "The card settles as something else: {wrong} points off. It is as much as it must be for"
        " always pressing one key to earn nothing.",
        Example(
            "“running 10 minutes late”: you say Will come, it settles as Something else.",
            Card("confirm", "other", model="other", others="other"),
        ),
    ),
    Rule.GOLD_RIGHT: Line(
        "Hidden check, right",
        "Some cards are checks whose label is known. They look like any card and are booked at the"
        " end of the round: {right} points. No bonus, whatever the model said.",
        Example(
            "“who is this?”, a check: you say Wrong person.",
            Card("wrong_number", "wrong_number", model="question", is_gold=True),
        ),
    ),
    Rule.GOLD_WRONG: Line(
        "Hidden check, wrong",
        "As any wrong answer: {wrong} points off.",
        Example(
            "“who is this?”, a check: you say Asks something.",
            Card("question", "wrong_number", is_gold=True),
        ),
    ),
    Rule.CANT_TELL_RIGHT: Line(
        "Can't tell, and nobody can",
        "You say that one cannot tell, and so it settles: {cant_tell_right} points.",
        Example(
            "“k so about that thing”: you can't tell, and the reviewer finds it ambiguous.",
            Card(CANT_TELL, CANT_TELL),
        ),
    ),
    Rule.CANT_TELL_WRONG: Line(
        "Can't tell, but others could",
        "You say that one cannot tell, and it settles as a label: {cant_tell_wrong} off. Far less"
        " than a wrong guess.",
        Example(
            "“need to move it”: you can't tell, it settles as Wants another time.",
            Card(CANT_TELL, "reschedule"),
        ),
    ),
    Rule.NOBODY_CAN_TELL: Line(
        "A label where nobody can tell",
        "You gave a label, and the card settles as one that nobody can tell: nothing is won or"
        " lost.",
        Example("“k so about that thing”: you say Something else.", Card("other", CANT_TELL)),
    ),
    Rule.SKIPPED: Line(
        "Skipped",
        "Skipping is free, as often as you like.",
        Example("A card that you would rather not answer.", Card(SKIP, "cancel")),
    ),
    Rule.PULLED: Line(
        "Taken out",
        "A card in which somebody could be known is taken out at once: nothing is won or lost by"
        " it any more. What had settled before stays booked.",
        Example("A name had slipped through.", Card("confirm", PULLED)),
    ),
    CHANGED: Line(
        "Settled anew",
        "When a settled card turns out to be wrong, by your contest or another's, the difference is"
        " booked in that week. Nothing is booked into weeks that are over.",
        Example(
            "“ok thanks”: you said Plain, it had settled as Warm, and the reviewer makes it Plain.",
            Card("neutral", "neutral", model="neutral", others="neutral"),
            before=Card("neutral", "positive", model="neutral", others="positive"),
        ),
    ),
}


def published(tariff: Tariff) -> list[Published]:
    """Every rule with its worked example, by the figures in force."""
    figures = {
        "right": RIGHT,
        "bonus": BONUS,
        "wrong": tariff.wrong,
        "cant_tell_right": CANT_TELL_RIGHT,
        "cant_tell_wrong": tariff.cant_tell_wrong,
    }
    lines = []
    for line in LINES.values():
        settled = settle(line.example.card, tariff)
        before = line.example.before
        points = difference(settle(before, tariff), settled) if before else settled.points
        words = line.words.format_map(figures)
        lines.append(Published(line.title, words, line.example.story, points, settled.waiting))
    return lines
