"""Where points and bars go: the picture must say what the numbers say."""

import pytest

from classifier import charts

QUESTION = {
    "macro_f1": 0.8,
    "macro_f1_interval": [0.75, 0.84],
    "reliability": [
        {"from": 0.5, "to": 0.6, "rows": 25, "confidence": 0.5, "right": 0.4},
        {"from": 0.9, "to": 1.0, "rows": 100, "confidence": 1.0, "right": 1.0},
    ],
    "labels": {
        "confirm": {
            "precision": 0.9, "recall": 0.8, "f1": 0.85, "support": 40,
            "precision_interval": [0.8, 0.95], "recall_interval": [0.7, 0.9],
        }
    },
    "confusion": {"confirm": {"confirm": 30, "cancel": 10}, "cancel": {"confirm": 0, "cancel": 0}},
}  # fmt: skip


def test_a_perfectly_calibrated_dot_lies_on_the_diagonal() -> None:
    chart = charts.reliability(QUESTION, "tone")
    assert chart is not None
    assert chart.ideal is not None
    low, sure = chart.lines[0].points
    assert (sure.x, sure.y) == (chart.ideal.points[1].x, chart.ideal.points[1].y)
    assert low.x == pytest.approx((chart.left + chart.right) / 2)
    assert low.size < sure.size
    assert "100 readings" in sure.about
    assert "about the tone" in chart.title


def test_the_mark_stands_where_the_thresholds_put_it() -> None:
    report = {
        "curve": [[0.5, 0.0], [1.0, 0.2]],
        "decided": {"share": 1.0, "right": 0.8},
    }
    chart = charts.decided_curve(report)
    assert chart is not None
    assert chart.mark is not None
    end = chart.lines[0].points[-1]
    assert (chart.mark.x, chart.mark.y) == pytest.approx((end.x, end.y))
    assert all(chart.top <= point.y <= chart.floor for point in chart.lines[0].points)


@pytest.mark.parametrize("decided", [None, {"share": 0.0, "right": None}])
def test_without_decisions_there_is_no_mark(decided: object) -> None:
    chart = charts.decided_curve({"curve": [[1.0, 0.0]], "decided": decided})
    assert chart is not None
    assert chart.mark is None


def test_what_a_report_does_not_have_is_left_out() -> None:
    assert charts.reliability({}, "tone") is None
    assert charts.decided_curve({}) is None
    assert charts.learning({"learning_curve": None}) == []
    assert charts.slices({}, "variety") == []
    assert charts.confusion({}) == []


def test_the_heat_of_a_cell_is_its_share_of_the_true_label() -> None:
    (_, cells), (_, empty) = charts.confusion(QUESTION)
    assert [(cell.heat, cell.is_right) for cell in cells] == [(7, True), (2, False)]
    assert [cell.heat for cell in empty] == [0, 0]


def test_bars_carry_their_interval() -> None:
    [label] = charts.labels(QUESTION)
    assert (label.name, label.rows, label.f1) == ("confirm", 40, 0.85)
    precision = label.precision
    assert (precision.value, precision.low, precision.spread) == pytest.approx((90, 80, 15))
    assert label.recall.value == pytest.approx(80)
    assert label.f1_interval is None  # a report from before there was one


def test_from_everyday_english_to_the_worst_variety_with_intervals_and_rows() -> None:
    part = {"rows": 60, "accuracy": 0.9, "interval": [0.8, 0.95]}
    gap = part | {"variety": "northern_english", "rows": 6, "plain": 0.99}
    gap |= {"plain_rows": 100, "plain_interval": [0.95, 1.0], "pooled": {"dialects": part}}
    bars = charts.from_plain_to_worst({"gap": gap})
    assert [(bar.name, bar.rows) for bar in bars] == [
        ("everyday English", 100), ("all dialects of English", 60),
        ("the worst of them, northern english", 6),
    ]  # fmt: skip
    assert (bars[1].low, bars[1].high) == pytest.approx((80, 95))


@pytest.mark.parametrize("gap", [None, {"variety": "aae", "accuracy": 0.7, "plain": 0.9}])
def test_reports_that_pooled_nothing_draw_no_bars_of_it(gap: object) -> None:
    assert charts.from_plain_to_worst({"gap": gap}) == []


def test_the_best_reader_stands_first_and_ours_is_marked() -> None:
    report = {
        "primary": "intent",
        "questions": {"intent": QUESTION},
        "compared": {"rules": {"intent": {"macro_f1": 0.3}}, "old": {"intent": {"macro_f1": 0.9}}},
    }
    bars = charts.compared(report)
    assert [(bar.name, bar.is_ours) for bar in bars] == [
        ("old", False), ("this version", True), ("rules", False),
    ]  # fmt: skip


def test_the_worst_slice_stands_first() -> None:
    part = {"rows": 10, "interval": [0.1, 0.9]}
    slices = {"slice": {"two_intents": part | {"accuracy": 0.9}, "typo": part | {"accuracy": 0.5}}}
    bars = charts.slices({"slices": slices}, "slice")
    assert [bar.name for bar in bars] == ["typo", "two intents"]


def test_a_trend_that_still_rises_says_so() -> None:
    points = [
        {"rows": 100, "f1": {"confirm": 0.5, "cancel": 0.8}},
        {"rows": 200, "f1": {"confirm": 0.7, "cancel": 0.8}},
    ]
    curve = {"points": points, "rising": ["confirm"]}
    confirm, cancel = charts.learning({"learning_curve": curve})
    assert confirm.still_rises
    assert not cancel.still_rises
    assert confirm.end.y < confirm.line.points[0].y  # upward on a page is a smaller y
    assert confirm.steps == ((100, 0.5), (200, 0.7))
