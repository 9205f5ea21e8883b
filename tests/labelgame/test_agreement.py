"""Krippendorff's alpha, against what he published, and in words where there is none."""

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelgame.aggregation import agreement
from labelgame.aggregation.agreement import report
from labelgame.aggregation.votes import Votes

# "Computing Krippendorff's Alpha-Reliability", 2011: one row an observer, one place a unit, a full
# stop where the observer gave no value.
BINARY = ["0100000010", "1110010000"]  # A: alpha 0.095
NOMINAL = ["aabbdcccedda", "babbbccceddd"]  # B: alpha 0.692
FOUR = ["123321412...", "1233224125.3", ".3332342251.", "12332441251."]  # C: alpha 0.743


def votes_of(observers: list[str]) -> Votes:
    return Votes.of_rows(
        (unit, observer, value)
        for observer, values in enumerate(observers)
        for unit, value in enumerate(values)
        if value != "."
    )


@pytest.mark.parametrize(
    ("observers", "alpha", "answers"),
    [(BINARY, 0.095, 20), (NOMINAL, 0.692, 24), (FOUR, 0.743, 40)],
)
def test_published_examples_come_out_as_published(
    observers: list[str], alpha: float, answers: int
) -> None:
    overall = report(votes_of(observers)).overall
    assert overall.value == pytest.approx(alpha, abs=0.0005)
    assert overall.answers == answers
    assert f"from {answers} answers" in overall.words


def plain_alpha(rows: list[tuple[int, int, str]]) -> float | None:
    """By the definition, pair by pair."""
    units: dict[int, dict[int, str]] = {}
    for unit, worker, label in rows:
        units.setdefault(unit, {})[worker] = label
    pairs: Counter[tuple[str, str]] = Counter()
    for said in units.values():
        for one in said:
            for other in said:
                if one != other:
                    pairs[said[one], said[other]] += 1 / (len(said) - 1)  # type: ignore[assignment]
    counts: Counter[str] = Counter()
    for (one_label, _), count in pairs.items():
        counts[one_label] += count
    n = sum(counts.values())
    expected = sum(counts[a] * counts[b] for a in counts for b in counts if a != b)
    observed = sum(count for (a, b), count in pairs.items() if a != b)
    return 1 - (n - 1) * observed / expected if expected > 0.5 else None


some_rows = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 4), st.sampled_from("xyz")), max_size=30
)


@given(some_rows)
def test_alpha_is_what_its_definition_says(rows: list[tuple[int, int, str]]) -> None:
    found = report(Votes.of_rows(rows))
    assert found.overall.value == pytest.approx(plain_alpha(rows))
    for label, alpha in found.labels.items():
        merged = [(unit, worker, label if said == label else "*") for unit, worker, said in rows]
        assert alpha.value == pytest.approx(plain_alpha(merged))


@given(some_rows)
def test_a_pair_of_labels_is_what_it_would_be_without_the_others(
    rows: list[tuple[int, int, str]],
) -> None:
    last = {(unit, worker): label for unit, worker, label in rows}
    for pair in report(Votes.of_rows(rows)).pairs:
        both = [(*key, said) for key, said in last.items() if said in (pair.one, pair.other)]
        assert pair.alpha.value == pytest.approx(plain_alpha(both))


@given(some_rows)
def test_two_players_are_what_they_would_be_alone(rows: list[tuple[int, int, str]]) -> None:
    last = {(unit, worker): label for unit, worker, label in rows}
    for pair in report(Votes.of_rows(rows), players=True).players:
        both = [(*key, said) for key, said in last.items() if key[1] in (pair.one, pair.other)]
        assert pair.alpha.value == pytest.approx(plain_alpha(both))


@settings(max_examples=20)
@given(some_rows)
def test_tasks_are_taken_some_at_a_time(rows: list[tuple[int, int, str]]) -> None:
    whole = report(Votes.of_rows(rows)).as_dict()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(agreement, "_CHUNK", 2)
        assert report(Votes.of_rows(rows)).overall.value == pytest.approx(whole["overall"]["value"])


def test_dice_agree_on_nothing() -> None:
    dice = random.Random(3)
    rows = [(n, m, dice.choice("xxxy")) for n in range(2_000) for m in range(3)]
    overall = report(Votes.of_rows(rows)).overall
    assert overall.value == pytest.approx(0, abs=0.05)


def test_the_labels_that_are_confused_come_first() -> None:
    rows = [(n, m, "cancel" if (n + m) % 2 else "reschedule") for n in range(30) for m in range(2)]
    rows += [(n, m, "confirm" if n % 2 else "cancel") for n in range(30, 60) for m in range(2)]
    found = report(Votes.of_rows(rows), ["confirm", "cancel", "reschedule"])
    worst = found.pairs[0]
    assert (worst.one, worst.other, worst.apart) == ("cancel", "reschedule", 30)
    assert found.pairs[1].alpha.value == 1
    assert found.pairs[-1].alpha.value is None
    assert list(found.labels) == ["confirm", "cancel", "reschedule"]


def test_a_label_is_counted_by_its_own_answers() -> None:
    rows = [(n, m, "rare" if n == 0 else "usual") for n in range(50) for m in range(2)]
    rare = report(Votes.of_rows(rows)).labels["rare"]
    assert (rare.value, rare.tasks, rare.answers) == (1, 1, 2)


def test_where_it_is_undefined_it_says_why() -> None:
    alone = report(Votes.of_rows([("t1", "a", "yes"), ("t2", "b", "no")]))
    assert alone.overall.value is None
    assert alone.overall.words == "undefined: no task has two answers"
    assert alone.labels["yes"].words == "undefined: no task has yes and two answers"
    same = report(Votes.of_rows([("t1", "a", "yes"), ("t1", "b", "yes")]), ["yes", "no"])
    assert "all 2 answers are yes" in same.overall.words
    assert same.labels["no"].words == "undefined: no task has no and two answers"
    assert same.pairs == []


def test_nothing_said_is_nothing_agreed_on() -> None:
    found = report(Votes.of_rows([]), ["yes", "no"])
    assert found.overall.value is None
    assert [alpha.tasks for alpha in found.labels.values()] == [0, 0]
    assert report(Votes.of_rows([])).as_dict()["labels"] == {}


def test_it_can_be_kept_as_json() -> None:
    kept = report(votes_of(FOUR), players=True).as_dict()
    assert kept["overall"]["value"] == pytest.approx(0.743, abs=0.0005)
    assert {"one", "other", "apart", "value", "tasks", "answers", "words"} == set(kept["pairs"][0])
    assert len(kept["players"]) == 6
