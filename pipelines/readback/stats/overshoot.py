"""By how much evidence passes its threshold when it does, and what may be made of that without more false alarms.

A bound such as P(evidence ≥ c) ≤ 1/c is met exactly only by evidence that stops right at c. Evidence that comes a week
at a time leaps over it, by much where a week tells much; then fewer false alarms are raised than are allowed.
"""

from __future__ import annotations

import numpy as np

from readback.stats.estimate import Floats

_LEAST = 1e-6


def overshoot(information: Floats) -> Floats:
    """Share of the allowed false alarms that evidence raises which gains `information` a look under a change.

    Args:
        information: Expected gain of the log likelihood ratio per look, in nats.

    Returns:
        Near 1 where a look tells nothing, towards 0 where one look is enough. Source: Siegmund 1985, in the closed
        form of Siegmund & Yakir 2007.

    >>> overshoot(np.array([0.0, 0.5, 4.0])).round(2).tolist()
    [1.0, 0.55, 0.21]
    """
    from scipy.special import ndtr

    drift = np.maximum(np.sqrt(2 * information), _LEAST)
    below = ndtr(drift / 2)
    density = np.exp(-(drift**2) / 8) / np.sqrt(2 * np.pi)
    return np.asarray((2 / drift) * (below - 0.5) / (drift / 2 * below + density), dtype=np.float64)


def skew_allowance(rate: Floats, raised: Floats, inflation: Floats, threshold: float) -> Floats:
    """Factor on evidence for what clusters do to its tail beyond its variance.

    Counts over their design effect have the variance of fewer rows, but up to 2 − 1/`inflation` times their third
    cumulant (beta-binomial clusters). Under no change that multiplies the evidence of a run long enough to reach the
    threshold by exp(ln c · (1 − 1/deff)(1 − 2p)θ/3), θ the shift on the scale of log odds; this is its inverse.
    """
    odds = np.log(raised / (1 - raised)) - np.log(rate / (1 - rate))
    skew = (1 - 1 / inflation) * np.maximum(1 - 2 * rate, 0.0)
    return np.asarray(np.exp(-np.log(threshold) * skew * odds / 3), dtype=np.float64)


def information_of(rate: Floats, raised: Floats) -> Floats:
    """What one row tells for `raised` against `rate` where `raised` is true, in nats (Kullback & Leibler 1951).

    >>> round(float(information_of(np.array(0.10), np.array(0.15))), 4)
    0.0122
    """
    rest, fallen = 1 - rate, 1 - raised
    return np.asarray(raised * np.log(raised / rate) + fallen * np.log(fallen / rest), dtype=np.float64)
