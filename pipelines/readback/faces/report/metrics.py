"""The figures of a period: the five metrics and those beside them, against target and the period before; by class."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from readback.contracts import MetricValue
from readback.contracts.vocabulary import Dimension
from readback.faces import charts, figures, narrative, questions, summary
from readback.faces.figures import COMPANIONS, HEADLINES
from readback.faces.inert import LONGEST, plain
from readback.faces.period import Span
from readback.faces.report import beside
from readback.faces.report.subject import Subject, change_of, chart, share

BESIDE = (
    "continuity_rate",
    "policy_conformance_rate",
    "silent_downgrades",
    "recovered_within_15m",
    "recovered_within_60m",
    "degraded_minutes",
    "open_episodes",
    "review_coverage",
    "unattributed_share",
    "added_latency_p95_ms",
    "answer_time_median_ms",
    "answer_time_p95_ms",
    "added_cost_usd",
    "downstream_error_cost_usd",
)
WANTED = (*HEADLINES, *COMPANIONS.values(), *BESIDE)
FIVE = tuple(name for metric in HEADLINES for name in (metric, COMPANIONS.get(metric)) if name)
_OF_A_CLASS = (*FIVE, "policy_conformance_rate", "silent_downgrades", "degraded_minutes")
_MOST_CLASSES = 40


def metrics(view: Subject) -> dict[str, Any]:
    """Headline, sentences, and one row per metric."""
    current, earlier = view.values(view.period, WANTED), view.values(view.before, WANTED)
    rows = {name: row(view, name, current.get(name), earlier.get(name)) for name in WANTED}
    moved = change_of(view, current.get(HEADLINES[0]), earlier.get(HEADLINES[0]))
    five = [rows[name] for name in FIVE]
    return {
        "headline": narrative.headline(current, moved, view.period.label, view.before.label, view.is_to_date),
        "sentences": summary.sentences(
            list(current.values()), list(earlier.values()), view.before.label, view.definitions
        ),
        "targets_told": narrative.against_targets([*five, *(rows[name] for name in BESIDE)]),
        "has_targets": any(one["target"] != figures.DASH for one in rows.values()),
        "absent": _absent(current, WANTED),
        "headlines": [rows[name] for name in HEADLINES],
        "five": five,
        "beside": [rows[name] for name in BESIDE if name in current],
        **_pictures(view),
    }


def _absent(current: Mapping[str, MetricValue], wanted: tuple[str, ...], of: str = "") -> list[list[str]]:
    """Which figure is absent, of whom, and why with counts."""
    found = (current[name] for name in wanted if name in current)
    return [
        [f"{of}{figures.label(figure.metric)}", plain(figure.explanation, LONGEST)]
        for figure in found
        if figure.explanation
    ]


def row(view: Subject, metric: str, now: MetricValue | None, before: MetricValue | None) -> dict[str, Any]:
    """One metric in words."""
    definition = view.definitions.get(metric)
    better = definition.better if definition else None
    found, target = change_of(view, now, before), view.targets.get(metric)
    judged = figures.against_target(now, target, better)
    shown = now is not None and not figures.withheld(now)
    return {
        "metric": metric,
        "label": figures.label(metric),
        "value": figures.headline(now) if now else figures.DASH,
        "interval": (figures.marked_interval(now) or "") if now and shown else "",
        "n": figures.count(figures.sample_size(now)) if now and shown else figures.DASH,
        "reason": figures.marked_reason(now) if now else "not computed",
        "before": figures.headline(before) if before else figures.DASH,
        "before_told": figures.with_interval(before) if before else "not computed",
        "change": found.text if found else figures.DASH,
        "change_interval": (found.interval or "") if found else "",
        "tone": found.tone if found else "unclear",
        "target": figures.DASH if target is None or now is None else figures.amount(target, now.unit),
        "verdict": narrative.verdict(judged),
        "verdict_tone": judged or "unclear",
        "coverage": share(now.coverage if now else None),
        "maturity": share(now.maturity if now else None),
    }


def _pictures(view: Subject) -> dict[str, Any]:
    history = beside.history(view)
    compared = questions.by_member(view.con, HEADLINES[0], view.period.grain.value, view.period.start)
    return {
        "trend": _trend(view, history) if history["value"].drop_nulls().len() > 1 else None,
        "by_workflow": chart(
            lambda width: charts.members(compared, width=width, step=24),
            "members",
            f"Fallback frequency by workflow in {view.period.label}, with 95% intervals. "
            "Workflows whose bars overlap may not differ.",
            "Fallback frequency by workflow",
            taken=180,
        ),
    }


def _trend(view: Subject, history: pl.DataFrame) -> dict[str, Any]:
    span = Span(history["period_start"][0], view.seen.end)
    found = beside.within(beside.annotated(view), span)
    marks = beside.drawn(found, span)
    ticks = " Grey ticks: incidents that providers declared." if found["number"].null_count() else ""
    told = f"Fallback frequency by {history['grain'][0]}; each point at its start, the band its 95% interval.{ticks}"
    return chart(
        lambda width: charts.trend(history, zone=view.period.zone, width=width, height=110, annotations=marks),
        "trend",
        told + beside.told(view, found),
        "Fallback frequency over time",
        taken=60,
    )


def classes(view: Subject) -> list[dict[str, Any]]:
    """One block per workflow class that has figures: what the policy says of it, its metrics, its violations."""
    known = {one["class_id"]: one for one in questions.policy_classes(view.con, view.seen.end).to_dicts()}
    found = questions.class_members(view.con, view.period.grain.value, view.period.start)
    return [_class(view, member, known.get(member, {})) for member in found[:_MOST_CLASSES]]


def _class(view: Subject, member: str, policy: Mapping[str, Any]) -> dict[str, Any]:
    name = Dimension.WORKFLOW_CLASS.value
    current = view.values(view.period, _OF_A_CLASS, name, member)
    earlier = view.values(view.before, _OF_A_CLASS, name, member)
    facts = [f"{policy['risk']} risk"] if policy.get("risk") else []
    facts += [f"boundary: {policy['boundary'].replace('_', ' ')}"] if policy.get("boundary") else []
    facts += [f"recovery objective {figures.duration(policy['rto_s'])}"] if policy.get("rto_s") else []
    return {
        "name": _named(member),
        "facts": " · ".join(facts) or "No class of the policy in force",
        "absent": _absent(current, _OF_A_CLASS, f"{_named(member)}: "),
        "preferred": plain(", ".join(policy.get("preferred_models") or ()), 120) or figures.DASH,
        "substitutes": plain(", ".join(policy.get("targets") or ()), 160) or "none listed",
        "rows": [row(view, metric, current.get(metric), earlier.get(metric)) for metric in _OF_A_CLASS],
    }


def _named(member: str) -> str:
    return "Without a class" if member == "(none)" else plain(member, 60)
