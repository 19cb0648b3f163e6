"""What ties tables together, and columns of one row to each other: no contract of one column can say it."""

from readback.quality.checks import Check


def _law(table: str, name: str, broken: str, column: str | None = None) -> Check:
    return Check(table=table, column=column, name=name, broken=broken)


def _finding(table: str, name: str, broken: str, column: str | None = None) -> Check:
    """Something about the sources that no run of ours can mend: it is told, and stops nothing."""
    return Check(table=table, column=column, name=name, broken=broken, is_blocking=False)


LAWS: tuple[Check, ...] = (
    _law(
        "files",
        "every line of a file is accounted for",
        """select path, lines, row_lines, duplicate_lines, ignored_lines, quarantined_lines from {rows}
        where lines <> row_lines + duplicate_lines + ignored_lines + quarantined_lines""",
    ),
    _law(
        "quarantine",
        "every quarantined line is counted by its file",
        """select files.file_id, files.path, files.quarantined_lines, count(q.line) as listed from files
        left join {rows} as q using (file_id) group by all having count(q.line) <> files.quarantined_lines""",
    ),
    _law(
        "requests",
        "is_fallback is unknown exactly where a reason is given",
        "select * from {rows} where (is_fallback is null) <> (not_derivable_reason is not null)",
        "not_derivable_reason",
    ),
    _finding(
        "reconciliation",
        "no log lacks what its source counted",
        """select compared_with, source, counter, model, hour, counted, logged, missing, bias from {rows}
        where missing > 0
        qualify sum(missing) over (partition by compared_with, source, counter, model, cast(hour as date)) > 0
        order by missing desc, hour, model""",
        "missing",
    ),
    _law(
        "fallback_events",
        "every fallback event is a request that fell back, and the reverse",
        """select e.fallback_id, e.request_id, r.request_id as fell_back_id from {rows} as e
        full outer join (select request_id from {requests} where is_fallback) as r on e.request_id = r.request_id
        where e.request_id is null or r.request_id is null""",
        "request_id",
    ),
    _law(
        "fallback_events",
        "an event that is in policy has no reason against it, any other has one",
        "select * from {rows} where (verdict = 'in_policy') <> (len(verdict_reasons) = 0)",
        "verdict_reasons",
    ),
    _law(
        "fallback_events",
        "every reason rests on one rule, and a verdict without reasons on the rule that allowed it",
        "select * from {rows} where len(verdict_rules) <> greatest(len(verdict_reasons), 1)",
        "verdict_rules",
    ),
    _law(
        "unanswered_requests",
        "an unanswered request is one that nobody answered and that is not told as a fallback",
        """select e.request_id, r.served_by, r.is_fallback from {rows} as e
        left join {requests} as r on e.request_id = r.request_id
        where r.served_by is distinct from 'nobody' or r.is_fallback""",
        "request_id",
    ),
    _law(
        "fallback_events",
        "episode_id names an episode",
        "select * from {rows} where episode_id is not null and episode_id not in (select episode_id from episodes)",
        "episode_id",
    ),
    _law(
        "episodes",
        "an episode has a recovery exactly when it recovered, and not before it opened",
        """select * from {rows} where is_recovered <> (recovered_at is not null)
        or is_recovered <> (state = 'recovered') or recovered_at < opened_at or last_seen_at < opened_at""",
        "recovered_at",
    ),
    _law(
        "runs",
        "a run has no more fallbacks than requests",
        "select * from {rows} where fallback_count > request_count",
        "fallback_count",
    ),
    _law(
        "run_status",
        "a run has exactly one status for each outcome metric",
        """select run_id, count(*) as statuses from {rows} group by run_id
        having count(*) <> 3 or count(distinct metric) <> 3""",
    ),
    _law(
        "outcome_links",
        "the shares of an outcome add up to one",
        "select outcome_id, sum(weight) as share from {rows} group by outcome_id having abs(sum(weight) - 1) > 1e-6",
        "weight",
    ),
    _law(
        "metric_values",
        "the interval holds the figure",
        "select * from {rows} where low > value + 1e-9 or high < value - 1e-9",
        "value",
    ),
    _law(
        "metric_values",
        "a fraction lies between 0 and 1",
        "select * from {rows} where unit = 'fraction' and (value < 0 or value > 1)",
        "value",
    ),
    _law(
        "metric_values",
        "a figure without data is absent, never 0",
        "select * from {rows} where status in ('no_data', 'not_reported') and value is not null",
        "value",
    ),
    _law(
        "alerts",
        "an alert has an end exactly when it no longer holds",
        "select * from {rows} where (state in ('open', 'acknowledged')) <> (resolved_at is null)",
        "resolved_at",
    ),
    _law(
        "notifications",
        "a message was accepted exactly when it was sent, and one that was held back says why",
        """select notification_id, state, reason, sent_at from {rows}
        where (state = 'sent') <> (sent_at is not null) or (state in ('held', 'dead') and reason is null)""",
        "sent_at",
    ),
)
