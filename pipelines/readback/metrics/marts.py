"""Daily marts: sufficient statistics per local day, made anew for the days that changed and for no others.

What a row of a mart is, the SQL of `models/marts/` and `models/metrics/` says; here is which days and in what order.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from readback import shipped, store
from readback.ledger import CALL_OVERLAP_S
from readback.metrics.definitions import Definition, definitions, metrics_of
from readback.metrics.local_days import Batch, batches, days_of, local_day, start_of
from readback.settings import Settings
from readback.stretches import Range

GAMMA = 1.01 / 0.99
"""Base of the latency buckets: a relative error of at most 1%."""

HOURLY_GAMMA = 1.05 / 0.95
"""The same of hours: at most 5%, since there are many."""

HOURLY_DAYS = 14
"""Local days, the newest one included, of which latencies are kept by hour."""

_SUMS = ("numerator", "denominator", "eligible", "observable", "unseen", "weight_squares", "cluster_count", "cluster_n",
         "cluster_n2", "cluster_n3", "cluster_x", "cluster_x2", "cluster_xn")  # fmt: skip
_DAILY = f"""create table if not exists marts.metric_daily (
    metric varchar, day date, workflow varchar, workflow_class varchar, cause varchar, model varchar, provider varchar,
    team varchar, lane varchar, {", ".join(f"{name} double" for name in _SUMS)}, closes_at timestamptz)"""
_EFFECTS = """create table if not exists marts.effect_daily (
    metric varchar, day date, block varchar, workflow varchar, workflow_class varchar, lane varchar,
    hour_at timestamptz, cluster_id varchar, episode_id varchar, cause varchar, served_model varchar,
    review_mode varchar, n double, x double)"""
_AMOUNTS = """create table if not exists marts.amount_daily (
    metric varchar, day date, block varchar, workflow varchar, workflow_class varchar, is_fallback boolean,
    hour_at timestamptz, episode_id varchar, has_hard_prompts boolean, served_model varchar, n double, x double,
    cut double)"""
_CUT_AMOUNTS = "alter table marts.amount_daily add column if not exists cut double"
_MATURITIES = """create table if not exists marts.maturities (
    metric varchar, day date, workflow varchar, window_s double, opens_at timestamptz, matures_at timestamptz)"""
_BLOCKS = """create table if not exists marts.block_daily (
    metric varchar, day date, workflow varchar, block varchar, n double, x double)"""
_MODELS = (
    "create table if not exists marts.model_days (day date, model varchar, provider varchar, request_count bigint)"
)
_LANE_CHANGES = """create table if not exists marts.lane_changes (
    day date, workflow varchar, preferred_model varchar, started_at timestamptz, request_id varchar, family varchar,
    is_fallback boolean, is_success boolean)"""
_MADE = "create table if not exists marts.made_from (fingerprint varchar)"
_TOUCHED = "create table if not exists touched_days (day date)"

BY_DAY = ("metric_daily", "effect_daily", "block_daily", "amount_daily", "maturities", "model_days", "lane_changes")
"""Marts that hold rows by local day."""

MOST_CLOSING_ANSWERS = 2
"""Answers in a row by which a rule that is tried may ask for more than the rule in force."""

OF_EPISODES = ("open_episodes", "degraded_minutes")
"""Daily metrics whose facts are the episodes: few, and an open one grows daily, so they are made anew each time."""


def create_marts(con: store.Connection) -> None:
    """The schema `marts` and its tables, where they do not exist yet."""
    con.execute("create schema if not exists marts")
    for statement in (
        _DAILY,
        _EFFECTS,
        _AMOUNTS,
        _CUT_AMOUNTS,
        _BLOCKS,
        _MATURITIES,
        _MODELS,
        _LANE_CHANGES,
        _MADE,
        _TOUCHED,
    ):
        con.execute(statement)


def renew(con: store.Connection, settings: Settings, as_of: datetime, dirty: Sequence[Range]) -> None:
    """Bring every daily mart up to date.

    Stale are the days that `dirty` touches; of runs also those that the aftermath built anew (`touched_days`, emptied
    here) and those on which one came of age since; and all of them where a model, the time zone or what is watched
    has changed.
    """
    create_marts(con)
    zone = settings.project.timezone
    of_requests, of_runs = stale_days(con, settings, dirty)
    for batch in batches(of_requests, zone):
        _renew_requests(con, batch, settings, as_of)
    for batch in batches(of_runs, zone):
        _renew_runs(con, batch, zone)
    con.execute("delete from latency_hours where period_start < ?", [_first_hour(as_of, zone)])
    con.execute("delete from touched_days")
    _renew_episodes(con, as_of, zone)


def stale_days(con: store.Connection, settings: Settings, dirty: Sequence[Range]) -> tuple[set[date], set[date]]:
    """Local days whose request marts, and whose run marts, no longer hold; remembers what they are made from."""
    zone = settings.project.timezone
    if _remake(con, settings):
        days = _days_of_facts(con, None, zone)
        return days, days
    of_requests = days_of(dirty, zone)
    of_runs = of_requests | _days_of_runs(con, zone)
    known = _days_with_rows(con, of_runs, zone)
    return of_requests & known, of_runs & known


def _days_of_runs(con: store.Connection, zone: str) -> set[date]:
    """Local days whose runs no longer hold although none of their requests changed."""
    touched = con.execute("select distinct timezone('UTC', day), timezone('UTC', day + 1) from touched_days").fetchall()
    return days_of(touched, zone) | {day for (day,) in store.query(con, store.model("marts/due_days")).fetchall()}


def _remake(con: store.Connection, settings: Settings) -> bool:
    """Empty every mart that was made from something else than now; remembers what they are made from."""
    now = fingerprint(con, settings)
    if con.execute("select fingerprint from marts.made_from").fetchall() == [(now,)]:
        return False
    con.execute("delete from marts.made_from")
    con.execute("insert into marts.made_from values (?)", [now])
    for mart in BY_DAY:
        con.execute(f"drop table marts.{mart}")
    create_marts(con)
    for table in ("latency_histograms", "latency_hours", "recovery_sensitivity"):
        con.execute(f"delete from {table}")
    return True


def fingerprint(con: store.Connection, settings: Settings) -> str:
    """A hash of everything but facts that the daily rows follow from: models, time zone, coverage and windows."""
    told = hashlib.sha256(settings.project.timezone.encode())
    for folder in ("marts", "metrics"):
        for file in sorted((shipped.models() / folder).glob("*.sql")):
            told.update(file.read_bytes())
    for facts in (
        "select * exclude (watermark_at) from outcome_coverage order by all",
        "select * from run_windows order by all",
    ):
        told.update(repr(con.execute(facts).fetchall()).encode())
    return told.hexdigest()


def name_models(con: store.Connection) -> None:
    """`model_providers`: the provider that most requests had a model from."""
    con.execute(
        """create or replace temp table model_providers as
        select model, arg_max(provider, (request_count, provider)) as provider from (
            select model, provider, sum(request_count) as request_count from marts.model_days group by model, provider)
        group by model"""
    )


def _renew_requests(con: store.Connection, batch: Batch, settings: Settings, as_of: datetime) -> None:
    bound = _bound(batch, settings.project.timezone)
    kept = {"kept": settings.episodes.close_count + MOST_CLOSING_ANSWERS}
    _replace(con, "lane_changes", batch, store.model("marts/lane_changes"), bound | kept)
    _replace(con, "model_days", batch, store.model("marts/model_days"), bound)
    _renew_latencies(con, batch, settings.project.timezone, as_of)
    _replace(con, "amount_daily", batch, store.model("marts/amount_daily"), bound)
    store.temp_table(con, "request_hours", "marts/request_hours", bound)
    _replace_metrics(con, [d for d in _daily() if d.outcome is None and d.metric not in OF_EPISODES], batch, bound)
    con.execute("drop table request_hours")


def _renew_latencies(con: store.Connection, batch: Batch, zone: str, as_of: datetime) -> None:
    """Histograms by day, and by hour where the batch reaches into the last days."""
    bound = _bound(batch, zone) | {"overlap_s": CALL_OVERLAP_S}
    store.temp_table(con, "answer_times", "marts/answer_times", bound)
    hours = max(batch.from_at, _first_hour(as_of, zone))
    steps = {"latency_histograms": ("day", GAMMA, batch.from_at), "latency_hours": ("hour", HOURLY_GAMMA, hours)}
    for table, (step, gamma, from_at) in steps.items():
        con.execute(f"delete from {table} where period_start >= ? and period_start < ?", [from_at, batch.to_at])
        chosen = bound | {"step": step, "gamma": gamma, "from_at": from_at}
        store.insert_model(con, table, store.model("marts/latency_histograms"), chosen)
    con.execute("drop table answer_times")


def _first_hour(as_of: datetime, zone: str) -> datetime:
    """From when on latencies are kept by hour."""
    return start_of(local_day(as_of, zone) - timedelta(days=HOURLY_DAYS - 1), zone)


def _renew_runs(con: store.Connection, batch: Batch, zone: str) -> None:
    """Outcome metrics and comparisons. The status of a run is judged for the batch alone: `runs` is cut to it first."""
    bound = _bound(batch, zone)
    con.execute(
        """create or replace temp table runs as
        select * from main.runs where started_at >= $from_at and started_at < $to_at""",
        {"from_at": batch.from_at, "to_at": batch.to_at},
    )
    store.temp_table(con, "run_status", "continuity/run_status")
    _replace(con, "maturities", batch, store.model("marts/maturities"), bound)
    store.temp_table(con, "run_clusters", "marts/run_clusters", bound)
    store.temp_table(con, "run_days", "marts/run_days", bound)
    _replace(con, "block_daily", batch, store.model("marts/block_daily"), bound)
    _replace(con, "effect_daily", batch, store.model("marts/effect_daily"), bound)
    _replace_metrics(con, [d for d in _daily() if d.outcome is not None], batch, bound)
    for cut in ("run_days", "run_clusters", "run_status", "runs"):
        con.execute(f"drop table temp.{cut}")


def _renew_episodes(con: store.Connection, as_of: datetime, zone: str) -> None:
    make_calendar(con, as_of, zone)
    con.execute(
        """create or replace temp table traffic_days as
        select distinct day, workflow, workflow_class, team, model from marts.metric_daily
        where metric = 'fallback_frequency' and denominator > 0"""
    )
    for metric in OF_EPISODES:
        con.execute("delete from marts.metric_daily where metric = ?", [metric])
        _insert_metric(con, metric, {"timezone": zone})


def make_calendar(con: store.Connection, as_of: datetime, zone: str) -> None:
    """`calendar`: every local day of which there is something to say. `days`: the same with bounds, up to `as_of`.

    Days without traffic or episodes are left out: one record with a wrong year must not call decades into being.
    """
    con.execute(
        """create or replace temp table calendar as
        select distinct day from marts.metric_daily
        union
        select cast(unnest(generate_series(
            cast(opened_at at time zone $zone as date),
            cast(case when state = 'open' then $as_of else opened_at + duration_s * interval '1 second' end
                at time zone $zone as date),
            interval '1 day')) as date)
        from episodes
        union
        select cast($as_of at time zone $zone as date)""",
        {"zone": zone, "as_of": as_of},
    )
    con.execute(
        """create or replace temp table days as
        select day, cast(day as timestamp) at time zone $zone as start_at,
            least(cast(day + 1 as timestamp) at time zone $zone, $as_of) as end_at
        from calendar""",
        {"zone": zone, "as_of": as_of},
    )


def first_day_start(con: store.Connection, zone: str) -> datetime:
    """Start of the first day of the calendar."""
    (first,) = con.execute("select min(day) from calendar").fetchall()[0]
    return start_of(first, zone)


def _daily() -> list[Definition]:
    return metrics_of("proportion", "clustered_proportion", "total", "rate")


def _replace_metrics(
    con: store.Connection, asked: Iterable[Definition], batch: Batch, bound: Mapping[str, Any]
) -> None:
    for definition in asked:
        con.execute(
            "delete from marts.metric_daily where metric = ? and day between ? and ?",
            [definition.metric, batch.first, batch.last],
        )
        _insert_metric(con, definition.metric, bound)


def _insert_metric(con: store.Connection, metric: str, bound: Mapping[str, Any]) -> None:
    body = store.model(f"metrics/{definitions()[metric].metric}")
    store.insert_model(con, "marts.metric_daily", f"select '{metric}' as metric, * from (\n{body})", bound)


def _replace(con: store.Connection, mart: str, batch: Batch, sql: str, bound: Mapping[str, Any]) -> None:
    con.execute(f"delete from marts.{mart} where day between ? and ?", [batch.first, batch.last])
    store.insert_model(con, f"marts.{mart}", sql, bound)


def _bound(batch: Batch, zone: str) -> dict[str, Any]:
    return {"from_at": batch.from_at, "to_at": batch.to_at, "timezone": zone, "gamma": GAMMA}


def _days_with_rows(con: store.Connection, days: set[date], zone: str) -> set[date]:
    """Those of the days that hold a request or a run, or held one when the marts were made."""
    if not days:
        return days
    made = con.execute("select distinct day from marts.metric_daily union select distinct day from marts.model_days")
    span = (start_of(min(days), zone), start_of(max(days) + timedelta(days=1), zone))
    return {day for (day,) in made.fetchall()} | _days_of_facts(con, span, zone)


def _days_of_facts(con: store.Connection, span: Range | None, zone: str) -> set[date]:
    start, end = span or (None, None)
    found = con.execute(
        """select distinct cast(started_at at time zone $zone as date) from (
            select started_at from requests where $start is null or started_at >= $start and started_at < $end
            union all
            select started_at from runs where $start is null or started_at >= $start and started_at < $end)""",
        {"zone": zone, "start": start, "end": end},
    )
    return {day for (day,) in found.fetchall()}
