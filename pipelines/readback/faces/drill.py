"""What the pages ask on the way down: from a workflow to an episode, its requests, its outcomes, one attempt.

One function, one question, like `questions`. Attempts are read for one request alone, within three days of it.
"""

from datetime import datetime, timedelta

import polars as pl

from readback.faces import absences, asked
from readback.faces.period import Span
from readback.store import Connection

MOST_BINS = 180
_STEPS_S = (60, 300, 900, 3600, 6 * 3600, 86400)


def classes(con: Connection, at: datetime) -> pl.DataFrame:
    """Class, risk, stage and boundary of each workflow by its newest request, as the policy in force at a time says."""
    sql = """
        with newest as (
            select workflow, arg_max(workflow_class, opened_at) as class_id from episodes
            where workflow is not null group by workflow
        )
        select n.workflow, n.class_id, c.risk, c.stage, c.boundary
        from newest as n
        left join policies as p
            on p.status = 'active' and p.effective_from <= $at and coalesce(p.effective_to, 'infinity') > $at
        left join policy_classes as c
            on c.policy_id = p.policy_id and c.version = p.version and c.class_id = n.class_id
        qualify row_number() over (partition by n.workflow order by c.class_id nulls last) = 1
    """
    return asked.frame(con, sql, at=at)


def absent(con: Connection, grain: str, start: datetime, workflow: str) -> pl.DataFrame:
    """Figures of a workflow that cannot be told of a period, and why."""
    return absences.absent(absences.figures(con, absences.SHOWN, grain, start, "workflow", workflow))


def workflow_trends(con: Connection, metric: str, grain: str, until: datetime) -> pl.DataFrame:
    """One metric of every workflow over its latest 13 periods, oldest first; `values` are NULL where withheld.

    Columns `member` and the lists `starts`, `values`, `lows`, `highs`.
    """
    sql = """
        with periods as (
            select distinct period_start from metric_values
            where metric = $metric and grain = $grain and period_start <= $until order by 1 desc limit 13
        )
        select member, list(period_start order by period_start) as starts,
            list(case when status = 'ok' then value end order by period_start) as values,
            list(case when status = 'ok' then low end order by period_start) as lows,
            list(case when status = 'ok' then high end order by period_start) as highs
        from metric_values semi join periods using (period_start)
        where metric = $metric and grain = $grain and dimension = 'workflow' and lane = 'all'
        group by member order by member
    """
    return asked.frame(con, sql, metric=metric, grain=grain, until=until)


def flows(con: Connection, span: Span, workflow: str | None = None) -> pl.DataFrame:
    """Hops of fallbacks: `step` from 1, `source`, `target`, `fallbacks`; the last target may be nobody or a lane."""
    sql = """
        with chains as (
            select
                case when chain[1] is distinct from preferred_model and preferred_model is not null
                    then list_prepend(preferred_model, chain) else chain end as tried,
                case when served_by in ('nobody', 'hold', 'manual') then [served_by] else [] end as ending
            from fallback_events
            where occurred_at >= $start and occurred_at < $ending and ($workflow is null or workflow = $workflow)
        ),
        hops as (
            select list_concat(tried, ending) as path, unnest(range(1, len(list_concat(tried, ending)))) as step
            from chains
        )
        select step, path[step] as source, path[step + 1] as target, count(*) as fallbacks
        from hops where step <= 3 and path[step] <> path[step + 1]
        group by all order by step, fallbacks desc, source, target limit 40
    """
    return asked.frame(con, sql, start=span.start, ending=span.end, workflow=workflow)


def reworked(con: Connection, span: Span, workflow: str) -> pl.DataFrame:
    """Runs of a workflow that were reworked, newest first, at most 200; `lane` says whether a substitute was in it."""
    sql = """
        select s.event_at, s.lane, s.run_id, r.served_model, s.released_at, r.request_count, r.episode_id
        from run_status as s left join runs as r on s.run_id = r.run_id
        where s.metric = 'rework' and s.status = 'event' and s.workflow = $workflow
          and s.started_at >= $start and s.started_at < $ending
        order by s.lane = 'preferred', s.event_at desc nulls last, s.run_id limit 200
    """
    return asked.frame(con, sql, start=span.start, ending=span.end, workflow=workflow)


def episode(con: Connection, episode_id: str) -> pl.DataFrame:
    """One episode with the incident that its provider declared; empty where nothing published has that id."""
    sql = """
        select e.*, i.title as incident_title, i.impact as incident_impact, i.started_at as incident_started_at,
            i.investigating_at, i.identified_at, i.monitoring_at, i.resolved_at
        from episodes as e left join provider_incidents as i on e.incident_id = i.incident_id
        where e.episode_id = $episode_id
    """
    return asked.frame(con, sql, episode_id=episode_id)


def around(opened_at: datetime, until: datetime) -> Span:
    """An episode with some of what was before and after it."""
    margin = max(timedelta(minutes=15), (until - opened_at) / 5)
    return Span(opened_at - margin, until + margin)


def bin_seconds(span: Span) -> int:
    """The finest step, from a minute, that fits a chart."""
    length = (span.end - span.start).total_seconds()
    return next((step for step in _STEPS_S if length / step <= MOST_BINS), _STEPS_S[-1])


def minutes(con: Connection, workflow: str | None, span: Span, step_s: int) -> pl.DataFrame:
    """Requests of a workflow per step of time by who answered: `at`, `who`, `served_by`, `requests`."""
    sql = """
        select time_bucket(to_seconds($step_s), started_at) as at,
            case when served_by in ('preferred', 'substitute') then coalesce(served_model, served_by)
                else coalesce(served_by, 'not known') end as who,
            coalesce(served_by, 'not known') as served_by, count(*) as requests
        from requests
        where started_at >= $start and started_at < $ending and workflow is not distinct from $workflow
        group by all order by 1, served_by, who limit 5000
    """
    return asked.frame(con, sql, step_s=step_s, start=span.start, ending=span.end, workflow=workflow)


def episode_fallbacks(con: Connection, episode_id: str, span: Span) -> pl.DataFrame:
    """Fallbacks of an episode in their order, at most 1,000."""
    sql = """
        select * from fallback_events
        where episode_id = $episode_id and occurred_at >= $start and occurred_at < $ending
        order by occurred_at, fallback_id limit 1000
    """
    return asked.frame(con, sql, episode_id=episode_id, start=span.start, ending=span.end)


def policy_lines(con: Connection, episode_id: str, span: Span) -> pl.DataFrame:
    """Places of the policy that the verdicts of an episode rest on, with how many fallbacks each decided."""
    sql = """
        select policy_id, policy_version, rule, verdict, reason, count(*) as fallbacks from (
            select policy_id, policy_version, verdict, unnest(verdict_rules) as rule, unnest(verdict_reasons) as reason
            from fallback_events
            where episode_id = $episode_id and occurred_at >= $start and occurred_at < $ending
        )
        group by all order by fallbacks desc, rule, reason limit 100
    """
    return asked.frame(con, sql, episode_id=episode_id, start=span.start, ending=span.end)


def episode_outcomes(con: Connection, episode_id: str) -> pl.DataFrame:
    """What happened afterwards to the runs of an episode; costs are this run's share."""
    sql = """
        select o.occurred_at, o.kind, o.decision, o.rework_type, o.error_type, o.severity,
            o.cost_amount * l.weight as cost_amount, o.cost_currency, o.effort_seconds, l.method,
            r.run_id, r.served_model
        from runs as r
        inner join outcome_links as l on r.run_id = l.run_id
        inner join outcomes as o on l.outcome_id = o.outcome_id
        where r.episode_id = $episode_id and not o.retracted
        order by o.occurred_at, o.outcome_id limit 1000
    """
    return asked.frame(con, sql, episode_id=episode_id)


def episode_costs(con: Connection, episode_id: str, span: Span) -> pl.DataFrame:
    """One row: what an episode added in US dollars and in waiting; NULL where no log tells."""
    sql = """
        select sum(added_cost_usd) as added_cost_usd, count(added_cost_usd) as costed,
            median(added_latency_ms) as added_latency_ms, count(*) as fallbacks,
            count(*) filter (where verdict = 'out_of_policy') as breaches, count(*) filter (where is_silent) as silent
        from fallback_events
        where episode_id = $episode_id and occurred_at >= $start and occurred_at < $ending
    """
    return asked.frame(con, sql, episode_id=episode_id, start=span.start, ending=span.end)


def attempts(con: Connection, request_id: str, at: datetime) -> pl.DataFrame:
    """Attempts of one request in their order, each with its file and line."""
    sql = """
        select a.started_at, a.model_requested, a.model_served, a.deployment, a.status, a.http_status, a.cause,
            a.cause_basis, a.error_message, a.duration_ms, a.cost_usd, f.path, a.line
        from attempts as a left join files as f on a.file_id = f.file_id
        where a.request_id = $request_id and a.started_at >= $start and a.started_at < $ending
        order by coalesce(a.ended_at, a.started_at), a.line limit 100
    """
    day = timedelta(days=1)
    return asked.frame(con, sql, request_id=request_id, start=at - day, ending=at + 2 * day)
