"""Blocks that the dashboard's pages repeat: a headline, an open episode, an alert, a recommendation, the balance.

Words from logs pass through `inert` first: Markdown renders links and images.
"""

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Literal

import polars as pl
import streamlit as st

from readback.contracts import LedgerFile, MetricValue
from readback.faces import decide, figures, recovery
from readback.faces.board import Board, link, nothing, remember, table
from readback.faces.figures import COMPANIONS, Definition
from readback.faces.inert import LONGEST, code, markdown, plain
from readback.faces.period import Period
from readback.faces.proposals import Proposed

Color = Literal["red", "orange", "blue", "green", "violet", "gray"]

_TIERS: dict[str, tuple[Color, str]] = {
    "page": ("red", ":material/notifications_active:"),
    "ticket": ("orange", ":material/confirmation_number:"),
    "watch": ("blue", ":material/visibility:"),
}
_STATES: dict[str, Color] = {
    "open": "red",
    "quiet": "orange",
    "disabled": "gray",
    "held": "violet",
    "recovered": "blue",
}
_EVIDENCE = {"R": "replayed", "B": "bounded", "A": "adjusted", "T": "needs a trial"}
_CONFIDENCE: dict[str, Color] = {"high": "green", "medium": "blue", "low": "gray"}
_MOST_LINES = 3


def headline(
    metric: str,
    now: Mapping[str, MetricValue],
    before: Mapping[str, MetricValue],
    previous: Period | None,
    definition: Definition | None,
) -> None:
    """One metric as a number, what it rests on, and its change."""
    figure = now.get(metric)
    found = figures.change(figure, before.get(metric), definition.better if definition else None)
    colors: dict[str, Literal["green", "red", "gray"]] = {"better": "green", "worse": "red", "unclear": "gray"}
    st.metric(
        figures.label(metric),
        figures.headline(figure) if figure else figures.DASH,
        found.text if found else None,
        delta_color=colors[found.tone] if found else "off",
        delta_arrow="off" if not found or found.text.startswith("±") else "up" if found.difference > 0 else "down",
        delta_description=f"on {previous.short_label}" if found and previous else None,
        help=definition.question if definition else None,
    )
    st.caption(_basis(metric, now))


def against(
    metric: str,
    now: Mapping[str, MetricValue],
    before: Mapping[str, MetricValue],
    period: Period | None,
    definition: Definition | None,
) -> None:
    """The change of one metric against another earlier period, in a line."""
    found = figures.change(now.get(metric), before.get(metric), definition.better if definition else None)
    if period:
        told = figures.compared(found, period.short_label)
        color = {"better": "green", "worse": "red"}.get(found.tone if found else "", "gray")
        st.markdown(f":small[:{color}[{markdown(told)}]]")


def absent(rows: pl.DataFrame) -> None:
    """Why figures are absent, folded: one line per member and metric, with counts."""
    if rows.is_empty():
        return
    words = pl.Series("label", map(figures.label, rows["metric"]), dtype=pl.String)
    with st.expander(f"Why {figures.counted(rows.height, 'figure')} cannot be told"):
        table(rows.with_columns(words), {"member": "Workflow", "label": "Metric", "explanation": "Why"})


def recovery_before(view: Board, period: Period, **scope: str) -> None:
    """Recovery of one member against the period before, in a line."""
    if period.previous:
        found = view.ask(recovery.comparison, grain=period.grain.value, start=period.start, **scope).to_dicts()
        before = period.previous.label.replace("Week of", "the week of")
        st.caption(recovery.against_before(found[0] if found else None, before))


def open_episodes(rows: pl.DataFrame) -> None:
    """Episodes without a seen recovery."""
    if rows.is_empty():
        nothing("Every workflow is on its preferred model.")
    for row in rows.head(_MOST_LINES).to_dicts():
        badge = f":{_STATES.get(row['state'], 'gray')}-badge[{row['state']}]"
        told = f"{_off(row)} · {row['cause'].replace('_', ' ')} · {row['fallback_count']:,} fallbacks"
        with st.container(gap=None):
            name = f"{badge} **{markdown(row['workflow'] or '(no workflow)', 40)}**"
            link("episode", name, ":material/arrow_forward:", id=row["episode_id"])
            st.markdown(f":small[:gray[{markdown(told)}]]")
    _more(rows.height)


def _off(row: Mapping[str, Any]) -> str:
    """How long an episode is known to last; of a quiet one nobody knows whether it still goes on."""
    if row["state"] == "quiet":
        return f"last seen off it {row['last_seen_at']:%-d %b %H:%M} UTC, recovery not seen"
    return f"{figures.duration(row['duration_s'])} so far, since {row['opened_at']:%-d %b %H:%M} UTC"


def alert_lines(rows: pl.DataFrame) -> None:
    """Unresolved alerts in short, the loudest first."""
    unresolved = rows.filter(pl.col("state").is_in(["open", "acknowledged"]))
    if unresolved.is_empty():
        nothing("No open alert.")
    for row in unresolved.head(_MOST_LINES).to_dicts():
        color, icon = _TIERS[row["tier"]]
        with st.container(gap=None):
            head = f":{color}-badge[{icon} {row['tier']}] {_alert_place(row)}"
            link("alerts", head, ":material/arrow_forward:", show=row["state"], id=row["alert_id"])
            st.markdown(f"**{markdown(row['title'], 120)}**  \n:small[:gray[{markdown(row['detail'], 140)}]]")
    _more(unresolved.height)


def recommendation_lines(rows: pl.DataFrame) -> None:
    """The best-founded changes in short."""
    if rows.is_empty():
        nothing("The evidence asks for no change of policy.")
    for row in rows.head(_MOST_LINES).to_dicts():
        basis = f"{_EVIDENCE[row['evidence_class']]}, {row['confidence']} confidence"
        with st.container(gap=None):
            place = markdown(plain(row["workflow"] or row["workflow_class"] or "all workflows", 40))
            link("recommendations", place, ":material/arrow_forward:", id=row["recommendation_id"])
            told = f":small[:gray[{markdown(row['expected_effect'], 140)} · {basis}]]"
            st.markdown(f"**{markdown(row['title'], 120)}**  \n{told}")
    _more(rows.height)


def recommendation(view: Board, row: Mapping[str, Any], patch: Callable[[], Proposed], is_open: bool = False) -> None:
    """One recommendation in full; its patch of the policy is made when it is opened."""
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.badge(f"{row['confidence']} confidence", color=_CONFIDENCE[row["confidence"]])
            st.badge(f"{row['evidence_class']} · {_EVIDENCE[row['evidence_class']]}", color="gray")
            if row["state"] == "accepted":
                st.badge("accepted", icon=":material/check:", color="green")
            st.caption(markdown(row["workflow"] or row["workflow_class"] or "all workflows", 60), width="content")
        st.markdown(f"#### {markdown(row['title'], 160)}")
        st.markdown(markdown(row["change"], LONGEST))
        effect, falsifier, line = st.columns([4, 3, 2], gap="medium")
        effect.markdown(f":gray[Expected effect]  \n{markdown(row['expected_effect'], LONGEST)}")
        falsifier.markdown(f":gray[Wrong if]  \n{markdown(row['falsifier'], LONGEST)}")
        line.markdown(f":gray[Line of the policy]  \n{markdown(row['policy_path'] or 'none', 200)}")
        _patch(view, row, patch, is_open)
        _evidence(row)


def alert(view: Board, row: Mapping[str, Any], is_open: bool = False) -> None:
    """One alert in full."""
    color, icon = _TIERS[row["tier"]]
    is_resolved = row["state"] not in ("open", "acknowledged")
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.badge(row["tier"], icon=icon, color="gray" if is_resolved else color)
            st.badge(row["state"], color="gray" if is_resolved else "blue" if row["state"] == "acknowledged" else color)
            st.caption(_alert_place(row), width="content")
        st.markdown(f"#### {markdown(row['title'], 160)}")
        st.markdown(markdown(row["detail"], LONGEST))
        times = [f"began {row['started_at']:%-d %b %H:%M}", f"fired {row['fired_at']:%-d %b %H:%M}"]
        times += [f"resolved {row['resolved_at']:%-d %b %H:%M}"] if row["resolved_at"] else []
        taken = f" · taken by {plain(row['acknowledged_by'], 60)}" if row["acknowledged_by"] else ""
        st.caption(markdown(f"{' · '.join(times)} UTC{taken} · rule {row['rule']} v{row['rule_version']}"))
        if not is_resolved:
            key = f"turn-{row['alert_id']}"
            keep = partial(remember, "id", row["alert_id"], key)
            turn = st.expander("Take, settle, silence", is_open, key=key, icon=":material/back_hand:", on_change=keep)
            if turn.open:
                with turn:
                    decide.alert(view, row)
        _evidence(row)


def nameless(found: Mapping[str, float | None], bounds: pl.DataFrame) -> None:
    """How many requests name no workflow, and how far that leaves the shown shares by workflow open."""
    requests, absent = found["requests"], found["unattributed"]
    if not requests or not absent:
        return
    told = f"{figures.percent(absent / requests)}% of requests name no workflow"
    if found["fallbacks"]:
        told += f", {figures.percent((found['fallbacks_unattributed'] or 0) / found['fallbacks'])}% of fallbacks"
    if found["failed"]:
        told += f", {figures.percent((found['failed_unattributed'] or 0) / found['failed'])}% of failures"
    widest = bounds.head(1).to_dicts()
    if widest:
        low, high = figures.percent(widest[0]["bound_low"]), figures.percent(widest[0]["bound_high"])
        told += f". Whichever workflow they are of, {markdown(widest[0]['member'])} lies between {low}% and {high}%"
        told += ", the others within narrower bounds" if bounds.height > 1 else ""
    st.caption(f"{told}.")


def labels(found: Mapping[str, float | None], offered: pl.DataFrame) -> None:
    """Requests without a workflow, and the labels of theirs that could name it."""
    nameless(found, pl.DataFrame())
    if offered.is_empty():
        nothing("No label was seen that a workflow could be named by.", ":material/info:")
    else:
        table(offered, {"source": "Source", "label": "Label", "share": "In", "value_count": "Values"})


def unknown_models(names: pl.DataFrame) -> None:
    """Names of models that nobody knows."""
    if names.is_empty():
        nothing("Every model is known.")
    else:
        table(names, {"name": "As written", "model": "Taken as"})


def counted(rows: pl.DataFrame) -> None:
    """What sources counted themselves, against what their logs told."""
    if rows.is_empty():
        nothing("No independent count was given.", ":material/info:")
        return
    names = {"compared_with": "Log", "model": "Model", "counts": "Counts", "counted": "Counted", "logged": "Logged"}
    table(rows, {**names, "missing": "Missing", "bias": "Bias", "last_missing_at": "Last missing (UTC)"})


def balance(ledger: pl.DataFrame) -> None:
    """Whether the ledger balances, in one line of numbers."""
    if ledger.is_empty():
        nothing("No file was read yet.", ":material/inbox:")
        return
    total = ledger.select(pl.col(pl.Int64).sum()).to_dicts()[0]
    lost = total["unexplained_lines"]
    names = {
        "lines": "Lines read",
        "row_lines": "Became rows",
        "duplicate_lines": "Duplicates",
        "ignored_lines": "Ignored",
        "quarantined_lines": "Quarantined",
    }
    for (name, label), column in zip(names.items(), st.columns(len(names)), strict=True):
        column.metric(label, f"{total[name]:,}", border=True, help=LedgerFile.model_fields[name].description)
    if lost:
        st.error(f"The ledger does not balance: {lost:,} lines are unexplained.", icon=":material/error:")
    else:
        st.success("The ledger balances: every line read is accounted for.", icon=":material/verified:")


def _basis(metric: str, now: Mapping[str, MetricValue]) -> str:
    figure = now.get(metric)
    if figure is None:
        return "Not computed for this selection"
    companion = now.get(COMPANIONS.get(metric, ""))
    extra = (
        f"  \n90th percentile {figures.headline(companion)}" if companion and not figures.withheld(companion) else ""
    )
    return markdown(figures.evidence(figure)) + extra


def _alert_place(row: Mapping[str, Any]) -> str:
    state = "" if row["state"] == "open" else f" · {row['state']}"
    return markdown(f"{plain(row['workflow'] or 'all workflows', 40)} · {row['fired_at']:%-d %b}{state}")


def _patch(view: Board, row: Mapping[str, Any], patch: Callable[[], Proposed], is_open: bool) -> None:
    key = f"patch-{row['recommendation_id']}"
    keep = partial(remember, "id", row["recommendation_id"], key)
    with st.expander("Patch and decision", is_open, key=key, icon=":material/difference:", on_change=keep) as part:
        if not part.open:
            return
        told = patch()
        if told.diff:
            st.code(code(told.diff), language="diff")
            written = "`readback recommend --patch --out change/` writes it, for review."
            st.caption(f"A version in force is immutable: put the result in as the next version. {written}")
        else:
            nothing(f"Nothing to write into the policy. {markdown(told.reason, LONGEST)}", ":material/edit_note:")
        decide.recommendation(view, row)


def _more(height: int) -> None:
    if height > _MOST_LINES:
        st.caption(f"and {height - _MOST_LINES} more")


def _evidence(row: Mapping[str, Any]) -> None:
    with st.expander("Evidence and SQL", icon=":material/database:"):
        st.json(_parsed(row["evidence"]))
        st.code(code(row["evidence_sql"]), language="sql")
        st.caption("`readback sql` runs it on the published database.")


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return {"text": plain(text, 2000)}
