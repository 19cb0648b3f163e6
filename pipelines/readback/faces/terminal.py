"""What the `readback` command shows on a terminal: figures, alerts and recommendations as rich renderables."""

from collections.abc import Mapping, Sequence

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from readback.contracts import Alert, MetricValue, Recommendation
from readback.contracts.vocabulary import AlertState, AlertTier
from readback.faces import figures
from readback.faces.figures import COMPANIONS, HEADLINES, Definition
from readback.faces.inert import plain

_TIER_STYLES = {AlertTier.PAGE: "bold red", AlertTier.TICKET: "yellow", AlertTier.WATCH: "cyan"}
_TONE_STYLES = {"better": "green", "worse": "red", "unclear": "dim"}


def metrics_table(
    values: Sequence[MetricValue],
    previous: Sequence[MetricValue] = (),
    definitions: Mapping[str, Definition] | None = None,
    title: str | None = None,
) -> Table:
    """The five headline metrics with interval and n, and their change where the period before is given."""
    now, before = figures.by_metric(list(values)), figures.by_metric(list(previous))
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("Metric", no_wrap=True)
    table.add_column("Value", justify="right", no_wrap=True)
    table.add_column("95% interval", no_wrap=True)
    table.add_column("n", justify="right", no_wrap=True)
    if before:
        table.add_column("Change", no_wrap=True)
    for metric in _listed(now):
        figure = now.get(metric)
        cells = [Text(figures.label(metric)), *_figure_cells(figure)]
        better = (definitions or {})[metric].better if metric in (definitions or {}) else None
        table.add_row(*cells, *([_change_cell(figure, before.get(metric), better)] if before else []))
    return table


def alerts(rows: Sequence[Alert]) -> RenderableType:
    """One paragraph per alert: tier and state, title, what was seen."""
    if not rows:
        return Text("No alert.", style="dim")
    return Group(*[_alert(row) for row in rows])


def recommendations(rows: Sequence[Recommendation]) -> RenderableType:
    """One panel per recommendation: the change, what it should do, what would show it to be wrong."""
    if not rows:
        return Text("No recommendation: the evidence asks for no change of policy.", style="dim")
    return Group(*[_recommendation(number, row) for number, row in enumerate(rows, start=1)])


def _listed(now: Mapping[str, MetricValue]) -> list[str]:
    companions = {metric: COMPANIONS[metric] for metric in HEADLINES if COMPANIONS.get(metric) in now}
    return [name for metric in HEADLINES for name in (metric, companions.get(metric)) if name]


def _figure_cells(figure: MetricValue | None) -> list[Text]:
    if figure is None:
        return [Text(figures.DASH, style="dim"), Text("not computed", style="dim"), Text("")]
    reason = figures.withheld(figure)
    n = Text(figures.count(figures.sample_size(figure)), style="dim")
    if reason:
        return [Text(figures.DASH, style="dim"), Text(reason, style="dim italic"), n]
    return [Text(figures.headline(figure), style="bold"), Text(figures.interval(figure) or figures.DASH), n]


def _change_cell(now: MetricValue | None, before: MetricValue | None, better: figures.Better | None) -> Text:
    found = figures.change(now, before, better)
    if found is None:
        return Text(figures.DASH, style="dim")
    suffix = "" if found.tone == "unclear" else f" {found.tone}"
    return Text(found.text + suffix, style=_TONE_STYLES[found.tone])


def _alert(row: Alert) -> Text:
    state = "" if row.state is AlertState.OPEN else f" ({row.state.value})"
    line = Text.assemble(
        (f"{row.tier.value.upper():<7}", _TIER_STYLES[row.tier] if not state else "dim"),
        (plain(row.title), "bold"),
        (state, "dim"),
    )
    where = plain(row.workflow) if row.workflow else "all workflows"
    line.append(f"\n        {where} · since {row.started_at:%Y-%m-%d %H:%M} UTC · {row.alert_id}", style="dim")
    return line.append(f"\n        {plain(row.detail)}\n")


def _recommendation(number: int, row: Recommendation) -> Panel:
    body = Text(plain(row.change, 600))
    facts = [
        ("Expected", row.expected_effect),
        ("Wrong if", row.falsifier),
        ("Policy", row.policy_path or figures.DASH),
    ]
    for name, told in facts:
        body.append(f"\n{name:<9}", style="dim").append(plain(told, 600))
    title = Text.assemble((f"{number}. {plain(row.title)}", "bold"))
    foot = Text(f"evidence {row.evidence_class.value} · confidence {row.confidence.value}", style="dim")
    return Panel(body, title=title, title_align="left", subtitle=foot, subtitle_align="right", border_style="dim")
