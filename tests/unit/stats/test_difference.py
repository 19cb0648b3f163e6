"""The difference of two estimates from their limits, against the closed form for proportions."""

import pytest

from readback.stats import Estimate, mover_difference, newcombe_difference, wilson


def _proportion(x: int, n: int) -> Estimate:
    found = wilson(x, n)
    return Estimate.of(found.value, found.low, found.high, n=n)


@pytest.mark.parametrize(("x1", "n1", "x0", "n0"), [(56, 70, 48, 80), (9, 10, 3, 10), (10, 10, 0, 20)])
def test_with_wilson_limits_it_is_newcombes_method_10(x1: int, n1: int, x0: int, n0: int) -> None:
    found, expected = mover_difference(_proportion(x1, n1), _proportion(x0, n0)), newcombe_difference(x1, n1, x0, n0)
    assert (found.value, found.low, found.high) == pytest.approx(tuple(float(number) for number in expected))


def test_limit_that_is_not_reached_leaves_its_side_open() -> None:
    found = mover_difference(Estimate(30.0, 20.0, None, 9, 9), Estimate(10.0, 8.0, 13.0, 9, 9))
    assert found.low is not None
    assert found.low == pytest.approx(20 - (10**2 + 3**2) ** 0.5)
    assert found.high is None


def test_absent_value_gives_no_difference() -> None:
    assert mover_difference(Estimate(None, 5.0, None, 3, 3), Estimate(1.0, 0.5, 2.0, 3, 3)).value is None
