"""What happened in a period: episodes, why workflows left, what stood in, and what that did to outcomes."""

from typing import Any

import polars as pl

from readback.faces import charts, figures, questions
from readback.faces.inert import plain
from readback.faces.report import beside
from readback.faces.report.subject import Subject, chart, moment, share

_MOST_EPISODES = 15
_MOST_LANES = 12
_LANE = 29


def episodes(view: Subject) -> dict[str, Any]:
    """Counts, the longest episodes, declared incidents and switches, and their charts."""
    found = questions.episodes(view.con, view.period.span)
    incidents = questions.incidents(view.con, view.period.span)
    listed = found.sort(["is_recovered", "duration_s"], descending=[False, True]).head(_MOST_EPISODES).to_dicts()
    longest = found.sort("duration_s", descending=True).head(1).to_dicts()
    return {
        "episode_count": found.height,
        "unrecovered_count": found.filter(~pl.col("is_recovered")).height,
        "longest": longest[0] if longest else None,
        "episodes": [_episode(row) for row in listed],
        **_pictures(view, found, incidents),
    }


def _pictures(view: Subject, found: pl.DataFrame, incidents: pl.DataFrame) -> dict[str, Any]:
    curve = questions.recovery_curve(view.con)
    causes = questions.causes(view.con, view.period.span)
    substitutes = questions.substitutes(view.con, view.period.span)
    zone = view.period.zone
    shown, left_out = _busiest(found)
    noted = beside.within(beside.annotated(view), view.seen)
    marks = beside.drawn(noted, view.seen)
    return {
        "timeline": chart(
            lambda width: charts.timeline(
                shown, incidents, view.seen, zone=zone, width=width, changes=marks, lane_height=_LANE
            ),
            "timeline",
            "Coloured: episodes by state. Grey: what providers declared: context, never the measure of recovery."
            + (f" {left_out} workflows with fewer episodes are left out." if left_out else "")
            + beside.told(view, noted),
            "Episodes and declared incidents over the period",
            taken=150,
        ),
        "recovery": chart(
            lambda width: charts.recovery(curve, width=width, height=190),
            "recovery",
            "Share of episodes back on the preferred model against time, all periods, with the 95% band. "
            "Unrecovered episodes are censored, never dropped.",
            "Recovery curve",
            taken=70,
        ),
        "causes": chart(
            lambda width: charts.causes(causes, width=width, step=24), "causes", "", "Fallbacks by cause", taken=180
        ),
        "substitutes": chart(
            lambda width: charts.substitutes(substitutes, width=width, step=36),
            "substitutes",
            "",
            "What was preferred and what answered instead",
            taken=260,
        ),
    }


def _busiest(found: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Episodes of the workflows with most of them, and how many workflows are left out."""
    counted = found.group_by("workflow").len().sort("len", "workflow", descending=[True, False])
    kept = counted.head(_MOST_LANES).select("workflow")
    return found.join(kept, on="workflow", how="semi", nulls_equal=True), max(0, counted.height - kept.height)


def _episode(row: dict[str, Any]) -> dict[str, str]:
    preferred = plain(row["preferred_model"] or "unknown", 60)
    return {
        "workflow": plain(row["workflow"] or "(no workflow)", 60),
        "left": moment(row["opened_at"]),
        "lasted": figures.duration(row["duration_s"]) + ("" if row["is_recovered"] else "+"),
        "state": row["state"],
        "cause": row["cause"].replace("_", " "),
        "models": f"{preferred} → {plain(', '.join(row['substitutes']), 80) or 'nobody'}",
        "fallbacks": figures.count(row["fallback_count"]),
    }


def effects(view: Subject) -> dict[str, Any]:
    """Fallback minus preferred, adjusted beside crude."""
    overall = questions.effects(view.con)
    by_workflow = questions.effects(view.con, dimension="workflow", member=None)
    drawn = overall.height > 0
    return {
        "effects": [_effect(row) for row in [*overall.to_dicts(), *by_workflow.to_dicts()]],
        "overall": [_effect(row) for row in overall.to_dicts()],
        "forest": chart(
            lambda width: charts.forest(overall, width=width),
            "forest",
            "Filled: adjusted, with 95% interval. Hollow: crude. Right of zero is worse.",
            "Adjusted difference of outcomes between the lanes",
            taken=170,
        )
        if drawn
        else None,
    }


def _effect(row: dict[str, Any]) -> dict[str, Any]:
    crude = figures.DASH if row["crude_estimate"] is None else figures.difference(row["crude_estimate"])
    return {
        "metric": row["metric"],
        "label": figures.label(row["metric"]),
        "member": "All workflows" if row["member"] == "*" else plain(row["member"], 60),
        "status": row["status"],
        "low": row["low"],
        "effective_episodes": row["effective_episodes"],
        "adjusted": figures.effect(row["status"], row["estimate"], row["low"], row["high"], row["n_fallback"]),
        "crude": crude,
        "n_fallback": figures.count(row["n_fallback"]),
        "n_preferred": figures.count(row["n_preferred"]),
        "overlap": share(row["overlap"]),
        "warning": plain(row["warning"] or "", 160),
    }
