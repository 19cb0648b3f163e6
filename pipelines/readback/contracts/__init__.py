"""Contracts: what a row of each table is. Everything else about a table is derived from here."""

from readback.contracts.aftermath import Outcome, OutcomeCoverage, OutcomeLink, Run, RunStatus
from readback.contracts.bookkeeping import (
    DictionaryEntry,
    LedgerFile,
    QualityResult,
    QuarantinedLine,
)
from readback.contracts.findings import (
    Alert,
    LatencyHistogram,
    MetricEffect,
    MetricValue,
    Notification,
    Recommendation,
    RecoveryCurve,
    Restatement,
)
from readback.contracts.row import Column, Row, columns
from readback.contracts.timeline import (
    AdminChange,
    CounterReading,
    PolicyClass,
    PolicySubstitute,
    PolicyVersion,
    ProviderIncident,
    Reconciliation,
    SourceCounter,
)
from readback.contracts.traffic import Attempt, Episode, FallbackEvent, Request

PUBLISHED: tuple[type[Row], ...] = (
    Attempt,
    Request,
    FallbackEvent,
    Episode,
    Run,
    Outcome,
    OutcomeLink,
    OutcomeCoverage,
    RunStatus,
    CounterReading,
    SourceCounter,
    Reconciliation,
    ProviderIncident,
    AdminChange,
    PolicyVersion,
    PolicyClass,
    PolicySubstitute,
    MetricValue,
    MetricEffect,
    RecoveryCurve,
    LatencyHistogram,
    Restatement,
    Alert,
    Notification,
    Recommendation,
    LedgerFile,
    QuarantinedLine,
    QualityResult,
    DictionaryEntry,
)
"""Every table of the published database, in the order in which the documentation tells of them."""

BY_TABLE: dict[str, type[Row]] = {row.table: row for row in PUBLISHED}

__all__ = [
    "BY_TABLE",
    "PUBLISHED",
    "AdminChange",
    "Alert",
    "Attempt",
    "Column",
    "CounterReading",
    "DictionaryEntry",
    "Episode",
    "FallbackEvent",
    "LatencyHistogram",
    "LedgerFile",
    "MetricEffect",
    "MetricValue",
    "Notification",
    "Outcome",
    "OutcomeCoverage",
    "OutcomeLink",
    "PolicyClass",
    "PolicySubstitute",
    "PolicyVersion",
    "ProviderIncident",
    "QualityResult",
    "QuarantinedLine",
    "Recommendation",
    "Reconciliation",
    "RecoveryCurve",
    "Request",
    "Restatement",
    "Row",
    "Run",
    "RunStatus",
    "SourceCounter",
    "columns",
]
