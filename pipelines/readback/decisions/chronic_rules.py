"""The recommendation about a workflow that lives on its substitute: mend it, or change what is preferred. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from readback.contracts import Recommendation
from readback.contracts.vocabulary import CauseFamily, Confidence, EvidenceClass
from readback.decisions.effects import OUTCOMES, Effect, Effects, change, percent
from readback.decisions.evidence import WINDOW_DAYS, as_json, digest, pasted, window
from readback.decisions.shares import share, sizes
from readback.stats import ClusterSums, Estimate, poisson_rate

CHRONIC_SHARE = 0.10
LEAST_DAYS = 10
FAMILY_SHARE = 0.60
LEAST_RATIO = 1.5
"""Own fallbacks over those expected from other workflows of the same model: above this, not the provider alone."""

MOST_HARM = 0.01
"""A substitute is no worse where the upper limit of every outcome that can be compared stays below this."""

OWN_SHARE = 0.8
"""What a class prefers follows from one workflow only where that makes this share of its requests."""

REMEDIES = {
    CauseFamily.PROVIDER: "Ask for more rate limit or another region for {preferred}, or raise its latency trigger",
    CauseFamily.ADMIN: "Have the admin switch {preferred} on again, or mend its credentials",
    CauseFamily.COST: "Raise the cost ceiling or the gateway's limit, or shorten what the workflow sends",
    CauseFamily.QUALITY: "Look at the confidence threshold and the prompts that fall below it",
    CauseFamily.REQUEST: "Shorten what the workflow sends, or prefer a model that takes it",
}


@dataclass(frozen=True)
class WorkflowUse:
    """A row of `chronic_fallbacks`; n2, n3, x2, xn are sums over the hours of the workflow."""

    workflow: str
    request_count: int
    fallback_count: int
    n2: float
    n3: float
    x2: float
    xn: float
    day_count: int
    episode_count: int | None
    expected_count: float | None
    comparable_count: int | None
    family: str
    family_count: int
    preferred_model: str | None
    served_model: str | None
    served_count: int
    policy_id: str | None
    workflow_class: str | None
    policy_version: int | None
    risk: str | None
    class_path: str | None
    class_request_count: int | None = None
    is_approved: bool | None = None

    @property
    def sums(self) -> ClusterSums:
        """Of its hours."""
        return ClusterSums(self.request_count, self.n2, self.n3, self.fallback_count, self.x2, self.xn)

    @property
    def lowest_ratio(self) -> float | None:
        """Lower limit of observed over expected; None without company on the same model at the same hours."""
        if self.expected_count is None or self.comparable_count is None:
            return None
        if self.expected_count == 0:
            return float("inf") if self.comparable_count else None
        return float(poisson_rate(self.comparable_count, self.expected_count).low)


def chronic_fallback(uses: Sequence[WorkflowUse], effects: Effects, as_of: datetime) -> Iterator[Recommendation]:
    """A workflow that falls back on many days, mostly for one reason, and more than its company does.

    The substitute is promoted where it is approved and the evidence says that it is no worse; else the owner is to mend
    what pushes the workflow off.

    Source: statistics.md §5.4; the share's interval is Wilson's on the effective n of hours.
    """
    for use, found in zip(uses, shares(uses), strict=True):
        if is_chronic(use, found):
            yield _recommendation(use, found, no_worse(use, effects), as_of)


def no_worse(use: WorkflowUse, effects: Effects) -> list[Effect]:
    """The comparisons that let the substitute be preferred; none where one may say worse, or nobody approved it."""
    is_own = use.request_count >= OWN_SHARE * (use.class_request_count or float("inf"))
    if not use.is_approved or not is_own or use.workflow_class is None or use.served_model is None:
        return []
    known = list(effects.of_class(use.workflow_class, use.served_model))
    return known if all(effect.high is not None and effect.high < MOST_HARM for effect in known) else []


def shares(uses: Sequence[WorkflowUse]) -> list[Estimate]:
    """Fallback share of each workflow, with the intraclass correlation of hours pooled over all of them."""
    return [_share(use, size) for use, size in zip(uses, sizes([use.sums for use in uses]), strict=True)]


def is_chronic(use: WorkflowUse, share: Estimate) -> bool:
    """All of §5.4: the lower limit, the days, one cause family, and not explained by the provider."""
    ratio = use.lowest_ratio
    return (
        share.low is not None
        and share.low > CHRONIC_SHARE
        and use.day_count >= LEAST_DAYS
        and use.family in REMEDIES
        and use.family_count >= FAMILY_SHARE * use.fallback_count
        and (ratio is None or ratio > LEAST_RATIO)
    )


def _share(use: WorkflowUse, size: float) -> Estimate:
    value, low, high = share(use.fallback_count, use.request_count, size)
    return Estimate.of(value, low, high, n=use.request_count, effective_n=size)


def _recommendation(use: WorkflowUse, share: Estimate, alike: list[Effect], as_of: datetime) -> Recommendation:
    value, low, high = (limit or 0.0 for limit in (share.value, share.low, share.high))
    scope = ("chronic_fallback", use.policy_id, use.workflow, use.family)
    return Recommendation(
        recommendation_id=digest(*scope, *(["promote", use.served_model] if alike else [])),
        kind="chronic_fallback",
        workflow_class=use.workflow_class,
        workflow=use.workflow,
        title=f"{use.workflow} lives on its substitute: {percent(value)} fallback",
        change=_promotion(use, alike) if alike else _change(use),
        policy_path=f"{use.class_path}.preferred" if use.class_path else None,
        expected_effect=(
            f"Up to {percent(value)} of its requests (95% CI {percent(low)} to {percent(high)}, "
            f"{use.fallback_count:,} of {use.request_count:,} in {use.episode_count or 0:,} episodes on "
            f"{use.day_count} of {WINDOW_DAYS} days, class R) would be served as preferred. {_company(use)}"
        ),
        estimate=-value,
        low=-high,
        high=-low,
        evidence_class=EvidenceClass.REPLAY,
        confidence=Confidence.HIGH if use.lowest_ratio is not None else Confidence.LOW,
        falsifier=(
            f"The next {WINDOW_DAYS} days show a lower limit below {percent(CHRONIC_SHARE)} with nothing changed, "
            f"or other workflows of {use.preferred_model} fall back as often in the same hours."
        ),
        evidence=as_json(_facts(use, share, alike, as_of)),
        evidence_sql=pasted("chronic_fallbacks", {"workflow": use.workflow} | window(as_of)),
        as_of=as_of,
        policy_id=use.policy_id,
        policy_version=use.policy_version,
        measure="fallback_share",
        n_requests=use.request_count,
        n_episodes=use.episode_count,
        guards_passed=["not the provider alone"] if use.lowest_ratio is not None else [],
        guards_failed=[] if use.lowest_ratio is not None else ["other workflows at the same hours"],
    )


def _remedy(use: WorkflowUse) -> str:
    return REMEDIES[CauseFamily(use.family)].format(preferred=use.preferred_model)


def _main(use: WorkflowUse) -> str:
    return f"{use.family_count / use.fallback_count:.0%} of its fallbacks are of the family {use.family}."


def _place(use: WorkflowUse) -> str:
    return f" ({use.policy_id} v{use.policy_version}, {use.class_path}.preferred)" if use.class_path else ""


def _change(use: WorkflowUse) -> str:
    promote = (
        f"or make {use.served_model} the preferred model, once its outcomes are known to be no worse"
        if use.served_model
        else "or choose another preferred model"
    )
    return f"{_main(use)} {_remedy(use)}, {promote}{_place(use)}. Tuning the fallback will not help."


def _promotion(use: WorkflowUse, alike: Sequence[Effect]) -> str:
    """The substitute serves already, is approved, and nothing that was compared is worse."""
    outcomes = "; ".join(change(effect.estimate, effect.low, effect.high, OUTCOMES[effect.metric]) for effect in alike)
    return (
        f"{_main(use)} Make {use.served_model} the preferred model and keep {use.preferred_model} behind it"
        f"{_place(use)}: it is approved here and no worse ({outcomes}). Tuning the fallback will not help."
    )


def _company(use: WorkflowUse) -> str:
    if use.lowest_ratio is None:
        return "No other workflow used the same model at the same hours, so the provider's part is not known."
    return f"{use.comparable_count:,} fallbacks where its company would lead to expect {use.expected_count:,.1f}."


def _facts(use: WorkflowUse, share: Estimate, alike: Sequence[Effect], as_of: datetime) -> dict[str, object]:
    ratio = use.lowest_ratio
    return asdict(use) | {
        "action": "promote" if alike else "mend",
        "target": use.served_model,
        "duty": f"{use.workflow} lives on its substitute ({percent(share.value or 0.0)} fallback). {_remedy(use)}.",
        "due": f"{as_of.date() + timedelta(days=WINDOW_DAYS)}",
        "effects": [effect.facts for effect in alike],
        "share": share.value,
        "share_low": share.low,
        "share_high": share.high,
        "effective_n": share.effective_n,
        "ratio_low": None if ratio == float("inf") else ratio,
    }
