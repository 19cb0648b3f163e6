"""Alerts of several workflows that one model is behind become one parent; the others are told inside it. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from readback.contracts import Alert
from readback.contracts.vocabulary import AlertState, AlertTier, NotificationStage
from readback.decisions.evidence import as_json, digest, literal
from readback.decisions.lifecycle import LIVE, Look, Step

RULE = "shared_cause"
VERSION = 1
QUIET = timedelta(hours=1)

FEWEST_WORKFLOWS = 3
"""Workflows whose alerts must open in one look, with the same model behind them, to become one."""

_LOUDEST = list(AlertTier)
_MOST_NAMED = 8


def parent_id_of(cause: str) -> str:
    """Fingerprint of the parent of a cause."""
    return digest(RULE, VERSION, cause)


def gathered(steps: Sequence[Step], parents: dict[str, Alert]) -> list[Step]:
    """The steps with every newly opened alert put under its parent, where it has one.

    A parent that lives takes in what opens later. What opened alone before stays alone.
    """
    opened = [step.alert for step in steps if step.stage is NotificationStage.OPENED and step.alert.shared_cause]
    causes = {
        cause for cause in {alert.shared_cause for alert in opened} if cause and _is_shared(cause, opened, parents)
    }
    return [
        Step(step.alert.model_copy(update={"parent_id": parent_id_of(step.alert.shared_cause)}), step.stage)
        if step.stage is NotificationStage.OPENED and step.alert.shared_cause in causes
        else step
        for step in steps
    ]


def parent_looks(alerts: Iterable[Alert], as_of: datetime) -> Iterator[Look]:
    """One look at every cause that a live alert stands under."""
    live = [alert for alert in alerts if alert.parent_id and alert.state in LIVE]
    for parent in sorted({alert.parent_id or "" for alert in live}):
        children = [alert for alert in live if alert.parent_id == parent]
        yield Look(_parent(parent, children, as_of), None, QUIET)


def _is_shared(cause: str, opened: Sequence[Alert], parents: dict[str, Alert]) -> bool:
    known = parents.get(parent_id_of(cause))
    workflows = {alert.workflow for alert in opened if alert.shared_cause == cause}
    return len(workflows) >= FEWEST_WORKFLOWS or (known is not None and known.state in LIVE)


def _parent(alert_id: str, children: Sequence[Alert], as_of: datetime) -> Alert:
    cause = children[0].shared_cause or ""
    workflows = sorted({alert.workflow or "(no workflow)" for alert in children})
    rules = Counter(alert.rule.replace("_", " ") for alert in children)
    shown = ", ".join(workflows[:_MOST_NAMED]) + (" and others" if len(workflows) > _MOST_NAMED else "")
    return Alert(
        alert_id=alert_id,
        rule=RULE,
        rule_version=VERSION,
        tier=min((alert.tier for alert in children), key=_LOUDEST.index),
        state=AlertState.OPEN,
        workflow=None,
        metric=None,
        title=f"{len(workflows)} workflows are in trouble with {cause}",
        detail=f"{shown}: {', '.join(f'{count} {rule}' for rule, count in sorted(rules.items()))}.",
        evidence=as_json({"alerts": sorted(alert.alert_id for alert in children), "workflows": workflows}),
        evidence_sql=f"select * from alerts where parent_id = {literal(alert_id)} order by started_at, alert_id",
        started_at=min(alert.started_at for alert in children),
        fired_at=as_of,
        resolved_at=None,
        acknowledged_by=None,
        as_of=as_of,
        level=max(alert.level for alert in children),
        shared_cause=cause,
    )
