"""The one-way house: every step from log files to a published snapshot, in its order. Opens nothing, reads no clock.

A step is one transaction, so a killed run stops between two steps and the next one goes on: the days whose attempts
changed stay in `ledger.dirty_days`, and the time since which episodes changed in `ledger.changes`, until all is
published.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from readback import aftermath, continuity, decisions, lake, ledger, metrics, reconciliation, shipped, store
from readback.contracts import Attempt, columns
from readback.errors import ProjectError, SettingsError
from readback.inputs.origins import Origin
from readback.policy.loading import load_policies
from readback.policy.naming import FAMILIES_FILE
from readback.policy.observing import published_digests
from readback.policy.validation import check as check_policies
from readback.settings import SETTINGS_FILE, Project

NOTHING_READ = datetime.fromtimestamp(0, UTC)
"""Watermark of a project whose logs tell nothing yet: no figure is computed, and all tables stay empty."""

_NAMING = ("workflow", "team", "environment", "run")
_ATTEMPTS = ", ".join(f"{column.name} {column.sql_type}" for column in columns(Attempt))
"""What a part of the lake holds; one that was written before a column was added cannot be read as if it had it."""

_REBUILT = ("requests", "episodes", "fallback_events", "unanswered_requests", "runs", "outcome_links")


@dataclass(frozen=True)
class RunSummary:
    """What one complete run did; counts are of its own files."""

    run_number: int
    as_of: datetime
    snapshot: Path
    files_read: int
    files_refused: int
    lines_read: int
    lines_quarantined: int
    days_changed: int


def prepare(con: store.Connection, project: Project, *, is_full: bool = False) -> None:
    """Create the tables, declare the policies, and make every day dirty where another rule judges it now.

    Raises:
        PolicyError: a policy that breaks an error-level validation.
        SettingsError: names are taken from other labels than when the logs were read.
    """
    ledger.create_tables(con)
    _create_tables(con)
    is_lake_new = not _is_rule_kept(con, "attempts", _ATTEMPTS)
    if is_lake_new and not is_full:
        raise ProjectError("attempts were read by another version of readback; run once with --full", file=project.lake)
    if not is_lake_new:
        lake.find_lake(con, project)
    if is_full:
        _start_over(con)
    policies = load_policies(project.policy_file)
    check_policies(policies, {} if is_full else published_digests(con), continuity.watermark(con))
    with store.transaction(con):
        _refuse_new_names(con, project)
        is_policy_new = continuity.declare_policies(con, policies)
        is_rule_new = _declare_rules(con, project)
        if is_policy_new or is_rule_new:
            continuity.mark_everything(con)


def read_logs(
    con: store.Connection,
    project: Project,
    logs: Iterable[Origin],
    loaded_at: datetime,
    on_log: ledger.Progress = lambda log: None,
) -> ledger.Loaded:
    """Every log that is not known yet, into the lake and the ledger; one transaction per log."""
    return ledger.load(con, project, logs, loaded_at, on_log)


def moment(con: store.Connection, given: datetime | None = None) -> datetime:
    """The moment that figures speak of: the one given, or the newest time in any log."""
    found = given or continuity.watermark(con) or NOTHING_READ
    return found.astimezone(UTC)


def build_requests(con: store.Connection, project: Project) -> None:
    """Attempts → requests."""
    policies = load_policies(project.policy_file)
    with store.transaction(con):
        continuity.renew_switches(con, policies)
        continuity.build_requests(con, policies, continuity.dirty_ranges(con))


def reconcile(con: store.Connection, project: Project) -> None:
    """Independent counters, attempts → what each source counted, and what its log lacks of it."""
    with store.transaction(con):
        reconciliation.reconcile(con, load_policies(project.policy_file))


def build_episodes(con: store.Connection, project: Project, as_of: datetime) -> None:
    """Requests → episodes; remembers since when they changed until everything after them was built, too."""
    with store.transaction(con):
        since = continuity.build_episodes(con, project.settings.episodes, continuity.dirty_ranges(con), as_of)
        if since is not None:
            con.execute("insert into ledger.changes values (?)", [since])


def build_fallback_events(con: store.Connection) -> None:
    """Requests, episodes, policies → fallback events; a day whose events are judged otherwise becomes dirty."""
    with store.transaction(con):
        # A whole day is judged at once: the cost of a substitute is held against the mean of its day.
        ((since,),) = con.execute("select date_trunc('day', min(episodes_since)) from ledger.changes").fetchall()
        continuity.build_fallback_events(con, continuity.dirty_ranges(con), since)


def build_runs(con: store.Connection, project: Project, as_of: datetime) -> None:
    """Outcomes, requests → links, runs, run status."""
    with store.transaction(con):
        aftermath.build_aftermath(con, project.settings, continuity.dirty_ranges(con), as_of)


def compute_metrics(con: store.Connection, project: Project, as_of: datetime) -> None:
    """Everything before → metric values, effects, curves; a transaction of its own."""
    if as_of > NOTHING_READ:
        metrics.refresh(con, project.settings, as_of, continuity.dirty_ranges(con))


def decide(con: store.Connection, project: Project, as_of: datetime) -> None:
    """Metrics, events → alerts, the messages about them, and recommendations."""
    if as_of > NOTHING_READ:
        with store.transaction(con):
            decisions.refresh(con, as_of, project.settings)


def publish(con: store.Connection, project: Project, as_of: datetime, loaded_at: datetime) -> RunSummary:
    """The warehouse → an immutable snapshot that readers open; then nothing is dirty any more.

    Killed before the end, the next run builds the same rows again and publishes them under another number.
    """
    with store.transaction(con):
        ((number,),) = con.execute("select coalesce(max(run_number), 0) + 1 from ledger.runs").fetchall()
        con.execute("insert into ledger.runs values (?, ?, ?, false)", [number, as_of, loaded_at])
        store.describe_database(con)
    snapshot = store.publish(con, project, f"{as_of:%Y%m%dT%H%M%SZ}-{number}")
    summary = _summary(con, number, as_of, snapshot, loaded_at)
    with store.transaction(con):
        con.execute("update ledger.runs set is_published = true where run_number = ?", [number])
        for table in ("dirty_days", "counted_days", "changes"):
            con.execute(f"delete from ledger.{table}")
    lake.sweep(con, project)
    return summary


def _create_tables(con: store.Connection) -> None:
    con.execute("create table if not exists ledger.changes (episodes_since timestamptz)")
    con.execute("create table if not exists ledger.rules (name varchar, rule varchar)")
    con.execute(
        """create table if not exists ledger.runs (
            run_number bigint, as_of timestamptz, loaded_at timestamptz, is_published boolean
        )"""
    )


def _start_over(con: store.Connection) -> None:
    """Forget what was read. Everything is dirty until then, so that a kill in between loses nothing."""
    with store.transaction(con):
        continuity.mark_everything(con)
        for table in _REBUILT:
            con.execute(f"delete from {table}")
    ledger.forget(con)
    con.execute("delete from ledger.rules")


def _refuse_new_names(con: store.Connection, project: Project) -> None:
    """Names are given to records as they are read, so other names need another reading."""
    for key in _NAMING:
        if not _is_rule_kept(con, key, _naming(project, key)):
            _refuse(project, key)


def _refuse(project: Project, key: str) -> NoReturn:
    message = "names are given while logs are read, and these were read under another rule; run once with --full"
    raise SettingsError(message, file=project.root / SETTINGS_FILE, key=f"{key}.from")


def _declare_rules(con: store.Connection, project: Project) -> bool:
    """Remember the rules in force; true where one that built rows differs from before."""
    before = _known_rules(con)
    now = {key: _naming(project, key) for key in _NAMING}
    now |= {"attempts": _ATTEMPTS, "continuity": _continuity_rule(project)}
    con.execute("delete from ledger.rules")
    con.executemany("insert into ledger.rules values (?, ?)", list(now.items()))
    return before.get("continuity", now["continuity"]) != now["continuity"]


def _is_rule_kept(con: store.Connection, key: str, rule: str) -> bool:
    """Whether what was read, if anything was, was read under a rule."""
    has_read = bool(con.execute("select 1 from files limit 1").fetchall())
    return not has_read or _known_rules(con).get(key, rule) == rule


def _known_rules(con: store.Connection) -> dict[str, str]:
    return dict(con.execute("select name, rule from ledger.rules").fetchall())


def _naming(project: Project, key: str) -> str:
    return "\n".join(getattr(project.settings, key).from_)


def _continuity_rule(project: Project) -> str:
    """What the rows of the continuity models follow from, beside attempts: parameters, their own text, families."""
    models = hashlib.sha256()
    for file in [*sorted((shipped.models() / "continuity").glob("*.sql")), FAMILIES_FILE]:
        models.update(file.read_bytes())
    settings = project.settings
    return f"{settings.episodes.version} {settings.metrics.override_edit_ratio:g} {models.hexdigest()}"


def _summary(con: store.Connection, number: int, as_of: datetime, snapshot: Path, loaded_at: datetime) -> RunSummary:
    ((read, refused, lines, quarantined),) = con.execute(
        """select count(*) filter (where state = 'loaded'),
            count(*) filter (where state in ('unknown_format', 'failed')),
            coalesce(cast(sum(lines) as bigint), 0), coalesce(cast(sum(quarantined_lines) as bigint), 0)
        from files where loaded_at = ?""",
        [loaded_at],
    ).fetchall()
    ((days,),) = con.execute("select count(distinct day) from ledger.dirty_days").fetchall()
    return RunSummary(number, as_of, snapshot, read, refused, lines, quarantined, days)
