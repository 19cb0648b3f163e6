"""STEP: attempts → requests → episodes → fallback events, for the days whose attempts changed.

The rules are in `models/continuity/`; here stands only which stretch of time each is run for. Every day gives the same
rows whatever else is computed with it: a call may reach `CALL_OVERLAP_S` over midnight, an inherited cause
`LEAD_IN`, and an episode is read from where no episode of its workflow was open.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from readback import store
from readback.contracts import ModelName, PolicyClass, PolicySubstitute, PolicyTrigger, PolicyVersion
from readback.contracts.vocabulary import Cause, CauseFamily, NameBasis
from readback.ledger import CALL_OVERLAP_S
from readback.policy.judging import judge, match_classes, name_switches
from readback.policy.naming import canonical_names, known_family, unknown_names
from readback.policy.rows import policy_classes, policy_substitutes, policy_triggers, policy_versions
from readback.policy.version import Policy
from readback.settings import EpisodeRule
from readback.sources import Source, sources
from readback.stretches import Range, batches, join_days

LEAD_IN = timedelta(minutes=15)

_OBSERVERS = ("gateway", "application", "provider")
"""Who is believed first where two logs tell of one call."""

CAUSE_FAMILIES: dict[Cause, CauseFamily] = {
    Cause.PROVIDER_THROTTLED: CauseFamily.PROVIDER,
    Cause.PROVIDER_OUTAGE: CauseFamily.PROVIDER,
    Cause.LATENCY_BREACH: CauseFamily.PROVIDER,
    Cause.ADMIN_DISABLED: CauseFamily.ADMIN,
    Cause.AUTH: CauseFamily.ADMIN,
    Cause.COST_CEILING: CauseFamily.COST,
    Cause.GATEWAY_LIMIT: CauseFamily.COST,
    Cause.LOW_CONFIDENCE: CauseFamily.QUALITY,
    Cause.CONTEXT_WINDOW: CauseFamily.REQUEST,
    Cause.CONTENT_POLICY: CauseFamily.REQUEST,
    Cause.CAPABILITY_MISSING: CauseFamily.REQUEST,
    Cause.UNKNOWN: CauseFamily.UNKNOWN,
}


def dirty_ranges(con: store.Connection) -> list[Range]:
    """The days whose attempts changed since the last complete run, as stretches of whole days in UTC."""
    found = con.execute("select distinct day from ledger.dirty_days order by day").fetchall()
    return join_days(day for (day,) in found)


def watermark(con: store.Connection) -> datetime | None:
    """The newest time in any log that was read; None before the first."""
    ((newest,),) = con.execute("select max(last_at) from files where source is not null").fetchall()
    return newest if isinstance(newest, datetime) else None


def declare_policies(con: store.Connection, policies: Sequence[Policy]) -> bool:
    """Put the policies into their tables; true where one differs from what judged before."""
    before = _policy_rows(con)
    store.replace_rows(con, PolicyVersion, policy_versions(policies))
    store.replace_rows(con, PolicyClass, policy_classes(policies))
    store.replace_rows(con, PolicyTrigger, policy_triggers(policies))
    store.replace_rows(con, PolicySubstitute, policy_substitutes(policies))
    con.execute("create or replace table cause_families (cause varchar, family varchar)")
    con.executemany("insert into cause_families values (?, ?)", [(str(c), str(f)) for c, f in CAUSE_FAMILIES.items()])
    return before != _policy_rows(con)


def mark_everything(con: store.Connection) -> None:
    """Make every day dirty: another policy, or another rule, judges all of it again."""
    con.execute("insert into ledger.dirty_days select distinct cast(started_at as date) from attempts")


def renew_switches(con: store.Connection, policies: Sequence[Policy]) -> None:
    """Tell what admins switched by the names of policies and logs; a late switch makes the days since then dirty."""
    since = name_switches(con, policies)
    if since is not None:
        con.execute(
            """insert into ledger.dirty_days
            select distinct cast(started_at as date) from attempts where started_at >= date_trunc('day', $since)""",
            {"since": since},
        )


def build_requests(con: store.Connection, policies: Sequence[Policy], ranges: Sequence[Range]) -> None:
    """Replace the requests of the stretches."""
    for part in batches(ranges):
        scope = _scope(part) | {"overlap_s": CALL_OVERLAP_S}
        around = scope | {"from_at": part[0] - LEAD_IN}
        name_models(con, policies, part)
        find_second_observers(con, part)
        _count_second_observers(con, part)
        store.temp_table(con, "route_models", "continuity/route_models", scope)
        store.temp_table(con, "calls", "continuity/calls", around)
        match_classes(con, policies, con.execute(store.model("continuity/request_keys")).fetchall())
        con.execute("delete from requests where started_at >= $from_at and started_at < $to_at", _scope(part))
        store.insert_model(con, "requests", store.model("continuity/requests"), scope)
        _blame_switches(con, part)


def build_episodes(
    con: store.Connection, rule: EpisodeRule, ranges: Sequence[Range], as_of: datetime
) -> datetime | None:
    """Replace the episodes that the stretches may have changed; since when episodes changed, None where none did."""
    since = _find_restarts(con, rule, ranges)
    parameters: dict[str, Any] = rule.parameters | {"as_of": as_of}
    if since is not None:
        whole = {"from_at": since, "to_at": as_of + timedelta(days=1)}
        store.temp_table(con, "model_providers", "continuity/model_providers", whole)
        con.execute(
            """delete from episodes using restarts as s
            where episodes.workflow is not distinct from s.workflow and episodes.preferred_model = s.preferred_model
            and episodes.opened_at >= s.restart_at"""
        )
        store.temp_table(con, "episode_stream", "continuity/episode_stream", parameters)
        store.temp_table(con, "episode_spans", "continuity/episode_spans", parameters)
        store.insert_model(con, "episodes", store.model("continuity/episodes"), parameters)
    _age_episodes(con, rule, as_of)
    _add_context(con, since, as_of)
    return since


def build_fallback_events(con: store.Connection, ranges: Sequence[Range], episodes_since: datetime | None) -> None:
    """Replace the verdicts of the stretches, and of the time since which episodes changed.

    Days outside the stretches on which an event changed its episode or its verdict become dirty for the steps after.
    """
    if not ranges:
        return
    start = min(ranges[0][0], episodes_since or ranges[0][0])
    whole = (start, max(end for _, end in ranges))
    con.execute(
        "create or replace temp table judged_before as select * from fallback_events "
        "where occurred_at >= $from_at and occurred_at < $to_at",
        _scope(whole),
    )
    for part in batches([whole]):
        judge(con, part)
        for table in ("fallback_events", "unanswered_requests"):
            con.execute(f"delete from {table} where occurred_at >= $from_at and occurred_at < $to_at", _scope(part))
            store.insert_model(con, table, store.model(f"continuity/{table}"))
    _mark_rejudged(con, whole)


def _mark_rejudged(con: store.Connection, whole: Range) -> None:
    con.execute(
        """insert into ledger.dirty_days
        select distinct cast(coalesce(a.occurred_at, b.occurred_at) as date)
        from (select * from fallback_events where occurred_at >= $from_at and occurred_at < $to_at) as a
        full outer join judged_before as b on a.fallback_id = b.fallback_id
        where a.episode_id is distinct from b.episode_id or a.verdict is distinct from b.verdict
            or a.verdict_reasons is distinct from b.verdict_reasons""",
        _scope(whole),
    )
    con.execute("drop table judged_before")


def _scope(part: Range) -> dict[str, Any]:
    return {"from_at": part[0], "to_at": part[1]}


def name_models(con: store.Connection, policies: Sequence[Policy], part: Range) -> None:
    """Fill `model_names`: what each name written in a stretch, or counted, is called by the policy or by family."""
    found = store.query(con, store.model("continuity/model_names"), _around(part))
    names = [name for (name,) in found.fetchall()]
    unknown = set(unknown_names(names, policies))
    rows = [_named(name, model, name not in unknown) for name, model in canonical_names(names, policies).items()]
    con.execute("delete from model_names where list_contains($names, name)", {"names": names})
    store.insert_rows(con, ModelName, rows)


def _named(name: str, model: str, is_known: bool) -> ModelName:
    family = known_family(name)
    basis = NameBasis.FAMILY if family and family.name == model else NameBasis.POLICY if is_known else None
    provider, tier = (family.provider, family.tier) if family else (None, None)
    return ModelName(name=name, model=model, provider=provider, tier=tier, basis=basis)


def find_second_observers(con: store.Connection, part: Range) -> None:
    """Fill `observed_twice`: the attempts of a stretch that a better-placed observer tells of, too."""
    ranked = sorted(sources().values(), key=_standing)
    places = [(source.name, place, source.header.system) for place, source in enumerate(ranked)]
    con.execute("create or replace temp table observers (source varchar, place integer, system varchar)")
    con.executemany("insert into observers values (?, ?, ?)", places)
    store.temp_table(con, "observed_twice", "continuity/observed_twice", _around(part))
    store.temp_table(con, "second_evidence", "continuity/second_evidence", _around(part))


def _blame_switches(con: store.Connection, part: Range) -> None:
    """Give the turns that an admin's switch explains its cause: no attempt of theirs failed."""
    con.execute(
        f"""update requests set first_cause = 'admin_disabled', first_cause_basis = 'inherited'
        where request_id in ({store.model("continuity/switched_off")})""",
        _scope(part),
    )


def _count_second_observers(con: store.Connection, part: Range) -> None:
    """Count by source and day what is left aside for it."""
    con.execute("delete from ledger.second_observers where day >= $from_at and day < $to_at", _scope(part))
    con.execute(
        """insert into ledger.second_observers
        select cast(started_at as date), source, count(*) from attempts
        where started_at >= $from_at and started_at < $to_at and attempt_id in (select attempt_id from observed_twice)
        group by all""",
        _scope(part),
    )


def _around(part: Range) -> dict[str, Any]:
    overlap = timedelta(seconds=CALL_OVERLAP_S) + LEAD_IN
    return _scope((part[0] - overlap, part[1] + overlap))


def _standing(source: Source) -> tuple[int, int, str]:
    """Who is believed first; among observers of one kind whose format says more.

    No two stand alike: one of two that tell of a call must give way, or it would be counted twice.
    """
    return _OBSERVERS.index(source.header.observer), -len(source.header.reports), source.name


def _find_restarts(con: store.Connection, rule: EpisodeRule, ranges: Sequence[Range]) -> datetime | None:
    """Fill `restarts`: for each workflow concerned, the time before which its episodes stand; the earliest of them."""
    con.execute(
        "create or replace temp table restarts (workflow varchar, preferred_model varchar, restart_at timestamptz)"
    )
    margin = rule.gap + rule.hysteresis + rule.open_within + rule.close_span
    for start, end in ranges:
        parameters = _scope((start, end)) | {"margin_s": margin}
        store.insert_model(con, "restarts", store.model("continuity/restarts"), parameters)
    con.execute(
        """create or replace temp table restarts as
        select workflow, preferred_model, min(restart_at) as restart_at from restarts
        group by workflow, preferred_model"""
    )
    ((since,),) = con.execute("select min(restart_at) from restarts").fetchall()
    return since if isinstance(since, datetime) else None


def _age_episodes(con: store.Connection, rule: EpisodeRule, as_of: datetime) -> None:
    """What was open goes quiet when the watermark moves past the gap."""
    con.execute(
        """update episodes set
            state = case when last_seen_at + to_seconds($gap_s) >= $as_of then 'open' else 'quiet' end,
            duration_s = (epoch_us(
                case when last_seen_at + to_seconds($gap_s) >= $as_of then $as_of else last_seen_at end
            ) - epoch_us(opened_at)) / 1000000.0
        where state in ('open', 'quiet')""",
        {"gap_s": rule.gap, "as_of": as_of},
    )


def _add_context(con: store.Connection, since: datetime | None, as_of: datetime) -> None:
    """Incidents and switches arrive late: episodes of the last weeks, and older open ones, are looked at again."""
    ((oldest,),) = con.execute("select min(opened_at) from episodes where state in ('open', 'disabled')").fetchall()
    start = min(since or as_of, as_of - timedelta(days=14), oldest or as_of)
    store.temp_table(con, "episode_context", "continuity/episode_context", {"from_at": start, "as_of": as_of})
    con.execute(
        """update episodes set incident_id = c.incident_id, state = c.state, outage_low_s = c.outage_low_s,
            outage_s = c.outage_s, is_probed = c.is_probed, return_lag_s = c.return_lag_s,
            recovery_lag_s = c.recovery_lag_s
        from episode_context as c where episodes.episode_id = c.episode_id"""
    )


def _policy_rows(con: store.Connection) -> list[tuple[Any, ...]]:
    return con.execute("select policy_id, version, status, digest, effective_to from policies order by all").fetchall()
