"""Weekly counts at the mix of hours that their baseline had: more work at bad hours is no worse work.

Counts by block of the week in, counts as the detector takes them out. What blocks there are is decided elsewhere.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from readback.stats.estimate import Floats

_RARE = 0.05


class Standardized(NamedTuple):
    """Counts at the baseline's mix, and by how much more clustered they then have to count; (series, weeks)."""

    events: Floats
    inflation: Floats


def standardized(
    events: Floats,
    trials: Floats,
    block_events: Floats,
    block_trials: Floats,
    baseline: NDArray[np.bool_],
    cluster_size: Floats,
) -> Standardized:
    """Scale each week's events by what its mix of blocks lets expect: x · p / (Σ n_k p_k / n), p_k of the baseline.

    The rarer of outcome and its opposite is scaled, so that no count leaves its range. Weeks of the baseline stay as
    they are, as do weeks and baselines without counts by block.

    Two things change beside the mean. A rate r of the week scaled to p has p(1 − r)/(r(1 − p)) times the variance of
    rows at p. And p_k is known from the baseline only: at the mix m instead of π, its rate has the variance of a
    baseline 1 + χ² times as small, with χ² = Σ (m_k − π_k)²/π_k. A week counts for as much less, except for the χ²
    that chance stays below in 19 of 20 weeks. A block that the baseline hardly had makes its week worth next to
    nothing.

    Args:
        events: Rows with the outcome; shape (series, weeks).
        trials: Rows; same shape.
        block_events: The same by block; shape (series, weeks, blocks).
        block_trials: Likewise.
        baseline: Weeks that feed the baseline; shape (series, weeks).
        cluster_size: Rows that go into one block together, Σn_c²/Σn_c of the week's clusters; shape (series, weeks).

    Source: indirect standardization, Breslow & Day 1987, Statistical Methods in Cancer Research II, chapter 2.
    """
    from scipy.special import chdtri

    base_n, base_x = (np.einsum("swk,sw->sk", part, baseline) for part in (block_trials, block_events))
    whole = base_n.sum(axis=1, keepdims=True)
    usual = _ratio(base_x.sum(axis=1, keepdims=True), whole)
    is_flipped = usual > 0.5
    rate = np.where(is_flipped, base_n - base_x, base_x) + np.where(is_flipped, 1 - usual, usual)
    rate = rate / (base_n + 1)
    share = (base_n + 1) / (whole + base_n.shape[1])
    week_n = block_trials.sum(axis=2)
    mix = np.where(week_n[..., None] > 0, _ratio(block_trials, week_n[..., None]), share[:, None, :])
    expected, standard = np.einsum("swk,sk->sw", mix, rate), (share * rate).sum(axis=1, keepdims=True)
    distance = ((mix - share[:, None, :]) ** 2 / share[:, None, :]).sum(axis=2)
    by_chance = chdtri(base_n.shape[1] - 1, _RARE) * _ratio(cluster_size, week_n)
    is_changed = ~baseline & (whole > 0) & (week_n > 0) & (expected > 0)
    factor = np.where(is_changed, _ratio(np.broadcast_to(standard, expected.shape), expected), 1.0)
    variance = factor * (1 - expected) / (1 - standard)
    inflation = np.where(is_changed, variance * (1 + np.maximum(distance - by_chance, 0.0)), 1.0)
    rarer = np.minimum(np.where(is_flipped, trials - events, events) * factor, trials)
    return Standardized(np.where(is_flipped, trials - rarer, rarer), inflation)


def _ratio(part: Floats, whole: Floats) -> Floats:
    shape = np.broadcast_shapes(part.shape, whole.shape)
    return np.divide(part, whole, out=np.zeros(shape), where=np.broadcast_to(whole > 0, shape))
