"""Why a request was judged as it was: from the lines of the log over the policy in force to the verdict.

The verdict is computed again from the published rows, so an explanation also says whether it still comes out the same.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from readback import store
from readback.contracts.vocabulary import VerdictReason
from readback.errors import NotPublished, PolicyError
from readback.policy.judging import judge
from readback.policy.version import Policy, key_path

REASONS: dict[str, str] = {
    VerdictReason.NO_POLICY: "no active version of a policy was in force at that time",
    VerdictReason.CLASS_UNKNOWN: "no class of the policy matches the request",
    VerdictReason.UNAPPROVED_SUBSTITUTE: "the class does not list what answered",
    VerdictReason.APPROVAL_EXPIRED: "the approval of the substitute had ended",
    VerdictReason.TRIGGER_NOT_ALLOWED: "the class does not let this cause lead to this substitute",
    VerdictReason.ACTIVATION_NOT_GRANTED: "the substitute may not come into use by itself",
    VerdictReason.BOUNDARY_BREACHED: "the class may not do this when no listed substitute applies",
    VerdictReason.STOP_CONDITION_IGNORED: "what the class requires did not run, and the work went on",
    VerdictReason.DURATION_EXCEEDED: "the workflow was off its preferred model for longer than this may last",
    VerdictReason.UNMARKED: "the answer was not marked as a substitute's",
    VerdictReason.ADMIN_DENIED_TARGET: "what answered was switched off, by the catalogue or by an admin",
    VerdictReason.WRONG_ORDER: "an earlier substitute was allowed and called for, and was not tried",
    VerdictReason.MISSED_FALLBACK: "an approved substitute was called for and was not tried",
    VerdictReason.CAUSE_NOT_LOGGED: "the log gives no reason for it, so no declared trigger is shown to call for it",
    VerdictReason.SILENT_DOWNGRADE: "it answered without being allowed or marked, and without any sign to the user",
    VerdictReason.SILENT_UPGRADE: "it was not allowed, showed no sign, and cost more than twice what is preferred",
    VerdictReason.EVIDENCE_MISSING: "the log does not show what the rule asks for",
}
"""One clause for every reason that a verdict may give."""

_JUDGED = """
    select 'fallback_events' as origin, fallback_id, request_id, occurred_at, decision_id, verdict from fallback_events
    where fallback_id = $id or request_id = $id
    union all
    select 'unanswered_requests', md5(request_id), request_id, occurred_at, decision_id, verdict
    from unanswered_requests where request_id = $id or md5(request_id) = $id
"""
_ATTEMPTS = """
    select f.path, a.line, a.started_at, a.model_requested, a.model_served, a.status, a.http_status, a.cause,
        a.cause_basis
    from attempts as a left join files as f on a.file_id = f.file_id
    where a.request_id = $request_id and a.started_at >= $from_at and a.started_at < $to_at
    order by coalesce(a.ended_at, a.started_at), a.line
"""
_VERDICT = """
    select v.*, r.preferred_basis, r.served_model_source from verdicts as v
    left join requests as r on r.request_id = v.request_id and r.started_at >= $from_at and r.started_at < $to_at
    where v.request_id = $request_id
"""


@dataclass(frozen=True)
class Link:
    """One link of the chain: what it tells, as sentences, each with its place where it has one."""

    title: str
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class Explanation:
    """The chain of one verdict, from log lines to decision."""

    fallback_id: str
    request_id: str
    verdict: str
    decision_id: str
    is_reproduced: bool
    chain: tuple[Link, ...]


def explain(con: store.Connection, judged_id: str, policies: Iterable[Policy]) -> Explanation:
    """The reasoning behind one verdict, by the id of its fallback or request.

    Raises:
        PolicyError: nothing published has that id.
        NotPublished: the project was moved, and its log was not looked for since.
    """
    told = next(iter(_rows(con, _JUDGED, id=judged_id)), None)
    if told is None:
        raise PolicyError(f"no judged request has the id {judged_id!r}; `fallback_events` lists them", key="explain")
    day = told["occurred_at"].replace(hour=0, minute=0, second=0, microsecond=0)
    judge(con, (day, day + timedelta(days=1)))
    scope = {"request_id": told["request_id"], "from_at": day, "to_at": day + timedelta(days=1)}
    (verdict,) = _rows(con, _VERDICT, **scope)
    around = {"from_at": day - timedelta(days=1), "to_at": day + timedelta(days=2)}
    attempts = _attempts(con, told["request_id"].split("#")[0], around)
    policy = _version(policies, verdict)
    facts = (_log(attempts), _request(verdict), _policy(verdict, policy))
    chain = (*facts, *_rules(verdict, policy), _decision(verdict, told))
    is_reproduced = verdict["decision_id"] == told["decision_id"]
    return Explanation(
        told["fallback_id"], told["request_id"], told["verdict"], told["decision_id"], is_reproduced, chain
    )


def _attempts(con: store.Connection, request_id: str, around: dict[str, datetime]) -> list[dict[str, Any]]:
    try:
        return _rows(con, _ATTEMPTS, request_id=request_id, **around)
    except (duckdb.PermissionException, duckdb.IOException):
        raise NotPublished(
            "the log lies elsewhere since the project was moved; `readback run` finds it again"
        ) from None


def _rows(con: store.Connection, sql: str, **parameters: Any) -> list[dict[str, Any]]:
    relation = store.query(con, sql, parameters)
    return [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]


def _version(policies: Iterable[Policy], verdict: dict[str, Any]) -> Policy | None:
    label = f"{verdict['policy_id']}@{verdict['policy_version']}"
    return next((policy for policy in policies if policy.label == label), None)


def _log(attempts: Sequence[dict[str, Any]]) -> Link:
    return Link("Log", tuple(_attempt(row) for row in attempts))


def _attempt(row: dict[str, Any]) -> str:
    model = row["model_served"] or row["model_requested"] or "no deployment"
    cause = f", {row['cause']} by {row['cause_basis']}" if row["cause"] else ""
    status = f" {row['http_status']}" if row["http_status"] is not None else ""
    return f"{row['path']}:{row['line']}: {_time(row['started_at'])} {model}: {row['status']}{status}{cause}"


def _request(verdict: dict[str, Any]) -> Link:
    served = f"{verdict['served_model']} answered" if verdict["served_model"] else f"served by {verdict['server']}"
    source = f" (by {verdict['served_model_source']})" if verdict["served_model_source"] else ""
    return Link("Request", (
        f"{verdict['request_id']} of workflow {verdict['workflow']} started {_time(verdict['started_at'])}",
        f"preferred {verdict['preferred_model']} (by {verdict['preferred_basis']}); {served}{source}",
        f"tried {' -> '.join(verdict['chain']) or 'nothing'}; cause {verdict['cause']}",
    ))  # fmt: skip


def _policy(verdict: dict[str, Any], policy: Policy | None) -> Link:
    if verdict["policy_id"] is None:
        return Link("Policy", ("none was in force",))
    label = f"{verdict['policy_id']}@{verdict['policy_version']}"
    if policy is None:
        return Link("Policy", (f"{label} was in force; the policy file holds it no more, so no line can be shown",))
    same = "unchanged" if policy.digest == verdict["policy_digest"] else "EDITED since it judged"
    end = policy.metadata.effective_to
    until = f"until {_time(end)}" if end else "without an end"
    return Link("Policy", (
        f"{_place(policy, 'metadata.version')}{label} in force since {_time(policy.metadata.effective_from)}, {until}",
        f"digest {verdict['policy_digest']}, {same}",
    ))  # fmt: skip


def _rules(verdict: dict[str, Any], policy: Policy | None) -> list[Link]:
    links = []
    if verdict["class_id"] is not None:
        found = f"{_place(policy, verdict['class_path'])}class {verdict['class_id']}, boundary {verdict['boundary']}"
        links.append(Link("Class", (found, *_entry(verdict, policy))))
    reasons = verdict["reasons"] or [None]
    sentences = tuple(_reason(reason, rule, policy) for reason, rule in zip(reasons, verdict["rules"], strict=True))
    return [*links, Link("Rules", sentences)]


def _entry(verdict: dict[str, Any], policy: Policy | None) -> tuple[str, ...]:
    if verdict["entry_path"] is None:
        return ()
    allowed = ", ".join(verdict["triggers"]) or "no cause that a log can show"
    said = f"entry {verdict['position']}: {verdict['target']}, {verdict['activation']}, allowed for {allowed}"
    return (f"{_place(policy, verdict['entry_path'])}{said}",)


def _reason(reason: str | None, rule: str, policy: Policy | None) -> str:
    return f"{_place(policy, rule)}{rule}: " + (f"{reason}: {REASONS[reason]}" if reason else "allows it")


def _decision(verdict: dict[str, Any], told: dict[str, Any]) -> Link:
    if verdict["decision_id"] == told["decision_id"]:
        return Link("Decision", (f"{told['verdict']}, decision {told['decision_id']}; computed again, the same",))
    published = f"published {told['verdict']}, decision {told['decision_id']}"
    return Link("Decision", (f"{published}; computed again {verdict['verdict']}, decision {verdict['decision_id']}",))


def _place(policy: Policy | None, rule: str) -> str:
    """`file:line: ` of a rule; marking that a class does not set is that of the defaults."""
    if policy is None:
        return ""
    path = key_path(rule)
    if path[-1:] == ("marking",) and path not in policy.lines:
        path = ("defaults", "marking")
    return f"{_name(policy.file)}:{policy.line(path)}: "


def _name(file: Path | None) -> str:
    return file.name if file else "policy"


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}Z"
