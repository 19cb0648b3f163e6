"""What the headline of recovery owes to the rule of episodes: each month again under one other parameter at a time.

No log and no request is read again: `marts.lane_changes` keeps, per day, the few requests that decide under any of
these rules. Only months that something new reaches into are tried anew.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
import polars as pl

from readback import stats, store
from readback.contracts import RecoverySensitivity
from readback.contracts.vocabulary import MetricStatus, RuleParameter
from readback.metrics import rollup
from readback.metrics.definitions import definitions
from readback.metrics.marts import MOST_CLOSING_ANSWERS
from readback.settings import EpisodeRule, Settings
from readback.stretches import Range

_HEADLINE = "recovery_time_median_s"
_LEAD = timedelta(days=1)


class Variant(NamedTuple):
    """One rule to try: which key is another, its value, and the rule as a whole."""

    parameter: RuleParameter
    setting: float | None
    rule: EpisodeRule


def variants(rule: EpisodeRule) -> list[Variant]:
    """The rule in force, then half, double and triple gaps and their like, one parameter at a time.

    >>> [variant.setting for variant in variants(EpisodeRule()) if variant.parameter == "gap"]
    [300.0, 1200.0, 1800.0]
    """
    tried: dict[RuleParameter, Sequence[float]] = {
        RuleParameter.OPEN_COUNT: (1, rule.open_count + 1),
        RuleParameter.GAP: (rule.gap / 2, 2 * rule.gap, 3 * rule.gap),
        RuleParameter.CLOSE_COUNT: (1, rule.close_count + MOST_CLOSING_ANSWERS),
        RuleParameter.HYSTERESIS: (rule.hysteresis / 2, 2 * rule.hysteresis),
    }
    others = [
        Variant(parameter, float(setting), rule.model_copy(update={parameter.value: setting}))
        for parameter, settings in tried.items()
        for setting in settings
        if setting != getattr(rule, parameter.value)
    ]
    return [Variant(RuleParameter.DECLARED, None, rule), *others]


def renew(
    con: store.Connection, settings: Settings, as_of: datetime, dirty: Sequence[Range], previous_as_of: datetime | None
) -> None:
    """Bring `recovery_sensitivity` up to date. Reads `periods` and `marts.lane_changes`."""
    con.execute("delete from recovery_sensitivity where period_start not in (select period_start from periods)")
    con.execute("update recovery_sensitivity set as_of = ?", [as_of])
    _find_stale_months(con, settings, as_of, dirty, previous_as_of)
    months = [month for (month,) in con.execute("select month_at from stale_months order by month_at").fetchall()]
    if months:
        con.execute("delete from recovery_sensitivity where period_start in (select month_at from stale_months)")
        store.temp_table(con, "episode_stream", "marts/rule_stream")
        store.insert_rows(con, RecoverySensitivity, _rows(con, settings, as_of, months))
    for table in ("stale_months", "episode_stream", "episode_spans"):
        con.execute(f"drop table if exists temp.{table}")


def _find_stale_months(
    con: store.Connection, settings: Settings, as_of: datetime, dirty: Sequence[Range], previous_as_of: datetime | None
) -> None:
    moments = [moment for stretch in dirty for moment in stretch] + [previous_as_of or as_of, as_of]
    longest = [variant.rule for variant in variants(settings.episodes)]
    margin = max(rule.gap + rule.hysteresis + rule.open_within + rule.close_span for rule in longest)
    parameters = {
        "timezone": settings.project.timezone,
        "as_of": as_of,
        "since": min(moments),
        "until": max(moments),
        "lead_s": margin + _LEAD.total_seconds(),
    }
    store.temp_table(con, "stale_months", "marts/stale_months", parameters)


def _rows(
    con: store.Connection, settings: Settings, as_of: datetime, months: Sequence[datetime]
) -> Iterator[RecoverySensitivity]:
    minimum_n = definitions()[_HEADLINE].threshold(settings.metrics.minimum_n)
    declared: dict[datetime, float | None] = {}
    for variant in variants(settings.episodes):
        episodes, blips = _found(con, variant.rule)
        for month in months:
            of_month = episodes.filter(pl.col("month_at") == month)
            median = _median(of_month, minimum_n)
            if variant.parameter is RuleParameter.DECLARED:
                declared[month] = median.value
            yield RecoverySensitivity(
                period_start=month,
                parameter=variant.parameter,
                setting=variant.setting,
                rule_version=variant.rule.version,
                episodes=of_month.height,
                recoveries=int(of_month["is_recovered"].sum()),
                blips=blips.get(month, 0),
                off_minutes=float(of_month["duration_s"].sum()) / 60,
                median_s=median.value,
                low=median.low,
                high=median.high,
                median_ratio=_ratio(median.value, declared[month]),
                status=_status(of_month, minimum_n),
                as_of=as_of,
            )


def _found(con: store.Connection, rule: EpisodeRule) -> tuple[pl.DataFrame, dict[datetime, int]]:
    """Episodes of all stale months under one rule, and by month the fallbacks outside of them."""
    store.temp_table(con, "episode_spans", "continuity/episode_spans", rule.parameters)
    episodes = rollup.fetch(con, store.model("marts/rule_episodes"), rule.parameters)
    return episodes, dict(con.execute(store.model("marts/rule_blips")).fetchall())


def _median(episodes: pl.DataFrame, minimum_n: int) -> stats.Estimate:
    if episodes.height < minimum_n:
        return stats.Estimate(None, None, None, episodes.height, None)
    durations, recovered = episodes["duration_s"].to_numpy(), episodes["is_recovered"].to_numpy()
    return stats.survival_median(stats.kaplan_meier(durations.astype(np.float64), recovered))


def _status(episodes: pl.DataFrame, minimum_n: int) -> MetricStatus:
    if episodes.is_empty():
        return MetricStatus.NO_DATA
    return MetricStatus.OK if episodes.height >= minimum_n else MetricStatus.TOO_FEW


def _ratio(median: float | None, declared: float | None) -> float | None:
    return median / declared if median is not None and declared else None
