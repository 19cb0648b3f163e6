"""What a connector may say of one record: the columns of its SQL body. The rest of the way is the same for all."""

from datetime import datetime
from typing import ClassVar

from pydantic import Field

from readback.contracts import BY_TABLE
from readback.contracts.row import Row, columns
from readback.contracts.vocabulary import ChainBasis, Lane, ServedModelSource, Status


class AttemptRecord(Row):
    """Evidence of one attempt, before causes and workflows are named; a body leaves out what its format lacks."""

    table: ClassVar[str] = "attempt_records"

    attempt_key: str = Field(description="The record's own identity.")
    request_key: str = Field(description="The source's own id of the logical call, as written.")
    chain_basis: ChainBasis = Field(description="How attempts of one call are tied together.")
    started_at: datetime = Field(description="Start.")
    ended_at: datetime | None = Field(description="End.")
    ttft_ms: float | None = Field(description="Time to the first token in milliseconds.")
    route: str | None = Field(description="Alias or model group.")
    key_alias: str | None = Field(description="Name of the gateway key; never the key.")
    service: str | None = Field(description="Calling service.")
    team: str | None = Field(description="Team as the source's own field names it.")
    environment: str | None = Field(description="Environment as the source's own field names it.")
    provider: str | None = Field(description="Provider.")
    model_requested: str | None = Field(description="Model asked for.")
    model_served: str | None = Field(description="Model that answered.")
    served_model_source: ServedModelSource | None = Field(description="Where the served model is known from.")
    deployment: str | None = Field(description="Deployment tried.")
    region: str | None = Field(description="Region or routing scope.")
    lane: Lane | None = Field(description="Kind of lane.")
    status: Status = Field(description="How it ended.")
    stated_cause: str | None = Field(description="A cause in readback's words that the log itself states.")
    http_status: int | None = Field(description="HTTP status of this attempt.")
    error_code: str | None = Field(description="Provider's or gateway's error code.")
    error_type: str | None = Field(description="Error class.")
    error_reason: str | None = Field(description="The source's own normalized reason.")
    error_message: str | None = Field(description="Message, not yet scrubbed.")
    input_tokens: int | None = Field(description="Prompt tokens.")
    output_tokens: int | None = Field(description="Completion tokens.")
    cost_usd: float | None = Field(description="Cost in US dollars.")
    is_cache_hit: bool | None = Field(description="Answered from a cache.")
    is_stream: bool | None = Field(description="Streamed.")
    confidence: float | None = Field(description="Confidence, 0 to 1.")
    is_marked: bool | None = Field(description="Output labelled as a substitute's.")
    guardrails_ran: list[str] | None = Field(description="Guardrails that ran.")
    declared_fallback_count: int | None = Field(description="The gateway's own count of fallbacks.")
    trace_id: str | None = Field(description="Trace.")
    session_id: str | None = Field(description="Session.")
    provider_request_id: str | None = Field(description="The provider's request id.")
    provider_response_id: str | None = Field(description="The provider's response id.")
    user_ref: str | None = Field(description="End user, hashed before it is stored.")
    weight: float | None = Field(description="1 / sampling rate.")
    tags: list[str] | None = Field(description="`name:value` tags; only the configured names are looked at.")
    metadata: str | None = Field(description="JSON object of caller's metadata; only configured keys are looked at.")
    attributes: str | None = Field(description="JSON object of attributes; only configured keys are looked at.")


def record_columns(emits: str) -> dict[str, str]:
    """What a connector's body may give, name by SQL type, for one kind of row.

    `line` is passed through by bodies of nested formats, `problem` says why a well-formed record is refused, and
    `is_ignored` that it holds nothing for readback.
    """
    described = columns(AttemptRecord) if emits == "attempts" else columns(BY_TABLE[emits])
    given = {column.name: column.sql_type for column in described if column.name not in _ADDED_ON_LANDING}
    return given | _KEYS.get(emits, {}) | {"line": "BIGINT", "problem": "VARCHAR", "is_ignored": "BOOLEAN"}


_KEYS = {"provider_incidents": {"incident_key": "VARCHAR"}, "admin_changes": {"change_key": "VARCHAR"}}
"""The feed's own id, from which ours is made."""


_ADDED_ON_LANDING = frozenset({"file_id", "outcome_id", "incident_id", "change_id", "reading_id", "source"})
