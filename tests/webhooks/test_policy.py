"""Deciding, as a pure function: a table over every reason, then what must hold for all facts."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.keywords import Keyword
from classifier.readings import Unfamiliar
from classifier.taxonomy import current_taxonomy
from webhooks.policy import (
    ALSO_FROM,
    CAUTION,
    MARGIN,
    RULES,
    TORN_FROM,
    Action,
    Facts,
    Match,
    Reason,
    Rule,
    Ruling,
    decide,
)
from webhooks.story import REASONS

ACT, HOLD, IGNORE = Action.ACT, Action.HOLD, Action.IGNORE
ONE, NONE, SEVERAL = Match.ONE, Match.NONE, Match.SEVERAL

TABLE = [
    # sure of it, and it is clear what of
    (Facts("confirm", 0.80, match=ONE), ACT, Reason.SURE, "confirm"),
    (Facts("cancel", 0.90, match=ONE), ACT, Reason.SURE, "cancel"),
    (Facts("reschedule", 0.85, match=ONE), ACT, Reason.SURE, "reschedule"),
    (Facts("opt_out", 0.60, match=NONE), ACT, Reason.SURE, "opt_out"),
    (Facts("opt_out", 0.60, match=SEVERAL), ACT, Reason.SURE, "opt_out"),
    (Facts("wrong_number", 0.85, match=NONE), ACT, Reason.SURE, "wrong_number"),
    # not sure
    (Facts("confirm", 0.79, match=ONE), HOLD, Reason.UNSURE, "confirm"),
    (Facts("cancel", 0.89, match=ONE), HOLD, Reason.UNSURE, "cancel"),
    (Facts("opt_out", 0.59, match=ONE), HOLD, Reason.UNSURE, "opt_out"),
    (Facts("confirm", 0.10, match=NONE), HOLD, Reason.UNSURE, "confirm"),
    # torn between two
    (Facts("confirm", 0.50, "reschedule", 0.45, match=ONE), HOLD, Reason.TWO_INTENTS, "reschedule"),
    # what no model can know
    (
        Facts("confirm", 1.0, unfamiliar=Unfamiliar.OTHER_LANGUAGE, match=ONE),
        HOLD,
        Reason.OTHER_LANGUAGE,
        "confirm",
    ),
    (Facts("cancel", 0.3, unfamiliar=Unfamiliar.GIBBERISH), HOLD, Reason.GIBBERISH, "cancel"),
    # a person answers these
    (Facts("question", 1.0, match=ONE), HOLD, Reason.NEEDS_A_PERSON, "question"),
    (Facts("other", 1.0, match=NONE), HOLD, Reason.NEEDS_A_PERSON, "other"),
    # a yes to what?
    (Facts("confirm", 1.0, match=NONE), HOLD, Reason.NO_OPEN_REMINDER, "confirm"),
    (Facts("cancel", 1.0, match=NONE), HOLD, Reason.NO_OPEN_REMINDER, "cancel"),
    (Facts("confirm", 1.0, match=SEVERAL), HOLD, Reason.SEVERAL_OPEN_REMINDERS, "confirm"),
    (Facts("reschedule", 1.0, match=SEVERAL), HOLD, Reason.SEVERAL_OPEN_REMINDERS, "reschedule"),
    # keywords, before anything that was read
    (Facts(keyword=Keyword.STOP), ACT, Reason.KEYWORD, "opt_out"),
    (Facts("confirm", 1.0, match=ONE, keyword=Keyword.STOP), ACT, Reason.KEYWORD, "opt_out"),
    (Facts(keyword=Keyword.START), IGNORE, Reason.KEYWORD, "other"),
    (Facts(keyword=Keyword.HELP), HOLD, Reason.KEYWORD, "other"),
    (Facts(keyword=Keyword.CANCEL), ACT, Reason.KEYWORD, "opt_out"),
    (Facts(keyword=Keyword.CANCEL, match=ONE), HOLD, Reason.CANCEL_KEYWORD, "cancel"),
    (Facts(keyword=Keyword.CANCEL, match=SEVERAL), HOLD, Reason.CANCEL_KEYWORD, "cancel"),
    # the provider says so itself
    (
        Facts(keyword=Keyword.STOP, keyword_from_provider=True),
        ACT,
        Reason.PROVIDER,
        "opt_out",
    ),
    (
        Facts(keyword=Keyword.STOP, keyword_from_provider=True, has_text=False),
        ACT,
        Reason.PROVIDER,
        "opt_out",
    ),
    (Facts(keyword=Keyword.HELP, keyword_from_provider=True), HOLD, Reason.PROVIDER, "other"),
    # a button that is named like a label, before anything that was read
    (Facts("cancel", 1.0, match=ONE, button="confirm"), ACT, Reason.BUTTON, "confirm"),
    (Facts(match=ONE, button="confirm", has_text=False), ACT, Reason.BUTTON, "confirm"),
    (Facts("confirm", 1.0, match=ONE, button="question"), HOLD, Reason.NEEDS_A_PERSON, "question"),
    (Facts(match=NONE, button="confirm"), HOLD, Reason.NO_OPEN_REMINDER, "confirm"),
    (Facts(match=SEVERAL, button="cancel"), HOLD, Reason.SEVERAL_OPEN_REMINDERS, "cancel"),
    (Facts(button="confirm", keyword=Keyword.STOP), ACT, Reason.KEYWORD, "opt_out"),
    # nothing to read, or nobody who could
    (Facts(has_text=False, has_media=True), HOLD, Reason.NO_WORDS, ""),
    (Facts(has_text=False), IGNORE, Reason.EMPTY, ""),
    (Facts(), HOLD, Reason.COULD_NOT_BE_READ, ""),
    (Facts(match=ONE, has_media=True), HOLD, Reason.COULD_NOT_BE_READ, ""),
    # a label of somebody else's taxonomy
    (Facts("urgent", 0.95, match=ONE), ACT, Reason.SURE, "urgent"),
    (Facts("urgent", 0.94, match=ONE), HOLD, Reason.UNSURE, "urgent"),
    (Facts("urgent", 1.0, match=NONE), HOLD, Reason.NO_OPEN_REMINDER, "urgent"),
]


@pytest.mark.parametrize(("facts", "action", "reason", "label"), TABLE)
def test_these_facts_are_decided_so(
    facts: Facts, action: Action, reason: Reason, label: str
) -> None:
    ruling = decide(facts)
    assert (ruling.action, ruling.reason, ruling.label) == (action, reason, label)


def test_the_table_has_every_reason() -> None:
    assert {reason for _, _, reason, _ in TABLE} == set(Reason)


def test_every_reason_is_explained_on_the_pages() -> None:
    assert REASONS.keys() == {reason.value for reason in Reason}


def test_every_label_that_ships_has_a_rule() -> None:
    assert RULES.keys() == set(current_taxonomy().primary.label_names)


@pytest.mark.parametrize(("asked", "action"), [(0.7, ACT), (0.95, HOLD), (None, ACT)])
def test_the_model_versions_own_threshold_counts_before_the_rules(
    asked: float | None, action: Action
) -> None:
    ruling = decide(Facts("confirm", 0.9, match=ONE, threshold=asked))
    assert ruling.action is action
    assert ruling.threshold == (RULES["confirm"].threshold if asked is None else asked)


labels = st.sampled_from([*RULES, "urgent", ""])
shares = st.floats(0, 1)
seconds = st.floats(0, 0.5)  # never more than the first has, and both within 1
facts = st.builds(
    lambda second_confidence, over, **facts: Facts(
        confidence=second_confidence + over * (1 - 2 * second_confidence),
        second_confidence=second_confidence,
        **facts,
    ),
    second_confidence=seconds,
    over=shares,
    label=labels,
    second=labels,
    unfamiliar=st.none() | st.sampled_from(Unfamiliar),
    match=st.sampled_from(Match),
    keyword=st.none() | st.sampled_from(Keyword),
    keyword_from_provider=st.booleans(),
    has_text=st.booleans(),
    has_media=st.booleans(),
)
rules = st.builds(Rule, threshold=shares, needs_reminder=st.booleans(), needs_person=st.booleans())


@given(facts, st.dictionaries(labels, rules))
def test_nod_never_acts_on_what_was_read_below_the_threshold(
    facts: Facts, rules: dict[str, Rule]
) -> None:
    facts = replace(facts, keyword=None)
    if facts.label in rules and facts.confidence < rules[facts.label].threshold:
        assert decide(facts, rules=rules).action is not ACT


@given(facts, st.dictionaries(labels, rules))
def test_a_stop_is_always_acted_on(facts: Facts, rules: dict[str, Rule]) -> None:
    ruling = decide(replace(facts, keyword=Keyword.STOP), rules=rules)
    assert (ruling.action, ruling.label) == (ACT, "opt_out")


@given(facts)
def test_nod_acts_on_an_appointment_only_if_it_is_known_which(facts: Facts) -> None:
    ruling = decide(facts)
    if ruling.action is ACT and ruling.label in ("confirm", "cancel", "reschedule", "urgent"):
        assert facts.match is ONE


@given(facts)
def test_what_was_not_read_is_never_acted_on(facts: Facts) -> None:
    nothing = replace(facts, label="", keyword=None)
    assert decide(nothing).action is not ACT


@given(facts)
def test_nothing_that_a_person_wrote_is_ignored_but_a_start(facts: Facts) -> None:
    if decide(facts).action is IGNORE:
        assert facts.keyword is Keyword.START or not facts.has_text


@given(facts)
def test_being_surer_never_makes_nod_more_timid(facts: Facts) -> None:
    if decide(facts).action is ACT:
        assert decide(replace(facts, confidence=1.0, second_confidence=0.0)).action is ACT


@pytest.mark.parametrize("label", RULES)
def test_a_confidence_that_is_no_number_is_not_sure(label: str) -> None:
    assert decide(Facts(label, float("nan"), match=ONE)).action is not ACT


# ---- two intents in one text ---------------------------------------------------------------


def torn(label: str, second: str, by: float = 0.05, **facts: Any) -> Ruling:
    return decide(Facts(label, 0.5, second, 0.5 - by, match=ONE, **facts))


def test_the_order_of_caution_is_that_by_which_texts_are_labelled() -> None:
    assert current_taxonomy().primary.precedence == CAUTION


@pytest.mark.parametrize("place", range(len(CAUTION) - 1))
def test_of_two_that_are_near_the_more_cautious_counts_whichever_is_ahead(place: int) -> None:
    cautious, other = CAUTION[place : place + 2]
    for ruling in (torn(cautious, other), torn(other, cautious)):
        assert (ruling.action, ruling.reason) == (HOLD, Reason.TWO_INTENTS)
        assert (ruling.label, ruling.also, ruling.threshold) == (cautious, other, None)


def test_of_labels_of_another_taxonomy_the_likelier_counts() -> None:
    assert (torn("urgent", "opt_out").label, torn("opt_out", "urgent").label) == (
        "urgent",
        "opt_out",
    )


def test_outside_the_margin_they_are_not_near() -> None:
    ruling = torn("confirm", "cancel", by=MARGIN + 0.01)
    assert (ruling.reason, ruling.label, ruling.also) == (Reason.UNSURE, "confirm", "cancel")


def test_torn_between_many_is_unsure() -> None:
    ruling = decide(Facts("confirm", TORN_FROM, "cancel", TORN_FROM - 0.01, match=ONE))
    assert (ruling.reason, ruling.label, ruling.also) == (Reason.UNSURE, "confirm", "cancel")


@pytest.mark.parametrize(("score", "also"), [(ALSO_FROM, "cancel"), (ALSO_FROM - 0.01, "")])
def test_a_second_label_is_told_beside_one_that_is_acted_on_where_it_counts(
    score: float, also: str
) -> None:
    ruling = decide(Facts("confirm", 0.95, "cancel", score, match=ONE))
    assert (ruling.action, ruling.label, ruling.also) == (ACT, "confirm", also)


def test_an_opt_out_that_is_sure_enough_is_acted_on_however_near_the_other_is() -> None:
    ruling = torn("opt_out", "cancel", threshold=0.5)
    assert (ruling.action, ruling.label, ruling.also) == (ACT, "opt_out", "cancel")


@given(facts)
def test_an_opt_out_is_never_lost(facts: Facts) -> None:
    """Near enough to the best, it is what the text is taken for; else it is told beside it."""
    ruling = decide(replace(facts, second="opt_out", keyword=None, unfamiliar=None, has_text=True))
    if facts.label in RULES and facts.second_confidence >= ALSO_FROM:
        strange = decide(replace(facts, second="opt_out", keyword=None, has_text=True))
        assert "opt_out" in (ruling.label, ruling.also)
        assert "opt_out" in (strange.label, strange.also)
        near = facts.confidence - facts.second_confidence < MARGIN
        if facts.label != "opt_out" and near and facts.second_confidence >= TORN_FROM:
            assert (ruling.action, ruling.label) == (HOLD, "opt_out")


@given(facts)
def test_what_no_model_can_know_is_never_acted_on(facts: Facts) -> None:
    if facts.unfamiliar and facts.keyword is None:
        assert decide(facts).action is not ACT


def test_a_second_that_is_no_number_is_not_told() -> None:
    nan = float("nan")
    assert decide(Facts("confirm", nan, "cancel", nan, match=ONE)).also == ""


def test_what_a_person_has_to_answer_is_the_same_to_the_model_and_to_the_policy() -> None:
    labels = current_taxonomy().primary.labels
    assert {label.name: label.needs_person for label in labels} == {
        name: rule.needs_person for name, rule in RULES.items()
    }
