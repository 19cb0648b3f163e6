"""STEP: outcomes → links → runs → run events → run status. Says which rows are stale and in what order models run.

What a link, a release, an event or a status is, the SQL of `models/continuity/` says. Nothing is estimated here.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from readback import store
from readback.contracts import OutcomeCoverage
from readback.settings import Coverage, Settings, Windows
from readback.stretches import Range, batches

SHORTEST_HORIZON_S = 130 * 86400.0
"""How far back an outcome may look for its request: disputes of card payments arrive up to 120 days later."""

_RUN_EVENTS = """create table if not exists run_events (
    run_id varchar, metric varchar, is_event boolean, event_at timestamptz, event_count bigint, decision varchar,
    max_severity varchar, cost_usd double, unknown_cost_count bigint, effort_seconds bigint)"""
_RUN_WINDOWS = "create table if not exists run_windows (workflow_class varchar, metric varchar, window_s double)"
_TOUCHED_DAYS = "create table if not exists touched_days (day date)"
"""Days on which a run was built anew: figures of those days are stale, though no attempt of theirs is new."""
_JOIN_KEYS = "outcome_id, occurred_at, run_id, request_id, provider_response_id, trace_id, session_id, artifact_id"
_LATER = "timestamptz '9999-12-31 00:00:00+00'"


def build_aftermath(con: store.Connection, settings: Settings, dirty: Sequence[Range], as_of: datetime) -> None:
    """Bring links, runs, run events, coverage and run status up to date.

    `dirty` holds every stretch in which requests or fallback events changed; new outcomes are found without it. Any
    split of the same logs into calls gives the same rows.
    """
    con.execute(_RUN_EVENTS)
    con.execute(_TOUCHED_DAYS)
    is_changed = renew_windows(con, settings.windows)
    link_outcomes(con, dirty, link_horizon_s(con))
    for part in tuple(batches(dirty)) or (None,):
        if part is not None:
            touch_runs(con, part)
        build_touched(con, settings, part)
    if is_changed:
        con.execute("create or replace temp table touched_runs as select run_id from runs")
        _find_reviews(con)
        build_run_events(con, settings)
    build_coverage(con, settings, as_of)
    con.execute(
        "create or replace table clock as select cast($as_of as timestamptz) as as_of",
        {"as_of": as_of},
    )
    con.execute(f"create or replace view run_status as\n{store.model('continuity/run_status')}")


def link_outcomes(con: store.Connection, dirty: Sequence[Range], horizon_s: float) -> None:
    """Link new and affected outcomes, unlink superseded revisions; the runs concerned become `touched_runs`."""
    find_pending(con, dirty)
    con.execute(
        """create or replace temp table stale_links as
        select * from outcome_links where outcome_id in (
            select outcome_id from touched_outcomes union select outcome_id from unpaired_outcomes)"""
    )
    con.execute("delete from outcome_links where outcome_id in (select outcome_id from stale_links)")
    scan = _span_of_pending(con, horizon_s)
    if scan is not None:
        parameters = {"from_at": scan[0], "to_at": scan[1], "horizon_s": horizon_s} | _kinds_named(con)
        store.insert_model(con, "outcome_links", store.model("continuity/outcome_links"), parameters)
    con.execute(
        """create or replace temp table touched_runs as
        select run_id from stale_links
        union
        select run_id from outcome_links where outcome_id in (select outcome_id from pending_outcomes)"""
    )
    con.execute("drop table temp.current_outcomes")


def find_pending(con: store.Connection, dirty: Sequence[Range]) -> None:
    """Fill `current_outcomes` and `pending_outcomes`, of which the linked ones are looked for stretch by stretch."""
    con.execute(f"create or replace view main.current_outcomes as\n{store.model('continuity/current_outcomes')}")
    # Cut to what outcomes are linked by: a common table of all their columns does not fit into memory.
    con.execute(f"create or replace temp table current_outcomes as select {_JOIN_KEYS} from main.current_outcomes")
    con.execute("create or replace temp table touched_outcomes (outcome_id varchar)")
    model = store.model("continuity/touched_outcomes")
    for start, end in batches(dirty):
        store.insert_model(con, "touched_outcomes", model, {"from_at": start, "to_at": end})
    store.temp_table(con, "unpaired_outcomes", "continuity/unpaired_outcomes")
    store.temp_table(con, "pending_outcomes", "continuity/pending_outcomes")


def touch_runs(con: store.Connection, part: Range) -> None:
    """Add to `touched_runs` those of which a request lies in a stretch, now or when they were last built."""
    con.execute(
        """insert into touched_runs
        (
            select run_id from requests where started_at >= $start and started_at < $end
            union
            select run_id from runs where started_at < $end and coalesce(ended_at, started_at) >= $start
        )
        except select run_id from touched_runs""",
        {"start": part[0], "end": part[1]},
    )


def build_touched(con: store.Connection, settings: Settings, part: Range | None) -> None:
    """Build anew the runs in `touched_runs`, whose changed requests all lie in a stretch, and their events.

    None is touched any more then.
    """
    if con.execute("select 1 from touched_runs limit 1").fetchall():
        _find_reviews(con)
        build_runs(con, part)
        build_run_events(con, settings)
        con.execute("delete from touched_runs")


def _find_reviews(con: store.Connection) -> None:
    """Fill `reviews` for the runs in `touched_runs`: what released them, and what may have overridden them."""
    store.temp_table(con, "reviews", "continuity/reviews")


def build_runs(con: store.Connection, part: Range | None) -> None:
    """Replace the runs in `touched_runs`; of `requests` only the stretch that holds them is read.

    The days on which they began, before and now, become `touched_days`.
    """
    con.execute(
        """create or replace temp table runs_before as
        select started_at, ended_at, request_count from runs where run_id in (select run_id from touched_runs)"""
    )
    con.execute("insert into touched_days select distinct cast(started_at as date) from runs_before")
    scan = _span_of_touched(con, part)
    if scan is None:
        return
    con.execute("delete from runs where run_id in (select run_id from touched_runs)")
    stretch = {"from_at": scan[0], "to_at": scan[1]}
    store.insert_model(con, "runs", store.model("continuity/runs"), stretch)
    con.execute(
        """insert into touched_days select distinct cast(started_at as date) from runs
        where started_at >= $from_at and started_at < $to_at and run_id in (select run_id from touched_runs)""",
        stretch,
    )


def build_run_events(con: store.Connection, settings: Settings) -> None:
    """Replace the events of the runs in `touched_runs`."""
    con.execute("delete from run_events where run_id in (select run_id from touched_runs)")
    parameters = {"override_edit_ratio": settings.metrics.override_edit_ratio}
    store.insert_model(con, "run_events", store.model("continuity/run_events"), parameters)


def renew_windows(con: store.Connection, windows: Windows) -> bool:
    """Replace `run_windows`; true where one differs from the last build, so that all run events are stale."""
    con.execute(_RUN_WINDOWS)
    before = con.execute("select * from run_windows order by all").fetchall()
    con.execute("delete from run_windows")
    parameters = {
        "rework_s": windows.rework,
        "review_s": windows.review,
        "downstream_error_s": windows.downstream_error,
    }
    store.insert_model(con, "run_windows", store.model("continuity/run_windows"), parameters)
    return bool(before) and before != con.execute("select * from run_windows order by all").fetchall()


def link_horizon_s(con: store.Connection) -> float:
    """How many seconds before an outcome its request may have started: more than the longest window."""
    ((longest,),) = con.execute("select max(window_s) from run_windows").fetchall()
    return max(SHORTEST_HORIZON_S, float(longest) + 10 * 86400.0)


def build_coverage(con: store.Connection, settings: Settings, as_of: datetime) -> None:
    """Replace `outcome_coverage` and the stretches of watching that follow from it."""
    store.replace_rows(con, OutcomeCoverage, coverage_rows(settings.coverage, watermarks(con, as_of)))
    con.execute(f"create or replace table coverage_spans as\n{store.model('continuity/coverage_spans')}")


def watermarks(con: store.Connection, as_of: datetime) -> dict[str, datetime]:
    """Up to when each outcome source was read, by source system: the latest time that it told of, at most `as_of`."""
    found = con.execute(
        """select source_system, least(max(greatest(occurred_at, coalesce(recorded_at, occurred_at))), $as_of)
        from outcomes group by source_system""",
        {"as_of": as_of},
    )
    return dict(found.fetchall())


def coverage_rows(declared: Sequence[Coverage], read_until: Mapping[str, datetime]) -> list[OutcomeCoverage]:
    """One row per declared source, workflow pattern and kind; the last declaration of the same row holds.

    A source that was declared and never read was read completely up to its beginning: its runs stay censored.
    """
    rows = {
        (section.source, workflow, kind, section.from_): OutcomeCoverage(
            source_system=section.source,
            workflow=workflow,
            kind=kind,
            coverage_from=section.from_,
            coverage_to=section.to,
            watermark_at=max(read_until.get(section.source, section.from_), section.complete_until or section.from_),
            mode=section.mode,
            sample_rate=section.sample_rate,
        )
        for section in declared
        for workflow in section.workflows
        for kind in section.kinds
    }
    return list(rows.values())


def _kinds_named(con: store.Connection) -> dict[str, bool]:
    """Which kinds of ids the pending outcomes name; looking a kind up reads that column of months of requests."""
    found = store.query(
        con,
        """select count(coalesce(run_id, artifact_id)) > 0 as names_runs, count(request_id) > 0 as names_requests,
            count(provider_response_id) > 0 as names_responses, count(trace_id) > 0 as names_traces,
            count(session_id) > 0 as names_sessions
        from current_outcomes where outcome_id in (select outcome_id from pending_outcomes)""",
    )
    return dict(zip(found.columns, found.fetchall()[0], strict=True))


def _span_of_pending(con: store.Connection, horizon_s: float) -> Range | None:
    """Where the requests of the pending outcomes may lie; None without a pending outcome."""
    return _span(
        con,
        """select min(occurred_at) - $horizon_s * interval '1 second', max(occurred_at) + interval '1 day 1 second'
        from current_outcomes where outcome_id in (select outcome_id from pending_outcomes)""",
        {"horizon_s": horizon_s},
    )


def _span_of_touched(con: store.Connection, part: Range | None) -> Range | None:
    """Where the requests of the touched runs lie: in the stretch that changed, or where the last build saw them.

    A run of several requests without any end may go on for ever.
    """
    return _span(
        con,
        f"""select least($start, min(started_at)), greatest($end, max(
            coalesce(ended_at, case when request_count > 1 then {_LATER} else started_at end) + interval '1 second'))
        from runs_before""",
        {"start": part and part[0], "end": part and part[1]},
    )


def _span(con: store.Connection, sql: str, parameters: Mapping[str, object]) -> Range | None:
    (found,) = con.execute(sql, dict(parameters)).fetchall()
    return (found[0], found[1]) if found[0] is not None else None
