"""Many questions at once: which findings to list so that few of those listed are false.

Takes p-values or e-values of one family and says which to list. What a family is, the caller decides.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from readback.stats.estimate import Floats


def benjamini_hochberg(p_values: ArrayLike, rate: float = 0.05, *, any_dependence: bool = False) -> NDArray[np.bool_]:
    """Tell which p-values to list so that the expected share of false ones is at most `rate`.

    Holds for independent or positively dependent p-values; with `any_dependence` for all
    (Benjamini & Yekutieli 2001). For lists that are made once, never for alarms. nan is never listed.

    Raises:
        ValueError: A p-value lies outside [0, 1], or `rate` outside (0, 1).

    Source: Benjamini & Hochberg 1995.

    >>> benjamini_hochberg([0.01, 0.04, 0.03, 0.9]).tolist()
    [True, False, False, False]
    """
    p = _family(p_values, rate)
    if bool(np.any((p < 0) | (p > 1))):
        raise ValueError("every p-value must lie in [0, 1]")
    count = p.size
    ranks = np.arange(1, count + 1)
    penalty = float(np.sum(1 / ranks)) if any_dependence else 1.0
    ordered = np.sort(np.nan_to_num(p, nan=np.inf))
    return _listed(p, ordered, ordered <= ranks * rate / (count * penalty), largest=False)


def e_benjamini_hochberg(e_values: ArrayLike, rate: float = 0.05) -> NDArray[np.bool_]:
    """Tell which e-values to list; the share of false ones holds under any dependence.

    Workflows share outages, so this is what the monthly list of regressions is made with. nan is
    never listed.

    Raises:
        ValueError: An e-value is negative, or `rate` lies outside (0, 1).

    Source: Wang & Ramdas 2022.

    >>> e_benjamini_hochberg([90.0, 45.0, 10.0, 0.2]).tolist()
    [True, True, False, False]
    """
    e = _family(e_values, rate)
    if bool(np.any(e < 0)):
        raise ValueError("no e-value may be negative")
    ordered = np.sort(np.nan_to_num(e, nan=-np.inf, posinf=np.inf))[::-1]
    ranks = np.arange(1, e.size + 1)
    return _listed(e, ordered, ranks * ordered >= e.size / rate, largest=True)


def _family(values: ArrayLike, rate: float) -> Floats:
    if not 0.0 < rate < 1.0:
        raise ValueError(f"rate must lie strictly between 0 and 1, not {rate}")
    return np.atleast_1d(np.asarray(values, dtype=np.float64))


def _listed(values: Floats, ordered: Floats, passes: NDArray[np.bool_], *, largest: bool) -> NDArray[np.bool_]:
    """List everything up to the last rank that passes."""
    if not passes.any():
        return np.zeros(values.shape, dtype=np.bool_)
    limit = ordered[np.flatnonzero(passes)[-1]]
    return np.asarray(values >= limit if largest else values <= limit, dtype=np.bool_)
