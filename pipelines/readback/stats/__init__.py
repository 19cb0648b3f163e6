"""Statistics: arrays in, an estimate with its interval out. Knows nothing of readback.

Sufficient statistics come from SQL; nothing here reads rows, files, clocks or settings.
"""

from readback.stats.difference import mover_difference
from readback.stats.effect import (
    AdjustedDifference,
    Clusters,
    Strata,
    e_value,
    mantel_haenszel_difference,
    minimum_detectable_difference,
)
from readback.stats.estimate import Estimate, Intervals
from readback.stats.proportion import (
    DEFAULT_ICC,
    ClusterSums,
    clopper_pearson,
    design_effect,
    effective_n,
    miettinen_nurminen_difference,
    newcombe_difference,
    poisson_rate,
    pooled_icc,
    wilson,
)
from readback.stats.sketch import ZERO_BUCKET, bucket, bucket_value
from readback.stats.sketch import quantile as sketch_quantile
from readback.stats.survival import (
    Curve,
    LogRank,
    RestrictedMean,
    kaplan_meier,
    log_rank,
    rmst,
    share_within,
)
from readback.stats.survival import median as survival_median
from readback.stats.survival import quantile as survival_quantile

__all__ = [
    "DEFAULT_ICC",
    "ZERO_BUCKET",
    "AdjustedDifference",
    "ClusterSums",
    "Clusters",
    "Curve",
    "Estimate",
    "Intervals",
    "LogRank",
    "RestrictedMean",
    "Strata",
    "bucket",
    "bucket_value",
    "clopper_pearson",
    "design_effect",
    "e_value",
    "effective_n",
    "kaplan_meier",
    "log_rank",
    "mantel_haenszel_difference",
    "miettinen_nurminen_difference",
    "minimum_detectable_difference",
    "mover_difference",
    "newcombe_difference",
    "poisson_rate",
    "pooled_icc",
    "rmst",
    "share_within",
    "sketch_quantile",
    "survival_median",
    "survival_quantile",
    "wilson",
]
