"""The main job on a terminal: run it, and show what came of it."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from readback import store
from readback.cli.progress import progress
from readback.cli.shell import now, out, utc
from readback.settings import Project

if TYPE_CHECKING:
    from readback.pipeline import RunSummary

_MOST_SHOWN = 5


def refresh(project: Project, *, full: bool, as_of: datetime | None) -> "RunSummary":
    """Do the main job, with its steps shown on a terminal; what it did."""
    from readback.definitions import FILE_STEP, STEPS, run_in_process

    with progress("starting", STEPS) as shown:

        def tell(step: str) -> None:
            shown(step, 0 if step.startswith(FILE_STEP) else 1)

        return run_in_process(project, as_of=utc(as_of), full=full, loaded_at=now(), tell=tell)


def show(project: Project) -> None:
    """Print the five metrics, the open alerts and the recommendations."""
    from readback.faces import answers, terminal

    with store.reader(project) as con:
        out.print(_headlines(con, project))
        for title, rows in (
            ("Alerts", terminal.alerts(answers.alerts(con, open_only=True), _MOST_SHOWN)),
            ("Recommendations", terminal.recommendations(answers.recommendations(con), _MOST_SHOWN)),
        ):
            out.print(f"\n{title}", style="bold underline")
            out.print(rows)


def _headlines(con: store.Connection, project: Project) -> Any:
    """The five metrics of the newest whole month, against the month before; over everything where there is none."""
    from readback.faces import figures, questions, terminal
    from readback.faces.period import newest_whole
    from readback.metrics.definitions import definitions

    names = [*figures.HEADLINES, *figures.COMPANIONS.values()]
    zone = project.settings.project.timezone
    months = questions.periods(con, "month", zone)
    as_of = questions.as_of(con)
    period = newest_whole(months, as_of) if as_of else None
    if period is None:
        rows = questions.periods(con, "all", zone)
        whole = figures.values(questions.figures(con, names, "all", rows[0].start)) if rows else []
        return terminal.metrics_table(whole, (), definitions(), title=f"All data as of {as_of or 'never'}")
    latest = figures.values(questions.figures(con, names, "month", period.start))
    before = period.previous
    earlier = figures.values(questions.figures(con, names, "month", before.start)) if before else []
    title = f"{period.label}, as of {as_of:%Y-%m-%d %H:%M} UTC"
    return terminal.metrics_table(latest, earlier, definitions(), title=title)
