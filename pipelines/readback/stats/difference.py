"""The difference of two estimates of any kind, from their own limits alone."""

from __future__ import annotations

import math

from readback.stats.estimate import Estimate


def mover_difference(first: Estimate, second: Estimate) -> Estimate:
    """First minus second of two independent estimates: the method of variance estimates recovery.

    Args:
        first: Estimate in any unit.
        second: Estimate in the same unit, at the same level.

    Returns:
        The difference in that unit. Value None where either value is; a limit None where one that it needs is not
        reached. With Wilson limits this is Newcombe's method 10.

    Source: Zou & Donner 2008 (Construction of confidence limits about effect measures); Newcombe 1998.

    >>> found = mover_difference(Estimate(0.8, 0.6926, 0.8772, 70, 70), Estimate(0.6, 0.4905, 0.7000, 80, 80))
    >>> [round(float(number or 0), 3) for number in (found.value, found.low, found.high)]
    [0.2, 0.053, 0.334]
    """
    n = min(first.n, second.n)
    if first.value is None or second.value is None:
        return Estimate(None, None, None, n, None)
    difference = first.value - second.value
    below, above = _reach(first), _reach(second)
    low = None if below[0] is None or above[1] is None else difference - math.hypot(below[0], above[1])
    high = None if below[1] is None or above[0] is None else difference + math.hypot(below[1], above[0])
    return Estimate(difference, low, high, n, None)


def _reach(estimate: Estimate) -> tuple[float | None, float | None]:
    """How far the limits lie below and above the value."""
    if estimate.value is None:
        return None, None
    below = None if estimate.low is None else estimate.value - estimate.low
    return below, None if estimate.high is None else estimate.high - estimate.value
