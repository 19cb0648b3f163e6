"""What the dashboard's pages stand on: the snapshot in view, cached answers, the filters in the address, and frames.

Pages ask it for answers and draw; nothing here knows a metric.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, cast

import duckdb
import polars as pl
import streamlit as st

from readback import store
from readback.contracts.vocabulary import Grain
from readback.errors import ReadbackError
from readback.faces import charts, questions
from readback.faces.figures import Definition, duration
from readback.faces.inert import markdown, plain
from readback.faces.period import Period, Span, newest_whole
from readback.faces.theme import Mode
from readback.settings import Project, open_project
from readback.store import Connection

Hand = Callable[[Project], Any]
"""Who writes what people decide in a project: `deciding.Writer`, which lies above the faces."""

_STALE_AFTER_S = 26 * 3600
ALL = "All workflows"


def _nobody(project: Project) -> Any:
    raise ReadbackError("this page was given nobody who writes")


@dataclass(frozen=True)
class Board:
    """One viewer's view: the project, its newest snapshot, and what the metrics' headers say.

    `refusal` says why nothing may be written from here; None where `writer` may.
    """

    project: Project
    snapshot: Path
    definitions: Mapping[str, Definition] = field(default_factory=dict)
    now: datetime | None = None
    writer: Hand = _nobody
    refusal: str | None = None

    @property
    def zone(self) -> str:
        """Time zone of day, week and month boundaries."""
        return self.project.settings.project.timezone

    @property
    def snapshot_id(self) -> str:
        """Name of the snapshot in view."""
        return self.snapshot.stem.removeprefix("snapshot-")

    def cursor(self) -> Connection:
        """A connection of one's own to the snapshot in view, for statements that nobody asked before."""
        return _connection(str(self.snapshot), self.project).cursor()

    def ask(self, question: Callable[..., Any], **filters: Any) -> Any:
        """The answer to a question, computed once per snapshot and filters."""
        name = f"{question.__module__}.{question.__qualname__}"
        try:
            return _answer(str(self.snapshot), name, filters, question, self.project)
        except (duckdb.BinderException, duckdb.CatalogException):
            _stop(
                "This snapshot is of another version",
                "It lacks what this page shows. `readback run` publishes one that has it.",
            )


def put(
    folder: Path | None,
    definitions: Mapping[str, Definition],
    now: datetime | None,
    writer: Hand = _nobody,
    refusal: str | None = None,
) -> None:
    """Remember what the entry point was started with, for the pages of this session."""
    st.session_state["readback"] = (folder, dict(definitions), now, writer, refusal)


def open_board() -> Board:
    """The board of this session; a page stops with a designed message where there is nothing to show."""
    folder, definitions, now, writer, refusal = st.session_state.get("readback", (None, {}, None, _nobody, None))
    if folder is None:
        _stop("No project chosen", "Start the dashboard with `readback dashboard --project DIR`.")
    try:
        project = open_project(folder)
    except ReadbackError as error:
        _stop("This project cannot be opened", markdown(str(error)))
    if not project.published.exists():
        _stop(
            "Nothing published yet", "Run `readback run` in this project; this page fills itself when it has finished."
        )
    board = Board(project, project.published.resolve(), definitions, now, writer, refusal)
    if board.ask(questions.as_of) is None:
        _stop(
            "No figure yet",
            "The last run read no log that gives a figure. `readback status` says what became of each file.",
        )
    return board


def name(board: Board) -> str:
    """Name of the project, safe to render."""
    return markdown(board.project.settings.project.name, 80)


def mode() -> Mode:
    """Whether the viewer's page is light or dark."""
    return "dark" if st.context.theme.type == "dark" else "light"


def title(board: Board, text: str, under: str) -> None:
    """Head of a page: what it is, and on which data, of which age."""
    as_of = cast(datetime, board.ask(questions.as_of))
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        with st.container(width="content", gap=None):
            st.title(text, anchor=False)
            st.caption(under)
        with st.container(horizontal=True, width="content", vertical_alignment="center"):
            _age(as_of, board.now)
            st.badge(f"Data to {as_of:%-d %b %Y %H:%M} UTC", icon=":material/schedule:", color="gray")
            st.badge(f"Snapshot {board.snapshot_id}", icon=":material/photo_camera:", color="gray")


def pick_period(board: Board) -> Period:
    """Grain and period, kept in the address; the newest whole week where it names none."""
    grains = board.ask(questions.grains)
    if not grains:
        _stop("No period yet", "No figure has a week or a month; the logs read so far are too short.")
    usual = Grain.WEEK.value if Grain.WEEK.value in grains else grains[0]
    grain = choose("Grain", "grain", grains, usual, format_func=str.capitalize)
    found = cast(list[Period], board.ask(questions.periods, grain=grain, zone=board.zone))
    labels = {_key(period): period for period in found}
    newest = newest_whole(found, cast(datetime, board.ask(questions.as_of))) or found[0]
    chosen = choose("Period", "period", list(labels), _key(newest), format_func=lambda key: labels[key].label)
    return labels[chosen]


def seen(board: Board, period: Period) -> Span:
    """The part of a period that the logs reach."""
    as_of = cast(datetime, board.ask(questions.as_of))
    return Span(period.start, min(period.end, as_of)) if as_of > period.start else period.span


def from_first(history: pl.DataFrame, span: Span) -> Span:
    """From the first period of a history to the end of a stretch of time."""
    starts = history["period_start"].to_list()
    return Span(min(starts), span.end) if starts else span


def kept(*parameters: str) -> dict[str, str]:
    """What the address says of some parameters, to take along to another page."""
    return {name: st.query_params[name] for name in parameters if name in st.query_params}


def pick_workflow(board: Board) -> str | None:
    """One workflow or None for all, kept in the address."""
    options = [ALL, *cast(list[str], board.ask(questions.members))]
    chosen = choose("Workflow", "workflow", options, ALL, format_func=lambda name: plain(name, 48))
    return None if chosen == ALL else chosen


def pick_one_workflow(board: Board, span: Span) -> str:
    """One workflow, kept in the address; the one with most fallbacks in the stretch of time where it names none."""
    members = cast(list[str], board.ask(questions.members))
    if not members:
        _stop("No workflow yet", "No record names a workflow; `[workflow]` in readback.toml says which labels may.")
    busiest = cast(str | None, board.ask(questions.busiest, span=span))
    usual = busiest if busiest in members else members[0]
    return choose("Workflow", "workflow", members, usual, lambda name: plain(name, 48), kept_as="one workflow")


def chart(drawn: Any, alt: str) -> None:
    """Draw a chart in the board's own theme."""
    st.altair_chart(drawn, theme=None, width="stretch", alt=alt)


def pick_episode(drawn: Any, alt: str) -> None:
    """Draw a time axis of episodes; a click on one opens its page."""
    told: Any = st.altair_chart(
        drawn, theme=None, width="stretch", alt=alt, key="axis", on_select="rerun", selection_mode=charts.CHOSEN
    )
    chosen = told.selection.get(charts.CHOSEN) or [{}]
    if chosen[0].get("episode_id"):
        go("episode", id=str(chosen[0]["episode_id"]))


def card(name: str | None = None, under: str | None = None, **extra: Any) -> AbstractContextManager[Any]:
    """A framed part of a page with its name."""
    frame = st.container(border=True, **extra)
    if name:
        frame.markdown(f"##### {name}")
    if under:
        frame.caption(under)
    return frame


def link(page: str, label: str, icon: str | None = None, **query: str) -> None:
    """A link to another page of the dashboard that stays in this tab."""
    st.page_link(f"views/{page}.py", label=label, icon=icon, query_params=query)


def go(page: str, **query: str) -> None:
    """Leave for another page of the dashboard."""
    st.switch_page(f"views/{page}.py", query_params=query)


def nothing(text: str, icon: str = ":material/check_circle:") -> None:
    """A quiet line where a list is empty."""
    st.markdown(f":gray[{icon} {text}]")


def table(frame: pl.DataFrame, names: Mapping[str, str], alt: str | None = None, **columns: Any) -> None:
    """A frame's columns under the names given; texts from logs are shown as they are, never rendered."""
    shown, usual = _shown(frame, names)
    st.dataframe(shown, hide_index=True, placeholder="–", column_config=usual | columns, width="stretch", alt=alt)


def listed(frame: pl.DataFrame, names: Mapping[str, str], otherwise: str) -> None:
    """A table, or the word for an empty one."""
    if frame.is_empty():
        nothing(otherwise)
    else:
        table(frame, names)


def pick_row(frame: pl.DataFrame, names: Mapping[str, str], key: str, **columns: Any) -> dict[str, Any] | None:
    """The same with one row to choose; the row chosen, None before."""
    shown, usual = _shown(frame, names)
    told: Any = st.dataframe(
        shown, hide_index=True, placeholder="–", column_config=usual | columns, width="stretch",
        key=key, on_select="rerun", selection_mode="single-row",
    )  # fmt: skip
    chosen = told.selection.rows
    return frame.row(chosen[0], named=True) if chosen and chosen[0] < frame.height else None


def _shown(frame: pl.DataFrame, names: Mapping[str, str]) -> tuple[pl.DataFrame, dict[str, Any]]:
    texts = pl.col(pl.String).map_elements(lambda text: plain(text, 500), return_dtype=pl.String)
    lists = pl.col(pl.List(pl.String)).list.join(", ").replace("", None)
    shown = frame.select(list(names)).with_columns(lists).with_columns(texts)
    return shown, {name: _column(label, name, shown.schema[name]) for name, label in names.items()}


def _column(label: str, name: str, kind: pl.DataType) -> Any:
    if kind.is_temporal():
        is_day = kind == pl.Date or name.endswith("_start")
        return st.column_config.DatetimeColumn(label, format="D MMM YYYY" if is_day else "D MMM YYYY HH:mm")
    if kind.is_numeric():
        usual = "%.0f" if name.endswith("_ms") else "localized"
        return st.column_config.NumberColumn(label, format="percent" if name.endswith(_SHARES) else usual)
    return st.column_config.TextColumn(label, width="large" if name == "path" else None)


def _key(period: Period) -> str:
    return period.start.isoformat()[:10] if period.grain is not Grain.ALL else "all"


def choose(
    name: str,
    parameter: str,
    options: Sequence[str],
    usual: str,
    format_func: Callable[[str], str],
    kept_as: str | None = None,
) -> str:
    """A select box whose choice lives in the address; an unknown choice there falls back to the usual one.

    An address that names none means what the viewer chose last: going back in the browser loses a page's own query.
    """
    memory = f"kept-{kept_as or parameter}"
    wanted = st.query_params.get(parameter, st.session_state.get(memory))
    index = options.index(wanted if wanted in options else usual)
    chosen = st.selectbox(name, options, index=index, format_func=format_func, width=_WIDTHS[parameter])
    st.query_params[parameter] = st.session_state[memory] = chosen
    return chosen


def part(parameter: str, options: Mapping[str, str]) -> str:
    """Which part of a page is shown, kept in the address: by name and word, the first where it names none."""
    wanted = st.query_params.get(parameter)
    usual = wanted if wanted is not None and wanted in options else next(iter(options))
    chosen = st.segmented_control(
        "Part", list(options), default=usual, required=True, format_func=options.__getitem__, key=f"part-{parameter}",
        label_visibility="collapsed",
    )  # fmt: skip
    st.query_params[parameter] = chosen or usual
    return chosen or usual


def remember(parameter: str, value: str, key: str) -> None:
    """Keep in the address what was opened on the page, and forget it when it is closed again."""
    if st.session_state.get(key):
        st.query_params[parameter] = st.session_state["opened"] = value
    elif st.query_params.get(parameter) == value:
        del st.query_params[parameter]


def came_for(parameter: str) -> str:
    """What the address was opened for, to be shown first; '' where the viewer opened it on the page itself."""
    wanted = st.query_params.get(parameter, "")
    return "" if wanted == st.session_state.get("opened") else wanted


_SHARES = ("_rate", "_fraction", "_fraction_high", "coverage", "maturity")
"""Endings of columns that are shown as percent."""

_WIDTHS: dict[str, int] = {"grain": 120, "period": 200, "workflow": 260, "question": 640, "state": 180, "metric": 340,
                           "gateway": 340, "table": 340, "count": 260}  # fmt: skip


def _age(as_of: datetime, now: datetime | None) -> None:
    if now is None:
        return
    age = max(0.0, (now - as_of).total_seconds())
    is_stale = age > _STALE_AFTER_S
    color: Literal["orange", "green"] = "orange" if is_stale else "green"
    st.badge(f"{duration(age)} old", icon=":material/history:" if is_stale else ":material/check:", color=color)


def _stop(head: str, what: str) -> Any:
    with st.container(border=True, horizontal_alignment="center"):
        st.markdown(f"### :material/inbox: {head}")
        st.markdown(what)
    st.stop()


@st.cache_resource(max_entries=3, show_spinner=False)
def _connection(snapshot: str, _project: Project) -> Connection:
    """One locked, read-only database per snapshot and process: DuckDB refuses to configure a second one."""
    return store.connect_published(_project)


@st.cache_data(max_entries=400, show_spinner=False)
def _answer(snapshot: str, name: str, filters: dict[str, Any], _question: Callable[..., Any], _project: Project) -> Any:
    return _question(_connection(snapshot, _project).cursor(), **filters)
