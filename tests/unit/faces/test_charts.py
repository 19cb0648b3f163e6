"""Charts validate against Vega-Lite's schema, show what they were given, and stay small."""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import polars as pl
import pytest
from faces_project import AS_OF
from PIL import Image, ImageColor

from readback.faces import annotations, charts, drill, exhibit, questions
from readback.faces.charts import bars, episodes
from readback.faces.charts.flows import _nodes, _ribbons
from readback.faces.charts.minutes import _stacked
from readback.faces.charts.recovery import at
from readback.faces.period import Span
from readback.faces.theme import DARK, LIGHT, Mode
from readback.store import Connection

START = AS_OF.replace(month=9, day=1, hour=0, minute=0)
SPAN = Span(START, AS_OF)

Draw = Callable[[Connection, Mode], Any]
DRAWINGS: dict[str, Draw] = {
    "trend": lambda con, mode: charts.trend(
        questions.trend(con, "rework_rate", "week", lanes=["preferred", "fallback"]), mode
    ),
    "trend with gaps": lambda con, mode: charts.trend(questions.trend(con, "downstream_error_rate", "week"), mode),
    "sparkline": lambda con, mode: charts.sparkline(questions.trend(con, "recovery_time_median_s", "month"), mode),
    "members": lambda con, mode: charts.members(
        questions.by_member(con, "rework_rate", "month", AS_OF.replace(day=1, hour=0, minute=0)), mode
    ),
    "forest": lambda con, mode: charts.forest(
        questions.effects(con, "workflow", None, "rework_rate"), mode, by="member"
    ),
    "recovery": lambda con, mode: charts.recovery(questions.recovery_curve(con), mode),
    "timeline": lambda con, mode: charts.timeline(
        questions.episodes(con, SPAN), questions.incidents(con, SPAN), SPAN, mode
    ),
    "trend beside what happened": lambda con, mode: charts.trend(
        questions.trend(con, "rework_rate", "week"), mode, annotations=annotations.annotations(con, SPAN)
    ),
    "timeline with changes": lambda con, mode: charts.timeline(
        questions.episodes(con, SPAN),
        questions.incidents(con, SPAN),
        SPAN,
        mode,
        changes=annotations.annotations(con, SPAN),
    ),
    "flows": lambda con, mode: charts.flows(drill.flows(con, SPAN), mode),
    "minutes": lambda con, mode: charts.minutes(
        drill.minutes(con, "code-review", SPAN, 86400),
        [("left", AS_OF - timedelta(days=3))],
        questions.incidents(con, SPAN),
        SPAN,
        86400,
        mode,
    ),
    "causes": lambda con, mode: charts.causes(questions.causes(con, SPAN), mode),
    "substitutes": lambda con, mode: charts.substitutes(questions.substitutes(con, SPAN), mode),
    "verdicts": lambda con, mode: charts.verdicts(questions.verdicts(con, SPAN), mode),
}


def rows(chart: Any) -> list[dict[str, Any]]:
    """Every row that the chart carries."""
    return [row for dataset in chart.to_dict()["datasets"].values() for row in dataset]


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("name", DRAWINGS)
def test_chart_is_valid_and_small(con: Connection, name: str, mode: Mode) -> None:
    drawn = rows(DRAWINGS[name](con, mode))
    assert 0 < len(drawn) <= 4 * charts.MAX_ROWS


@pytest.mark.parametrize("name", DRAWINGS)
def test_chart_of_nothing_says_so(con: Connection, name: str) -> None:
    empty = {
        "trend": lambda: charts.trend(questions.trend(con, "no_such_metric", "week")),
        "trend with gaps": lambda: charts.trend(questions.trend(con, "downstream_error_cost_usd", "month")),
        "sparkline": lambda: charts.trend(questions.trend(con, "no_such_metric", "week")),
        "members": lambda: charts.members(questions.by_member(con, "no_such_metric", "month", START)),
        "forest": lambda: charts.forest(questions.effects(con, "workflow", "nobody")),
        "recovery": lambda: charts.recovery(questions.recovery_curve(con, "workflow", "nobody")),
        "timeline": lambda: charts.timeline(pl.DataFrame(), pl.DataFrame(), SPAN),
        "trend beside what happened": lambda: charts.trend(questions.trend(con, "no_such_metric", "week")),
        "timeline with changes": lambda: charts.timeline(pl.DataFrame(), pl.DataFrame(), SPAN),
        "flows": lambda: charts.flows(drill.flows(con, SPAN, "nobody")),
        "minutes": lambda: charts.minutes(pl.DataFrame(), [], pl.DataFrame(), SPAN, 60),
        "causes": lambda: charts.causes(questions.causes(con, Span(AS_OF, AS_OF))),
        "substitutes": lambda: charts.substitutes(questions.substitutes(con, Span(AS_OF, AS_OF))),
        "verdicts": lambda: charts.verdicts(questions.verdicts(con, Span(AS_OF, AS_OF))),
    }[name]()
    (said,) = rows(empty)
    assert said["words"]


def test_withheld_figure_is_not_drawn_as_a_value(con: Connection) -> None:
    weeks = questions.trend(con, "rework_rate", "week", "workflow", "contract-summary")
    assert set(weeks["status"]) == {"low_coverage", "too_few"} or set(weeks["status"]) == {"low_coverage"}
    (said,) = rows(charts.trend(weeks))
    assert "overage" in said["words"] or "few" in said["words"]


def test_no_chart_holds_more_rows_than_the_limit() -> None:
    many = pl.DataFrame({"cause": [f"c{n}" for n in range(7000)], "fallbacks": list(range(7000))})
    assert len(rows(charts.causes(many))) == charts.MAX_ROWS


def test_recovery_curve_tells_the_share_recovered(con: Connection) -> None:
    steps = pl.DataFrame({"minutes": [0.0, 10.0, 20.0], "recovered": [0.0, 0.5, 0.75]})
    assert at(steps, 15)["recovered"] == 0.5
    drawn = [row for row in rows(charts.recovery(questions.recovery_curve(con))) if "low" in row]
    assert all(row["low"] is None or row["low"] <= row["recovered"] <= row["high"] for row in drawn)


def test_verdict_shares_of_a_workflow_add_up(con: Connection) -> None:
    drawn = [row for row in rows(charts.verdicts(questions.verdicts(con, SPAN))) if "code-review" in row["name"]]
    assert sum(row["share"] for row in drawn) == pytest.approx(1)


def test_name_of_a_verdict_bar_says_of_how_many(con: Connection) -> None:
    told = bars._with_count(questions.verdicts(con, SPAN))
    total = questions.verdicts(con, SPAN).filter(pl.col("name") == "code-review")["fallbacks"].sum()
    assert f"code-review ({total:,})" in told["name"].to_list()
    alone = questions.verdicts(con, SPAN, "code-review")
    assert bars._with_count(alone)["name"].unique().to_list() == ["code-review"]


def incident(**given: Any) -> pl.DataFrame:
    """One declared incident of 6 October, without an end."""
    start = AS_OF.replace(day=6, hour=9, minute=0)
    told: dict[str, Any] = {"provider": "p", "title": "t", "impact": "minor", "started_at": start}
    ends = dict.fromkeys(("monitoring_at", "resolved_at", "known_until"))
    stamps = dict.fromkeys((*ends, "started_at"), pl.Datetime("us", "UTC"))
    return pl.DataFrame([told | ends | given], schema_overrides=stamps)


@pytest.mark.parametrize(
    ("given", "hours", "said"),
    [
        ({}, 0, "end never declared: only its start is drawn"),
        ({"known_until": AS_OF.replace(day=6, hour=12, minute=0)}, 3, "not resolved yet"),
        (
            dict.fromkeys(("known_until", "monitoring_at"), AS_OF.replace(day=6, hour=11, minute=0)),
            2,
            "fix monitored since 6 Oct 11:00 UTC, end not declared",
        ),
        (
            dict.fromkeys(("known_until", "resolved_at"), AS_OF.replace(day=6, hour=10, minute=0)),
            1,
            "resolved 6 Oct 10:00 UTC",
        ),
    ],
)
def test_incident_is_drawn_no_further_than_is_known(given: dict[str, Any], hours: int, said: str) -> None:
    bands = episodes._bands(incident(**given), SPAN, "UTC").to_dicts()
    assert [(band["until"] - band["opened_at"], band["ended"]) for band in bands] == [(timedelta(hours=hours), said)]


def test_word_for_nothing_is_as_wide_as_the_chart_would_be(con: Connection) -> None:
    nobody = Span(AS_OF - timedelta(days=400), AS_OF - timedelta(days=399))
    drawn = charts.timeline(questions.episodes(con, nobody), questions.incidents(con, nobody), nobody, width=540)
    assert b'width="564"' in exhibit.svg(drawn)
    assert b"No episode and no declared incident" in exhibit.svg(drawn)


def happened(*days: int, kind: str = "note") -> pl.DataFrame:
    at = [AS_OF + timedelta(days=day) for day in days]
    told = pl.DataFrame({"kind": [kind] * len(at), "at": at, "until": [None] * len(at), "what": ["x"] * len(at)})
    return told.with_columns(number=pl.int_range(1, len(at) + 1) if kind == "note" else pl.lit(None, pl.Int64))


def test_numbers_that_would_touch_become_one() -> None:
    found = charts.legible(happened(0, 10, 11, 12, 20), timedelta(days=2))
    assert found["number"].to_list() == ["1", None, None, "2–4", "5"]


def test_incidents_bear_no_number_and_need_no_change_beside_them(con: Connection) -> None:
    found = charts.legible(happened(0, 1, kind="provider incident"), timedelta(days=2))
    assert found["number"].to_list() == [None, None]
    drawn = charts.trend(questions.trend(con, "rework_rate", "week"), annotations=found)
    assert drawn.layer[-1].to_dict()["layer"][0]["mark"]["type"] == "tick"
    assert b"<svg" in exhibit.svg(drawn)


def test_period_with_nothing_but_a_change_still_shows_it(con: Connection) -> None:
    nothing = questions.episodes(con, Span(AS_OF, AS_OF)).clear()
    span = Span(AS_OF, AS_OF + timedelta(days=9))
    drawn = charts.timeline(nothing, questions.incidents(con, span).clear(), span, width=400, changes=happened(3))
    assert b"changes and notes" in exhibit.svg(drawn)


def test_the_nameless_come_last() -> None:
    rows_of = {"name": ["(no workflow)", "a"], "verdict": ["in_policy"] * 2, "fallbacks": [9, 1]}
    assert bars._order(pl.DataFrame(rows_of)) == ["a", "(no workflow)"]


def test_names_from_logs_are_drawn_without_control_characters() -> None:
    frame = pl.DataFrame({"cause": ["\x1b[31mred\x1b[0m\u202e"], "fallbacks": [3]})
    assert rows(charts.causes(frame))[0]["name"] == "red"


def contrast(one: str, other: str) -> float:
    """Contrast ratio of WCAG 2.2."""

    def luminance(color: str) -> float:
        parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("ink", [LIGHT, DARK])
def test_text_and_marks_stand_out_from_the_ground(ink: Any) -> None:
    assert contrast(ink.text, ink.ground) >= 7
    assert contrast(ink.muted, ink.ground) >= 4.5
    assert all(
        contrast(color, ink.ground) >= 2.4
        for color in (ink.preferred, ink.fallback, ink.held, ink.good, ink.bad, ink.off)
    )


def test_ribbons_of_a_model_fill_its_bar() -> None:
    hops = pl.DataFrame(
        {"step": [1, 1], "source": ["a", "a"], "target": ["b", "nobody"], "fallbacks": [30, 10]},
        schema_overrides={"step": pl.Int64},
    )
    nodes = _nodes(hops)
    ribbons = pl.DataFrame(list(_ribbons(hops, nodes)))
    start = ribbons.filter(pl.col("x") == pl.col("x").min())
    filled = (start["bottom"] - start["top"]).sum()
    assert filled == pytest.approx(nodes[(0, "a")]["height"])
    assert nodes[(1, "b")]["height"] == pytest.approx(3 * nodes[(1, "nobody")]["height"])


def test_bars_of_one_minute_stand_on_one_another() -> None:
    frame = pl.DataFrame(
        {"at": [AS_OF, AS_OF], "who": ["x", "y"], "served_by": ["substitute", "preferred"], "requests": [2, 3]}
    )
    stacked = _stacked(frame)
    assert stacked["served_by"].to_list() == ["preferred", "substitute"]
    assert stacked.select("below", "above").rows() == [(0, 3), (3, 5)]


@pytest.mark.parametrize(("mode", "ink"), [("light", LIGHT), ("dark", DARK)])
def test_picture_has_the_ground_that_its_words_are_read_on(con: Connection, mode: Mode, ink: Any) -> None:
    drawn = charts.verdicts(questions.verdicts(con, SPAN), mode)
    assert f'fill="{ink.ground}"'.encode() in exhibit.svg(drawn)
    assert Image.open(BytesIO(exhibit.png(drawn))).convert("RGB").getpixel((1, 1)) == ImageColor.getrgb(ink.ground)


def test_chart_becomes_a_picture_of_its_own_width(con: Connection) -> None:
    drawn = charts.flows(drill.flows(con, SPAN), "light")
    assert exhibit.svg(drawn).startswith(b"<svg")
    assert exhibit.png(drawn).startswith(b"\x89PNG")
