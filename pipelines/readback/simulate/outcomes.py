"""Outcome files in the native format (JSON lines, one CSV), and the truth about every outcome process."""

from collections import Counter
from typing import Any

import polars as pl

from readback.simulate.daily_files import DailyFiles
from readback.simulate.episodes import moment
from readback.simulate.fleet import WORKFLOW_INDEX, WORKFLOWS
from readback.simulate.lines import choice, utc_text
from readback.simulate.litellm import run_ids
from readback.simulate.outages import SECOND, Calendar
from readback.simulate.outcome_rules import (
    DELAY_S,
    KIND_OF,
    METRICS,
    RULES,
    WATCHERS,
    WINDOW_S,
    Rule,
)
from readback.simulate.runs import RunFates, covered_from, served_runs
from readback.simulate.truth import DelayTruth, LaneTruth, OutcomeTruth

MILLISECONDS = "%Y-%m-%dT%H:%M:%S%.3fZ"
COUNTED = ("eligible", "observable", "events", "written", "mature", "mature_events")


class Outcomes:
    """Draws and writes the outcomes of one slice after another."""

    def __init__(self, calendar: Calendar, seed: int, files: DailyFiles) -> None:
        """Open no file yet."""
        self.calendar, self.files = calendar, files
        self.fates = RunFates(calendar, seed)
        self.rows: Counter[str] = Counter()
        self.served: Counter[int] = Counter()
        self._numbers: Counter[str] = Counter()
        self._sums: dict[tuple[str, str, bool], Counter[str]] = {}
        self._costs: Counter[str] = Counter()

    def add(self, requests: pl.DataFrame, number: int) -> None:
        """Draw the fates of the slice's runs and append their rows."""
        runs = self.fates.draw(served_runs(requests), number).with_columns(run_id=run_ids())
        for (code,), own in runs.group_by("workflow", maintain_order=True):
            assert isinstance(code, int)
            self.served[code] += own.height
            for metric in METRICS:
                self._one(WORKFLOWS[code].name, metric, own)

    def _one(self, workflow: str, metric: str, runs: pl.DataFrame) -> None:
        rule = next(r for r in RULES if (r.workflow, r.metric) == (workflow, metric))
        marked = _marked(runs, metric, self.calendar.end)
        for is_exposed in (False, True):
            lane = marked.filter(pl.col("is_exposed") == is_exposed)
            sums = lane.select(pl.col(name).sum() for name in COUNTED).row(0, named=True)
            self._sums.setdefault((workflow, metric, is_exposed), Counter()).update(sums)
        if rule.watcher is not None:
            self._write(rule, marked)

    def _write(self, rule: Rule, marked: pl.DataFrame) -> None:
        assert rule.watcher is not None
        watcher = WATCHERS[rule.watcher]
        happened = "reviewed_at" if rule.metric == "override" else f"{rule.metric}_at"
        seen = pl.col(f"is_{rule.metric}_seen")
        rows = marked.filter(seen, pl.col(happened) >= 0, pl.col(happened) < self.calendar.end).sort(happened)
        first = self._numbers[watcher.name]
        self._numbers[watcher.name] += rows.height
        self.rows[KIND_OF[rule.metric]] += rows.height
        if rule.mean_cost_usd is not None:
            self._costs[rule.workflow] += int((rows["cost_usd"] * 100).round().cast(pl.Int64).sum())
        printed = rows.with_row_index("number", offset=first).select(
            **_common(KIND_OF[rule.metric], watcher.name, happened),
            **_join(watcher.join_key),
            **_detail(rule),
        )
        if watcher.file.endswith(".csv"):
            self._write_csv(watcher.file, printed)
        else:
            self.files.append(watcher.file, printed.select(pl.struct(pl.all()).struct.json_encode()).to_series())

    def _write_csv(self, name: str, printed: pl.DataFrame) -> None:
        if not self.files.lines[name] and printed.height:
            self.files.append(name, pl.Series([",".join(printed.columns)]))
        cells = [pl.col(column).cast(pl.String).fill_null("") for column in printed.columns]
        self.files.append(name, printed.select(pl.concat_str(cells, separator=",")).to_series())

    def truth(self) -> tuple[OutcomeTruth, ...]:
        """Return what is true of each outcome process."""
        return tuple(self._truth(rule) for rule in RULES)

    def _truth(self, rule: Rule) -> OutcomeTruth:
        watcher = WATCHERS[rule.watcher] if rule.watcher else None
        start = covered_from(rule, self.calendar)
        lanes = [self._lane(rule, is_exposed) for is_exposed in (False, True)]
        observable, eligible = (
            sum(lane.observable for lane in lanes),
            sum(lane.eligible for lane in lanes),
        )
        whole = self.served[WORKFLOW_INDEX[rule.workflow]] if rule.metric == "override" else eligible
        mean, cap = DELAY_S[rule.metric]
        return OutcomeTruth(
            workflow=rule.workflow,
            metric=rule.metric,
            source=rule.watcher,
            base_rate=rule.base,
            risk_difference=rule.risk_difference,
            covered_from=None if start is None else moment(start),
            sample_rate=watcher.sample_rate if watcher else None,
            review_share=rule.review_share,
            expected_coverage=observable / whole if whole else None,
            mean_cost_usd=rule.mean_cost_usd,
            cost_usd_written=self._costs[rule.workflow] / 100 if rule.mean_cost_usd else None,
            window_s=WINDOW_S[rule.metric],
            delay=DelayTruth(distribution="truncated_exponential", mean_s=mean, cap_s=cap),
            preferred=lanes[0],
            fallback=lanes[1],
        )

    def _lane(self, rule: Rule, is_exposed: bool) -> LaneTruth:
        sums = self._sums.get((rule.workflow, rule.metric, is_exposed), Counter())
        return LaneTruth(**{name: sums[name] for name in COUNTED})

    def coverage(self) -> list[dict[str, Any]]:
        """Return the `[[coverage]]` sections of `readback.toml`, one per watcher and set of kinds."""
        return [_section(name, self.calendar) for name in WATCHERS]


def _section(name: str, calendar: Calendar) -> dict[str, Any]:
    own = [rule for rule in RULES if rule.watcher == name]
    start = covered_from(own[0], calendar)
    assert start is not None
    return {
        "source": name,
        "kinds": sorted({KIND_OF[rule.metric] for rule in own}),
        "workflows": sorted({rule.workflow for rule in own}),
        "from": moment(start),
        "sample_rate": WATCHERS[name].sample_rate,
    }


def _marked(runs: pl.DataFrame, metric: str, end: int) -> pl.DataFrame:
    """Add the flags that `LaneTruth` counts."""
    eligible = pl.col("reviewed_at" if metric == "override" else "released_at") >= 0
    clock = pl.col("served_at" if metric == "override" else "released_at")
    happened = pl.col(f"{metric}_at")
    observable = eligible & pl.col(f"is_{metric}_seen")
    is_event = observable & (happened >= 0)
    is_mature = observable & (clock + WINDOW_S[metric] * SECOND <= end)
    return runs.with_columns(
        eligible=eligible,
        observable=observable,
        events=is_event,
        written=is_event & (happened < end),
        mature=is_mature,
        mature_events=is_mature & is_event,
    )


def _common(kind: str, source: str, happened: str) -> dict[str, pl.Expr]:
    return {
        "kind": pl.lit(kind),
        "occurred_at": utc_text(pl.col(happened), MILLISECONDS),
        "recorded_at": utc_text(pl.col(happened) + 90 * SECOND, MILLISECONDS),
        "source_system": pl.lit(source),
        "source_record_id": pl.concat_str(pl.lit(f"{source}-"), pl.col("number").cast(pl.String)),
        "revision": pl.lit(0),
        "retracted": pl.lit(False),
    }


def _join(key: str) -> dict[str, pl.Expr]:
    texts = {
        "run_id": pl.col("run_id"),
        "request_id": pl.concat_str(choice("workflow", [f"{w.source}:" for w in WORKFLOWS]), "key"),
        "provider_response_id": pl.concat_str(pl.lit("chatcmpl-"), "reply_id"),
    }
    return {key: texts[key]}


def _detail(rule: Rule) -> dict[str, pl.Expr]:
    """Return the columns that only this kind of outcome has."""
    if rule.metric == "override":
        mode = {"qa-sample": "sampled", "git": "mandatory"}.get(rule.watcher or "", "voluntary")
        edited = pl.col("decision") == "approved_with_edits"
        return {
            "actor_kind": pl.lit("human"),
            "decision": pl.col("decision"),
            "review_mode": pl.lit(mode),
            "edit_ratio": pl.when(edited).then("edit_ratio"),
        }
    if rule.metric == "rework":
        return {
            "actor_kind": pl.lit("human"),
            "rework_type": pl.lit("reverted" if rule.watcher == "git" else "reopened"),
            "effort_seconds": pl.col("effort_s"),
        }
    error_type = {"losses": "refund", "complaints": "complaint"}[rule.watcher or "complaints"]
    return {
        "actor_kind": pl.lit("system"),
        "severity": choice("severity", ["critical", "high", "moderate", "low"]),
        "error_type": pl.lit(error_type),
        "cost_amount": pl.col("cost_usd"),
        "cost_currency": pl.lit("USD"),
        "cost_basis": pl.lit("measured"),
    }
