"""Recommendations about retries on the preferred model: make one before falling back, or stop making them. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime

from readback.contracts import Recommendation
from readback.contracts.vocabulary import EvidenceClass
from readback.decisions.advice import Finding, Place
from readback.decisions.effects import percent
from readback.decisions.evidence import pasted, window
from readback.stats import wilson

LEAST_RETRIED = 50
MOST_RESCUED = 0.05
"""Retries that rescue fewer than this share, at the upper confidence limit, only cost time."""

LEAST_FOLLOWED = 50
LEAST_PASSED = 0.8
"""Failures of which this share passes within seconds, at the lower confidence limit, are worth a retry."""


@dataclass(frozen=True)
class RetryUse:
    """A row of `retries`."""

    policy_id: str
    policy_version: int
    workflow_class: str
    attempt_limit: int | None
    class_path: str
    request_count: int
    retried_count: int
    rescued_count: int
    day_count: int
    left_count: int
    followed_count: int
    passed_count: int
    retried_episode_count: int = 0
    left_episode_count: int = 0


def tune_retries(found: Iterable[RetryUse], as_of: datetime) -> Iterator[Recommendation]:
    """Stop retries that rescue nothing; retry where failures pass within seconds and nobody retried."""
    for use in found:
        rescued = wilson(use.rescued_count, use.retried_count) if use.retried_count else None
        if use.retried_count >= LEAST_RETRIED and rescued is not None and float(rescued.high) < MOST_RESCUED:
            yield _stop(use, as_of).recommended(as_of)
        elif _is_passing(use):
            yield _retry(use, as_of).recommended(as_of)


def _is_passing(use: RetryUse) -> bool:
    """Nobody retried, and the next call was answered nearly every time."""
    if use.retried_count or use.followed_count < LEAST_FOLLOWED:
        return False
    return float(wilson(use.passed_count, use.followed_count).low) >= LEAST_PASSED


def _stop(use: RetryUse, as_of: datetime) -> Finding:
    share, low, high = (float(limit) for limit in wilson(use.rescued_count, use.retried_count))
    place = Place(use.policy_id, use.policy_version, use.workflow_class, f"{use.class_path}.retries.max_attempts")
    return Finding(
        kind="stop_retrying",
        action="stop",
        place=place,
        title=f"Stop retrying the preferred model for {use.workflow_class}",
        change=f"Set {place} to 1: a failed call goes to the substitute at once.",
        effect=(
            f"{use.retried_count - use.rescued_count:,} of {use.retried_count:,} retried calls would fall back sooner; "
            f"{use.rescued_count:,} that a retry rescued ({percent(share)}, 95% CI {percent(low)} to "
            f"{percent(high)}) would "
            "fall back, too."
        ),
        limits=(-(1 - share), -(1 - low), -(1 - high)),
        measure="vain_retry_share",
        evidence_class=EvidenceClass.REPLAY,
        falsifier=f"More than {percent(MOST_RESCUED)} of retried calls are answered in the next weeks.",
        facts=asdict(use) | {"action": "set", "path": place.path, "value": "1"},
        sql=_sql(use, as_of),
        n_requests=use.retried_count,
        n_episodes=use.retried_episode_count,
        guards={f"{LEAST_RETRIED} retried calls": True},
    )


def _retry(use: RetryUse, as_of: datetime) -> Finding:
    share, low, high = (float(limit) for limit in wilson(use.passed_count, use.followed_count))
    place = Place(use.policy_id, use.policy_version, use.workflow_class, f"{use.class_path}.retries.max_attempts")
    return Finding(
        kind="retry_first",
        action="retry",
        place=place,
        title=f"Retry the preferred model once before falling back for {use.workflow_class}",
        change=(
            f"Set {place} to 2. No call was retried; after {percent(share)} of the failures the next call to the "
            "same model, "
            "within 5 s, was answered."
        ),
        effect=(
            f"Of {use.left_count:,} calls that fell back at once, {percent(share)} (95% CI {percent(low)} to "
            f"{percent(high)}) would have stayed, if their retry had fared as the next call did."
        ),
        limits=(-share, -high, -low),
        measure="immediate_fallback_share",
        evidence_class=EvidenceClass.ADJUSTED,
        falsifier="Retries are made and are answered less often than four times in five.",
        facts=asdict(use) | {"action": "set", "path": place.path, "value": "2"},
        sql=_sql(use, as_of),
        n_requests=use.left_count,
        n_episodes=use.left_episode_count,
        guards={f"{LEAST_FOLLOWED} failures followed by a call": True, "retries were made": False},
    )


def _sql(use: RetryUse, as_of: datetime) -> str:
    shown = {"policy_id": use.policy_id, "workflow_class": use.workflow_class, "cause": None}
    return pasted("class_requests", shown | window(as_of))
