"""The interval of a share is Wilson's."""

import pytest

from classifier.intervals import wilson


def test_an_interval_is_wide_for_few_rows_and_never_leaves_0_to_1() -> None:
    assert wilson(9, 10) == pytest.approx([0.596, 0.982], abs=1e-3)  # Wilson's own formula
    assert wilson(0, 0) == [0.0, 1.0]
    for hits, of in ((0, 5), (5, 5), (0, 1000)):
        low, high = wilson(hits, of)
        assert 0.0 <= low <= hits / of <= high <= 1.0
    few, many = wilson(9, 10), wilson(900, 1000)
    assert few[1] - few[0] > 5 * (many[1] - many[0])
