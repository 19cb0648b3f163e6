"""What every statistic returns: a value with its interval, and what it rests on.

Shapes only. How a value or an interval is computed belongs to the other modules.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple, Self, SupportsFloat

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Intervals(NamedTuple):
    """Many estimates at once: three arrays of one shape, unpackable as `value, low, high`.

    A value that cannot be computed is nan; its limits are then the widest possible ones.
    """

    value: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True)
class Estimate:
    """One number with its interval.

    Attributes:
        value: The estimate; None when the rows cannot give one (no rows, or "not reached").
        low: Lower confidence limit; None when the rows set none.
        high: Upper confidence limit; None when the rows set none.
        n: Rows the estimate was computed from; 0 when there were none.
        effective_n: Size of the independent sample that would be as informative: rows over the
            design effect for rates, observed events for survival. None when it is unknown.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    effective_n: float | None

    @classmethod
    def of(
        cls,
        value: SupportsFloat,
        low: SupportsFloat,
        high: SupportsFloat,
        *,
        n: int,
        effective_n: SupportsFloat | None = None,
    ) -> Self:
        """Build an estimate from computed numbers; nan and infinities become None.

        >>> Estimate.of(0.5, float("nan"), float("inf"), n=3)
        Estimate(value=0.5, low=None, high=None, n=3, effective_n=None)
        """
        effective = None if effective_n is None else finite(effective_n)
        return cls(finite(value), finite(low), finite(high), n, effective)


def finite(number: SupportsFloat) -> float | None:
    """Return the number as a float, or None when it is nan or infinite."""
    plain = float(number)
    return plain if math.isfinite(plain) else None
