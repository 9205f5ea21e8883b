"""Labels that rise all at once are held for a reviewer."""

from labelgame.upkeep.shifts import risen

USUAL = {"confirm": 120, "cancel": 60, "opt_out": 20}


def test_a_label_that_is_suddenly_everywhere_has_risen() -> None:
    assert risen(USUAL, {"confirm": 20, "opt_out": 40}) == {"opt_out"}


def test_the_usual_mix_has_not() -> None:
    assert risen(USUAL, {"confirm": 36, "cancel": 18, "opt_out": 6}) == frozenset()


def test_a_rare_label_on_a_rare_day_has_not() -> None:
    assert risen({**USUAL, "wrong_number": 2}, {"confirm": 52, "wrong_number": 8}) == frozenset()


def test_too_few_settlements_say_nothing() -> None:
    assert risen({"confirm": 199}, {"opt_out": 60}) == frozenset()
    assert risen(USUAL, {"opt_out": 59}) == frozenset()
