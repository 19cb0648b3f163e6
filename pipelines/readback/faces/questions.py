"""What the faces ask of the published marts: one function, one question, one small frame. Never reads attempts.

Every parameter is bound; `workflow=None` means all. Times in frames are UTC.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from readback import store
from readback.contracts.vocabulary import Dimension, Grain
from readback.faces import asked
from readback.faces.period import Period, Span
from readback.store import Connection

MOST_ROWS = 5_000


def as_of(con: Connection) -> datetime | None:
    """Newest time in any log behind the figures; None where nothing was computed."""
    found = _frame(con, "select max(as_of) as as_of from metric_values")["as_of"][0]
    return found if isinstance(found, datetime) else None


def periods(con: Connection, grain: str, zone: str = "UTC") -> list[Period]:
    """Periods of a grain that have figures, newest first."""
    sql = "select distinct period_start from metric_values where grain = $grain order by period_start desc"
    return [Period.of(grain, start, zone) for start in _frame(con, sql, grain=grain)["period_start"].to_list()]


def members(con: Connection, dimension: str = Dimension.WORKFLOW.value) -> list[str]:
    """Members of a dimension that have figures, by name, the nameless last."""
    sql = """
        select distinct member from metric_values where dimension = $dimension order by member = '(none)', member
    """
    return [str(member) for member in _frame(con, sql, dimension=dimension)["member"].to_list()]


def busiest(con: Connection, span: Span) -> str | None:
    """The workflow with most fallbacks in a stretch of time; None where none that has a name fell back."""
    sql = """
        select workflow from fallback_events
        where occurred_at >= $start and occurred_at < $ending and workflow is not null
        group by workflow order by count(*) desc, workflow limit 1
    """
    found = _frame(con, sql, start=span.start, ending=span.end)["workflow"].to_list()
    return str(found[0]) if found else None


def figures(
    con: Connection,
    metrics: Sequence[str],
    grain: str,
    start: datetime,
    dimension: str = "all",
    member: str = "*",
    lane: str = "all",
) -> pl.DataFrame:
    """Rows of `metric_values` of one period and member."""
    sql = """
        select * from metric_values
        where list_contains($metrics, metric) and grain = $grain and period_start = $start
          and dimension = $dimension and member = $member and lane = $lane
        order by list_position($metrics, metric)
    """
    scope = {"grain": grain, "start": start, "dimension": dimension, "member": member, "lane": lane}
    return _frame(con, sql, metrics=list(metrics), **scope)


def trend(
    con: Connection,
    metric: str,
    grain: str,
    dimension: str = "all",
    member: str = "*",
    lanes: Sequence[str] = ("all",),
    until: datetime | None = None,
    limit: int = 60,
) -> pl.DataFrame:
    """Rows of one metric over its latest `limit` periods that start no later than `until`, oldest first."""
    sql = """
        with periods as (
            select distinct period_start from metric_values
            where metric = $metric and grain = $grain and ($until is null or period_start <= $until)
            order by period_start desc limit $most
        )
        select v.* from metric_values as v semi join periods using (period_start)
        where v.metric = $metric and v.grain = $grain and v.dimension = $dimension
          and v.member = $member and list_contains($lanes, v.lane)
        order by v.period_start, v.lane
    """
    scope = {"metric": metric, "grain": grain, "dimension": dimension, "member": member}
    return _frame(con, sql, lanes=list(lanes), until=until, most=limit, **scope)


def by_member(con: Connection, metric: str, grain: str, start: datetime, dimension: str = "workflow") -> pl.DataFrame:
    """One metric of every member of a dimension in one period, all lanes together."""
    sql = """
        select * from metric_values
        where metric = $metric and grain = $grain and period_start = $start
          and dimension = $dimension and lane = 'all'
        order by member = '(none)', value desc nulls last, member limit 200
    """
    return _frame(con, sql, metric=metric, grain=grain, start=start, dimension=dimension)


def of_members(
    con: Connection, metrics: Sequence[str], grain: str, start: datetime, dimension: str = "workflow"
) -> pl.DataFrame:
    """Rows of `metric_values` of every member of a dimension in one period, all lanes together."""
    sql = """
        select * from metric_values
        where list_contains($metrics, metric) and grain = $grain and period_start = $start
          and dimension = $dimension and lane = 'all'
        order by member, metric
    """
    return _frame(con, sql, metrics=list(metrics), grain=grain, start=start, dimension=dimension)


def effects(
    con: Connection, dimension: str = "all", member: str | None = "*", metric: str | None = None
) -> pl.DataFrame:
    """Adjusted differences of outcomes between the lanes; `member=None` for every member."""
    sql = """
        select * from metric_effects
        where unit = 'fraction' and dimension = $dimension
          and ($member is null or member = $member) and ($metric is null or metric = $metric)
        order by metric, member = '(none)', estimate desc nulls last, member limit 1000
    """
    return _frame(con, sql, dimension=dimension, member=member, metric=metric)


def recovery_curve(con: Connection, dimension: str = "all", member: str = "*") -> pl.DataFrame:
    """Steps of one recovery curve."""
    sql = "select * from recovery_curves where dimension = $dimension and member = $member order by time_s"
    return _frame(con, sql, dimension=dimension, member=member)


def episodes(con: Connection, span: Span, workflow: str | None = None) -> pl.DataFrame:
    """Episodes that touch a stretch of time, newest first, at most 5,000."""
    sql = f"""
        select * from episodes
        where opened_at < $ending and coalesce(recovered_at, 'infinity') > $start
          and ($workflow is null or workflow = $workflow)
        order by opened_at desc, episode_id limit {MOST_ROWS}
    """
    return _frame(con, sql, start=span.start, ending=span.end, workflow=workflow)


def unrecovered(con: Connection, workflow: str | None = None) -> pl.DataFrame:
    """Episodes whose recovery was not seen yet: those that still go on first, then those last seen latest."""
    sql = """
        select * from episodes where not is_recovered and ($workflow is null or workflow = $workflow)
        order by state = 'quiet', last_seen_at desc, episode_id limit 200
    """
    return _frame(con, sql, workflow=workflow)


def incidents(con: Connection, span: Span) -> pl.DataFrame:
    """Declared incidents that touch a stretch of time, each with `known_until`; windows out of order are left out.

    `known_until` is the declared end, else when the provider began to monitor its fix, else the newest record for an
    incident of at most three days; NULL for an older one, of which nobody can say how long it lasted.
    """
    sql = """
        with told as (
            select *, case when started_at + to_days(3) >= $newest then $newest end as still_at,
                coalesce(resolved_at, monitoring_at, still_at) as known_until
            from provider_incidents
        )
        select * from told
        where is_ordered and started_at < $ending and coalesce(known_until, started_at) >= $start
        order by started_at, incident_id limit 1000
    """
    return _frame(con, sql, start=span.start, ending=span.end, newest=as_of(con))


def admin_changes(con: Connection, span: Span) -> pl.DataFrame:
    """What admins switched in a stretch of time, newest first."""
    sql = """
        select * from admin_changes
        where coalesce(effective_at, seen_at) >= $start and coalesce(effective_at, seen_at) < $ending
        order by coalesce(effective_at, seen_at) desc, change_id limit 500
    """
    return _frame(con, sql, start=span.start, ending=span.end)


def causes(con: Connection, span: Span, workflow: str | None = None) -> pl.DataFrame:
    """Fallbacks by cause, with the share whose cause rests on nothing firmer than a message pattern."""
    return _fallbacks(
        con,
        """cause, count(*) as fallbacks,
           avg((cause_basis in ('message_pattern', 'inherited', 'none'))::int) as weak_share""",
        "cause",
        span,
        workflow,
    )


def substitutes(con: Connection, span: Span, workflow: str | None = None) -> pl.DataFrame:
    """Fallbacks by preferred model and what answered instead."""
    columns = """preferred_model, served_by,
        case when served_by in ('nobody', 'hold') then served_by else coalesce(served_model, served_by) end as target"""
    counted = f"{columns}, count(*) as fallbacks"
    return _fallbacks(con, counted, "preferred_model, target, served_by", span, workflow, limit=12)


def verdicts(con: Connection, span: Span, workflow: str | None = None) -> pl.DataFrame:
    """Fallbacks by workflow and verdict of the policy in force."""
    columns = "coalesce(workflow, '(no workflow)') as name, verdict, count(*) as fallbacks"
    return _fallbacks(con, columns, "name, verdict", span, workflow)


def verdict_reasons(con: Connection, span: Span, workflow: str | None = None) -> pl.DataFrame:
    """How often each reason was given for a verdict; one fallback may have several."""
    sql = """
        select reason, verdict, count(*) as fallbacks from (
            select unnest(verdict_reasons) as reason, verdict from fallback_events
            where occurred_at >= $start and occurred_at < $ending and ($workflow is null or workflow = $workflow)
        )
        group by reason, verdict order by fallbacks desc, reason
    """
    return _frame(con, sql, start=span.start, ending=span.end, workflow=workflow)


def silent_downgrades(con: Connection, span: Span, workflow: str | None = None) -> pl.DataFrame:
    """Every silent downgrade or upgrade one by one, newest first, at most 5,000."""
    sql = f"""
        select * from fallback_events
        where is_silent and occurred_at >= $start and occurred_at < $ending
          and ($workflow is null or workflow = $workflow)
        order by occurred_at desc, fallback_id limit {MOST_ROWS}
    """
    return _frame(con, sql, start=span.start, ending=span.end, workflow=workflow)


def most_silent(con: Connection, span: Span) -> list[str]:
    """Workflows with silent fallbacks in a stretch of time, those with most first."""
    sql = """
        select coalesce(workflow, 'work without a workflow') as name from fallback_events
        where is_silent and occurred_at >= $start and occurred_at < $ending
        group by name order by count(*) desc, name limit 200
    """
    return [str(name) for name in _frame(con, sql, start=span.start, ending=span.end)["name"].to_list()]


def request(con: Connection, request_id: str, day: datetime) -> pl.DataFrame:
    """One request by id; the day it started on keeps the search to that day's rows."""
    sql = "select * from requests where started_at >= $start and started_at < $ending and request_id = $request_id"
    return _frame(con, sql, request_id=request_id, start=day, ending=day + timedelta(days=1))


def recommendations(con: Connection, workflow: str | None = None) -> pl.DataFrame:
    """Changes that the evidence suggests and nobody decided against, in the order in which to look at them."""
    sql = """
        select * from recommendations
        where state in ('open', 'accepted') and ($workflow is null or workflow is null or workflow = $workflow)
        order by state = 'accepted', priority nulls last, list_position(['high', 'medium', 'low'], confidence),
            list_position(['R', 'B', 'A', 'T'], evidence_class), abs(estimate) desc nulls last, recommendation_id
        limit 200
    """
    return _frame(con, sql, workflow=workflow)


def alerts(con: Connection, workflow: str | None = None, span: Span | None = None) -> pl.DataFrame:
    """Alerts, unresolved first and the loudest of them first; with a stretch of time, those that held in it."""
    sql = """
        select * from alerts
        where ($workflow is null or workflow is null or workflow = $workflow)
          and ($ending is null or fired_at < $ending)
          and ($start is null or coalesce(resolved_at, 'infinity') >= $start)
        order by list_position(['open', 'acknowledged', 'resolved', 'cooling', 'closed'], state),
            list_position(['page', 'ticket', 'watch'], tier), fired_at desc, alert_id limit 500
    """
    start, ending = span or (None, None)
    return _frame(con, sql, workflow=workflow, start=start, ending=ending)


def ledger(con: Connection) -> pl.DataFrame:
    """What the lines of each source became; `unexplained_lines` is 0 where the ledger balances."""
    sql = """
        select coalesce(source, '(not recognized)') as source, count(*) as files,
            sum(lines)::bigint as lines, sum(row_lines)::bigint as row_lines,
            sum(duplicate_lines)::bigint as duplicate_lines, sum(ignored_lines)::bigint as ignored_lines,
            sum(quarantined_lines)::bigint as quarantined_lines,
            sum(lines - row_lines - duplicate_lines - ignored_lines - quarantined_lines)::bigint as unexplained_lines,
            max(last_at) as last_at
        from files where state in ('loaded', 'empty')
        group by all order by lines desc, source
    """
    return _frame(con, sql)


def files(con: Connection) -> pl.DataFrame:
    """Input files, those that could not be loaded first, then the newest."""
    sql = """
        select * from files
        order by list_position(['failed', 'unknown_format', 'empty', 'loaded'], state), last_at desc nulls last, path
        limit 500
    """
    return _frame(con, sql)


def quarantine(con: Connection, limit: int = 200) -> pl.DataFrame:
    """Quarantined lines, by file and line."""
    return _frame(con, "select * from quarantine order by path, line limit $most", most=limit)


def quarantine_reasons(con: Connection) -> pl.DataFrame:
    """Why lines were quarantined, most frequent first."""
    sql = """
        select coalesce(source, '(not recognized)') as source, reason, count(*) as lines from quarantine
        group by all order by lines desc, source, reason limit 100
    """
    return _frame(con, sql)


def coverage(con: Connection) -> pl.DataFrame:
    """What each outcome source was able to see."""
    return _frame(con, "select * from outcome_coverage order by workflow, kind, source_system, coverage_from limit 500")


def dictionary(con: Connection) -> pl.DataFrame:
    """Every column of every table, and what it means."""
    return _frame(con, "select * from data_dictionary order by table_name, position")


def reconciliation(con: Connection) -> pl.DataFrame:
    """The sources' own counts against what their logs told, per log, counter and model, the greatest deficit first.

    `deficit` is what is missing on the days on which something is: a call at the edge of an hour is counted in one and
    logged in the next. `hours` were compared, `hours_apart` could not be.
    """
    sql = """
        with days as (
            select compared_with, source, counter, counts, model, cast(hour as date) as day,
                sum(counted) filter (where missing is not null) as counted,
                sum(logged) as logged, sum(missing) as missing,
                count(missing) as hours, count(*) - count(missing) as hours_apart,
                min(hour) filter (where missing > 0) as first_at, max(hour) filter (where missing > 0) as last_at,
                arg_max(bias, missing) filter (where missing > 0) as bias
            from reconciliation group by all
        )
        select compared_with, source, counter, counts, model, sum(counted)::bigint as counted,
            sum(logged)::bigint as logged, sum(missing)::bigint as missing,
            sum(greatest(missing, 0))::bigint as deficit,
            sum(hours)::bigint as hours, sum(hours_apart)::bigint as hours_apart,
            min(first_at) filter (where missing > 0) as first_missing_at,
            max(last_at) filter (where missing > 0) as last_missing_at,
            arg_max(bias, missing) filter (where missing > 0) as bias
        from days group by all
        order by deficit desc nulls last, compared_with, source, counter, model limit 200
    """
    return _frame(con, sql)


def unattributed(con: Connection, span: Span | None = None) -> dict[str, float | None]:
    """How many requests name no workflow, of all, of the failed and of the fallbacks, in a stretch of time or ever."""
    start, ending = span or (None, None)
    found = _frame(con, store.model("marts/unattributed"), from_at=start, to_at=ending)
    return dict(found.row(0, named=True))


def workflow_bounds(con: Connection, metric: str, grain: str, start: datetime) -> pl.DataFrame:
    """The least and greatest that a share by workflow can be, whatever workflow the nameless units belong to."""
    sql = f"""
        select * from ({store.model("marts/workflow_bounds")})
        where metric = $metric and grain = $grain and period_start = $start and lane = 'all'
        order by bound_high - bound_low desc, member
    """
    return _frame(con, sql, metric=metric, grain=grain, start=start)


def unknown_models(con: Connection) -> pl.DataFrame:
    """Names of models that neither the policy nor the table of families knows, by name."""
    return _frame(con, "select name, model from model_names where basis is null order by name limit 200")


def label_candidates(con: Connection) -> pl.DataFrame:
    """Labels that records without a workflow bear, by format; one that is nearly unique to each record is no name."""
    sql = """
        select source, label, sum(record_count) / sum(nameless_count)::double as share, max(value_count) as value_count
        from label_candidates
        group by source, label
        having sum(value_count) * 2 <= sum(record_count) or sum(record_count) < 4
        order by source, share desc, value_count, label limit 200
    """
    return _frame(con, sql)


def failed_checks(con: Connection) -> pl.DataFrame:
    """Checks that did not hold, blocking ones first."""
    sql = (
        "select * from quality_results where not is_passed order by is_blocking desc, table_name, check_name limit 200"
    )
    return _frame(con, sql)


def restatements(con: Connection, span: Span, grain: str | None = None) -> pl.DataFrame:
    """Headline figures of a stretch of time that later data changed, latest change first; of one grain where given."""
    sql = """
        select * from restatements
        where dimension = 'all' and lane = 'all' and period_start >= $start and period_start < $ending
          and ($grain is null or grain = $grain)
        order by as_of desc, metric limit 200
    """
    return _frame(con, sql, start=span.start, ending=span.end, grain=grain)


def policies(con: Connection) -> pl.DataFrame:
    """Versions of the policy, newest first."""
    return _frame(con, "select * from policies order by effective_from desc, policy_id limit 50")


def policy_classes(con: Connection, at: datetime) -> pl.DataFrame:
    """Classes of the active policy versions in force at a moment, each with the `targets` it lists, in their order."""
    sql = """
        select classes.*, (
            select list(target order by position) from policy_substitutes as listed
            where listed.policy_id = classes.policy_id and listed.version = classes.version
              and listed.class_id = classes.class_id
        ) as targets
        from policy_classes as classes
        inner join policies using (policy_id, version)
        where policies.status = 'active' and policies.effective_from < $at
          and coalesce(policies.effective_to, 'infinity') >= $at
        order by list_position(['critical', 'high', 'moderate', 'low'], risk), class_id
    """
    return _frame(con, sql, at=at)


def class_members(con: Connection, grain: str, start: datetime) -> list[str]:
    """Workflow classes that have figures in a period: those with most fallbacks first, the nameless last."""
    sql = """
        select member from metric_values
        where metric = 'fallback_frequency' and dimension = 'workflow_class' and lane = 'all'
          and grain = $grain and period_start = $start
        order by member = '(none)', numerator desc nulls last, member
    """
    return [str(member) for member in _frame(con, sql, grain=grain, start=start)["member"].to_list()]


def judged_classes(con: Connection, span: Span) -> pl.DataFrame:
    """Fallbacks of each workflow class by what the policy said of them, the riskiest class first."""
    sql = """
        select coalesce(workflow_class, '(none)') as name, max(classes.risk) as risk,
            count(*) filter (where verdict in ('in_policy', 'out_of_policy')) as judged,
            count(*) filter (where verdict = 'out_of_policy') as outside,
            count(*) filter (where verdict = 'indeterminate') as unknown,
            count(*) filter (where is_silent) as silent
        from fallback_events as events
        left join policy_classes as classes
            on classes.policy_id = events.policy_id and classes.version = events.policy_version
            and classes.class_id = events.workflow_class
        where occurred_at >= $start and occurred_at < $ending
        group by name
        order by list_position(['critical', 'high', 'moderate', 'low'], max(classes.risk)) nulls last,
            outside desc, name
    """
    return _frame(con, sql, start=span.start, ending=span.end)


def audited(con: Connection, span: Span) -> pl.DataFrame:
    """One row: fallbacks and the silent downgrades among them, episodes and those that one touched."""
    sql = """
        select count(*) as fallbacks, count(distinct episode_id) as episodes,
            count(*) filter (where list_contains(verdict_reasons, 'silent_downgrade')) as silent,
            count(distinct episode_id) filter (where list_contains(verdict_reasons, 'silent_downgrade'))
                as silent_episodes
        from fallback_events where occurred_at >= $start and occurred_at < $ending
    """
    return _frame(con, sql, start=span.start, ending=span.end)


def days_with_requests(con: Connection, span: Span) -> int:
    """Days of a stretch of time on which a request was seen."""
    sql = """
        select count(*) as days from metric_values
        where metric = 'unattributed_share' and grain = 'day' and dimension = 'all' and lane = 'all'
          and denominator > 0 and period_start >= $start and period_start < $ending
    """
    return int(_frame(con, sql, start=span.start, ending=span.end)["days"][0])


def grains(con: Connection) -> list[str]:
    """Grains that have figures, longest first, without `all`."""
    found = set(_frame(con, "select distinct grain from metric_values")["grain"].to_list())
    return [grain.value for grain in (Grain.MONTH, Grain.WEEK, Grain.DAY) if grain.value in found]


def _fallbacks(
    con: Connection, columns: str, group: str, span: Span, workflow: str | None, limit: int = 200
) -> pl.DataFrame:
    sql = f"""
        select {columns} from fallback_events
        where occurred_at >= $start and occurred_at < $ending and ($workflow is null or workflow = $workflow)
        group by {group} order by fallbacks desc, {group} limit {limit}
    """
    return _frame(con, sql, start=span.start, ending=span.end, workflow=workflow)


def _frame(con: Connection, sql: str, **parameters: Any) -> pl.DataFrame:
    return asked.frame(con, sql, **parameters)
