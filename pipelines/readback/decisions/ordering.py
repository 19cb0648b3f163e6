"""Which recommendation to look at first: what may do harm now, then what fails, what wastes, what is unseen. Pure."""

from collections.abc import Iterable

from readback.contracts import Recommendation
from readback.contracts.vocabulary import Confidence

ORDER = (
    "guard_risk", "split_drafting", "approve_or_stop_substitute", "demote_substitute", "reorder_substitutes",
    "chronic_fallback", "add_substitute", "define_trigger", "lengthen_cooldown", "lower_latency_trigger",
    "stop_retrying", "retry_first", "shorten_cooldown", "diversify_failure_domain", "raise_cost_ceiling", "mark_output",
    "name_workflow", "raise_latency_trigger", "lower_cost_ceiling", "run_trial",
)  # fmt: skip
"""Every kind of the catalogue, the one that asks for a decision soonest first."""

_CONFIDENCE = list(Confidence)


def in_order(found: Iterable[Recommendation]) -> list[Recommendation]:
    """The recommendations with their priority, from 1: confidence first, then the kind, then the size of the effect."""
    ranked = sorted(found, key=_rank)
    return [each.model_copy(update={"priority": n}) for n, each in enumerate(ranked, start=1)]


def _rank(each: Recommendation) -> tuple[int, int, float, str]:
    size = -abs(each.estimate or 0.0)
    return _CONFIDENCE.index(each.confidence), ORDER.index(each.kind), size, each.recommendation_id
