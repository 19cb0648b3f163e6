"""Recommendations about causes that a class has no answer for: define the trigger, add a substitute. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from readback.contracts import Recommendation
from readback.contracts.vocabulary import Boundary, Cause, EvidenceClass
from readback.decisions.advice import Finding, Place
from readback.decisions.effects import percent
from readback.decisions.evidence import WINDOW_DAYS, pasted, window
from readback.decisions.shares import share, sizes
from readback.policy.triggers import RULES, TriggerType, causes
from readback.stats import ClusterSums

LEAST_CASES = 5
LEAST_DAYS = 2
"""Fewer cases, or all of one day, are an accident and not yet a gap of the policy."""

_STOPPING = frozenset({Boundary.PAUSE, Boundary.ESCALATE})


@dataclass(frozen=True)
class UncoveredCause:
    """A row of `uncovered_causes`."""

    policy_id: str
    workflow_class: str
    cause: str
    request_count: int
    failed_count: int
    held_count: int
    refused_count: int
    day_count: int
    episode_count: int
    workflows: list[str]
    class_request_count: int
    n2: float
    n3: float
    x2: float
    xn: float
    policy_version: int
    risk: str | None
    stage: str | None
    boundary: str | None
    triggers: list[str]
    class_path: str
    failure_domain: str | None
    spare_target: str | None
    substitute_count: int

    @property
    def sums(self) -> ClusterSums:
        """Of the days of the class."""
        return ClusterSums(self.class_request_count, self.n2, self.n3, self.request_count, self.x2, self.xn)

    @property
    def is_declared(self) -> bool:
        """A trigger of the class stands for the cause."""
        return self.cause in causes(TriggerType(name) for name in self.triggers)

    @property
    def workflow(self) -> str | None:
        """The one workflow concerned; None where there are several."""
        return self.workflows[0] if len(self.workflows) == 1 else None


def define_trigger(found: Sequence[UncoveredCause], as_of: datetime) -> Iterator[Recommendation]:
    """A cause pushes requests off the preferred model, and no trigger of the class stands for it."""
    for gap, size in zip(found, sizes([gap.sums for gap in found], [gap.cause for gap in found]), strict=True):
        kind = trigger_for(gap.cause)
        if kind and not gap.is_declared and gap.request_count >= LEAST_CASES and gap.day_count >= LEAST_DAYS:
            yield _define(gap, size, kind, as_of).recommended(as_of)


def add_substitute(found: Sequence[UncoveredCause], as_of: datetime) -> Iterator[Recommendation]:
    """Requests failed or were held for a declared cause, and the class lists no substitute for it.

    Where the class must stop, holding is success and nothing is missing.
    """
    for gap, size in zip(found, sizes([gap.sums for gap in found], [gap.cause for gap in found]), strict=True):
        is_missing = gap.is_declared and not gap.substitute_count and gap.boundary not in _STOPPING
        if is_missing and gap.failed_count + gap.held_count >= LEAST_CASES and gap.day_count >= LEAST_DAYS:
            yield _add(gap, size, as_of).recommended(as_of)


def trigger_for(cause: str) -> TriggerType | None:
    """The trigger type that stands for a cause; None where a policy cannot name it.

    >>> trigger_for("context_window").value, trigger_for("auth")
    ('context_overflow', None)
    """
    return next((kind for kind, rule in RULES.items() if rule.cause is not None and rule.cause == Cause(cause)), None)


def _define(gap: UncoveredCause, size: float, kind: TriggerType, as_of: datetime) -> Finding:
    part, low, high = share(gap.request_count, gap.class_request_count, size)
    place = Place(gap.policy_id, gap.policy_version, gap.workflow_class, f"{gap.class_path}.triggers", gap.workflow)
    return Finding(
        kind="define_trigger",
        action=gap.cause,
        place=place,
        title=f"Define the trigger {kind.value} for {gap.workflow_class}",
        change=(
            f"{percent(part)} of the class left its preferred model for {gap.cause}, which no trigger declares. Add "
            f"a trigger of type {kind.value} at {place}, with its threshold, and name it at the substitutes that may "
            "answer for it; or stop the gateway from falling back on it."
        ),
        effect=(
            f"{gap.request_count:,} of {gap.class_request_count:,} requests (95% CI {percent(low)} to "
            f"{percent(high)}) would be judged by a rule of the policy."
        ),
        limits=(-part, -high, -low),
        measure="uncovered_share",
        evidence_class=EvidenceClass.REPLAY,
        falsifier=f"The next {WINDOW_DAYS} days show no {gap.cause} in {gap.workflow_class}.",
        facts=asdict(gap) | {"action": "append_trigger", "trigger_id": kind.value, "type": kind.value},
        sql=_sql(gap, as_of),
        n_requests=gap.request_count,
        n_episodes=gap.episode_count,
        guards={f"{LEAST_CASES} cases": True, f"{LEAST_DAYS} days": True},
    )


def _add(gap: UncoveredCause, size: float, as_of: datetime) -> Finding:
    missed = gap.failed_count + gap.held_count
    part, low, high = share(missed, gap.class_request_count, size)
    place = Place(gap.policy_id, gap.policy_version, gap.workflow_class, f"{gap.class_path}.substitutes", gap.workflow)
    offer = (
        f"{gap.spare_target} stands in for other classes and fails independently of {gap.failure_domain}: have it "
        "evaluated for this one"
        if gap.spare_target
        else "Evaluate a model of another failure domain"
    )
    return Finding(
        kind="add_substitute",
        action=gap.cause,
        place=place,
        title=f"Add a substitute for {gap.workflow_class} on {gap.cause}",
        change=f"No model may stand in for {gap.cause} at {place}. {offer}, and list it once somebody approved it.",
        effect=(
            f"At most {missed:,} of {gap.class_request_count:,} requests ({percent(part)}, 95% CI {percent(low)} to "
            f"{percent(high)}; {gap.failed_count:,} failed, {gap.held_count:,} held) would be served; how many, and "
            "how "
            "well, no log tells."
        ),
        limits=(-part, -high, 0.0),
        measure="unserved_share",
        evidence_class=EvidenceClass.BOUNDED,
        falsifier=f"A trial of the substitute on {gap.workflow_class} fails as often, or its outcomes are worse.",
        facts=asdict(gap) | {"action": "approve", "target": gap.spare_target},
        sql=_sql(gap, as_of),
        n_requests=missed,
        n_episodes=gap.episode_count,
        guards={f"{LEAST_CASES} cases": True, f"{LEAST_DAYS} days": True},
    )


def _sql(gap: UncoveredCause, as_of: datetime) -> str:
    shown = {"policy_id": gap.policy_id, "workflow_class": gap.workflow_class, "cause": gap.cause}
    return pasted("class_requests", shown | window(as_of))
