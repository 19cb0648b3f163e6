"""How long until the preferred model was back: the Kaplan-Meier curve, its band, and the episodes at risk."""

import math
from typing import Any

import altair as alt
import polars as pl

from readback.faces import theme
from readback.faces.charts.frame import dressed, limited, nothing
from readback.faces.theme import Mode

HORIZON_MIN = 240.0
_TICKS = (0, 30, 60, 120, 180, 240)
_SHORT_TICKS = (0, 10, 20, 30, 45, 60, 90)
_MARKS = (15, 60)


def recovery(frame: pl.DataFrame, mode: Mode = "light", *, width: int | str = "container", height: int = 250) -> Any:
    """Steps of one curve of `recovery_curves`: share recovered against minutes since the opening, to four hours.

    Unrecovered episodes are censored, so that the curve need not reach 100%. Below the axis stands how many
    episodes were still followed at each tick.
    """
    if frame.is_empty():
        return nothing("No episode to follow", mode, height, width)
    steps = _steps(frame)
    horizon = min(HORIZON_MIN, _nice(float(steps["minutes"].to_list()[-1])))
    shown = _cut(steps, horizon)
    layers = alt.layer(_landmarks(shown, mode, horizon), _band(shown, mode), _line(shown, mode, _axis(steps, horizon)))
    return dressed(layers.properties(height=height, width=width), mode)


def at(steps: pl.DataFrame, minutes: float) -> dict[str, Any]:
    """The step that holds at a time."""
    return steps.filter(pl.col("minutes") <= minutes).tail(1).to_dicts()[0]


def _steps(frame: pl.DataFrame) -> pl.DataFrame:
    rows = limited(frame.sort("time_s"))
    curve = rows.select(
        minutes=pl.col("time_s") / 60,
        recovered=1 - pl.col("survival"),
        low=1 - pl.col("high"),
        high=1 - pl.col("low"),
        at_risk="at_risk",
        left=pl.col("at_risk") - pl.col("events") - pl.col("censored"),
    )
    if float(curve["minutes"][0]) == 0.0:
        return curve
    start = pl.DataFrame(
        {
            "minutes": [0.0],
            "recovered": [0.0],
            "low": [0.0],
            "high": [0.0],
            "at_risk": curve["at_risk"][:1],
            "left": curve["at_risk"][:1],
        }
    )
    return pl.concat([start.cast(curve.schema), curve])


def _cut(steps: pl.DataFrame, horizon: float) -> pl.DataFrame:
    """Steps up to the horizon, the last one drawn on to it."""
    inside = steps.filter(pl.col("minutes") <= horizon)
    return pl.concat([inside, inside.tail(1).with_columns(minutes=pl.lit(horizon))])


def _nice(minutes: float) -> float:
    step = 15.0 if minutes <= 90 else 30.0
    return max(step, step * math.ceil(minutes / step))


def _axis(steps: pl.DataFrame, horizon: float) -> alt.X:
    """Minutes, with the episodes still followed under each tick."""
    ticks = [float(tick) for tick in (_TICKS if horizon > 90 else _SHORT_TICKS) if tick <= horizon]
    labels = [f"datum.value == {tick:g} ? ['{tick:g}', '{_still_followed(steps, tick)}'] : " for tick in ticks]
    axis = alt.Axis(values=ticks, labelExpr="".join(labels) + "datum.label", labelOverlap=False, labelLineHeight=17)
    scale = alt.Scale(domain=[0, horizon], nice=False)
    return alt.X(
        "minutes:Q",
        title=["minutes since it left its preferred model", "second line: episodes still followed"],
        scale=scale,
        axis=axis,
    )


def _line(shown: pl.DataFrame, mode: Mode, x: alt.X) -> Any:
    line = alt.Chart(shown).mark_line(interpolate="step-after", strokeWidth=2.5, color=theme.ink(mode).preferred)
    y = alt.Y(
        "recovered:Q",
        title="back on the preferred model",
        axis=alt.Axis(format="%", tickCount=5),
        scale=alt.Scale(domain=[0, 1]),
    )
    tips = [
        alt.Tooltip("minutes:Q", title="Minutes", format=",.1f"),
        alt.Tooltip("recovered:Q", title="Recovered", format=".1%"),
        alt.Tooltip("low:Q", title="95% from", format=".1%"),
        alt.Tooltip("high:Q", title="95% to", format=".1%"),
        alt.Tooltip("at_risk:Q", title="At risk"),
    ]
    return line.encode(x=x, y=y, tooltip=tips)


def _band(shown: pl.DataFrame, mode: Mode) -> Any:
    area = alt.Chart(shown).mark_area(interpolate="step-after", opacity=0.16, color=theme.ink(mode).preferred)
    return area.encode(x="minutes:Q", y="low:Q", y2="high:Q")


def _landmarks(shown: pl.DataFrame, mode: Mode, horizon: float) -> Any:
    """Share back within 15 and 60 minutes, said on the curve itself."""
    c = theme.ink(mode)
    rows = [(mark, at(shown, mark)["recovered"]) for mark in _MARKS if mark < horizon]
    marks = pl.DataFrame(
        {
            "minutes": [float(m) for m, _ in rows],
            "recovered": [s for _, s in rows],
            "words": [f"{s:.0%} within {m} min" for m, s in rows],
        },
        schema={"minutes": pl.Float64, "recovered": pl.Float64, "words": pl.String},
    )
    base = alt.Chart(marks).encode(x="minutes:Q", y="recovered:Q")
    rule = base.mark_rule(color=c.grid, strokeWidth=1.5).encode(y2=alt.datum(0))
    dot = base.mark_point(filled=True, size=70, color=c.preferred, opacity=1)
    low, high = (base.transform_filter(f"datum.recovered {sign} 0.15") for sign in ("<", ">="))
    beside = low.mark_text(align="left", dx=34, dy=0, color=c.text, fontWeight=600)
    below = high.mark_text(align="left", dx=9, dy=12, color=c.text, fontWeight=600)
    return alt.layer(rule, dot, beside.encode(text="words:N"), below.encode(text="words:N"))


def _still_followed(steps: pl.DataFrame, minutes: float) -> int:
    before = steps.filter(pl.col("minutes") < minutes).tail(1)
    return int(before["left"][0]) if before.height else int(steps["at_risk"][0])
