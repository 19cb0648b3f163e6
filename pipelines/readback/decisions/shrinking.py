"""What is believed of a difference once it is drawn towards none by how much such differences vary. Pure.

The largest of many differences is partly luck; what is left after shrinking is what may be acted on. Source:
statistics.md §5.3 (normal-normal empirical Bayes, expected loss).
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

MATERIAL = 0.01
"""A difference of outcomes that is worth a change of policy, as a fraction of runs."""

LEAST_CHANCE = 0.9
"""How sure it must be that a difference is material before a policy changes for it."""

PRIOR_SPREAD = 0.03
"""Standard deviation of such differences, where fewer than `LEAST_KNOWN` are there to learn it from."""

LEAST_KNOWN = 5


class Posterior(NamedTuple):
    """What is believed after shrinking: mean and standard deviation of a difference."""

    mean: float
    sd: float

    @property
    def chance(self) -> float:
        """Probability that the difference is at least material."""
        return _cdf((self.mean - MATERIAL) / self.sd)

    @property
    def loss(self) -> float:
        """Expected excess of outcomes if nothing is changed."""
        z = self.mean / self.sd
        return self.sd * math.exp(-z * z / 2) / math.sqrt(2 * math.pi) + self.mean * _cdf(z)


def shrunken(difference: float, error: float, spread: float) -> Posterior:
    """The difference drawn towards none; `error`, its standard error, is above zero.

    >>> round(shrunken(0.06, 0.03, 0.03).mean, 3)
    0.03
    """
    kept = spread**2 / (spread**2 + error**2)
    return Posterior(kept * difference, math.sqrt(kept) * error)


def spread_of(differences: Sequence[float], errors: Sequence[float]) -> float:
    """DerSimonian and Laird's moment estimate around no difference; `PRIOR_SPREAD` where too few are known."""
    if len(differences) < LEAST_KNOWN:
        return PRIOR_SPREAD
    weights = np.array(errors) ** -2.0
    excess = float(np.sum(weights * np.array(differences) ** 2)) - len(differences)
    return max(math.sqrt(max(excess / float(np.sum(weights)), 0.0)), PRIOR_SPREAD / 3)


def _cdf(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2))
