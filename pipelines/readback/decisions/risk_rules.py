"""Recommendations that follow from what a class is: its risk, its cost ceiling, what it fails together with. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from readback.contracts import Recommendation
from readback.contracts.vocabulary import Boundary, Dimension, EvidenceClass, Stage
from readback.decisions.advice import Finding, Place
from readback.decisions.effects import OUTCOMES, Effect, Effects, percent, told
from readback.decisions.evidence import WINDOW_DAYS, pasted, window
from readback.decisions.shares import share, sizes
from readback.decisions.silent_rules import GRAVE
from readback.stats import ClusterSums

LEAST_FAILED = 5
LEAST_DAYS = 2
LEAST_STOPPED = 50
LEAST_CEILING_DAYS = 5
NO_HARM = 0.01
LEAST_RUNS_WITHOUT_HARM = 300
LOWER = 0.8
"""A lower ceiling is tried at this part of the present one."""


@dataclass(frozen=True)
class ClassRisk:
    """A row of `class_risks`."""

    policy_id: str
    policy_version: int
    workflow_class: str
    stage: str | None
    risk: str | None
    boundary: str | None
    class_path: str
    ceiling_usd: float | None
    ceiling_period_s: float | None
    ceiling_path: str | None
    failure_domain: str | None
    request_count: int
    substituted_count: int
    ceiling_count: int
    failed_count: int
    failed_day_count: int
    ceiling_day_count: int
    preferred_cost_usd: float | None
    ceiling_cost_usd: float | None
    workflow: str | None
    workflow_count: int
    episode_count: int
    n2: float
    n3: float
    x2: float
    xn: float
    model_count: int
    automatic_count: int
    domain_count: int
    a_domain: str | None
    unknown_domain_count: int
    first_path: str | None
    first_target: str | None
    failed_episode_count: int = 0
    spare_target: str | None = None

    @property
    def sums(self) -> ClusterSums:
        """Of its days."""
        return ClusterSums(self.request_count, self.n2, self.n3, self.substituted_count, self.x2, self.xn)


def guard_risk(found: Sequence[ClassRisk], as_of: datetime) -> Iterator[Recommendation]:
    """A class that acts, or whose errors are grave, may degrade: hold it, have it reviewed, or split off its drafts."""
    for use, size in zip(found, sizes([use.sums for use in found], [use.workflow_class for use in found]), strict=True):
        is_grave = use.risk in GRAVE or use.stage == Stage.EXECUTION
        if is_grave and use.boundary == Boundary.DEGRADE and use.substituted_count:
            yield _guard(use, size, as_of).recommended(as_of)


def diversify(found: Sequence[ClassRisk], as_of: datetime) -> Iterator[Recommendation]:
    """Every substitute fails together with the preferred model, and requests failed for it."""
    for use, size in zip(found, sizes([use.sums for use in found], [use.workflow_class for use in found]), strict=True):
        is_alone = use.model_count > 0 and use.domain_count == 1 and not use.unknown_domain_count
        is_seen = use.failed_count >= LEAST_FAILED and use.failed_day_count >= LEAST_DAYS
        if is_alone and use.a_domain == use.failure_domain and use.failure_domain is not None and is_seen:
            yield _diversify(use, size, as_of).recommended(as_of)


def tune_ceiling(found: Iterable[ClassRisk], effects: Effects, as_of: datetime) -> Iterator[Recommendation]:
    """Raise a cost ceiling that costs rework; try a lower one where the substitute does no harm. §5.6."""
    for use in found:
        is_used = use.ceiling_count >= LEAST_STOPPED and use.ceiling_day_count >= LEAST_CEILING_DAYS
        if not is_used or use.ceiling_usd is None or use.preferred_cost_usd is None or use.ceiling_cost_usd is None:
            continue
        known = [e for e in effects.of(Dimension.WORKFLOW, use.workflow) if e.metric == "rework_rate"]
        if known and known[0] in effects.listed and use.preferred_cost_usd > use.ceiling_cost_usd:
            yield _raise(use, known[0], as_of).recommended(as_of)
        elif known and _is_harmless(known[0]) and use.preferred_cost_usd > use.ceiling_cost_usd:
            yield _lower(use, known[0], as_of).recommended(as_of)


def _is_harmless(effect: Effect) -> bool:
    return effect.high is not None and effect.high < NO_HARM and effect.n_fallback >= LEAST_RUNS_WITHOUT_HARM


def _place(use: ClassRisk, path: str | None) -> Place:
    return Place(use.policy_id, use.policy_version, use.workflow_class, path)


def _guard(use: ClassRisk, size: float, as_of: datetime) -> Finding:
    boundary = Boundary.PAUSE if use.stage == Stage.EXECUTION else Boundary.HUMAN_REVIEW
    place = _place(use, f"{use.class_path}.boundary")
    part, low, high = share(use.substituted_count, use.request_count, size)
    return Finding(
        kind="guard_risk",
        action=boundary.value,
        place=place,
        title=f"Let {use.workflow_class} {'hold' if boundary is Boundary.PAUSE else 'be reviewed'} instead of degrade",
        change=(
            f"The class is of stage {use.stage} and {use.risk} risk and may degrade. Set {place} to {boundary.value}."
        ),
        effect=(
            f"{use.substituted_count:,} of {use.request_count:,} requests ({percent(part)}, 95% CI {percent(low)} to "
            f"{percent(high)}) were answered by a substitute; unlisted ones would be held."
        ),
        limits=(-part, -high, -low),
        measure="substituted_share",
        evidence_class=EvidenceClass.REPLAY,
        falsifier="The class turns out neither to act nor to decide anything grave.",
        facts=asdict(use) | {"action": "set", "path": place.path, "value": boundary.value},
        sql=_sql(use, None, as_of),
        n_requests=use.substituted_count,
        n_episodes=use.episode_count,
        guards={"a substitute answered": True},
    )


def _diversify(use: ClassRisk, size: float, as_of: datetime) -> Finding:
    place = _place(use, f"{use.class_path}.substitutes")
    part, low, high = share(use.failed_count, use.request_count, size)
    return Finding(
        kind="diversify_failure_domain",
        action="diversify",
        place=place,
        title=f"Give {use.workflow_class} a substitute outside {use.failure_domain}",
        change=(f"Every model at {place} fails together with the preferred one ({use.failure_domain}). {_offer(use)}"),
        effect=(
            f"At most {use.failed_count:,} of {use.request_count:,} requests ({percent(part)}, 95% CI "
            f"{percent(low)} to "
            f"{percent(high)}) that nobody answered while the provider failed."
        ),
        limits=(-part, -high, 0.0),
        measure="failed_share",
        evidence_class=EvidenceClass.BOUNDED,
        falsifier="Requests go on failing with a substitute of another domain.",
        facts=asdict(use) | {"action": "diversify"},
        sql=_sql(use, None, as_of),
        n_requests=use.failed_count,
        n_episodes=use.failed_episode_count,
        guards={f"{LEAST_FAILED} failures": True, f"{LEAST_DAYS} days": True},
    )


def _offer(use: ClassRisk) -> str:
    if use.spare_target is None:
        return "Declare and evaluate one that does not, or let the class hold where that is better than an error."
    return f"{use.spare_target}, which other classes use, does not: have it evaluated and approved for this one."


def _raise(use: ClassRisk, effect: Effect, as_of: datetime) -> Finding:
    more = (use.preferred_cost_usd or 0.0) - (use.ceiling_cost_usd or 0.0)
    estimate, low, high = effect.estimate or 0.0, effect.low or 0.0, effect.high or 0.0
    place, raised = _place(use, use.ceiling_path), (use.ceiling_usd or 0.0) + more * use.ceiling_count / WINDOW_DAYS
    return Finding(
        kind="raise_cost_ceiling",
        action="raise",
        place=place,
        title=f"Raise the cost ceiling of {use.workflow_class} to {raised:,.2f} USD",
        change=f"Set {place} to {raised:.2f}, which lets the {use.ceiling_count:,} stopped requests through.",
        effect=(
            f"{more / estimate:,.2f} USD for each {OUTCOMES[effect.metric]} avoided (95% CI {more / high:,.2f} to "
            f"{more / low:,.2f}); {told(effect)}."
        ),
        limits=(-estimate, -high, -low),
        measure=effect.metric,
        evidence_class=EvidenceClass.ADJUSTED,
        falsifier="With the ceiling raised, rework does not fall.",
        facts=asdict(use) | {"action": "set", "path": place.path, "value": f'"{raised:.2f}"', "effect": effect.facts},
        sql=_sql(use, "cost_ceiling", as_of),
        n_requests=use.ceiling_count,
        n_episodes=effect.episodes,
        guards={"adjusted harm passes its guards": effect.confidence.value != "low"},
    )


def _lower(use: ClassRisk, effect: Effect, as_of: datetime) -> Finding:
    place = _place(use, use.ceiling_path)
    saved = ((use.preferred_cost_usd or 0.0) - (use.ceiling_cost_usd or 0.0)) * use.ceiling_count
    return Finding(
        kind="lower_cost_ceiling",
        action="lower",
        place=place,
        title=f"Try a lower cost ceiling for {use.workflow_class}",
        change=(
            f"The substitute does no harm that these runs could show. Try {(use.ceiling_usd or 0) * LOWER:,.2f} USD "
            f"at {place} for four weeks, on half of the days drawn at random, and log the ceiling that applied as "
            "`ceiling_usd`; the ceiling itself stays until the trial is over."
        ),
        effect=f"{saved:,.2f} USD were saved by the present one; {told(effect)}.",
        limits=(effect.estimate, effect.low, effect.high),
        measure=effect.metric,
        evidence_class=EvidenceClass.TRIAL,
        falsifier="Rework rises on the days with the lower ceiling.",
        facts=asdict(use) | {"action": "trial", "trial": _trial(use), "effect": effect.facts},
        sql=_sql(use, "cost_ceiling", as_of),
        n_requests=use.ceiling_count,
        n_episodes=effect.episodes,
        guards={f"{LEAST_RUNS_WITHOUT_HARM} runs without harm": True, "the lower ceiling was in force": False},
    )


def _trial(use: ClassRisk) -> dict[str, object]:
    """The trial as the policy holds it."""
    return {
        "id": "lower-cost-ceiling",
        "trigger": use.ceiling_path,
        "to": f"{(use.ceiling_usd or 0) * LOWER:.2f}",
        "share": 0.5,
        "duration": "28d",
        "log_field": "ceiling_usd",
    }


def _sql(use: ClassRisk, cause: str | None, as_of: datetime) -> str:
    shown = {"policy_id": use.policy_id, "workflow_class": use.workflow_class, "cause": cause}
    return pasted("class_requests", shown | window(as_of))
