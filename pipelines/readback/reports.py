"""STEP after publication: what is written for people on a schedule, from the published snapshot alone.

The charts are imported where they are drawn: whoever only refreshes never waits for them.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from readback import store
from readback.contracts.vocabulary import Grain
from readback.errors import QueryError
from readback.faces import figures, questions, summary
from readback.faces.period import Period
from readback.metrics import definitions
from readback.settings import Project

_GRACE = timedelta(hours=1)
"""A period is whole when the logs reach to its last hour."""


def write_month(project: Project, month: str | None = None, formats: Sequence[str] | None = None) -> list[Path]:
    """The continuity report of a month such as `2026-10`, the last whole one by default; every format by default.

    Raises:
        NotPublished: no run has finished yet.
        QueryError: not a month, one that the logs have not reached, no figure yet, or an unknown format.
        SettingsError: the logo of `[brand]` cannot be used.
    """
    zone = project.settings.project.timezone
    with store.reader(project) as con:
        period = _period(Period.month, month or _last_month(_as_of(con), zone), zone)
        return _write_report(project, con, period, formats)


def write_quarter(project: Project, quarter: str, formats: Sequence[str] | None = None) -> list[Path]:
    """The continuity report of a quarter such as `2026-Q4`; errors as of `write_month`."""
    with store.reader(project) as con:
        period = _period(Period.quarter, quarter, project.settings.project.timezone)
        return _write_report(project, con, period, formats)


def _period(named: Callable[[str, str], Period], name: str, zone: str) -> Period:
    try:
        return named(name, zone)
    except ValueError:
        example = "a month such as 2026-10" if named == Period.month else "a quarter such as 2026-Q4"
        raise QueryError(f"expected {example}, found {name!r}") from None


def _write_report(project: Project, con: store.Connection, period: Period, formats: Sequence[str] | None) -> list[Path]:
    from readback.faces import report
    from readback.faces.brand import look

    wanted = [form for form in report.FORMATS if formats is None or form in formats]
    unknown = sorted(set(formats or ()) - set(report.FORMATS))
    if unknown or not wanted:
        raise QueryError(f"unknown format {''.join(unknown[:1])!r}; expected one of {', '.join(report.FORMATS)}")
    about = report.subject(
        con,
        period,
        definitions=definitions(),
        targets=project.settings.targets.given,
        look=look(project),
        snapshot=project.published.resolve().stem,
        own_notes=project.settings.notes,
    )
    view = report.view_of(about)
    return [_write(project, f"continuity-{period.name}.{form}", report.render(view, about, form)) for form in wanted]


def write_week(project: Project) -> Path:
    """The last whole week as one page of Markdown: the metrics against the week before, alerts, recommendations.

    Raises:
        NotPublished: no run has finished yet.
        QueryError: no figure was ever computed, or the logs span no whole week yet.
    """
    zone = project.settings.project.timezone
    with store.reader(project) as con:
        as_of = _as_of(con)
        whole = [each for each in questions.periods(con, Grain.WEEK.value, zone) if each.end <= as_of + _GRACE]
        if not whole:
            raise QueryError("the logs span no whole week yet")
        told = _week(con, whole[0], as_of)
    return _write(project, f"week-{whole[0].start.astimezone(ZoneInfo(zone)):%Y-%m-%d}.md", told.encode())


def _week(con: store.Connection, week: Period, as_of: datetime) -> str:
    names = [*figures.HEADLINES, *figures.COMPANIONS.values()]
    before = week.previous or week
    now, earlier = [
        figures.values(questions.figures(con, names, Grain.WEEK.value, period.start)) for period in (week, before)
    ]
    lines = [f"# {week.label}", "", *_listed(summary.sentences(now, earlier, "the week before", definitions()))]
    lines += [
        "",
        "## Alerts",
        "",
        *_listed(_titles(questions.alerts(con, span=week.span)["title"].to_list(), "No alert.")),
    ]
    advised = questions.recommendations(con)["title"].to_list()
    lines += ["", "## Recommendations", "", *_listed(_titles(advised, "The evidence asks for no change of policy."))]
    return "\n".join([*lines, "", f"From the logs up to {as_of:%Y-%m-%d %H:%M} UTC.", ""])


def _titles(titles: list[str], where_none: str) -> list[str]:
    return titles or [where_none]


def _listed(sentences: list[str]) -> list[str]:
    """One line each: what came from a log can start neither a line nor a tag."""
    return [f"- {' '.join(each.split()).replace('<', '&lt;')}" for each in sentences]


def _as_of(con: store.Connection) -> datetime:
    as_of = questions.as_of(con)
    if as_of is None:
        raise QueryError("no figure to report yet; `readback run` computes them")
    return as_of


def _last_month(as_of: datetime, zone: str) -> str:
    """The month that ends within the hour, or ended before."""
    now = (as_of + _GRACE).astimezone(ZoneInfo(zone))
    return f"{now.replace(day=1) - timedelta(days=1):%Y-%m}"


def _write(project: Project, name: str, told: bytes) -> Path:
    project.reports.mkdir(parents=True, exist_ok=True)
    file = project.reports / name
    file.write_bytes(told)
    return file
