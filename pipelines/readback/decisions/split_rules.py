"""The recommendation to give the drafts of a grave class a class of their own. Pure.

What a person lets go every time is a draft, whatever else its class does. A class that acts must stop when its model
is gone; its drafts need not. Source: outcomes-and-policy.md §5.1.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import groupby

from readback.contracts import Recommendation
from readback.contracts.vocabulary import Boundary, EvidenceClass, Stage
from readback.decisions.advice import Finding, Place
from readback.decisions.effects import percent
from readback.decisions.evidence import WINDOW_DAYS, pasted, window
from readback.decisions.shares import share, sizes
from readback.decisions.silent_rules import GRAVE
from readback.stats import ClusterSums, clopper_pearson

LEAST_REVIEWED = 0.9
"""A workflow drafts where this share of its runs was let go by a person, at the lower confidence limit."""

MOST_REVIEWED = 0.5
"""A class acts where some workflow of it was reviewed less often than this, at the upper limit."""

LEAST_OFF = 5


@dataclass(frozen=True)
class DraftedWork:
    """A row of `drafted_work`."""

    policy_id: str
    policy_version: int
    workflow_class: str
    stage: str | None
    risk: str | None
    boundary: str | None
    class_path: str
    workflow: str
    run_count: int
    reviewed_count: int
    request_count: int
    off_count: int
    n2: float
    n3: float
    x2: float
    xn: float
    episode_count: int = 0

    @property
    def sums(self) -> ClusterSums:
        """Of the days of the workflow."""
        return ClusterSums(self.request_count, self.n2, self.n3, self.off_count, self.x2, self.xn)

    @property
    def is_draft(self) -> bool:
        """A person lets nearly all of it go."""
        return float(clopper_pearson(self.reviewed_count, self.run_count).low) >= LEAST_REVIEWED

    @property
    def is_released_alone(self) -> bool:
        """Most of it goes out without a person."""
        return float(clopper_pearson(self.reviewed_count, self.run_count).high) < MOST_REVIEWED


def split_drafts(found: Sequence[DraftedWork], as_of: datetime) -> Iterator[Recommendation]:
    """A class that acts, or of grave risk, holds drafts beside what goes out alone, and its drafts left their model."""
    worth = dict(zip(found, sizes([work.sums for work in found]), strict=True))
    for _, group in groupby(found, key=lambda work: (work.policy_id, work.workflow_class)):
        works = list(group)
        is_grave = works[0].risk in GRAVE or works[0].stage == Stage.EXECUTION
        if not is_grave or works[0].stage == Stage.DRAFTING or not any(work.is_released_alone for work in works):
            continue
        for work in works:
            if work.is_draft and work.off_count >= LEAST_OFF:
                yield _split(work, worth[work], as_of).recommended(as_of)


def _split(work: DraftedWork, size: float, as_of: datetime) -> Finding:
    place = Place(work.policy_id, work.policy_version, work.workflow_class, work.class_path, work.workflow)
    reviewed, least, most = (float(limit) for limit in clopper_pearson(work.reviewed_count, work.run_count))
    part, low, high = share(work.off_count, work.request_count, size)
    rest = "" if work.boundary in (Boundary.PAUSE, Boundary.ESCALATE) else ", and let the rest hold"
    return Finding(
        kind="split_drafting",
        action="split",
        place=place,
        title=f"Give the drafts of {work.workflow} a class apart from {work.workflow_class}",
        change=(
            f"A person let {percent(reviewed)} of its runs go; other work of {place} goes out alone. Add a class of "
            "stage "
            f"{Stage.DRAFTING.value} and boundary {Boundary.HUMAN_REVIEW.value} that also matches the workflow{rest}."
        ),
        effect=(
            f"{work.off_count:,} of {work.request_count:,} requests ({percent(part)}, 95% CI {percent(low)} to "
            f"{percent(high)}) left the preferred model and would be judged as drafts; of {work.run_count:,} runs "
            f"{percent(reviewed)} were let go (95% CI {percent(least)} to {percent(most)})."
        ),
        limits=(-part, -high, -low),
        measure="substituted_share",
        evidence_class=EvidenceClass.REPLAY,
        falsifier=f"In the next {WINDOW_DAYS} days output of {work.workflow} goes out that no person let go.",
        facts=asdict(work) | {"action": "split", "path": work.class_path},
        sql=_sql(work, as_of),
        n_requests=work.off_count,
        n_episodes=work.episode_count,
        guards={f"{percent(LEAST_REVIEWED)} reviewed": True, f"{LEAST_OFF} requests off the model": True},
    )


def _sql(work: DraftedWork, as_of: datetime) -> str:
    shown = {"policy_id": work.policy_id, "workflow_class": work.workflow_class, "cause": None}
    return pasted("class_requests", shown | window(as_of))
