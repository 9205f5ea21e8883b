"""Step 6: what Nod does with what it read. Pure: no Django, no clock, no dice.

`act`: the business's system may act on the label by itself. `hold`: a person should look first.
`ignore`: nobody needs to do anything. The reason is a word from a closed list; pages and the
docs explain each.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from classifier.keywords import Keyword
from classifier.readings import Reading, Unfamiliar


class Action(StrEnum):
    ACT = "act"
    HOLD = "hold"
    IGNORE = "ignore"


class Reason(StrEnum):
    SURE = "sure"  # read with enough confidence for this label
    KEYWORD = "keyword"  # an opt-out, opt-in or help word by itself
    BUTTON = "button"  # a quick reply's button that is named like a label
    PROVIDER = "provider"  # the provider says what it is (Twilio's OptOutType)
    UNSURE = "unsure"  # below the label's threshold
    TWO_INTENTS = "two_intents"  # torn between two labels: it may say both
    OTHER_LANGUAGE = "other_language"  # one that the model never learnt
    GIBBERISH = "gibberish"  # keys that were hit, in no language
    NEEDS_A_PERSON = "needs_a_person"  # the label is one that people answer
    NO_OPEN_REMINDER = "no_open_reminder"  # a yes to what?
    SEVERAL_OPEN_REMINDERS = "several_open_reminders"  # a yes to which?
    CANCEL_KEYWORD = "cancel_keyword"  # the carrier took CANCEL for an opt-out
    NO_WORDS = "no_words"  # a picture, a place, a sticker
    EMPTY = "empty"  # nothing at all
    COULD_NOT_BE_READ = "could_not_be_read"  # the model failed on it again and again


# Where the model did not know: what people label first, and what a better model would spare them.
DOUBTS = frozenset({Reason.UNSURE, Reason.TWO_INTENTS})


class Match(StrEnum):
    ONE = "one"
    NONE = "none"
    SEVERAL = "several"


@dataclass(frozen=True)
class Rule:
    """How one label is handled."""

    # Act at this confidence or above, where the model version has not chosen one of its own
    # (classifier/thresholds.py): the baseline, and versions of before it could.
    threshold: float
    needs_reminder: bool = True  # the label says something about one appointment
    needs_person: bool = False


# Costs differ: an appointment cancelled by mistake is worse than one confirmed by mistake, and an
# opt-out overlooked is worse than one too many.
RULES: Mapping[str, Rule] = {
    "confirm": Rule(threshold=0.80),
    "cancel": Rule(threshold=0.90),
    "reschedule": Rule(threshold=0.85),
    "question": Rule(threshold=0.85, needs_reminder=False, needs_person=True),
    "opt_out": Rule(threshold=0.60, needs_reminder=False),
    "wrong_number": Rule(threshold=0.85, needs_reminder=False),
    "other": Rule(threshold=0.85, needs_reminder=False, needs_person=True),
}
OPT_OUT = "opt_out"
WRONG_NUMBER = "wrong_number"
RESCHEDULE = "reschedule"

# Two labels that lie within this of each other are both meant, or it is a toss-up which: where they
# share all there is, the second is right for two texts of five.
MARGIN = 0.2
# The second must hold so much. Less is a model that is torn between many, which is `unsure`.
TORN_FROM = 0.25
# What a second label must hold to be told beside the first: with honest scores it is what one text
# of twenty says. Label smoothing alone leaves each label about one in a hundred.
ALSO_FROM = 0.05
# Which of two labels a text stands for while a person has not looked, the most cautious first: the
# taxonomy's precedence, by which people label texts that say two things. Texting on somebody who
# wants no texts, or a stranger, breaks a law or a confidence. A time given away cannot be got back,
# so the wish for another goes before the cancellation, and both before what keeps the time. What
# asks for an answer goes before a plain yes.
CAUTION = (OPT_OUT, WRONG_NUMBER, RESCHEDULE, "cancel", "question", "confirm", "other")
# Labels of another taxonomy: act only when very sure, and only on one known appointment.
UNKNOWN_LABEL = Rule(threshold=0.95)


@dataclass(frozen=True)
class Facts:
    """All that a decision rests on."""

    label: str = ""  # what was read; empty if nothing was
    confidence: float = 0.0
    second: str = ""  # the next best label; empty if there is none
    second_confidence: float = 0.0
    unfamiliar: Unfamiliar | None = None  # whatever was read, the model cannot know
    match: Match = Match.NONE
    keyword: Keyword | None = None  # what the whole text is, before any model was asked
    keyword_from_provider: bool = False  # the provider said so itself (Twilio's OptOutType)
    button: str = ""  # the label that a tapped button stands for, by the name its business gave it
    has_text: bool = True
    has_media: bool = False
    threshold: float | None = None  # what the model version asks for this label; None: it is silent


def facts_of(reading: Reading | None) -> Facts:
    """What a reading says of a text; whoever asks fills in what else is known."""
    if reading is None:
        return Facts()
    second, second_confidence = reading.second
    return Facts(
        label=reading.intent,
        confidence=reading.confidence,
        second=second,
        second_confidence=second_confidence,
        unfamiliar=reading.unfamiliar,
        threshold=reading.threshold,
    )


@dataclass(frozen=True)
class Ruling:
    action: Action
    reason: Reason
    label: str  # what the text is taken for
    also: str = ""  # what it may say besides
    threshold: float | None = None  # what the confidence was held against, where it was


def decide(facts: Facts, *, rules: Mapping[str, Rule] = RULES) -> Ruling:
    """Act, hold or ignore, on which label, and why."""
    if facts.keyword is not None:
        return _on_keyword(facts, facts.keyword)
    if facts.button:
        return _on_button(facts, rules.get(facts.button, UNKNOWN_LABEL))
    if not facts.has_text:
        if facts.has_media:
            return Ruling(Action.HOLD, Reason.NO_WORDS, label="")
        return Ruling(Action.IGNORE, Reason.EMPTY, label="")
    if not facts.label:
        return Ruling(Action.HOLD, Reason.COULD_NOT_BE_READ, label="")
    also = facts.second if facts.second_confidence >= ALSO_FROM else ""
    if facts.unfamiliar is not None:
        # The labels are told all the same: should it be an opt-out, people see it as one.
        return Ruling(Action.HOLD, Reason(facts.unfamiliar.value), label=facts.label, also=also)
    rule = rules.get(facts.label, UNKNOWN_LABEL)
    threshold = rule.threshold if facts.threshold is None else facts.threshold
    if _is_torn(facts, threshold):
        label, also = _by_caution(facts.label, facts.second)
        return Ruling(Action.HOLD, Reason.TWO_INTENTS, label=label, also=also)
    action, reason = _on_label(facts, rule, threshold)
    return Ruling(action, reason, label=facts.label, also=also, threshold=threshold)


def _on_keyword(facts: Facts, keyword: Keyword) -> Ruling:
    source = Reason.PROVIDER if facts.keyword_from_provider else Reason.KEYWORD
    if keyword is Keyword.START:
        return Ruling(Action.IGNORE, source, label="other")  # texts are on again, no more is asked
    if keyword is Keyword.HELP:
        return Ruling(Action.HOLD, source, label="other")
    if keyword is Keyword.CANCEL and facts.match is not Match.NONE:
        # The carrier blocks further texts, the person may have meant the appointment: only
        # people can ask which.
        return Ruling(Action.HOLD, Reason.CANCEL_KEYWORD, label="cancel")
    return Ruling(Action.ACT, source, label=OPT_OUT)


def _on_button(facts: Facts, rule: Rule) -> Ruling:
    """Nothing was read; which appointment is meant, and who answers, is asked as ever."""
    action, reason = _on_label(replace(facts, confidence=1.0), rule, threshold=0.0)
    reason = Reason.BUTTON if action is Action.ACT else reason
    return Ruling(action, reason, label=facts.button)


def _is_torn(facts: Facts, threshold: float) -> bool:
    """Whether two labels are so close that a person has to say which, or that it is both.

    An opt-out that is sure enough by itself is none of these: it is acted on and the other label is
    told. Somebody cut off wrongly texts START; somebody texted on has been wronged. An opt-out that
    is not sure enough is held as `opt_out` whichever label was ahead: it is never lost behind the
    other one, and whoever goes by the event sends nothing until a person has looked.
    """
    if facts.label == OPT_OUT and facts.confidence >= threshold:
        return False
    close = facts.confidence - facts.second_confidence < MARGIN
    return bool(facts.second) and close and facts.second_confidence >= TORN_FROM


def _by_caution(likelier: str, other: str) -> tuple[str, str]:
    """The more cautious of two first; of another taxonomy's labels the likelier."""
    if likelier in CAUTION and other in CAUTION and CAUTION.index(other) < CAUTION.index(likelier):
        return other, likelier
    return likelier, other


def _on_label(facts: Facts, rule: Rule, threshold: float) -> tuple[Action, Reason]:
    if not facts.confidence >= threshold:  # so that NaN, a model gone wrong, is not sure
        return Action.HOLD, Reason.UNSURE
    if rule.needs_person:
        return Action.HOLD, Reason.NEEDS_A_PERSON
    if rule.needs_reminder and facts.match is Match.NONE:
        return Action.HOLD, Reason.NO_OPEN_REMINDER
    if rule.needs_reminder and facts.match is Match.SEVERAL:
        return Action.HOLD, Reason.SEVERAL_OPEN_REMINDERS
    return Action.ACT, Reason.SURE
