"""Nouns of the traffic: what was attempted, what was asked, what left its lane and for how long."""

from datetime import datetime
from typing import ClassVar

from pydantic import Field

from readback.contracts.row import Row
from readback.contracts.vocabulary import (
    Cause,
    CauseBasis,
    CauseFamily,
    ChainBasis,
    Detection,
    EpisodeState,
    Lane,
    NameBasis,
    PreferredBasis,
    ServedBy,
    ServedModelSource,
    Status,
    Verdict,
    VerdictReason,
)


class Attempt(Row):
    """One call to one deployment of one model, as one log record tells it."""

    table: ClassVar[str] = "attempts"
    key: ClassVar[tuple[str, ...]] = ("attempt_id",)

    attempt_id: str = Field(description="Hash of the source and the record's own identity.")
    request_id: str = Field(description="The logical call: <source>:<the source's own id, as written>.")
    run_id: str | None = Field(description="The task, ticket or session that the call served, as the log names it.")
    source: str = Field(description="Log format that the record was read from.")
    file_id: str = Field(description="Content hash of the file that the record stands in.")
    line: int = Field(ge=1, description="Line of that file, counted from 1.")
    started_at: datetime = Field(description="Start of the attempt.")
    ended_at: datetime | None = Field(description="End of the attempt.")
    duration_ms: float | None = Field(ge=0, description="Duration in milliseconds; a negative one in the log is NULL.")
    ttft_ms: float | None = Field(ge=0, description="Time to the first token in milliseconds; streams only.")
    workflow: str | None = Field(description="Workflow, by the first of the configured names that the record has.")
    team: str | None = Field(description="Team, by the first of the configured names that the record has.")
    environment: str | None = Field(description="Environment, by the first of the configured names.")
    route: str | None = Field(description="Alias or model group that the caller asked for or that this attempt ran in.")
    key_alias: str | None = Field(description="Name of the gateway key used; never the key.")
    service: str | None = Field(description="Service that made the call.")
    provider: str | None = Field(description="Provider of the deployment.")
    model_requested: str | None = Field(description="Model that this attempt asked for, as written.")
    model_served: str | None = Field(description="Model that answered, as written; NULL where nothing answered.")
    served_model_source: ServedModelSource | None = Field(description="Where the served model is known from.")
    deployment: str | None = Field(description="Deployment tried; NULL where none was tried.")
    region: str | None = Field(description="Region or routing scope.")
    lane: Lane | None = Field(description="Kind of lane; NULL means that the log does not say and a model is assumed.")
    status: Status = Field(description="How the attempt ended.")
    cause: Cause | None = Field(description="Why it failed; NULL for an attempt that did not.")
    cause_basis: CauseBasis | None = Field(description="Which evidence the cause rests on.")
    http_status: int | None = Field(description="HTTP status of this attempt, where the record holds one.")
    error_code: str | None = Field(description="The source's own error code.")
    error_type: str | None = Field(description="The source's own error class.")
    error_message: str | None = Field(description="Scrubbed message of at most 300 characters.")
    input_tokens: int | None = Field(ge=0, description="Prompt tokens.")
    output_tokens: int | None = Field(ge=0, description="Completion tokens.")
    cost_usd: float | None = Field(ge=0, description="Cost in US dollars as the source states it.")
    is_cache_hit: bool | None = Field(description="Answered from the gateway's cache.")
    is_stream: bool | None = Field(description="Streamed answer.")
    confidence: float | None = Field(ge=0, le=1, description="Confidence reported for the output, 0 to 1.")
    is_marked: bool | None = Field(description="Output labelled as a substitute's; NULL where the log does not say.")
    guardrails_ran: list[str] | None = Field(description="Guardrails that ran; NULL where the log does not say.")
    declared_fallback_count: int | None = Field(description="The gateway's own count of fallbacks for the call.")
    chain_basis: ChainBasis = Field(description="How attempts of one call are tied together in this format.")
    trace_id: str | None = Field(description="Trace that the record belongs to, lower case.")
    session_id: str | None = Field(description="Session or conversation.")
    provider_request_id: str | None = Field(description="The provider's request id; an attribute, never a key.")
    provider_response_id: str | None = Field(
        description="The id of the answer, or what the gateway writes in its place; an attribute, never a key."
    )
    user_hash: str | None = Field(description="Keyed hash of the end user.")
    weight: float = Field(ge=0, description="1 / sampling rate of the log.")


class ModelName(Row):
    """One name of a model as logs and counters write it, and which model it is."""

    table: ClassVar[str] = "model_names"
    key: ClassVar[tuple[str, ...]] = ("name",)

    name: str = Field(description="As written.")
    model: str = Field(description="The policy's id of the model, else its family; what names are compared by.")
    provider: str | None = Field(description="Who made it, by the table of families; NULL for a name of one's own.")
    tier: str | None = Field(description="Its tier by the table of families, such as large or small.")
    basis: NameBasis | None = Field(
        description="Who knows it; NULL for an unknown name, which makes no fallback alone."
    )


class Request(Row):
    """One logical call: attempts, retries and substitutions collapsed."""

    table: ClassVar[str] = "requests"
    key: ClassVar[tuple[str, ...]] = ("request_id",)

    request_id: str = Field(description="<source>:<the source's own id of the logical call, as written>.")
    run_id: str = Field(description="The run that the call served; the request itself where the log names none.")
    source: str = Field(description="Log format of its attempts.")
    other_sources: list[str] | None = Field(
        default=None, description="Further logs that told of the call, which is counted once; NULL for none."
    )
    workflow: str | None = Field(description="Workflow of the first attempt that names one.")
    workflow_class: str | None = Field(description="Class of the policy in force; NULL where no class matches.")
    team: str | None = Field(description="Team of the first attempt that names one.")
    environment: str | None = Field(description="Environment of the first attempt that names one.")
    route: str | None = Field(description="Alias or model group that the caller asked for.")
    key_alias: str | None = Field(description="Name of the gateway key used; never the key.")
    service: str | None = Field(description="Service that made the call.")
    started_at: datetime = Field(description="Start of the first attempt.")
    ended_at: datetime | None = Field(description="End of the last attempt.")
    duration_ms: float | None = Field(ge=0, description="First start to last end, as the caller waited.")
    requested_model: str | None = Field(description="What the caller asked for: route or model, as written.")
    preferred_model: str | None = Field(description="What policy, gateway or first attempt wanted, canonical name.")
    preferred_basis: PreferredBasis | None = Field(description="Which of the three said so.")
    served_model: str | None = Field(description="What answered, canonical name; NULL where nobody did.")
    served_model_source: ServedModelSource | None = Field(description="Where the served model is known from.")
    served_provider: str | None = Field(description="Provider that answered.")
    served_by: ServedBy | None = Field(description="Who answered; NULL where the log cannot tell.")
    deployment: str | None = Field(description="Deployment that answered.")
    attempt_count: int = Field(ge=1, description="Attempts that the log shows; a floor for gateways that log fewer.")
    retry_count: int | None = Field(ge=0, description="Visible attempts after the first on the same model.")
    fallback_count: int | None = Field(ge=0, description="Model changes; NULL where not derivable.")
    is_fallback: bool | None = Field(description="Left its preferred lane; NULL where the log cannot tell.")
    not_derivable_reason: str | None = Field(description="Why is_fallback is NULL.")
    detection: Detection | None = Field(description="How the fallback became visible.")
    chain: list[str] = Field(description="Canonical models tried, in order, as far as the log shows them.")
    first_cause: Cause | None = Field(description="Cause of the first failed attempt.")
    first_cause_basis: CauseBasis | None = Field(description="Which evidence that cause rests on.")
    first_ttft_ms: float | None = Field(
        default=None, ge=0, description="Time to the first token of the first attempt in milliseconds; streams only."
    )
    first_tokens_per_s: float | None = Field(
        default=None, ge=0, description="Output tokens of the first attempt per second after its first token."
    )
    first_confidence: float | None = Field(
        default=None, ge=0, le=1, description="Confidence measured in the first attempt's answer, 0 to 1."
    )
    added_latency_ms: float | None = Field(ge=0, description="Wait before the winning attempt started.")
    cost_usd: float | None = Field(ge=0, description="Sum over attempts in US dollars.")
    input_tokens: int | None = Field(ge=0, description="Prompt tokens of the answer.")
    output_tokens: int | None = Field(ge=0, description="Completion tokens of the answer.")
    is_cache_hit: bool | None = Field(description="Answered from the gateway's cache.")
    is_stream: bool | None = Field(description="Streamed answer.")
    is_partial: bool = Field(description="The answer broke off: tokens had flowed before the error.")
    is_marked: bool | None = Field(description="Answer labelled as a substitute's.")
    guardrails_ran: list[str] | None = Field(description="Guardrails that ran on the answer.")
    trace_id: str | None = Field(description="Trace of the answer.")
    session_id: str | None = Field(description="Session or conversation.")
    provider_response_id: str | None = Field(description="The provider's response id of the answer.")
    weight: float = Field(ge=0, description="1 / sampling rate of the log.")
    policy_id: str | None = Field(description="Policy in force when the request started.")
    policy_version: int | None = Field(description="Version of that policy.")


class FallbackEvent(Row):
    """One request that left its preferred lane, with the verdict of the policy in force."""

    table: ClassVar[str] = "fallback_events"
    key: ClassVar[tuple[str, ...]] = ("fallback_id",)

    fallback_id: str = Field(description="Hash of the request id.")
    request_id: str = Field(description="The request.")
    run_id: str = Field(description="The run that the request served.")
    occurred_at: datetime = Field(description="Start of the request.")
    workflow: str | None = Field(description="Workflow.")
    workflow_class: str | None = Field(description="Class of the policy in force.")
    preferred_model: str | None = Field(description="What policy, gateway or first attempt wanted.")
    from_model: str | None = Field(description="First model that was tried or skipped.")
    served_model: str | None = Field(description="What answered; NULL where nobody did.")
    served_by: ServedBy = Field(description="Who answered.")
    cause: Cause = Field(description="Cause of the first failure; unknown where no record tells.")
    cause_basis: CauseBasis = Field(description="Which evidence the cause rests on.")
    chain: list[str] = Field(description="Canonical models in order.")
    hop_count: int | None = Field(ge=0, description="Model changes.")
    added_latency_ms: float | None = Field(ge=0, description="Wait before the winning attempt started.")
    added_cost_usd: float | None = Field(description="Cost above the workflow's mean preferred cost; may be negative.")
    detection: Detection = Field(description="How the fallback became visible.")
    policy_id: str | None = Field(description="Policy in force.")
    policy_version: int | None = Field(description="Version in force.")
    policy_digest: str | None = Field(description="Digest of that version.")
    verdict: Verdict = Field(description="in_policy, out_of_policy or indeterminate; the last is never compliant.")
    verdict_reasons: list[VerdictReason] = Field(description="Every reason that applies; empty when in policy.")
    verdict_rules: list[str] = Field(
        description="Place in the policy document that each reason rests on; when in policy, of what allowed it."
    )
    decision_id: str | None = Field(description="Hash of request, policy digest and verdict; NULL until judged anew.")
    is_silent: bool = Field(
        description="A silent down- or upgrade: answered without being allowed or marked, and without a sign."
    )
    episode_id: str | None = Field(description="Episode that it belongs to; NULL for a blip.")


class UnansweredRequest(Row):
    """One request of a declared class that failed without leaving its lane, judged for a fallback that was due."""

    table: ClassVar[str] = "unanswered_requests"
    key: ClassVar[tuple[str, ...]] = ("request_id",)

    request_id: str = Field(description="The request.")
    run_id: str = Field(description="The run that the request served.")
    occurred_at: datetime = Field(description="Start of the request.")
    workflow: str | None = Field(description="Workflow.")
    workflow_class: str | None = Field(description="Class of the policy in force.")
    preferred_model: str | None = Field(description="What the policy wanted.")
    cause: Cause = Field(description="Cause of the first failure; unknown where no record tells.")
    cause_basis: CauseBasis = Field(description="Which evidence the cause rests on.")
    chain: list[str] = Field(description="Canonical models tried, as far as the log shows them.")
    policy_id: str | None = Field(description="Policy in force.")
    policy_version: int | None = Field(description="Version in force.")
    policy_digest: str | None = Field(description="Digest of that version.")
    verdict: Verdict = Field(description="out_of_policy where a fallback was due; indeterminate where nobody can tell.")
    verdict_reasons: list[VerdictReason] = Field(description="Every reason that applies; empty when in policy.")
    verdict_rules: list[str] = Field(
        description="Place in the policy document that each reason rests on; when in policy, of the boundary."
    )
    decision_id: str = Field(description="Hash of request, policy digest and verdict: another verdict, another id.")


class Episode(Row):
    """A stretch in which a workflow was off its preferred model, for one family of causes."""

    table: ClassVar[str] = "episodes"
    key: ClassVar[tuple[str, ...]] = ("episode_id",)

    episode_id: str = Field(description="Hash of workflow, preferred model, cause family and opening time.")
    workflow: str | None = Field(description="Workflow.")
    workflow_class: str | None = Field(description="Class of the policy in force at the opening.")
    team: str | None = Field(description="Team of the first fallback.")
    preferred_model: str | None = Field(description="The model that was left.")
    cause_family: CauseFamily = Field(description="Causes that recover in the same way.")
    cause: Cause = Field(description="Most frequent cause inside the episode.")
    provider: str | None = Field(description="Provider of the preferred model, as far as known.")
    opened_at: datetime = Field(description="First fallback.")
    recovered_at: datetime | None = Field(description="First of the closing successes; NULL while not recovered.")
    last_seen_at: datetime = Field(description="Last fallback.")
    state: EpisodeState = Field(description="Closed by evidence, never by silence.")
    duration_s: float = Field(ge=0, description="Seconds served off the preferred model; to the watermark while open.")
    is_recovered: bool = Field(description="True only when the recovery was seen; otherwise the duration is censored.")
    request_count: int = Field(ge=1, description="Requests of the workflow inside the episode.")
    fallback_count: int = Field(ge=1, description="Fallbacks inside the episode.")
    failed_count: int = Field(ge=0, description="Requests that nobody answered.")
    flap_count: int = Field(ge=0, description="Times that it re-opened within the hysteresis.")
    substitutes: list[str] = Field(description="Models that served instead, by first use.")
    rule_version: str = Field(description="Version and parameters of the episode rule.")
    incident_id: str | None = Field(description="The provider's declared incident that overlaps, where one does.")
    outage_low_s: float | None = Field(
        default=None, ge=0, description="Seconds that the preferred model was failing at least: to its last failure."
    )
    outage_s: float | None = Field(
        ge=0,
        description="Seconds that it was failing at most: to its first answer afterwards; NULL while none was seen.",
    )
    is_probed: bool | None = Field(
        default=None,
        description="Whether anybody tried the preferred model inside; if not, nobody knows when its outage ended.",
    )
    return_lag_s: float | None = Field(
        description="duration_s - outage_s: the least of the part that a policy can tune."
    )
    recovery_lag_s: float | None = Field(description="Return measured against the provider's declared recovery.")
