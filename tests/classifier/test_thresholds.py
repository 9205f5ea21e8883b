"""From which confidence on a label may be acted upon: what a mistake costs, and what was seen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.thresholds import PERSONS_LOOK, Judged, chosen_thresholds


def of(label: str, *judged: tuple[float, bool]) -> list[Judged]:
    return [Judged(label, confidence, right) for confidence, right in judged]


def test_where_nothing_speaks_against_it_the_costs_decide() -> None:
    judged = of("cancel", *[(0.999, True)] * 50) + of("confirm", *[(0.999, True)] * 50)
    assert chosen_thresholds(judged, {"cancel": 60.0, "confirm": 25.0}) == {
        "cancel": pytest.approx(1 - 1 / 60),
        "confirm": pytest.approx(1 - 1 / 25),
    }


def test_a_label_that_is_wrong_where_it_is_sure_is_asked_for_more() -> None:
    judged = of("cancel", (0.99, False), *[(0.985, True)] * 5, *[(0.995, True)] * 30)
    [threshold] = chosen_thresholds(judged, {"cancel": 60.0}).values()
    assert 0.99 < threshold < 0.995


def test_one_mistake_among_very_many_looks_saved_is_worth_it() -> None:
    judged = of("cancel", (0.99, False), *[(0.985, True)] * 500)
    assert chosen_thresholds(judged, {"cancel": 60.0})["cancel"] == pytest.approx(1 - 1 / 60)


def test_what_costs_no_more_than_a_look_is_always_acted_upon() -> None:
    assert chosen_thresholds(of("other", (0.3, False)), {"other": PERSONS_LOOK}) == {"other": 0.0}


@given(
    st.lists(st.tuples(st.integers(0, 1000).map(lambda n: n / 1000), st.booleans()), max_size=40),
    st.floats(PERSONS_LOOK, 1000),
)
def test_no_threshold_costs_less_on_what_was_seen(
    seen: list[tuple[float, bool]], mistake: float
) -> None:
    judged = of("x", *seen)
    chosen = chosen_thresholds(judged, {"x": mistake})["x"]
    honest = max(0.0, 1 - PERSONS_LOOK / mistake)
    assert chosen >= honest or mistake <= PERSONS_LOOK

    def cost(threshold: float) -> float:
        acted = [one for one in judged if one.confidence >= threshold]
        wrong = sum(not one.right for one in acted)
        return wrong * mistake + (len(judged) - len(acted)) * PERSONS_LOOK

    if mistake > PERSONS_LOOK:
        tried = [honest, *(one.confidence for one in judged if one.confidence > honest + 2e-4)]
        assert cost(chosen) <= min(map(cost, tried)) + 1e-6
