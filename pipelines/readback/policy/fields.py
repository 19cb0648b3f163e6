"""Closed words and field types of the policy document that no published table shares."""

from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from readback.settings import seconds


class Undeclared(StrEnum):
    """What happens to a workflow that no class matches."""

    HOLD = "hold"
    ALLOW_PREFERRED_ONLY = "allow_preferred_only"
    REPORT_ONLY = "report_only"


class ModelStatus(StrEnum):
    """Where a model stands in the catalogue."""

    APPROVED = "approved"
    RESTRICTED = "restricted"
    DISABLED = "disabled"


class StopAction(StrEnum):
    """What a stop does; `degrade` is understood only so that P010 can refuse it."""

    PAUSE = "pause"
    ESCALATE = "escalate"
    HUMAN_REVIEW = "human_review"
    BLOCK = "block"
    DEGRADE = "degrade"


class LatencyMetric(StrEnum):
    """What a latency trigger watches; `stream_rate` is tokens per second, the others are durations."""

    TTFT_P95 = "ttft_p95"
    TOTAL_P95 = "total_p95"
    STREAM_RATE = "stream_rate"


class QuotaUnit(StrEnum):
    """What a quota counts."""

    REQUESTS = "requests"
    TOKENS = "tokens"


class MarkingChannel(StrEnum):
    """Where a substitute's output says that it is one."""

    METADATA = "metadata"
    VISIBLE = "visible"
    HEADER = "header"
    WATERMARK = "watermark"


class RecoveryMode(StrEnum):
    """How a class returns to its preferred model."""

    AUTOMATIC = "automatic"
    MANUAL = "manual"


def _instant(value: Any) -> datetime:
    if isinstance(value, datetime):
        moment = value
    else:
        try:
            moment = datetime.fromisoformat(value)
        except (TypeError, ValueError):
            raise ValueError("expected a time such as 2026-04-01T00:00:00Z") from None
    if moment.tzinfo is None:
        raise ValueError("expected a time with an offset, such as 2026-04-01T00:00:00Z (P012)")
    return moment.astimezone(UTC)


def _instant_or_day(value: Any) -> datetime:
    """A bare date stands for its first instant in UTC."""
    try:
        day = date.fromisoformat(value)
    except (TypeError, ValueError):
        return _instant(value)
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _threshold(value: Any) -> Any:
    return seconds(value) if isinstance(value, str) else value


def _money(value: Any) -> Decimal:
    if isinstance(value, Decimal):
        return value
    try:
        amount = Decimal(value) if isinstance(value, str) else None
    except InvalidOperation:
        amount = None
    if amount is None or not amount.is_finite() or amount < 0:
        raise ValueError('expected an amount as a decimal string, such as "250.00"')
    return amount


Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=100)]
Name = Annotated[str, Field(min_length=1, max_length=300)]
_Time = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
_TimeOrDay = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d")]
_Amount = Annotated[str, Field(pattern=r"^\d+(\.\d+)?$")]
_Duration = Annotated[str, Field(pattern=r"^\d+\s*(ms|s|m|h|d)$")]

Instant = Annotated[datetime, BeforeValidator(_instant, json_schema_input_type=_Time)]
InstantOrDay = Annotated[datetime, BeforeValidator(_instant_or_day, json_schema_input_type=_TimeOrDay)]
Threshold = Annotated[float, BeforeValidator(_threshold, json_schema_input_type=_Duration | float)]
Money = Annotated[Decimal, BeforeValidator(_money, json_schema_input_type=_Amount)]
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1, strict=True)]
Tried = Annotated[str, Field(pattern=r"^\d+(\.\d+)?\s*(ms|s|m|h|d)?$")]
