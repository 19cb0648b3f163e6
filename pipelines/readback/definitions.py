# Dagster tells an asset's outputs from the bare class in its annotation, so no type argument can be given to it.
# mypy: disable-error-code="type-arg"
"""The Dagster graph: assets of a few lines that call a step, their blocking checks, jobs, schedules, a sensor.

`dagster dev` shows it; `run_in_process` is the same job for the `readback` command. No rule is decided here. This and
cli/ are the only files that may read the clock. (No postponed annotations: Dagster reads those of the assets.)
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.errors import DagsterAssetCheckFailedError
from pydantic import Field

from readback import alerting, continuity, inputs, pipeline, quality, reports, store
from readback.pipeline import RunSummary
from readback.settings import Project, open_project
from readback.stretches import Range

WRITER = "warehouse"
"""Pool of everything that writes: dagster.yaml lets one run of it go on at a time."""

CHECKED: dict[str, tuple[str, ...]] = {
    "files": (
        "files", "quarantine", "label_candidates", "attempts", "outcomes", "provider_incidents", "admin_changes",
        "counter_readings", "policies", "policy_classes", "policy_triggers", "policy_substitutes",
    ),
    "requests": ("requests", "model_names"),
    "reconciliation": ("source_counters", "reconciliation"),
    "episodes": ("episodes",),
    "fallback_events": ("fallback_events", "unanswered_requests"),
    "runs": ("runs", "outcome_links", "outcome_coverage", "run_status"),
    "metric_values": (
        "metric_values", "metric_effects", "recovery_curves", "recovery_comparisons", "recovery_sensitivity",
        "latency_histograms", "latency_hours", "restatements", "conformance_weeks",
    ),
    "decisions": ("alerts", "silences", "monitors", "notifications", "evaluations", "recommendations"),
}  # fmt: skip
"""Asset → the tables that it makes and that are checked before anything after it runs."""

STEPS = 2 * len(CHECKED) + 1
"""How many steps the job `refresh` tells of: every table made and checked, and the publication."""

FILE_STEP = "read "
"""How what is told of one more file begins; it is a part of the first step."""

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Refresh:
    """One run of the pipeline, as every asset is given it: the only writer of a project."""

    con: store.Connection
    project: Project
    loaded_at: datetime
    given_as_of: datetime | None = None
    is_full: bool = False
    tell: Tell = lambda told: None

    @property
    def as_of(self) -> datetime:
        """The moment that figures speak of."""
        return pipeline.moment(self.con, self.given_as_of)


class ProjectResource(dg.ConfigurableResource):
    """The project folder; in a deployment `READBACK_PROJECT` names it."""

    root: str = Field(description="Folder that holds readback.toml.")

    def open(self) -> Project:
        """The project as it stands now."""
        return open_project(Path(self.root))


@dg.resource(
    required_resource_keys={"project"},
    config_schema={
        "as_of": dg.Field(str, is_required=False, description="What figures speak of; the newest log time if absent."),
        "loaded_at": dg.Field(str, is_required=False, description="Time of reading to record; now if absent."),
        "full": dg.Field(bool, default_value=False, description="Read every log again."),
    },
)
def refresh_resource(context: dg.InitResourceContext) -> Iterator[Refresh]:
    """Opens the warehouse for the length of one run; a second run is refused meanwhile."""
    given: dict[str, Any] = context.resource_config
    project: Project = context.resources.project.open()
    loaded_at = _moment(given.get("loaded_at")) or datetime.now(UTC)
    with store.warehouse(project) as con:
        yield Refresh(con, project, loaded_at, _moment(given.get("as_of")), given["full"])


@contextmanager
def _step(refresh: Refresh, name: str) -> Iterator[None]:
    """Say what is being done; only trouble with a disk is worth another try."""
    refresh.tell(name.replace("_", " "))
    try:
        yield
    except Exception as error:
        raise dg.Failure(str(error), allow_retries=isinstance(error, OSError)) from error


def _specs(asset: str) -> list[dg.AssetCheckSpec]:
    return [
        dg.AssetCheckSpec(
            f"{table}_contract",
            asset=asset,
            blocking=True,
            description=f"{table}: {len(quality.table_checks(table))} checks derived from its contract.",
        )
        for table in CHECKED[asset]
    ]


def _checked(refresh: Refresh, asset: str) -> dg.MaterializeResult:
    """Judge the tables that an asset has made."""
    with _step(refresh, f"check {asset}"):
        changed = continuity.dirty_ranges(refresh.con)
        results = [_check_result(refresh, table, changed) for table in CHECKED[asset]]
    return dg.MaterializeResult(check_results=results, metadata={"as_of": refresh.as_of.isoformat()})


def _check_result(refresh: Refresh, table: str, changed: Sequence[Range]) -> dg.AssetCheckResult:
    results = quality.check(refresh.con, table, changed, refresh.as_of)
    failed = {result.check_name: result.sample or "" for result in results if not result.is_passed}
    is_blocked = any(result.is_blocking and not result.is_passed for result in results)
    rows = max((result.row_count for result in results), default=0)
    return dg.AssetCheckResult(
        check_name=f"{table}_contract",
        passed=not is_blocked,
        metadata={"rows": rows, "checks": len(results), **failed},
    )


@dg.asset(
    group_name="logs",
    check_specs=_specs("files"),
    pool=WRITER,
    retry_policy=dg.RetryPolicy(max_retries=2, delay=10, backoff=dg.Backoff.EXPONENTIAL),
)
def files(refresh: dg.ResourceParam[Refresh]) -> dg.MaterializeResult:
    """New log files: their attempts in the lake, outcomes and incidents in tables, every line accounted for."""
    with _step(refresh, "files"):
        pipeline.prepare(refresh.con, refresh.project, is_full=refresh.is_full)
        logs = inputs.named_logs(refresh.con, refresh.project, os.environ, refresh.loaded_at)
        pipeline.read_logs(
            refresh.con, refresh.project, logs, refresh.loaded_at, lambda log: refresh.tell(FILE_STEP + log.name)
        )
    return _checked(refresh, "files")


@dg.asset(group_name="continuity", deps=[files], check_specs=_specs("requests"), pool=WRITER)
def requests(refresh: dg.ResourceParam[Refresh]) -> dg.MaterializeResult:
    """Logical calls: attempts, retries and substitutions collapsed."""
    with _step(refresh, "requests"):
        pipeline.build_requests(refresh.con, refresh.project)
    return _checked(refresh, "requests")


@dg.asset(group_name="continuity", deps=[requests], check_specs=_specs("reconciliation"), pool=WRITER)
def reconciliation(refresh: dg.ResourceParam[Refresh]) -> dg.MaterializeResult:
    """What gateways and providers counted themselves, against what their logs hold."""
    with _step(refresh, "reconciliation"):
        pipeline.reconcile(refresh.con, refresh.project)
    return _checked(refresh, "reconciliation")


@dg.asset(group_name="continuity", deps=[reconciliation], check_specs=_specs("episodes"), pool=WRITER)
def episodes(refresh: dg.ResourceParam[Refresh]) -> dg.MaterializeResult:
    """Stretches in which a workflow was off its preferred model."""
    with _step(refresh, "episodes"):
        pipeline.build_episodes(refresh.con, refresh.project, refresh.as_of)
    return _checked(refresh, "episodes")


@dg.asset(group_name="continuity", deps=[episodes], check_specs=_specs("fallback_events"), pool=WRITER)
def fallback_events(refresh: dg.ResourceParam[Refresh]) -> dg.MaterializeResult:
    """Requests that left their preferred lane, judged by the policy in force."""
    with _step(refresh, "fallback_events"):
        pipeline.build_fallback_events(refresh.con)
    return _checked(refresh, "fallback_events")


@dg.asset(group_name="continuity", deps=[fallback_events], check_specs=_specs("runs"), pool=WRITER)
def runs(refresh: dg.ResourceParam[Refresh]) -> dg.MaterializeResult:
    """Tickets, pull requests, payments: what became of what the requests served."""
    with _step(refresh, "runs"):
        pipeline.build_runs(refresh.con, refresh.project, refresh.as_of)
    return _checked(refresh, "runs")


@dg.asset(group_name="figures", deps=[runs], check_specs=_specs("metric_values"), pool=WRITER)
def metric_values(refresh: dg.ResourceParam[Refresh]) -> dg.MaterializeResult:
    """Every metric with its interval, and the differences between the lanes."""
    with _step(refresh, "metric_values"):
        pipeline.compute_metrics(refresh.con, refresh.project, refresh.as_of)
    return _checked(refresh, "metric_values")


@dg.asset(group_name="figures", deps=[metric_values], check_specs=_specs("decisions"), pool=WRITER)
def decisions(refresh: dg.ResourceParam[Refresh]) -> dg.MaterializeResult:
    """Alerts, and recommendations for the policy."""
    with _step(refresh, "decisions"):
        pipeline.decide(refresh.con, refresh.project, refresh.as_of)
    return _checked(refresh, "decisions")


@dg.asset(group_name="published", deps=[decisions], pool=WRITER)
def published(refresh: dg.ResourceParam[Refresh]) -> dg.MaterializeResult:
    """The snapshot that every reader opens."""
    with _step(refresh, "published"):
        summary = pipeline.publish(refresh.con, refresh.project, refresh.as_of, refresh.loaded_at)
    return dg.MaterializeResult(value=summary, metadata={"snapshot": dg.MetadataValue.path(str(summary.snapshot))})


@dg.asset(group_name="reports", deps=[published], pool=WRITER)
def weekly_review(refresh: dg.ResourceParam[Refresh]) -> dg.MaterializeResult:
    """The last whole week for the operations review, as one page of text."""
    with _step(refresh, "weekly_review"):
        file = reports.write_week(refresh.project)
    return dg.MaterializeResult(metadata={"review": dg.MetadataValue.md(file.read_text(encoding="utf-8"))})


@dg.asset(group_name="reports", deps=[published], pool=WRITER)
def monthly_report(refresh: dg.ResourceParam[Refresh]) -> dg.MaterializeResult:
    """The last whole month for leadership, as PDF, HTML and XLSX."""
    with _step(refresh, "monthly_report"):
        written = reports.write_month(refresh.project)
    return dg.MaterializeResult(metadata={file.suffix[1:]: dg.MetadataValue.path(str(file)) for file in written})


_TO_PUBLISHED = dg.AssetSelection.assets(published).upstream()
refresh_job = dg.define_asset_job("refresh", _TO_PUBLISHED, description="New log files → a published snapshot.")
weekly_job = dg.define_asset_job("weekly", dg.AssetSelection.assets(weekly_review).upstream())
monthly_job = dg.define_asset_job("monthly", dg.AssetSelection.assets(monthly_report).upstream())


@dg.op(pool=WRITER)
def tell_alerts(project: ProjectResource) -> None:
    """Judge every rule, and deliver what is due; addresses come from the environment."""
    alerting.check(project.open(), os.environ, _now)


@dg.op(pool=WRITER)
def tell_digests(project: ProjectResource) -> None:
    """Queue the digest of the last whole week for every audience, and deliver it."""
    opened = project.open()
    alerting.queue_digests(opened, _now())
    alerting.deliver(opened, os.environ, _now)


@dg.job(description="What the rules see now → messages.")
def alerts() -> None:
    """Look at the rules and deliver."""
    tell_alerts()


@dg.job(description="The last whole week → one message per audience.")
def digest() -> None:
    """Write and deliver the weekly digests."""
    tell_digests()


hourly = dg.ScheduleDefinition(name="hourly", job=refresh_job, cron_schedule="5 * * * *")
weekly = dg.ScheduleDefinition(name="weekly", job=weekly_job, cron_schedule="0 7 * * 1")
monthly = dg.ScheduleDefinition(name="monthly", job=monthly_job, cron_schedule="0 6 1 * *")
retries = dg.ScheduleDefinition(name="retries", job=alerts, cron_schedule="*/15 * * * *")
digests = dg.ScheduleDefinition(name="digests", job=digest, cron_schedule="30 7 * * 1")


@dg.asset_sensor(asset_key=dg.AssetKey("published"), job=alerts)
def news(context: dg.SensorEvaluationContext, asset_event: dg.EventLogEntry) -> dg.RunRequest:
    """Messages as soon as a snapshot is published; the schedule tries again what failed."""
    return dg.RunRequest(run_key=context.cursor)


@dg.sensor(job=refresh_job, minimum_interval_seconds=60)
def new_files(context: dg.SensorEvaluationContext, project: ProjectResource) -> dg.RunRequest | dg.SkipReason:
    """A refresh as soon as an input holds a new file, object or row, or one that grew."""
    found = input_fingerprint(project.open())
    if context.cursor == found:
        return dg.SkipReason("nothing is new in any input")
    context.update_cursor(found)
    return dg.RunRequest(run_key=found)


def input_fingerprint(project: Project) -> str:
    """A hash of what is known of all inputs unread: equal as long as nothing new can be read."""
    return inputs.fingerprint(inputs.places(project, os.environ), datetime.now(UTC))


def run_in_process(
    project: Project,
    *,
    loaded_at: datetime,
    as_of: datetime | None = None,
    full: bool = False,
    tell: Tell = lambda told: None,
) -> RunSummary:
    """The job `refresh` in this process, without any trace of Dagster; `tell` hears what is being done.

    Raises:
        ProjectBusy: another run is writing.
        QualityError: a blocking check failed; what was published before stays.
        ReadbackError: whatever else a step found, as the step raised it.
    """
    with store.warehouse(project) as con:
        refresh = Refresh(con, project, loaded_at, as_of, full, tell)
        try:
            result = _execute(refresh)
        except Exception as error:
            raise (quality.failures(con) if _is_check(error) else None) or _cause(error) from None
        summary: RunSummary = result.output_for_node("published")
        return summary


def _execute(refresh: Refresh) -> dg.ExecuteInProcessResult:
    with dg.DagsterInstance.ephemeral(settings={"telemetry": {"enabled": False}}) as instance:
        return defs.resolve_job_def("refresh").execute_in_process(
            instance=instance,
            resources={"refresh": refresh},
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )


def _is_check(error: BaseException) -> bool:
    return isinstance(error, DagsterAssetCheckFailedError)


def _cause(error: BaseException) -> BaseException:
    """What a step raised, freed of what Dagster wraps around it."""
    while isinstance(error, dg.DagsterError | dg.Failure) and error.__cause__ is not None:
        error = error.__cause__
    return error


def _now() -> datetime:
    return datetime.now(UTC)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


defs = dg.Definitions(
    assets=[
        files, requests, reconciliation, episodes, fallback_events, runs, metric_values, decisions, published,
        weekly_review, monthly_report,
    ],
    jobs=[refresh_job, weekly_job, monthly_job, alerts, digest],
    schedules=[hourly, weekly, monthly, retries, digests],
    sensors=[new_files, news],
    resources={
        "project": ProjectResource(root=dg.EnvVar("READBACK_PROJECT")),
        "refresh": refresh_resource,
    },
    executor=dg.in_process_executor,
)  # fmt: skip
