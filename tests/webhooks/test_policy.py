"""Deciding, as a pure function: a table over every reason, then what must hold for all facts."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.keywords import Keyword
from classifier.taxonomy import current_taxonomy
from webhooks.policy import RULES, Action, Facts, Match, Reason, Rule, decide
from webhooks.story import REASONS

ACT, HOLD, IGNORE = Action.ACT, Action.HOLD, Action.IGNORE
ONE, NONE, SEVERAL = Match.ONE, Match.NONE, Match.SEVERAL

TABLE = [
    # sure of it, and it is clear what of
    (Facts("confirm", 0.80, ONE), ACT, Reason.SURE, "confirm"),
    (Facts("cancel", 0.90, ONE), ACT, Reason.SURE, "cancel"),
    (Facts("reschedule", 0.85, ONE), ACT, Reason.SURE, "reschedule"),
    (Facts("opt_out", 0.60, NONE), ACT, Reason.SURE, "opt_out"),
    (Facts("opt_out", 0.60, SEVERAL), ACT, Reason.SURE, "opt_out"),
    (Facts("wrong_number", 0.85, NONE), ACT, Reason.SURE, "wrong_number"),
    # not sure
    (Facts("confirm", 0.79, ONE), HOLD, Reason.UNSURE, "confirm"),
    (Facts("cancel", 0.89, ONE), HOLD, Reason.UNSURE, "cancel"),
    (Facts("opt_out", 0.59, ONE), HOLD, Reason.UNSURE, "opt_out"),
    (Facts("confirm", 0.10, NONE), HOLD, Reason.UNSURE, "confirm"),
    # a person answers these
    (Facts("question", 1.0, ONE), HOLD, Reason.NEEDS_A_PERSON, "question"),
    (Facts("other", 1.0, NONE), HOLD, Reason.NEEDS_A_PERSON, "other"),
    # a yes to what?
    (Facts("confirm", 1.0, NONE), HOLD, Reason.NO_OPEN_REMINDER, "confirm"),
    (Facts("cancel", 1.0, NONE), HOLD, Reason.NO_OPEN_REMINDER, "cancel"),
    (Facts("confirm", 1.0, SEVERAL), HOLD, Reason.SEVERAL_OPEN_REMINDERS, "confirm"),
    (Facts("reschedule", 1.0, SEVERAL), HOLD, Reason.SEVERAL_OPEN_REMINDERS, "reschedule"),
    # keywords, before anything that was read
    (Facts(keyword=Keyword.STOP), ACT, Reason.KEYWORD, "opt_out"),
    (Facts("confirm", 1.0, ONE, keyword=Keyword.STOP), ACT, Reason.KEYWORD, "opt_out"),
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
    # nothing to read, or nobody who could
    (Facts(has_text=False, has_media=True), HOLD, Reason.NO_WORDS, ""),
    (Facts(has_text=False), IGNORE, Reason.EMPTY, ""),
    (Facts(), HOLD, Reason.COULD_NOT_BE_READ, ""),
    (Facts(match=ONE, has_media=True), HOLD, Reason.COULD_NOT_BE_READ, ""),
    # a label of somebody else's taxonomy
    (Facts("urgent", 0.95, ONE), ACT, Reason.SURE, "urgent"),
    (Facts("urgent", 0.94, ONE), HOLD, Reason.UNSURE, "urgent"),
    (Facts("urgent", 1.0, NONE), HOLD, Reason.NO_OPEN_REMINDER, "urgent"),
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
    ruling = decide(Facts("confirm", 0.9, ONE, threshold=asked))
    assert ruling.action is action
    assert ruling.threshold == (RULES["confirm"].threshold if asked is None else asked)


labels = st.sampled_from([*RULES, "urgent", ""])
shares = st.floats(0, 1)
facts = st.builds(
    Facts,
    label=labels,
    confidence=shares,
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
        assert decide(replace(facts, confidence=1.0)).action is ACT


@pytest.mark.parametrize("label", RULES)
def test_a_confidence_that_is_no_number_is_not_sure(label: str) -> None:
    assert decide(Facts(label, float("nan"), ONE)).action is not ACT
