"""Recommendations about work that the policy cannot see: a workflow without a class, an output without a mark. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime

from readback.contracts import Recommendation
from readback.contracts.vocabulary import EvidenceClass
from readback.decisions.advice import Finding, Place
from readback.decisions.effects import percent
from readback.decisions.evidence import WINDOW_DAYS, pasted, window
from readback.stats import wilson

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


def name_and_mark(found: Iterable[UnnamedWork], as_of: datetime) -> Iterator[Recommendation]:
    """Give a workflow a class; have a substitute's output marked where the class asks for it."""
    for work in found:
        if work.request_count >= LEAST_CASES and work.day_count >= LEAST_DAYS:
            finding = _unmapped if work.fault == "unmapped" else _unmarked
            yield finding(work, as_of).recommended(as_of)


def _unmapped(work: UnnamedWork, as_of: datetime) -> Finding:
    place = Place(work.policy_id, work.policy_version, None, "workflow_classes", work.workflow)
    return Finding(
        kind="name_workflow",
        action="name",
        place=place,
        title=f"Give the workflow {work.workflow} a class",
        change=(
            f"No class of {work.policy_id} v{work.policy_version} matches {work.workflow}. Match it in a class, or add "
            "one with stage, risk, preferred model and boundary; until then no verdict on it means anything."
        ),
        effect=f"{work.request_count:,} requests, {work.fallback_count:,} of them fallbacks, would be judged.",
        limits=(-1.0, None, None),
        measure="unmapped_share",
        evidence_class=EvidenceClass.REPLAY,
        falsifier=f"No request of {work.workflow} in the next {WINDOW_DAYS} days.",
        facts=asdict(work) | {"action": "name"},
        sql=_sql(work, as_of),
        n_requests=work.request_count,
    )


def _unmarked(work: UnnamedWork, as_of: datetime) -> Finding:
    share, low, high = (float(limit) for limit in wilson(work.request_count, work.whole_count))
    place = Place(work.policy_id, work.policy_version, work.workflow_class, f"{work.path}.marking")
    return Finding(
        kind="mark_output",
        action="mark",
        place=place,
        title=f"Mark what substitutes write for {work.workflow_class}",
        change=f"{place} asks for a mark that the logs show to be absent. Have the gateway or the application set it.",
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
        guards={f"{LEAST_CASES} cases": True, f"{LEAST_DAYS} days": True},
    )


def _sql(work: UnnamedWork, as_of: datetime) -> str:
    shown = {"policy_id": work.policy_id, "workflow_class": work.workflow_class, "cause": None}
    return pasted("class_requests", shown | window(as_of))
