"""Requests of a stretch of time → verdicts, by the policy versions that were in force or by a candidate's.

The rules are SQL, `models/continuity/verdicts` and what it reads; whichever relations stand under the names of the
policy tables decide. The same evidence under the same version gives the same verdict and the same decision id.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from readback import store
from readback.contracts import PolicyClass, PolicySubstitute, PolicyVersion
from readback.contracts.vocabulary import PolicyStatus
from readback.policy.matching import WorkflowKey, match_class
from readback.policy.naming import canonical_names
from readback.policy.rows import policy_classes, policy_substitutes, policy_versions
from readback.policy.version import Policy
from readback.stretches import Range

STEPS = (
    "preferred_costs", "judged_requests", "untried_substitutes", "denied_answers", "cooled_fallbacks", "judged_facts",
    "verdicts",
)  # fmt: skip
"""Models of `models/continuity/` in the order in which one reads another; each becomes a table of this session."""

_SHADOWED = ("requests", "policies", "policy_classes", "policy_substitutes", "admin_switches", "model_names")
_KEYS = "workflow, team, environment, route, key_alias, service"


def judge(con: store.Connection, part: Range) -> None:
    """Fill the session's table `verdicts` with one row per request of the stretch that policy has a say on.

    Give whole days: a substitute's cost is held against the mean of its day, and a cooldown against its failures.
    """
    scope = {"from_at": part[0], "to_at": part[1]}
    for step in STEPS:
        store.temp_table(con, step, f"continuity/{step}", scope)


@contextmanager
def judged_by(con: store.Connection, policies: Sequence[Policy], part: Range) -> Iterator[None]:
    """Within, `verdicts` and `requests` are what other policies make of the logged requests of a stretch.

    Only active versions count, and only while they hold: see `in_force_since`. Afterwards every name means what it
    meant before.
    """
    try:
        _name_models(con, policies)
        _declare(con, policies)
        match_classes(con, policies, con.execute(f"select distinct {_KEYS} from main.requests").fetchall())
        scope = {"from_at": part[0], "to_at": part[1]}
        store.temp_table(con, "requests", "continuity/renamed_requests", scope)
        judge(con, part)
        yield
    finally:
        for table in (*_SHADOWED, *STEPS, "class_matches"):
            con.execute(f"drop table if exists temp.{table}")


def in_force_since(policy: Policy, moment: datetime) -> Policy:
    """A candidate as if it had been active from a moment on, without an end; its rules and digest are unchanged."""
    metadata = policy.metadata.model_copy(
        update={"status": PolicyStatus.ACTIVE, "effective_from": moment, "effective_to": None}
    )
    return replace(policy, document=policy.document.model_copy(update={"metadata": metadata}))


def match_classes(con: store.Connection, policies: Sequence[Policy], keys: Iterable[tuple[Any, ...]]) -> None:
    """Fill the session's table `class_matches`: what holds for each combination of labels, and when."""
    preferred = {(c.policy_id, c.version, c.class_id): c.preferred_models for c in policy_classes(policies)}
    con.execute(
        """create or replace temp table class_matches (
            workflow varchar, team varchar, environment varchar, route varchar, key_alias varchar, service varchar,
            policy_id varchar, policy_version bigint, workflow_class varchar, preferred_models varchar[],
            effective_from timestamptz, effective_to timestamptz
        )"""
    )
    rows = [
        [*key, m.policy_id, m.version, m.class_id, preferred.get((m.policy_id, m.version, m.class_id or "")),
         m.effective_from, m.effective_to]
        for key in keys
        for m in match_class(policies, WorkflowKey(*key))
    ]  # fmt: skip
    if rows:
        con.executemany(f"insert into class_matches values ({', '.join('?' * 12)})", rows)


def name_switches(con: store.Connection, policies: Sequence[Policy]) -> datetime | None:
    """Renew the table `admin_switches`: what admins switched, by the names that policies and logs use.

    Returns the time of the earliest switch that is new, gone or told otherwise than before; None where none is.
    """
    found = con.execute("select distinct model from admin_changes where model is not null").fetchall()
    _put_names(con, "switched_models", [name for (name,) in found], policies)
    switches = store.model("continuity/admin_switches")
    con.execute(f"create table if not exists admin_switches as select * from ({switches}) limit 0")
    con.execute(f"create or replace temp table switches_now as\n{switches}")
    ((since,),) = con.execute(
        """select min(switched_at) from (
            (from switches_now except from admin_switches) union all (from admin_switches except from switches_now)
        )"""
    ).fetchall()
    con.execute("create or replace table admin_switches as from switches_now")
    return since if isinstance(since, datetime) else None


def _name_models(con: store.Connection, policies: Sequence[Policy]) -> None:
    found = con.execute(
        """select distinct unnest([preferred_model, served_model] || chain) as name from main.requests
        union select model from main.admin_switches"""
    ).fetchall()
    _put_names(con, "model_names", [name for (name,) in found if name is not None], policies)
    con.execute(
        """create or replace temp table admin_switches as
        select s.* replace (coalesce(n.model, s.model) as model)
        from main.admin_switches as s left join model_names as n on s.model = n.name"""
    )


def _declare(con: store.Connection, policies: Sequence[Policy]) -> None:
    for table in ("policies", "policy_classes", "policy_substitutes"):
        con.execute(f"create or replace temp table {table} as select * from main.{table} limit 0")
    store.insert_rows(con, PolicyVersion, policy_versions(policies))
    store.insert_rows(con, PolicyClass, policy_classes(policies))
    store.insert_rows(con, PolicySubstitute, policy_substitutes(policies))


def _put_names(con: store.Connection, table: str, names: Iterable[str], policies: Sequence[Policy]) -> None:
    named = canonical_names(names, policies)
    con.execute(f"create or replace temp table {table} (name varchar, model varchar)")
    if named:
        con.executemany(f"insert into {table} values (?, ?)", list(named.items()))
