"""Statistics: arrays in, an estimate with its interval out. Knows nothing of readback.

Sufficient statistics come from SQL; nothing here reads rows, files, clocks or settings.
"""

from readback.stats.burn import Burn, burn, burn_factor, burn_rate
from readback.stats.clusters import (
    DEFAULT_ICC,
    ClusterSums,
    clustered_rate,
    design_effect,
    effective_n,
    icc_upper_limit,
    interval_icc,
    pooled_icc,
)
from readback.stats.competing import Incidence, cumulative_incidence, incidence_within
from readback.stats.detector import (
    Detection,
    Thresholds,
    Tier,
    detect,
    detectable_change,
    estimate_onset,
    window_evidence,
)
from readback.stats.detector import thresholds as detection_thresholds
from readback.stats.difference import (
    PairedDifference,
    miettinen_nurminen_difference,
    mover_difference,
    newcombe_difference,
    paired_difference,
)
from readback.stats.effect import AdjustedDifference, Clusters, Strata, mantel_haenszel_difference
from readback.stats.estimate import Estimate, Intervals, finite
from readback.stats.heterogeneity import Heterogeneity, cochran_q
from readback.stats.means import AdjustedMean, Comparison, stratified_mean_difference, stratified_mean_differences
from readback.stats.mix import Standardized, standardized
from readback.stats.multiplicity import benjamini_hochberg, e_benjamini_hochberg
from readback.stats.odds import CommonOdds, mantel_haenszel_odds, odds_heterogeneity
from readback.stats.panel import LogRanks, Panel, RestrictedMeans, log_ranks, panel
from readback.stats.panel import quantiles as panel_quantiles
from readback.stats.panel import restricted_means as panel_restricted_means
from readback.stats.panel import shares_ended as panel_shares_ended
from readback.stats.proportion import clopper_pearson, poisson_rate, wilson
from readback.stats.ratio import cluster_bootstrap, cluster_bootstraps, clustered_ratio
from readback.stats.sensitivity import e_value, minimum_detectable_difference, unseen_bounds, unseen_difference_bounds
from readback.stats.sequence import confidence_sequence, normal_mixture_bound, two_stream_evidence
from readback.stats.sketch import ZERO_BUCKET, bucket, bucket_value
from readback.stats.sketch import quantile as sketch_quantile
from readback.stats.survival import (
    Curve,
    LogRank,
    RestrictedMean,
    kaplan_meier,
    log_rank,
    rmst,
    rmst_difference,
    share_within,
)
from readback.stats.survival import median as survival_median
from readback.stats.survival import quantile as survival_quantile
from readback.stats.weekly_counts import MINIMUM_DESIGN_EFFECT, WeeklyCounts

__all__ = [
    "AdjustedDifference",
    "AdjustedMean",
    "Burn",
    "ClusterSums",
    "Clusters",
    "CommonOdds",
    "Comparison",
    "Curve",
    "DEFAULT_ICC",
    "Detection",
    "Estimate",
    "Heterogeneity",
    "Incidence",
    "Intervals",
    "LogRank",
    "LogRanks",
    "MINIMUM_DESIGN_EFFECT",
    "PairedDifference",
    "Panel",
    "RestrictedMean",
    "RestrictedMeans",
    "Standardized",
    "Strata",
    "Thresholds",
    "Tier",
    "WeeklyCounts",
    "ZERO_BUCKET",
    "benjamini_hochberg",
    "bucket",
    "bucket_value",
    "burn",
    "burn_factor",
    "burn_rate",
    "clopper_pearson",
    "cluster_bootstrap",
    "cluster_bootstraps",
    "clustered_rate",
    "clustered_ratio",
    "cochran_q",
    "confidence_sequence",
    "cumulative_incidence",
    "design_effect",
    "detect",
    "detectable_change",
    "detection_thresholds",
    "e_benjamini_hochberg",
    "e_value",
    "effective_n",
    "estimate_onset",
    "finite",
    "icc_upper_limit",
    "interval_icc",
    "incidence_within",
    "kaplan_meier",
    "log_rank",
    "log_ranks",
    "mantel_haenszel_difference",
    "mantel_haenszel_odds",
    "miettinen_nurminen_difference",
    "minimum_detectable_difference",
    "mover_difference",
    "newcombe_difference",
    "normal_mixture_bound",
    "odds_heterogeneity",
    "paired_difference",
    "panel",
    "panel_quantiles",
    "panel_restricted_means",
    "panel_shares_ended",
    "poisson_rate",
    "pooled_icc",
    "rmst",
    "rmst_difference",
    "share_within",
    "sketch_quantile",
    "standardized",
    "stratified_mean_difference",
    "stratified_mean_differences",
    "survival_median",
    "survival_quantile",
    "two_stream_evidence",
    "unseen_bounds",
    "unseen_difference_bounds",
    "wilson",
    "window_evidence",
]
