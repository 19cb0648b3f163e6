"""Whether several estimates tell of one effect or of several."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from readback.stats.estimate import finite


@dataclass(frozen=True)
class Heterogeneity:
    """A test of equal effects.

    Attributes:
        statistic: χ² statistic; None where there is nothing to compare.
        degrees: Degrees of freedom: estimates compared, less one.
        p_value: Chance of as much spread from one effect; None with the statistic.
        inconsistency: I², share of the spread that chance does not explain; None likewise.
    """

    statistic: float | None
    degrees: int
    p_value: float | None
    inconsistency: float | None

    @classmethod
    def of(cls, statistic: float | None, degrees: int) -> Self:
        """Judge a statistic against its degrees of freedom."""
        from scipy.special import chdtrc

        if statistic is None or degrees < 1:
            return cls(None, max(degrees, 0), None, None)
        beyond = max(statistic - degrees, 0.0) / statistic if statistic > 0 else 0.0
        return cls(statistic, degrees, finite(chdtrc(degrees, statistic)), beyond)


def cochran_q(estimates: ArrayLike, standard_errors: ArrayLike) -> Heterogeneity:
    """Compare independent estimates of one effect, such as the differences of several workflows.

    Estimates without a positive, finite error are left out.

    Raises:
        ValueError: Lengths differ.

    Source: Cochran 1954; I² Higgins & Thompson 2002.

    >>> found = cochran_q([0.1, 0.3], [0.05, 0.05])
    >>> round(found.statistic, 2), found.degrees
    (8.0, 1)
    """
    values, errors = np.asarray(estimates, dtype=np.float64), np.asarray(standard_errors, dtype=np.float64)
    if values.ndim != 1 or values.shape != errors.shape:
        raise ValueError("estimates and standard errors must be one-dimensional and of one length")
    kept = np.isfinite(values) & np.isfinite(errors) & (errors > 0)
    values, weights = values[kept], 1 / errors[kept] ** 2
    if values.size < 2:
        return Heterogeneity.of(None, 0)
    common = np.sum(weights * values) / np.sum(weights)
    return Heterogeneity.of(float(np.sum(weights * (values - common) ** 2)), values.size - 1)
