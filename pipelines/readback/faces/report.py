"""The monthly continuity report: one HTML file that opens anywhere, prints well and loads nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import jinja2
import polars as pl
from markupsafe import Markup

from readback.contracts import MetricValue
from readback.contracts.vocabulary import Grain
from readback.errors import QueryError
from readback.faces import charts, figures, questions, summary, svg
from readback.faces.figures import COMPANIONS, HEADLINES, Definition
from readback.faces.inert import code, plain
from readback.faces.period import SLACK, Period, Span
from readback.store import Connection

WIDTH = 690
_BESIDE = (
    "continuity_rate",
    "recovered_within_15m",
    "recovered_within_60m",
    "degraded_minutes",
    "open_episodes",
    "policy_conformance_rate",
    "silent_downgrades",
    "review_coverage",
    "unattributed_share",
    "added_latency_p95_ms",
    "added_cost_usd",
    "downstream_error_cost_usd",
)
_MOST_EPISODES = 15
_MOST_QUARANTINE = 15
_MOST_SILENT = 50
_MOST_RECOMMENDATIONS = 5


@dataclass(frozen=True)
class _Month:
    """What every part of the report needs."""

    con: Connection
    period: Period
    before: Period
    as_of: datetime
    definitions: Mapping[str, Definition]

    @property
    def span(self) -> Span:
        return self.period.span

    @property
    def seen(self) -> Span:
        """The part of the month that the logs reach; the whole of one that they do not reach at all."""
        end = min(self.period.end, self.as_of)
        return Span(self.period.start, end) if end > self.period.start else self.span


def monthly_report(
    con: Connection,
    month: str,
    *,
    project: str = "readback",
    zone: str = "UTC",
    definitions: Mapping[str, Definition] | None = None,
    snapshot: str = "",
) -> str:
    """The report of a calendar month such as `2026-10` as one HTML document. Equal snapshots give equal bytes.

    Raises:
        QueryError: not a month, or no figure was ever computed.
    """
    view = _month(con, month, zone, definitions or {})
    parts = {
        "project": plain(project, 80),
        "snapshot": snapshot.removeprefix("snapshot-"),
        "period": view.period,
        "before": view.before,
        "as_of": view.as_of,
        "is_unfinished": view.as_of < view.period.end - SLACK,
        **_metrics(view),
        **_episodes(view),
        **_effects(view),
        **_conformance(view),
        **_decisions(view),
        **_health(view),
    }
    return _template().render(parts, opening=_opening(view, parts))


def _month(con: Connection, month: str, zone: str, definitions: Mapping[str, Definition]) -> _Month:
    try:
        period = Period.month(month, zone)
    except ValueError:
        raise QueryError(f"expected a month such as 2026-10, found {month!r}") from None
    as_of = questions.as_of(con)
    if as_of is None:
        raise QueryError("no figure to report yet; `readback run` computes them")
    before = period.previous
    assert before is not None
    return _Month(con, period, before, as_of, definitions)


def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("readback.faces", "."),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {
        "plain": plain,
        "code": code,
        "count": figures.count,
        "duration": figures.duration,
        "label": figures.label,
        "words": lambda word: str(word).replace("_", " "),
        "moment": lambda at: f"{at:%-d %b %H:%M}" if at else figures.DASH,
    }
    return environment.get_template("report.html.j2")


def _values(view: _Month, period: Period, metrics: tuple[str, ...]) -> list[MetricValue]:
    return figures.values(questions.figures(view.con, metrics, Grain.MONTH.value, period.start))


def _metrics(view: _Month) -> dict[str, Any]:
    wanted = (*HEADLINES, *COMPANIONS.values(), *_BESIDE)
    now, before = _values(view, view.period, wanted), _values(view, view.before, wanted)
    current, earlier = figures.by_metric(now), figures.by_metric(before)
    rows = {name: _metric_row(view, name, current.get(name), earlier.get(name)) for name in wanted}
    history = questions.trend(view.con, HEADLINES[0], Grain.MONTH.value, until=view.period.start, limit=13)
    compared = questions.by_member(view.con, HEADLINES[0], Grain.MONTH.value, view.period.start)
    return {
        "sentences": summary.sentences(now, before, view.before.label, view.definitions),
        "headlines": [rows[name] for name in HEADLINES],
        "five": [rows[name] for metric in HEADLINES for name in (metric, COMPANIONS.get(metric)) if name],
        "beside": [rows[name] for name in _BESIDE if name in current],
        "trend": svg.inline(charts.trend(history, zone=view.period.zone, width=WIDTH, height=190), "trend"),
        "by_workflow": svg.inline(charts.members(compared, width=WIDTH - 120, step=26), "members"),
        "definitions": [view.definitions[name] for name in wanted if name in view.definitions],
    }


def _metric_row(view: _Month, metric: str, now: MetricValue | None, before: MetricValue | None) -> dict[str, Any]:
    definition = view.definitions.get(metric)
    found = figures.change(now, before, definition.better if definition else None)
    return {
        "metric": metric,
        "label": figures.label(metric),
        "value": figures.headline(now) if now else figures.DASH,
        "basis": figures.evidence(now).split(" · ") if now else ["Not computed"],
        "now": figures.with_interval(now) if now else "not computed",
        "before": figures.with_interval(before) if before else "not computed",
        "change": found.text if found else figures.DASH,
        "tone": found.tone if found else "unclear",
        "coverage": _share(now.coverage if now else None),
        "maturity": _share(now.maturity if now else None),
    }


def _episodes(view: _Month) -> dict[str, Any]:
    found = questions.episodes(view.con, view.span)
    incidents = questions.incidents(view.con, view.span)
    listed = found.sort(["is_recovered", "duration_s"], descending=[False, True]).head(_MOST_EPISODES)
    drawn = charts.timeline(found, incidents, view.seen, zone=view.period.zone, width=WIDTH - 100)
    curve = charts.recovery(questions.recovery_curve(view.con), width=WIDTH - 40, height=210)
    return {
        "episode_count": found.height,
        "unrecovered_count": found.filter(~pl.col("is_recovered")).height,
        "episodes": listed.to_dicts(),
        "incidents": incidents.to_dicts(),
        "admin_changes": questions.admin_changes(view.con, view.span).to_dicts(),
        "timeline": svg.inline(drawn, "timeline"),
        "recovery": svg.inline(curve, "recovery"),
        "causes": svg.inline(charts.causes(questions.causes(view.con, view.span), width=WIDTH - 120), "causes"),
        "substitutes": svg.inline(
            charts.substitutes(questions.substitutes(view.con, view.span), width=WIDTH - 240), "substitutes"
        ),
    }


def _effects(view: _Month) -> dict[str, Any]:
    overall = questions.effects(view.con)
    by_workflow = questions.effects(view.con, dimension="workflow", member=None)
    told = [_effect_row(row) for row in [*overall.to_dicts(), *by_workflow.to_dicts()]]
    return {"effects": told, "forest": svg.inline(charts.forest(overall, width=WIDTH - 130), "forest")}


def _effect_row(row: dict[str, Any]) -> dict[str, Any]:
    words = figures.effect(row["status"], row["estimate"], row["low"], row["high"], row["n_fallback"])
    crude = figures.DASH if row["crude_estimate"] is None else figures.difference(row["crude_estimate"])
    return {
        **row,
        "member": "All workflows" if row["member"] == "*" else row["member"],
        "adjusted": words,
        "crude": crude,
        "overlap": _share(row["overlap"]),
    }


def _conformance(view: _Month) -> dict[str, Any]:
    found = questions.verdicts(view.con, view.span)
    silent = questions.silent_downgrades(view.con, view.span).to_dicts()
    totals = dict(found.group_by("verdict").agg(pl.col("fallbacks").sum()).iter_rows())
    return {
        "verdict_totals": totals,
        "fallback_total": sum(totals.values()),
        "verdicts": svg.inline(charts.verdicts(found, width=WIDTH - 110, step=28), "verdicts"),
        "reasons": questions.verdict_reasons(view.con, view.span).to_dicts(),
        "silent": silent,
        "silent_first": silent[:_MOST_SILENT],
        "silent_rest": silent[_MOST_SILENT:],
    }


def _decisions(view: _Month) -> dict[str, Any]:
    advice = questions.recommendations(view.con).to_dicts()
    return {
        "recommendations": advice[:_MOST_RECOMMENDATIONS],
        "more_recommendations": advice[_MOST_RECOMMENDATIONS:],
        "alerts": questions.alerts(view.con, span=view.span).to_dicts(),
    }


def _health(view: _Month) -> dict[str, Any]:
    ledger = questions.ledger(view.con)
    return {
        "ledger": ledger.to_dicts(),
        "unexplained": int(ledger["unexplained_lines"].sum() or 0),
        "unread": questions.files(view.con).filter(pl.col("state").is_in(["failed", "unknown_format"])).to_dicts(),
        "quarantine": questions.quarantine_reasons(view.con).head(_MOST_QUARANTINE).to_dicts(),
        "coverage": questions.coverage(view.con).to_dicts(),
        "counters": questions.reconciliation(view.con).to_dicts(),
        "failed_checks": questions.failed_checks(view.con).to_dicts(),
        "restatements": [
            _restated(row)
            for row in questions.restatements(view.con, Span(view.before.start, view.period.end)).to_dicts()
        ],
    }


def _restated(row: dict[str, Any]) -> dict[str, Any]:
    unit = "s" if row["metric"].endswith("_s") else "fraction"
    said = [
        figures.DASH if row[name] is None else figures.amount(row[name], unit) for name in ("previous_value", "value")
    ]
    return {**row, "was": said[0], "is": said[1]}


def _opening(view: _Month, parts: Mapping[str, Any]) -> list[str | Markup]:
    """The executive summary: five metrics, episodes, conformance, what fired, what to change."""
    open_count, total = parts["unrecovered_count"], parts["episode_count"]
    told = [*parts["sentences"]]
    told.append(_told_of_episodes(total, open_count))
    fallbacks = parts["fallback_total"]
    if fallbacks:
        allowed = parts["verdict_totals"].get("in_policy", 0)
        silent = len(parts["silent"])
        told.append(
            f"{allowed:,} of {fallbacks:,} fallbacks ({figures.percent(allowed / fallbacks)}%) were in policy; "
            f"{silent or 'no'} {_plural('silent downgrade', silent)}."
        )
    if parts["recommendations"]:
        first = parts["recommendations"][0]
        effect = plain(first["expected_effect"]).rstrip(".")
        told.append(f"Best-founded change: {plain(first['title'])}. Expected effect: {effect}.")
    return told


def _told_of_episodes(total: int, unrecovered: int) -> str:
    verb = "is" if unrecovered == 1 else "are"
    return f"{total} {_plural('episode', total)} touched the month; {unrecovered or 'none'} {verb} not recovered yet."


def _plural(word: str, number: int) -> str:
    return word if number == 1 else word + "s"


def _share(fraction: float | None) -> str:
    return figures.DASH if fraction is None else f"{figures.percent(fraction)}%"
