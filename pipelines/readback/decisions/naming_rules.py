"""Recommendations about work that the policy cannot see: a workflow without a class, an output without a mark. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime

from readback.contracts import Recommendation
from readback.contracts.vocabulary import EvidenceClass
from readback.decisions.advice import Finding, Place
from readback.decisions.effects import percent
from readback.decisions.evidence import WINDOW_DAYS, pasted, window
from readback.stats import clopper_pearson, wilson

LEAST_CASES = 5
LEAST_DAYS = 2


@dataclass(frozen=True)
class UnnamedWork:
    """A row of `unnamed_work`: `request_count` of `whole_count` requests have the fault."""

    fault: str
    policy_id: str
    policy_version: int
    workflow_class: str | None
    workflow: str | None
    request_count: int
    whole_count: int
    day_count: int
    fallback_count: int
    path: str | None
    risk: str | None
    episode_count: int = 0
    preferred_model: str | None = None
    routes: list[str] | None = None
    services: list[str] | None = None
    team: str | None = None
    environment: str | None = None


def name_and_mark(found: Iterable[UnnamedWork], as_of: datetime) -> Iterator[Recommendation]:
    """Give a workflow a class; have a substitute's output marked where the class asks for it."""
    for work in found:
        if work.request_count >= LEAST_CASES and work.day_count >= LEAST_DAYS:
            finding = _unmapped if work.fault == "unmapped" else _unmarked
            yield finding(work, as_of).recommended(as_of)


def _unmapped(work: UnnamedWork, as_of: datetime) -> Finding:
    place = Place(work.policy_id, work.policy_version, None, "workflow_classes", work.workflow)
    low = float(clopper_pearson(work.request_count, work.request_count).low)
    return Finding(
        kind="name_workflow",
        action="name",
        place=place,
        title=f"Give the workflow {work.workflow} a class",
        change=(
            f"No class of {work.policy_id} v{work.policy_version} matches {work.workflow}. Add one, the most careful "
            "of each until its owner says what it is: it may not leave its model, and no approval of other work is "
            "lent to it. Until then no verdict on it means anything."
        ),
        effect=(
            f"{work.request_count:,} requests (all of its own, 95% CI {percent(low)} to 100%), "
            f"{work.fallback_count:,} of them fallbacks, would be judged."
        ),
        limits=(-1.0, -1.0, -low),
        measure="unmapped_share",
        evidence_class=EvidenceClass.REPLAY,
        falsifier=f"No request of {work.workflow} in the next {WINDOW_DAYS} days.",
        facts=asdict(work) | {"action": "name"},
        sql=pasted("unnamed_work", {"policy_id": work.policy_id, "workflow": work.workflow} | window(as_of)),
        n_requests=work.request_count,
        n_episodes=work.episode_count,
        guards={f"{LEAST_CASES} cases": True, f"{LEAST_DAYS} days": True},
    )


def _unmarked(work: UnnamedWork, as_of: datetime) -> Finding:
    share, low, high = (float(limit) for limit in wilson(work.request_count, work.whole_count))
    place = Place(work.policy_id, work.policy_version, work.workflow_class, f"{work.path}.marking")
    return Finding(
        kind="mark_output",
        action="mark",
        place=place,
        title=f"Mark what substitutes write for {work.workflow_class}",
        change=(
            f"A mark is asked for that the logs show to be absent. Let {place} ask for it itself, on a channel that a "
            "log can show, and have the gateway or the application set it."
        ),
        effect=(
            f"{work.request_count:,} of {work.whole_count:,} substituted answers ({percent(share)}, 95% CI "
            f"{percent(low)} to {percent(high)}) would no longer look like the preferred model's."
        ),
        limits=(-share, -high, -low),
        measure="unmarked_share",
        evidence_class=EvidenceClass.REPLAY,
        falsifier="A log that shows the mark on these answers.",
        facts=asdict(work) | {"action": "mark"},
        sql=_sql(work, as_of),
        n_requests=work.request_count,
        n_episodes=work.episode_count,
        guards={f"{LEAST_CASES} cases": True, f"{LEAST_DAYS} days": True},
    )


def _sql(work: UnnamedWork, as_of: datetime) -> str:
    shown = {"policy_id": work.policy_id, "workflow_class": work.workflow_class, "cause": None}
    return pasted("class_requests", shown | window(as_of))
