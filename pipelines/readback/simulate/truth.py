"""What the simulator knows and no log says: the shape of `truth.json`. Counting is in `tally.py`."""

from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict


class Fact(BaseModel):
    """Base of every part of the truth."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class FileTruth(Fact):
    """One written file.

    Attributes:
        lines: Lines of text (records for LiteLLM and Bedrock, batches for OTLP, the header too for CSV).
        attempts: Calls to a model that the file tells of; null for files that are not logs of calls.
    """

    lines: int
    attempts: int | None


class FallbackTruth(Fact):
    """Fallbacks of one workflow, or of the fleet.

    Attributes:
        total: Requests answered by another model than the preferred one.
        by_cause: The same by cause; a cooldown's fallbacks carry the cause of the failure that began it.
        by_detection: `attempt_chain` (a failed or unsatisfactory attempt came first), `preemptive` (no deployment
            was tried: cooldown or spent budget), `provider_declared` (only the response names another model).
    """

    total: int
    by_cause: dict[str, int]
    by_detection: dict[str, int]


class WorkflowTruth(Fact):
    """One workflow's requests.

    Attributes:
        source: Log format: litellm, otlp or bedrock.
        team: Owning team, as every record names it.
        preferred: The preferred model's policy id.
        requests: Client requests; each has exactly one of the outcomes below.
        preferred_served: Answered by the preferred model, retries included, cache hits not.
        retried: Of these, after one failed attempt on the same model.
        cache_hits: Answered from the gateway's cache.
        failed: Answered by nobody.
        failed_by_cause: The same by the first failure's cause.
        missed_fallbacks: Failed inside an outage window, where an approved substitute had a matching trigger.
        fallbacks: Answered by another model.
        served_by: Requests answered, per policy id of the model that answered.
        runs: Distinct runs (tasks).
        attempts: Calls to a model that its logs tell of.
    """

    source: str
    team: str
    preferred: str
    requests: int
    preferred_served: int
    retried: int
    cache_hits: int
    failed: int
    failed_by_cause: dict[str, int]
    missed_fallbacks: int
    fallbacks: FallbackTruth
    served_by: dict[str, int]
    runs: int
    attempts: int


class BreachTruth(Fact):
    """One request that broke the policy and that must be found by name.

    Attributes:
        request_id: `<source>:<the source's own id>` as written in the log.
        workflow: Its workflow.
        detection: As in `FallbackTruth`.
        served_model: Policy id of the model that answered.
    """

    request_id: str
    workflow: str
    detection: str
    served_model: str


class ViolationTruth(Fact):
    """Fallbacks that break one rule of the policy; the rules never overlap on one request.

    Attributes:
        total: Number of fallbacks.
        by_workflow: The same by workflow.
    """

    total: int
    by_workflow: dict[str, int]


class EpisodeTruth(Fact):
    """One stretch off the preferred model under the default episode rule.

    Attributes:
        workflow: Whose.
        preferred_model: Policy id.
        cause: Cause of all its fallbacks.
        opened_at: Start of the first fallback request (start of its first attempt).
        opened_by: That request's id.
        recovered_at: Start of the first request answered by the preferred model afterwards; null if none.
        recovered_by: That request's id.
        last_seen_at: Start of the last fallback request.
        state: recovered, open (still failing at the end of the logs) or quiet (the workflow fell silent).
        duration_s: `recovered_at` - `opened_at` in seconds; null unless recovered.
        fallback_count: Fallback requests in it.
        failed_count: Requests in it that nobody answered.
        flap_count: Times it recovered for some minutes and fell back again, merged by the hysteresis.
        substitutes: Policy ids of the models that answered, sorted.
        incident_id: The provider's declared incident behind it, as its status page names it.
        planned_start: When the preferred model began to fail.
        planned_end: When it could answer again; may lie after the end of the logs.
    """

    workflow: str
    preferred_model: str
    cause: str
    opened_at: datetime
    opened_by: str
    recovered_at: datetime | None
    recovered_by: str | None
    last_seen_at: datetime
    state: str
    duration_s: float | None
    fallback_count: int
    failed_count: int
    flap_count: int
    substitutes: tuple[str, ...]
    incident_id: str | None
    planned_start: datetime
    planned_end: datetime


class IncidentTruth(Fact):
    """One declared incident.

    Attributes:
        incident_id: As its status page names it.
        provider: Whose page.
        started_at: True start, as the page tells it.
        resolved_at: Declared end.
        is_ordered: Identified came before monitoring.
        is_back_filled: Written two days later.
        is_relevant: Some workflow was hit by it.
    """

    incident_id: str
    provider: str
    started_at: datetime
    resolved_at: datetime
    is_ordered: bool
    is_back_filled: bool
    is_relevant: bool


class DelayTruth(Fact):
    """Delay of an outcome after the run was served (review) or released (rework, downstream error).

    Attributes:
        distribution: Always `truncated_exponential`.
        mean_s: Mean of the exponential before it is cut, in seconds.
        cap_s: Longest delay, in seconds.
    """

    distribution: str
    mean_s: float
    cap_s: float


class LaneTruth(Fact):
    """Runs of one lane; fallback means any of the run's requests was a fallback.

    Attributes:
        eligible: Reviewed runs (override), else released runs: served and not rejected in review.
        observable: Of these, inside the source's coverage (and its sample).
        events: Of these, with the event sooner or later.
        written: Of these, with the event before the end of the logs: rows in the outcome files.
        mature: Observable, and released (override: served) at least one attribution window before the end.
        mature_events: Of these, with the event; all of them are written.
    """

    eligible: int
    observable: int
    events: int
    written: int
    mature: int
    mature_events: int


class OutcomeTruth(Fact):
    """One outcome process of one workflow.

    Attributes:
        workflow: Whose.
        metric: override, rework or downstream_error.
        source: `source_system` of its rows and name of its coverage section; null when nobody watches.
        base_rate: Probability of the event for a run on the preferred model.
        risk_difference: What a fallback adds to that probability.
        covered_from: First exposure time that the source covers; null when nobody watches.
        sample_rate: Share of runs the source looks at, 1 when complete; null when nobody watches.
        review_share: Share of looked-at runs that are reviewed at all (override); null for the others.
        expected_coverage: Observable / eligible runs; null when there are none.
        mean_cost_usd: Mean cost of an event (downstream error); null for the others.
        cost_usd_written: Sum of the costs in the outcome files; null for the others.
        window_s: Attribution window in seconds.
        delay: Its delay.
        preferred: Runs without a fallback.
        fallback: Runs with one.
    """

    workflow: str
    metric: str
    source: str | None
    base_rate: float
    risk_difference: float
    covered_from: datetime | None
    sample_rate: float | None
    review_share: float | None
    expected_coverage: float | None
    mean_cost_usd: float | None
    cost_usd_written: float | None
    window_s: int
    delay: DelayTruth
    preferred: LaneTruth
    fallback: LaneTruth


class Truth(Fact):
    """Everything about a simulated fleet.

    Attributes:
        seed: Seed of every random draw.
        days: Length of the span in days.
        start: First moment of the span, UTC.
        end: Its end, UTC (the argument `end`); no log line starts later.
        requests: Client requests written; equals the argument.
        attempts: Calls to a model that the logs tell of (LiteLLM hides later ones by design).
        failed: Requests that nobody answered.
        held: Requests held for a person; 0, because none of these formats can say it.
        cache_hits: Requests answered from a cache.
        retried: Requests answered by the preferred model after one failed attempt.
        low_confidence_reruns: Fallbacks after a *successful* answer that an evaluation failed (OTLP events).
        fallbacks: Fallbacks of the fleet.
        workflows: By workflow name.
        violations: By verdict reason of the policy written beside the logs. Marking is not told by any of these
            logs, so `unmarked` is not constructed. `missed_fallback` counts requests, not fallbacks.
        silent_downgrades: Fallbacks to an unapproved, cheaper model on a workflow of high or critical risk.
        provider_declared: Answers in which only the response's model differs from the one asked for.
        episodes: Oldest first.
        isolated_fallbacks: Fallbacks outside any episode (blips), by workflow.
        incidents: Declared incidents, oldest first.
        outcomes: Outcome processes, one per workflow and metric.
        outcome_rows: Rows per outcome kind over all files.
        files: By path relative to the project.
    """

    seed: int
    days: float
    start: datetime
    end: datetime
    requests: int
    attempts: int
    failed: int
    held: int
    cache_hits: int
    retried: int
    low_confidence_reruns: int
    fallbacks: FallbackTruth
    workflows: dict[str, WorkflowTruth]
    violations: dict[str, ViolationTruth]
    silent_downgrades: tuple[BreachTruth, ...]
    provider_declared: tuple[BreachTruth, ...]
    episodes: tuple[EpisodeTruth, ...]
    isolated_fallbacks: dict[str, int]
    incidents: tuple[IncidentTruth, ...]
    outcomes: tuple[OutcomeTruth, ...]
    outcome_rows: dict[str, int]
    files: dict[str, FileTruth]

    def write(self, path: Path) -> None:
        """Write the whole truth as indented JSON."""
        path.write_text(self.model_dump_json(indent=1) + "\n", encoding="utf-8")
