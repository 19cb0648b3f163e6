"""What a report is about: one period, the one before it, and what the project says of itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from readback.contracts import MetricValue
from readback.contracts.vocabulary import Grain
from readback.errors import QueryError
from readback.faces import absences, figures, questions, svg
from readback.faces.brand import Look
from readback.faces.figures import Definition
from readback.faces.period import Period, Span
from readback.settings import Note
from readback.store import Connection
from readback.stretches import SLACK

WIDTH = 690
"""Points across a page; on a phone a chart is drawn again, narrower."""
NARROW = 350


@dataclass(frozen=True)
class Subject:
    """What every part of a report needs."""

    con: Connection
    period: Period
    before: Period
    as_of: datetime
    first_data: datetime
    definitions: Mapping[str, Definition] = field(default_factory=dict)
    targets: Mapping[str, float] = field(default_factory=dict)
    look: Look = field(default_factory=Look)
    snapshot: str = ""
    own_notes: Sequence[Note] = ()

    @property
    def seen(self) -> Span:
        """The part of the period that the logs reach; the whole of one that they do not reach at all."""
        start, end = max(self.period.start, self.first_data), min(self.period.end, self.as_of)
        return Span(start, end) if end > start else self.period.span

    @property
    def is_to_date(self) -> bool:
        """The logs do not reach the end of the period yet."""
        return self.as_of < self.period.end - SLACK

    @property
    def is_without_data(self) -> bool:
        """No log reaches into the period."""
        return self.period.end <= self.first_data

    @property
    def are_totals_comparable(self) -> bool:
        """Both periods are seen whole, so that a sum of one may be held against a sum of the other."""
        return not self.is_to_date and self.first_data <= self.before.start + SLACK

    def values(self, period: Period, metrics: tuple[str, ...], dimension: str = "all", member: str = "*") -> Any:
        """Figures of a period by metric."""
        rows = absences.figures(self.con, metrics, period.grain.value, period.start, dimension, member)
        return figures.by_metric(figures.values(rows))


def subject(con: Connection, period: Period, **facts: Any) -> Subject:
    """The subject of a period.

    Raises:
        QueryError: no figure was ever computed, or the period begins after the newest record.
    """
    as_of = questions.as_of(con)
    if as_of is None:
        raise QueryError("no figure to report yet; `readback run` computes them")
    if period.start > as_of:
        told = f"{period.label} has not begun in the logs, which end on {as_of:%-d %B %Y %H:%M} UTC"
        raise QueryError(f"{told}; choose an earlier {period.grain.value}")
    (whole,) = questions.periods(con, Grain.ALL.value)[:1] or (period,)
    before = period.previous
    assert before is not None
    return Subject(con, period, before, as_of, whole.start, **facts)


def chart(draw: Any, name: str, caption: str, alt: str, *, taken: int = 0) -> dict[str, Any]:
    """A chart for wide pages and for narrow ones. `draw` takes its width; `taken`: points for labels beside it."""
    return {
        "svg": svg.inline(draw(WIDTH - taken), name),
        "narrow": svg.inline(draw(max(NARROW - taken, 130)), f"{name}-narrow"),
        "caption": caption,
        "alt": alt,
    }


def change_of(view: Subject, now: MetricValue | None, before: MetricValue | None) -> figures.Change | None:
    """The change against the period before; of a sum, only where both periods were seen whole."""
    if now is not None and now.denominator is None and now.unit != "episodes" and not view.are_totals_comparable:
        return None
    definition = view.definitions.get(now.metric) if now is not None else None
    return figures.change(now, before, definition.better if definition else None)


def share(fraction: float | None) -> str:
    """A fraction in percent, or a dash."""
    return figures.DASH if fraction is None else f"{figures.percent(fraction)}%"


def moment(at: datetime | None) -> str:
    """A time in UTC where the year is plain."""
    return f"{at:%-d %b %H:%M}" if at else figures.DASH
