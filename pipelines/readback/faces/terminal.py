"""What the `readback` command shows on a terminal: figures, alerts and recommendations as rich renderables."""

from collections.abc import Mapping, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from readback.contracts import Alert, MetricValue, Recommendation
from readback.contracts.vocabulary import AlertState, AlertTier
from readback.faces import figures
from readback.faces.figures import COMPANIONS, HEADLINES, Definition
from readback.faces.fitted import Column, Fitted, Hanging
from readback.faces.inert import LONGEST, plain

_TIER_STYLES = {AlertTier.PAGE: "bold red", AlertTier.TICKET: "yellow", AlertTier.WATCH: "cyan"}
_INDENT = 7
_NUMBER = 4
_FACTS = 14

_TONE_STYLES = {"better": "green", "worse": "red", "unclear": "dim"}


def metrics_table(
    values: Sequence[MetricValue],
    previous: Sequence[MetricValue] = (),
    definitions: Mapping[str, Definition] | None = None,
    title: str | None = None,
) -> RenderableType:
    """The five headline metrics with interval and n, and their change where the period before is given."""
    now, before = figures.by_metric(list(values)), figures.by_metric(list(previous))
    change = [Column("Change")] if before else []
    name, value, n = Column("Metric", least=20), Column("Value", is_number=True), Column("n", is_number=True)
    table = Fitted([name, value, Column("95% interval"), n, *change])
    for metric in _listed(now):
        figure = now.get(metric)
        cells = [Text(figures.label(metric)), *_figure_cells(figure)]
        better = (definitions or {})[metric].better if metric in (definitions or {}) else None
        table.add(*cells, *([_change_cell(figure, before.get(metric), better)] if before else []))
    return Group(Text(title, style="bold"), table) if title else table


def alerts(rows: Sequence[Alert], most: int | None = None) -> RenderableType:
    """One paragraph per alert: tier and state, title, what was seen; at most so many."""
    if not rows:
        return Text("No alert.", style="dim")
    return Group(*[_alert(row) for row in rows[:most]], *_rest(len(rows), most, "readback alerts"))


def recommendations(rows: Sequence[Recommendation], most: int | None = None) -> RenderableType:
    """One block per recommendation: the change, what it should do, what would show it to be wrong; at most so many."""
    if not rows:
        return Text("No recommendation: the evidence asks for no change of policy.", style="dim")
    told = [_recommendation(number, row) for number, row in enumerate(rows[:most], start=1)]
    return Group(*told, *_rest(len(rows), most, "readback recommend"))


def decided(rows: Sequence[Recommendation]) -> RenderableType:
    """One line per recommendation that was ever made: its id, what became of it, and who decided why."""
    if not rows:
        return Text("No recommendation was made yet.", style="dim")
    return Group(*[_decided(row) for row in rows])


def _decided(row: Recommendation) -> RenderableType:
    head = Text.assemble((row.recommendation_id, "dim"), "  ", (f"{row.state.value:10}", "bold"), plain(row.title))
    said = [f"{plain(row.decided_by)} on {row.decided_at:%Y-%m-%d}" if row.decided_by and row.decided_at else ""]
    said += [plain(row.decision_reason or ""), row.outcome.value.replace("_", " ") if row.outcome else ""]
    said += [plain(row.outcome_detail or "", LONGEST)]
    under = " · ".join(part for part in said if part)
    return Group(head, *([Hanging(Text(under, style="dim"), 18)] if under else []))


def _rest(count: int, most: int | None, command: str) -> list[Text]:
    """The line that says how many are not shown, and what shows them."""
    return [Text(f"… and {count - most} more: {command}", style="dim")] if most is not None and count > most else []


def _listed(now: Mapping[str, MetricValue]) -> list[str]:
    companions = {metric: COMPANIONS[metric] for metric in HEADLINES if COMPANIONS.get(metric) in now}
    return [name for metric in HEADLINES for name in (metric, companions.get(metric)) if name]


def _figure_cells(figure: MetricValue | None) -> list[Text]:
    if figure is None:
        return [Text(figures.DASH, style="dim"), Text("not computed", style="dim"), Text("")]
    reason = figures.marked_reason(figure)
    n = Text(figures.count(figures.sample_size(figure)), style="dim")
    if reason:
        return [Text(figures.DASH, style="dim"), Text(reason, style="dim italic"), n]
    return [Text(figures.headline(figure), style="bold"), Text(figures.marked_interval(figure) or figures.DASH), n]


def _change_cell(now: MetricValue | None, before: MetricValue | None, better: figures.Better | None) -> Text:
    found = figures.change(now, before, better)
    if found is None:
        return Text(figures.DASH, style="dim")
    suffix = "" if found.tone == "unclear" else f" {found.tone}"
    return Text(found.text + suffix, style=_TONE_STYLES[found.tone])


def _alert(row: Alert) -> RenderableType:
    state = "" if row.state is AlertState.OPEN else f" ({row.state.value})"
    tier = Text(row.tier.value.upper(), style=_TIER_STYLES[row.tier] if not state else "dim")
    title = Text.assemble((plain(row.title), "bold"), (state, "dim"))
    where = plain(row.workflow) if row.workflow else "all workflows"
    under = Text(f"{where} · since {row.started_at:%Y-%m-%d %H:%M} UTC · {row.alert_id}", style="dim")
    detail = Text(plain(row.detail, LONGEST))
    return Group(Hanging(title, _INDENT, tier), Hanging(under, _INDENT), Hanging(detail, _INDENT), Text())


def _recommendation(number: int, row: Recommendation) -> RenderableType:
    head = Text.assemble(
        (plain(row.title), "bold"),
        (f" · evidence {row.evidence_class.value} · confidence {row.confidence.value}", "dim"),
    )
    told = {"": row.change, "Effect": row.expected_effect, "Wrong if": row.falsifier, "Policy": row.policy_path}
    told |= {"Guards": f"failed: {', '.join(row.guards_failed)}"} if row.guards_failed else {}
    told |= {"Id": row.recommendation_id}
    facts = [
        Hanging(Text(plain(text or figures.DASH, LONGEST)), _FACTS if name else _NUMBER, " " * _NUMBER + name)
        for name, text in told.items()
    ]
    return Group(Hanging(head, _NUMBER, Text(f"{number}.", style="bold")), *facts, Text())
