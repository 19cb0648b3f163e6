"""What the figures rest on: lines read, days seen, what outcome sources watch, checks, and what later data changed."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import polars as pl

from readback.faces import figures, questions
from readback.faces.inert import plain
from readback.faces.period import Span
from readback.faces.report.subject import Subject, moment

_MOST_QUARANTINE = 15
_DAY = timedelta(days=1)


def health(view: Subject) -> dict[str, Any]:
    """Every list of the data section."""
    ledger = questions.ledger(view.con)
    return {
        "days_told": _days(view),
        "ledger": [_source(row) for row in ledger.to_dicts()],
        "unexplained": int(ledger["unexplained_lines"].sum() or 0),
        "unread": [
            [plain(row["path"], 160), row["state"].replace("_", " "), plain(row["reason"] or figures.DASH, 200)]
            for row in questions.files(view.con).filter(pl.col("state").is_in(["failed", "unknown_format"])).to_dicts()
        ],
        "quarantine": [
            [plain(row["source"], 60), plain(row["reason"], 200), figures.count(row["lines"])]
            for row in questions.quarantine_reasons(view.con).head(_MOST_QUARANTINE).to_dicts()
        ],
        "coverage": [_coverage(row) for row in questions.coverage(view.con).to_dicts()],
        "counters": [
            [plain(row["compared_with"], 60), plain(row["model"] or "all", 60)]
            + [figures.count(row[name]) for name in ("counted", "logged", "missing")]
            for row in questions.reconciliation(view.con).to_dicts()
        ],
        "failed_checks": [
            [row["table_name"], plain(row["check_name"], 120), figures.count(row["observed"])]
            for row in questions.failed_checks(view.con).to_dicts()
        ],
        "restated": restated(view),
    }


def _days(view: Subject) -> str:
    if view.is_without_data:
        return f"The logs reach from {view.first_data:%-d %B %Y} to {view.as_of:%-d %B %Y}."
    seen = view.seen.end - view.seen.start
    days = questions.days_with_requests(view.con, view.seen)
    return f"Requests were seen on {days} of the {max(1, -(-seen // _DAY))} days that the logs reach."


def _source(row: dict[str, Any]) -> list[str]:
    names = ("files", "lines", "row_lines", "duplicate_lines", "ignored_lines", "quarantined_lines")
    return [plain(row["source"], 60), *(figures.count(row[name]) for name in names), moment(row["last_at"])]


def _coverage(row: dict[str, Any]) -> list[str]:
    rate = f", {100 * row['sample_rate']:.0f}%" if row["sample_rate"] else ""
    return [
        row["kind"].replace("_", " "),
        plain(row["source_system"], 60),
        plain(row["workflow"], 60),
        row["mode"] + rate,
        moment(row["watermark_at"]),
    ]


def restated(view: Subject) -> list[dict[str, Any]]:
    """Per figure of this period and the one before: as first published, every later change, and now. They add up."""
    found = questions.restatements(view.con, Span(view.before.start, view.period.end), view.period.grain.value)
    groups = found.sort("as_of").group_by(["metric", "period_start"], maintain_order=True)
    return [_restated(view, str(metric), start, rows.to_dicts()) for (metric, start), rows in groups]


def _restated(view: Subject, metric: str, start: Any, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    period = view.period if start == view.period.start else view.before
    now = view.values(period, (metric,)).get(metric)
    unit = now.unit if now else "fraction"
    sums = {part: sum(row[f"{part}_change"] or 0.0 for row in rows) for part in ("numerator", "denominator")}
    is_now = (now.numerator, now.denominator) if now else (None, None)
    first = [None if end is None else end - sums[part] for end, part in zip(is_now, sums, strict=True)]
    published = f"As of {moment(rows[0]['previous_as_of'])}"
    return {
        "label": figures.label(metric),
        "period": period.label,
        "first": [published, *_counts(first), _amount(rows[0]["previous_value"], unit)],
        "changes": [
            [
                f"Data up to {moment(row['as_of'])}",
                _signed(row["numerator_change"]),
                _signed(row["denominator_change"]),
                "",
            ]
            for row in rows
        ],
        "now": [f"As of {moment(view.as_of)}", *_counts(is_now), _amount(rows[-1]["value"], unit)],
    }


def _counts(numbers: Sequence[float | None]) -> list[str]:
    return [figures.DASH if number is None else f"{number:,.6g}" for number in numbers]


def _amount(value: float | None, unit: str) -> str:
    return figures.DASH if value is None else figures.amount(value, unit)


def _signed(number: float | None) -> str:
    return figures.DASH if number is None else f"{number:+,.6g}".replace("-", "−")
