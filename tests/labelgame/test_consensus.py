"""Answers settle on a label with a probability, and who is right more often counts for more."""

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelgame.aggregation import trials
from labelgame.consensus import (
    METHODS,
    Confusion,
    Consensus,
    Said,
    TooManyToTellApart,
    Votes,
    posterior,
    posteriors,
    run,
    usual_confusion,
)

LABELS = ["confirm", "cancel", "reschedule", "question", "opt_out", "wrong_number", "other"]
MIX = [0.27, 0.2, 0.13, 0.12, 0.08, 0.08, 0.12]
EVEN = dict.fromkeys(LABELS, 1 / len(LABELS))
GOOD = usual_confusion(LABELS, right=0.9)
LIAR = usual_confusion(LABELS, right=0.02)

Row = tuple[str, str, str]


@dataclass(frozen=True)
class Crowd:
    rows: list[Row]
    truth: dict[str, str]

    @property
    def votes(self) -> Votes:
        return Votes.of_rows(self.rows)

    def right(self, labels: Mapping[str, str]) -> float:
        return sum(labels[task] == label for task, label in self.truth.items()) / len(self.truth)


def crowd(*, tasks: int = 240, each: int = 5, seed: int = 4) -> Crowd:
    """Thirty people: eighteen try, six throw dice, five press one key, one lies."""
    dice = random.Random(seed)
    truth = {f"t{n}": dice.choices(LABELS, MIX)[0] for n in range(tasks)}
    skill = {f"honest {n}": dice.uniform(0.55, 0.95) for n in range(18)}
    key = {f"key {n}": LABELS[n % 2] for n in range(5)}
    people = [*skill, *key, *(f"dice {n}" for n in range(6)), "liar"]
    slips = {name: {one: dice.choice(_but(one)) for one in LABELS} for name in skill}

    def says(name: str, label: str) -> str:
        if name in key:
            return key[name]
        if name in skill:
            if dice.random() < skill[name]:
                return label
            return slips[name][label] if dice.random() < 0.5 else dice.choice(_but(label))
        return dice.choice(_but(label)) if name == "liar" else dice.choice(LABELS)

    rows = [
        (task, name, says(name, label))
        for task, label in truth.items()
        for name in dice.sample(people, each)
    ]
    return Crowd(rows, truth)


def _but(label: str) -> list[str]:
    return [each for each in LABELS if each != label]


def labels_of(found: Consensus) -> dict[str, str]:
    return {str(task): label for task, label in found.labels_of_tasks().items()}


def most_said(rows: list[Row]) -> dict[str, str]:
    said: dict[str, Counter[str]] = {}
    for task, _, label in rows:
        said.setdefault(task, Counter())[label] += 1
    return {task: counts.most_common(1)[0][0] for task, counts in said.items()}


# ---- one task ------------------------------------------------------------------------------

skills = st.fixed_dictionaries(
    {
        name: st.sampled_from([GOOD, LIAR, usual_confusion(LABELS, 0.5), usual_confusion(LABELS)])
        for name in "abc"
    }
)
answers = st.lists(
    st.builds(
        Said, worker=st.sampled_from("abcd"), label=st.sampled_from(LABELS), weight=st.floats(0, 1)
    ),
    max_size=8,
)
quick = settings(max_examples=40)


@quick
@given(answers, skills)
def test_probabilities_add_up_to_one(said: list[Said], known: dict[str, Confusion]) -> None:
    found = posterior(said, skills=known, priors=EVEN)
    assert list(found) == LABELS
    assert sum(found.values()) == pytest.approx(1)
    assert all(0 <= probability <= 1 for probability in found.values())


@quick
@given(answers, skills, st.randoms())
def test_the_order_of_answers_does_not_matter(
    said: list[Said], known: dict[str, Confusion], dice: random.Random
) -> None:
    shuffled = dice.sample(said, len(said))
    found = posterior(shuffled, skills=known, priors=EVEN)
    assert found == pytest.approx(posterior(said, skills=known, priors=EVEN))


@quick
@given(answers, skills, st.sampled_from(LABELS))
def test_an_answer_without_weight_is_as_good_as_none(
    said: list[Said], known: dict[str, Confusion], label: str
) -> None:
    found = posterior([*said, Said("a", label, 0.0)], skills=known, priors=EVEN)
    assert found == pytest.approx(posterior(said, skills=known, priors=EVEN))


@quick
@given(st.sampled_from(LABELS), st.lists(st.floats(0.01, 1), min_size=7, max_size=7))
def test_two_good_players_who_agree_make_it_likelier_than_one(
    label: str, shares: list[float]
) -> None:
    priors = {name: share / sum(shares) for name, share in zip(LABELS, shares, strict=True)}
    known = {"a": GOOD, "b": GOOD}
    one = posterior([Said("a", label)], skills=known, priors=priors)
    two = posterior([Said("a", label), Said("b", label)], skills=known, priors=priors)
    assert priors[label] <= one[label] <= two[label]


@quick
@given(st.lists(answers, max_size=5), skills)
def test_many_tasks_at_once_are_each_as_alone(
    tasks: list[list[Said]], known: dict[str, Confusion]
) -> None:
    together = posteriors(dict(enumerate(tasks)), skills=known, priors=EVEN)
    for task, said in enumerate(tasks):
        assert together[task] == pytest.approx(posterior(said, skills=known, priors=EVEN))


def test_it_is_bayes() -> None:
    known = {"a": {"yes": {"yes": 0.9, "no": 0.1}, "no": {"yes": 0.3, "no": 0.7}}}
    found = posterior([Said("a", "yes")], skills=known, priors={"yes": 0.25, "no": 0.75})
    assert found["yes"] == pytest.approx(0.25 * 0.9 / (0.25 * 0.9 + 0.75 * 0.3))


def test_without_an_answer_the_priors_stand() -> None:
    priors = {"yes": 0.25, "no": 0.75}
    assert posterior([], skills={}, priors=priors) == pytest.approx(priors)


def test_half_a_weight_counts_half() -> None:
    known = {"a": GOOD}
    halves = [Said("a", "cancel", 0.5), Said("a", "cancel", 0.5)]
    whole = posterior([Said("a", "cancel")], skills=known, priors=EVEN)
    assert posterior(halves, skills=known, priors=EVEN) == pytest.approx(whole)


def test_who_is_unknown_is_taken_to_be_usual() -> None:
    found = posterior([Said("new", "cancel")], skills={}, priors=EVEN)
    assert found["cancel"] == pytest.approx(0.8)


def test_a_label_newer_than_skills_and_priors_can_be_said() -> None:
    said = [Said("a", "waiting_list"), Said("b", "waiting_list")]
    found = posterior(said, skills={"a": GOOD, "b": GOOD}, priors=EVEN)
    assert max(found, key=lambda label: found[label]) == "waiting_list"


def test_a_question_without_labels_is_refused() -> None:
    with pytest.raises(ValueError, match="must hold every label"):
        posterior([], skills={}, priors={})


@quick
@given(st.floats(0, 0.1), st.integers(2, 9))
def test_a_liar_speaks_against_their_label_but_settles_nothing_alone(
    right: float, number: int
) -> None:
    labels = [str(n) for n in range(number)]
    priors = dict.fromkeys(labels, 1 / number)
    lie = posterior([Said("x", "0")], skills={"x": usual_confusion(labels, right)}, priors=priors)
    assert lie["0"] < priors["0"]
    assert max(lie.values()) <= 2 / 3 + 1e-9


@quick
@given(st.floats(0.01, 0.9))
def test_no_lie_makes_a_label_more_than_twice_as_likely(prior: float) -> None:
    swaps = {"yes": {"yes": 0.001, "no": 0.999}, "no": {"yes": 0.999, "no": 0.001}}
    found = posterior(
        [Said("x", "no")], skills={"x": swaps}, priors={"yes": prior, "no": 1 - prior}
    )
    assert found["yes"] <= 2 * prior / (1 + prior) + 1e-9


# ---- everything ----------------------------------------------------------------------------


def test_skill_beats_the_majority_of_a_mixed_crowd() -> None:
    people = crowd()
    found = run(people.votes)
    assert found.method != "majority"
    assert people.right(labels_of(found)) > people.right(most_said(people.rows)) + 0.05


def test_the_probabilities_are_about_right() -> None:
    people = crowd()
    found = run(people.votes, method="dawid_skene")
    sure = [(people.truth[str(task)] == label, p) for task, label, p in found.rows() if p > 0.9]
    share = sum(is_right for is_right, _ in sure) / len(sure)
    assert len(sure) > 100
    assert share > sum(p for _, p in sure) / len(sure) - 0.05


@pytest.mark.parametrize("method", METHODS)
def test_every_method_reads_a_crowd_whatever_the_order_of_its_rows(method: str) -> None:
    people = crowd(tasks=60)
    shuffled = random.Random(1).sample(people.rows, len(people.rows))
    found = run(people.votes, method=method)
    again = run(Votes.of_rows(shuffled), method=method)
    assert people.right(labels_of(found)) > 0.6
    assert labels_of(again) == labels_of(found)
    assert found.probabilities.sum(axis=1) == pytest.approx(1, abs=1e-5)


def test_of_a_liar_and_a_good_player_it_knows_which_is_which() -> None:
    people = crowd(tasks=400)
    gold = dict(list(people.truth.items())[:150])
    found = run(people.votes, gold=gold, method="dawid_skene")
    liar, good = found.skills["liar"], max(found.skills.values(), key=_mean_right)
    assert _mean_right(liar) < 1 / len(LABELS) < 0.7 < _mean_right(good)


def _mean_right(confusion: Confusion) -> float:
    return sum(confusion[label][label] for label in confusion) / len(confusion)


def test_three_answers_make_nobody_extreme() -> None:
    people = crowd(tasks=150)
    new = [(f"t{n}", "lucky", people.truth[f"t{n}"]) for n in range(3)]
    wrong = [(f"t{n}", "unlucky", _but(people.truth[f"t{n}"])[0]) for n in range(3)]
    found = run(Votes.of_rows([*people.rows, *new, *wrong]), method="dawid_skene")
    assert 0.75 < _mean_right(found.skills["lucky"]) < 0.9
    assert 0.5 < _mean_right(found.skills["unlucky"]) < 0.7


def test_known_labels_stand_and_teach_what_people_are_like() -> None:
    rows = [(f"t{n}", name, "yes") for n in range(80) for name in ("a", "b")]
    rows += [(f"t{n}", "c", "no") for n in range(80)]
    gold = {f"t{n}": "no" for n in range(60)}
    found = run(Votes.of_rows(rows), gold=gold, method="dawid_skene")
    assert labels_of(found)["t5"] == "no"
    assert dict(zip(found.tasks, found.probabilities.max(axis=1), strict=True))["t5"] == 1
    assert found.skills["c"]["no"]["no"] > 0.9 > 0.2 > found.skills["a"]["no"]["no"]


def test_a_known_label_that_nobody_said_stands_too() -> None:
    found = run(Votes.of_rows([("t1", "a", "yes"), ("t2", "a", "no")]), gold={"t1": "maybe"})
    assert labels_of(found) == {"t1": "maybe", "t2": "no"}


@pytest.mark.parametrize("method", METHODS)
def test_who_weighs_nothing_has_no_say(method: str) -> None:
    people = crowd(tasks=50, each=3)
    loud = [(task, f"loud {n}", "other") for task in people.truth for n in range(6)]
    weights = {f"loud {n}": 0.0 for n in range(6)}
    found = run(Votes.of_rows([*people.rows, *loud]), weights=weights, method=method)
    assert labels_of(found) == labels_of(run(people.votes, method=method))


def test_a_task_that_only_the_weightless_answered_has_the_priors() -> None:
    rows = [*crowd(tasks=60).rows, ("odd", "mute", "other")]
    found = run(Votes.of_rows(rows), weights={"mute": 0.0}, method="one_coin")
    odd = found.probabilities[list(found.tasks).index("odd")]
    assert odd == pytest.approx(list(found.priors.values()), abs=1e-5)


def test_of_two_labels_said_as_often_the_commoner_is_taken() -> None:
    rows = [("t1", "a", "yes"), ("t1", "b", "no"), ("t2", "a", "yes"), ("t3", "b", "yes")]
    assert labels_of(run(Votes.of_rows(rows)))["t1"] == "yes"


# ---- which method --------------------------------------------------------------------------


def test_too_little_to_choose_by_means_the_majority() -> None:
    found = run(crowd(tasks=40).votes)
    assert (found.method, found.evidence) == ("majority", [])


def test_where_everybody_is_as_good_the_simplest_is_taken() -> None:
    dice = random.Random(2)
    rows = [
        (f"t{n}", f"w{m}", label if dice.random() < 0.95 else dice.choice(LABELS))
        for n in range(80)
        for label in [dice.choice(LABELS)]
        for m in dice.sample(range(6), 3)
    ]
    found = run(Votes.of_rows(rows))
    assert found.method == "majority"
    assert [each.method for each in found.evidence] == list(METHODS)
    assert {(each.of, each.basis) for each in found.evidence} == {(80, "held out")}


def test_known_labels_are_the_better_evidence_where_there_are_enough() -> None:
    people = crowd(tasks=90)
    gold = dict(list(people.truth.items())[:60])
    found = run(people.votes, gold=gold)
    assert {(each.of, each.basis) for each in found.evidence} == {(60, "gold")}
    assert found.method != "majority"


def test_a_method_is_not_told_the_labels_that_it_is_judged_by() -> None:
    rows = [(f"t{n}", name, "yes") for n in range(60) for name in ("a", "b")]
    rows += [(f"t{n}", "a", "no") for n in range(60, 70)]
    found = run(Votes.of_rows(rows), gold={f"t{n}": "no" for n in range(60)})
    assert {each.right for each in found.evidence} == {0}


def test_progress_ends_where_it_said_it_would() -> None:
    told: list[tuple[int, int, str]] = []
    run(crowd(tasks=50, each=2).votes, on_progress=lambda *step: told.append(step))
    assert [step[0] for step in told] == list(range(len(METHODS) + 2))
    assert {step[1] for step in told} == {len(METHODS) + 1}


def test_what_a_part_teaches_is_enough_for_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    people = crowd()
    whole = run(people.votes, method="dawid_skene")
    little = replace(trials.METHODS["dawid_skene"], most_answers=800)
    monkeypatch.setitem(trials.METHODS, "dawid_skene", little)
    part = run(people.votes, method="dawid_skene")
    assert people.right(labels_of(part)) > people.right(labels_of(whole)) - 0.03


def test_workers_too_many_to_tell_apart_are_weighed_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "MOST_CELLS", 100)
    found = run(crowd(tasks=60, each=2).votes)
    assert [each.method for each in found.evidence] == ["majority"]
    with pytest.raises(TooManyToTellApart, match="use the method majority"):
        run(crowd(tasks=60).votes, method="glad")


# ---- odd answers ---------------------------------------------------------------------------


@pytest.mark.parametrize("method", [None, *METHODS])
def test_no_answers_make_no_labels(method: str | None) -> None:
    found = run(Votes.of_rows([]), gold={"t1": "yes"}, method=method)
    assert list(found.rows()) == []
    assert dict(found.skills) == {}


@pytest.mark.parametrize("method", METHODS)
def test_one_label_is_all_there_is(method: str) -> None:
    found = run(Votes.of_rows([("t1", "a", "yes"), ("t1", "b", "yes")]), method=method)
    assert list(found.rows()) == [("t1", "yes", 1.0)]


@pytest.mark.parametrize("method", METHODS)
def test_one_worker_is_taken_at_their_word(method: str) -> None:
    rows = [(f"t{n}", "a", "yes" if n % 3 else "no") for n in range(60)]
    found = run(Votes.of_rows(rows), method=method)
    assert labels_of(found) == {task: label for task, _, label in rows}
    assert found.skills["a"]["yes"]["yes"] == pytest.approx(0.8, abs=0.01)


def test_a_task_answered_by_a_thousand_breaks_nothing() -> None:
    rows = [*crowd(tasks=60).rows, *(("t0", f"w{n}", LABELS[n % 2]) for n in range(1_000))]
    found = run(Votes.of_rows(rows), method="mace")
    assert np.isfinite(found.probabilities).all()
    assert labels_of(found)["t0"] in LABELS[:2]


def test_who_answers_again_means_the_later_answer() -> None:
    votes = Votes.of_rows([("t1", "a", "no"), ("t1", "b", "yes"), ("t1", "a", "yes")])
    assert (len(votes), votes.said_again) == (2, 1)
    assert labels_of(run(votes)) == {"t1": "yes"}
    assert votes.answers_by_worker() == {"a": 1, "b": 1}


def test_what_was_skipped_is_no_answer_and_cannot_tell_is_one() -> None:
    votes = Votes.of_rows([("t1", "a", "-"), ("t2", "a", "?"), ("t2", "b", "?")])
    assert labels_of(run(votes)) == {"t2": "?"}


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(st.sampled_from("rst"), st.sampled_from("abc"), st.sampled_from(["yes", "no"])),
        max_size=12,
    )
)
def test_any_handful_of_answers_has_a_majority(rows: list[Row]) -> None:
    found = run(Votes.of_rows(rows))
    assert set(found.tasks) == {task for task, _, _ in rows}
    assert all(0 < probability <= 1 for _, _, probability in found.rows())
