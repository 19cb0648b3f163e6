"""Every closed set of words that a column may hold; no set is written anywhere else."""

from enum import StrEnum


class Status(StrEnum):
    """How one attempt ended."""

    OK = "ok"
    ERROR = "error"
    CANCELLED = "cancelled"
    BLOCKED = "blocked"


class Cause(StrEnum):
    """Why an attempt failed, in the words a fallback policy uses."""

    PROVIDER_THROTTLED = "provider_throttled"
    PROVIDER_OUTAGE = "provider_outage"
    LATENCY_BREACH = "latency_breach"
    ADMIN_DISABLED = "admin_disabled"
    COST_CEILING = "cost_ceiling"
    LOW_CONFIDENCE = "low_confidence"
    CONTEXT_WINDOW = "context_window"
    CONTENT_POLICY = "content_policy"
    AUTH = "auth"
    CAPABILITY_MISSING = "capability_missing"
    GATEWAY_LIMIT = "gateway_limit"
    UNKNOWN = "unknown"


class CauseBasis(StrEnum):
    """Which evidence a cause rests on, strongest first."""

    EXPLICIT_REASON = "explicit_reason"
    ERROR_CODE = "error_code"
    HTTP_STATUS = "http_status"
    EXCEPTION_TYPE = "exception_type"
    MESSAGE_PATTERN = "message_pattern"
    INHERITED = "inherited"
    NONE = "none"


class ChainBasis(StrEnum):
    """How the attempts of one call are tied together; it decides what their absence proves.

    A `call_id`, `sibling_spans` or `explicit_attempts` also shows that no fallback happened; a `trace_id` shows
    only some of the fallbacks that did; a `single_row` shows none.
    """

    CALL_ID = "call_id"
    SIBLING_SPANS = "sibling_spans"
    EXPLICIT_ATTEMPTS = "explicit_attempts"
    TRACE_ID = "trace_id"
    SINGLE_ROW = "single_row"


class Counted(StrEnum):
    """What an independent counter counts; the rows of a log are counted in the same way."""

    REQUESTS = "requests"
    ATTEMPTS = "attempts"
    ANSWERS = "answers"
    OUTPUT_TOKENS = "output_tokens"


class BiasDirection(StrEnum):
    """Where a fallback frequency goes when rows are missing: below or above the true one, or nowhere."""

    DOWN = "down"
    UP = "up"
    NONE = "none"


class CauseFamily(StrEnum):
    """Causes that recover in the same way, so that one episode never mixes two."""

    PROVIDER = "provider"
    ADMIN = "admin"
    COST = "cost"
    QUALITY = "quality"
    REQUEST = "request"
    UNKNOWN = "unknown"


class Lane(StrEnum):
    """What kind of lane an attempt ran on; a model unless the log says otherwise."""

    MODEL = "model"
    MANUAL = "manual"
    HOLD = "hold"


class ServedBy(StrEnum):
    """Who answered a request."""

    PREFERRED = "preferred"
    SUBSTITUTE = "substitute"
    MANUAL = "manual"
    HOLD = "hold"
    NOBODY = "nobody"


class PreferredBasis(StrEnum):
    """Where the preferred model of a request is known from."""

    POLICY = "policy"
    GATEWAY = "gateway"
    FIRST_ATTEMPT = "first_attempt"


class NameBasis(StrEnum):
    """Who knows a model by a name: the policy, or the table of families."""

    POLICY = "policy"
    FAMILY = "family"


class ServedModelSource(StrEnum):
    """Where the served model of a request is known from; a model's own claim is never a source."""

    RESPONSE_FIELD = "response_field"
    DEPLOYMENT = "deployment"
    HEADER = "header"
    DECLARED = "declared"


class Detection(StrEnum):
    """How a fallback became visible."""

    ATTEMPT_CHAIN = "attempt_chain"
    EXPLICIT = "explicit"
    PREEMPTIVE = "preemptive"
    PROVIDER_DECLARED = "provider_declared"


class Verdict(StrEnum):
    """Whether the policy in force allowed a fallback."""

    IN_POLICY = "in_policy"
    OUT_OF_POLICY = "out_of_policy"
    INDETERMINATE = "indeterminate"


class VerdictReason(StrEnum):
    """Why a fallback was not simply in policy."""

    NO_POLICY = "no_policy"
    CLASS_UNKNOWN = "class_unknown"
    UNAPPROVED_SUBSTITUTE = "unapproved_substitute"
    APPROVAL_EXPIRED = "approval_expired"
    TRIGGER_NOT_ALLOWED = "trigger_not_allowed"
    ACTIVATION_NOT_GRANTED = "activation_not_granted"
    BOUNDARY_BREACHED = "boundary_breached"
    STOP_CONDITION_IGNORED = "stop_condition_ignored"
    DURATION_EXCEEDED = "duration_exceeded"
    UNMARKED = "unmarked"
    ADMIN_DENIED_TARGET = "admin_denied_target"
    WRONG_ORDER = "wrong_order"
    MISSED_FALLBACK = "missed_fallback"
    CAUSE_NOT_LOGGED = "cause_not_logged"
    SILENT_DOWNGRADE = "silent_downgrade"
    SILENT_UPGRADE = "silent_upgrade"
    EVIDENCE_MISSING = "evidence_missing"


class EpisodeState(StrEnum):
    """Where an episode stands at the watermark."""

    RECOVERED = "recovered"
    OPEN = "open"
    QUIET = "quiet"
    DISABLED = "disabled"
    HELD = "held"


class OutcomeKind(StrEnum):
    """What happened to a run afterwards."""

    REVIEW_REQUESTED = "review_requested"
    REVIEW_DECISION = "review_decision"
    OVERRIDE = "override"
    REWORK = "rework"
    DOWNSTREAM_ERROR = "downstream_error"
    FEEDBACK = "feedback"
    ALL_CLEAR = "all_clear"


class TimeQuality(StrEnum):
    """How exact an outcome's time is."""

    EXACT = "exact"
    SNAPSHOT = "snapshot"
    BATCH = "batch"
    UNKNOWN = "unknown"


class ActorKind(StrEnum):
    """Who acted."""

    HUMAN = "human"
    MODEL = "model"
    RULE = "rule"
    SYSTEM = "system"
    UNKNOWN = "unknown"


class Decision(StrEnum):
    """What a reviewer decided."""

    APPROVED = "approved"
    APPROVED_WITH_EDITS = "approved_with_edits"
    REJECTED = "rejected"
    REPLACED = "replaced"
    ESCALATED = "escalated"
    ABSTAINED = "abstained"
    EXPIRED = "expired"


class OverrideTarget(StrEnum):
    """What a person overrode."""

    OUTPUT = "output"
    ROUTING = "routing"
    GATE = "gate"


class ReviewMode(StrEnum):
    """Why a run was reviewed; rates are compared within one mode only."""

    MANDATORY = "mandatory"
    SAMPLED = "sampled"
    VOLUNTARY = "voluntary"


class ReworkType(StrEnum):
    """How a released output was redone."""

    REOPENED = "reopened"
    REGENERATED = "regenerated"
    REDONE_MANUALLY = "redone_manually"
    CORRECTED = "corrected"
    REVERTED = "reverted"
    RESUBMITTED = "resubmitted"
    REEXECUTED = "reexecuted"


class Severity(StrEnum):
    """How bad a downstream error was."""

    CRITICAL = "critical"
    HIGH = "high"
    MODERATE = "moderate"
    LOW = "low"
    INFO = "info"


class ErrorType(StrEnum):
    """What kind of harm was seen outside the workflow."""

    INCIDENT = "incident"
    ROLLBACK = "rollback"
    REVERT = "revert"
    DATA_QUALITY = "data_quality"
    PIPELINE_FAILURE = "pipeline_failure"
    REFUND = "refund"
    CHARGEBACK = "chargeback"
    COMPLAINT = "complaint"
    COMPLIANCE = "compliance"
    OTHER = "other"


class CostBasis(StrEnum):
    """How a cost is known."""

    MEASURED = "measured"
    ESTIMATED = "estimated"
    ALLOCATED = "allocated"


class ArtifactType(StrEnum):
    """What kind of thing an outcome is about."""

    TICKET = "ticket"
    PULL_REQUEST = "pull_request"
    COMMIT = "commit"
    DEPLOYMENT = "deployment"
    PAYMENT = "payment"
    PIPELINE_RUN = "pipeline_run"
    DOCUMENT = "document"
    TASK = "task"


class LinkMethod(StrEnum):
    """How an outcome was tied to a run."""

    EXACT_ID = "exact_id"
    ARTIFACT = "artifact"
    SESSION = "session"
    TEMPORAL = "temporal"
    ASSERTED = "asserted"


class CoverageMode(StrEnum):
    """Whether an outcome source sees every run or a sample."""

    COMPLETE = "complete"
    SAMPLED = "sampled"


class RunMetric(StrEnum):
    """The outcome metrics that judge one run."""

    REWORK = "rework"
    OVERRIDE = "override"
    DOWNSTREAM_ERROR = "downstream_error"


class RunStatusValue(StrEnum):
    """What is known of one run for one outcome metric; exactly one applies."""

    EVENT = "event"
    CLEAR = "clear"
    CENSORED = "censored"
    UNCOVERED = "uncovered"
    NOT_ELIGIBLE = "not_eligible"


class Stage(StrEnum):
    """How far a workflow class reaches into the world."""

    DRAFTING = "drafting"
    DECISION = "decision"
    EXECUTION = "execution"


class Risk(StrEnum):
    """What a wrong answer can cost."""

    LOW = "low"
    MODERATE = "moderate"
    HIGH = "high"
    CRITICAL = "critical"


class Boundary(StrEnum):
    """What a class may do when no listed substitute applies."""

    DEGRADE = "degrade"
    HUMAN_REVIEW = "human_review"
    PAUSE = "pause"
    ESCALATE = "escalate"


class Activation(StrEnum):
    """How a substitute may come into use."""

    AUTOMATIC = "automatic"
    ON_APPROVAL = "on_approval"
    FORBIDDEN = "forbidden"


class TargetKind(StrEnum):
    """What a substitute is."""

    MODEL = "model"
    MANUAL = "manual"
    HOLD = "hold"


class PolicyStatus(StrEnum):
    """Only active versions judge events."""

    DRAFT = "draft"
    ACTIVE = "active"
    RETIRED = "retired"


class Grain(StrEnum):
    """The length of a reporting period."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    ALL = "all"


class Dimension(StrEnum):
    """What a metric is broken down by."""

    ALL = "all"
    WORKFLOW = "workflow"
    WORKFLOW_CLASS = "workflow_class"
    CAUSE = "cause"
    MODEL = "model"
    PROVIDER = "provider"
    TEAM = "team"


class MetricLane(StrEnum):
    """Which requests or runs a figure speaks of."""

    ALL = "all"
    PREFERRED = "preferred"
    FALLBACK = "fallback"


class MetricStatus(StrEnum):
    """Whether a figure may be read as a figure."""

    OK = "ok"
    TOO_FEW = "too_few"
    LOW_COVERAGE = "low_coverage"
    NO_DATA = "no_data"
    NOT_REPORTED = "not_reported"


class Absence(StrEnum):
    """Why a figure is absent."""

    NO_SOURCE = "no_source"
    NO_TRAFFIC = "no_traffic"
    NO_EVENT = "no_event"
    FILTERED = "filtered"
    LINK_FAILED = "link_failed"
    TOO_EARLY = "too_early"
    TOO_FEW = "too_few"


class RuleParameter(StrEnum):
    """Keys of `[episodes]` that the figures of recovery are tried against, and the rule in force."""

    DECLARED = "declared"
    OPEN_COUNT = "open_count"
    GAP = "gap"
    CLOSE_COUNT = "close_count"
    HYSTERESIS = "hysteresis"


class FileState(StrEnum):
    """What became of an input file."""

    LOADED = "loaded"
    UNKNOWN_FORMAT = "unknown_format"
    FAILED = "failed"
    EMPTY = "empty"


class AlertState(StrEnum):
    """Where an alert stands.

    In their order: it holds; somebody took it; it no longer holds; the quiet time after that; over.
    """

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    COOLING = "cooling"
    CLOSED = "closed"


class AlertTier(StrEnum):
    """How loudly an alert speaks."""

    PAGE = "page"
    TICKET = "ticket"
    WATCH = "watch"


class NotificationKind(StrEnum):
    """What a message is about: one alert, that nothing fired, or a week."""

    ALERT = "alert"
    HEARTBEAT = "heartbeat"
    DIGEST = "digest"


class NotificationStage(StrEnum):
    """Which turn of an alert a message tells; a digest or a heartbeat is only ever told."""

    OPENED = "opened"
    ESCALATED = "escalated"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    TOLD = "told"


class NotificationState(StrEnum):
    """What became of a message; a dead one was tried as often as is allowed."""

    PENDING = "pending"
    SENT = "sent"
    HELD = "held"
    DEAD = "dead"


class MonitorStatus(StrEnum):
    """Whether a rise of an outcome rate would be seen."""

    WATCHING = "watching"
    SHORT_BASELINE = "short_baseline"
    NO_TRAFFIC = "no_traffic"


class EvidenceClass(StrEnum):
    """What a recommendation rests on: replay, bounds, adjusted observation, or nothing short of a trial."""

    REPLAY = "R"
    BOUNDED = "B"
    ADJUSTED = "A"
    TRIAL = "T"


class Confidence(StrEnum):
    """How far a recommendation may be trusted."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class RecommendationState(StrEnum):
    """Where a recommendation stands."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"


class RecommendationOutcome(StrEnum):
    """Whether an accepted change did what was promised."""

    KEPT = "kept"
    NOT_KEPT = "not_kept"
    CANNOT_TELL = "cannot_tell"
