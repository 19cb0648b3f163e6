"""Whether fallbacks were allowed: verdicts, every silent downgrade, and counts that an auditor may quote."""

from typing import Any

from readback.faces import charts, figures, narrative, questions
from readback.faces.inert import plain
from readback.faces.report.subject import Subject, chart, moment, share


def conformance(view: Subject) -> dict[str, Any]:
    """Totals, reasons, silent downgrades one by one, and the audit statement."""
    found = questions.verdicts(view.con, view.period.span)
    silent = [_silent(row) for row in questions.silent_downgrades(view.con, view.period.span).to_dicts()]
    totals: dict[str, int] = {}
    for row in found.to_dicts():
        totals[row["verdict"]] = totals.get(row["verdict"], 0) + row["fallbacks"]
    return {
        "verdict_totals": totals,
        "fallback_total": sum(totals.values()),
        "verdicts": chart(
            lambda width: charts.verdicts(found, width=width, step=26),
            "verdicts",
            "Share of each workflow's fallbacks by verdict.",
            "Verdicts by workflow",
            taken=150,
        ),
        "reasons": [
            {
                "reason": row["reason"].replace("_", " "),
                "verdict": row["verdict"].replace("_", " "),
                "fallbacks": figures.count(row["fallbacks"]),
            }
            for row in questions.verdict_reasons(view.con, view.period.span).to_dicts()
        ],
        "silent": silent,
        "audit": _audit(view, totals),
        "audit_classes": [_judged(row) for row in questions.judged_classes(view.con, view.period.span).to_dicts()],
    }


def _audit(view: Subject, totals: dict[str, int]) -> list[str]:
    """Statements by fallback and by episode: fallbacks of one episode are not independent of one another."""
    (row,) = questions.audited(view.con, view.period.span).to_dicts()
    judged = totals.get("in_policy", 0) + totals.get("out_of_policy", 0)
    told = [
        narrative.audit("out of policy", totals.get("out_of_policy", 0), judged, "judged fallbacks"),
        narrative.audit("silent downgrades", row["silent"], row["fallbacks"], "fallbacks"),
        narrative.audit("touched by a silent downgrade", row["silent_episodes"], row["episodes"], "episodes"),
    ]
    unknown = totals.get("indeterminate", 0)
    if unknown:
        what = f"{unknown:,} {narrative.plural('fallback', unknown)} cannot be judged from the logs"
        told.append(f"{what}: counted as neither allowed nor not.")
    return told


def _judged(row: dict[str, Any]) -> dict[str, Any]:
    exact = narrative.exact_interval(row["outside"], row["judged"])
    return {
        "name": plain(row["name"], 60),
        "risk": row["risk"] or figures.DASH,
        "judged": figures.count(row["judged"]),
        "outside": figures.count(row["outside"]),
        "share": share(row["outside"] / row["judged"] if row["judged"] else None),
        "interval": exact,
        "silent": figures.count(row["silent"]),
        "unknown": figures.count(row["unknown"]),
    }


def _silent(row: dict[str, Any]) -> dict[str, str]:
    preferred = plain(row["preferred_model"] or "unknown", 60)
    return {
        "at": moment(row["occurred_at"]),
        "workflow": plain(row["workflow"] or "(no workflow)", 60),
        "models": f"{preferred} → {plain(row['served_model'] or row['served_by'], 60)}",
        "why": ", ".join(row["verdict_reasons"]).replace("_", " "),
        "request": plain(row["request_id"], 80),
    }
