"""Logs that cannot be relied on: a source that fell silent, lines lost or unreadable, requests of no workflow."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from readback import stats
from readback.contracts.vocabulary import AlertTier
from readback.decisions.condition import Condition, counted, lasted, tenfold
from readback.decisions.effects import percent
from readback.decisions.evidence import pasted

LEAST_FILES = 4
"""Files that a source must have sent before its rhythm is known."""

MISSED_TURNS = 3
"""Usual distances between two files after which a source counts as silent; a weekend is three days."""

LEAST_ROWS = 10
"""Unreadable lines, or requests of no workflow, below which nothing is said."""


@dataclass(frozen=True)
class SourceRhythm:
    """A row of `source_rhythm`: how often a source sent a file, and when last; seconds."""

    source: str
    file_count: int
    last_at: datetime
    usual_gap_s: float | None
    stale_after_s: float


@dataclass(frozen=True)
class LostLines:
    """A row of `lost_lines`: a file whose lines do not add up."""

    path: str
    lines: int
    accounted: int


@dataclass(frozen=True)
class UnreadableShare:
    """A row of `unreadable_lines`: a source's lines of the last days, and those in quarantine."""

    source: str
    line_count: int
    quarantined_count: int
    first_at: datetime
    last_at: datetime
    threshold: float


@dataclass(frozen=True)
class UnmappedShare:
    """A row of `unmapped_requests`: a source's requests of the last days, and those without a workflow."""

    source: str
    request_count: int
    unmapped_count: int
    first_at: datetime
    last_at: datetime
    threshold: float


def source_stale(sources: Sequence[SourceRhythm], as_of: datetime) -> Iterator[Condition]:
    """A source has sent nothing for three times as long as usual, and at least for `stale_after`.

    Measured against the newest record of any source. Where all fall silent together, the age of the data says so in
    every message and in `readback status`.
    """
    for source in sources:
        if source.usual_gap_s is None or source.file_count < LEAST_FILES:
            continue
        silent_s = (as_of - source.last_at).total_seconds()
        allowed_s = max(source.stale_after_s, MISSED_TURNS * source.usual_gap_s)
        if silent_s > allowed_s:
            yield _silent(source, silent_s, allowed_s)


def ledger_imbalance(files: Sequence[LostLines], as_of: datetime) -> Iterator[Condition]:
    """A line that was read became nothing: row, duplicate, ignored and quarantined do not add up. One is enough."""
    if files:
        lost = sum(abs(file.lines - file.accounted) for file in files)
        yield Condition(
            scope=("ledger",),
            workflow=None,
            metric="unexplained_lines",
            title=f"The ledger does not balance: {counted(lost, 'line')} of {counted(len(files), 'file')} unexplained",
            detail=f"First file: {files[0].path}, {files[0].lines:,} lines read, {files[0].accounted:,} accounted for.",
            facts={"files": [asdict(file) for file in files[:20]], "file_count": len(files), "line_count": lost},
            evidence_sql=pasted("lost_lines", {}),
            started_at=None,
            last_at=None,
            level=tenfold(lost, 1),
        )


def quarantine_share(sources: Sequence[UnreadableShare], as_of: datetime) -> Iterator[Condition]:
    """More of a source's lines are unreadable than `quarantined_share` allows, by more than chance."""
    for source in sources:
        if _exceeds(source.quarantined_count, source.line_count, source.threshold):
            share = percent(source.quarantined_count / source.line_count)
            yield Condition(
                scope=(source.source,),
                workflow=None,
                metric="quarantined_lines",
                title=f"{share} of the lines of {source.source} cannot be read",
                detail=(
                    f"{source.quarantined_count:,} of {source.line_count:,} lines of the last 7 days stand in "
                    f"quarantine; {percent(source.threshold)} is allowed. Figures rest on the others."
                ),
                facts=asdict(source),
                evidence_sql=pasted("unreadable_lines", {"source": source.source, "from_at": source.first_at}),
                started_at=source.first_at,
                last_at=source.last_at,
                level=tenfold(source.quarantined_count, source.threshold * source.line_count),
            )


def unmapped_share(sources: Sequence[UnmappedShare], as_of: datetime) -> Iterator[Condition]:
    """More of a source's requests name no workflow than `unmapped_share` allows, by more than chance."""
    for source in sources:
        if _exceeds(source.unmapped_count, source.request_count, source.threshold):
            share = percent(source.unmapped_count / source.request_count)
            yield Condition(
                scope=(source.source,),
                workflow=None,
                metric="unattributed_share",
                title=f"{share} of the requests of {source.source} name no workflow",
                detail=(
                    f"{source.unmapped_count:,} of {source.request_count:,} requests of the last 7 days; "
                    f"{percent(source.threshold)} is allowed. Labels are missing most on failures, so rates by "
                    f"workflow are too low. `[workflow] from` in readback.toml says which labels name one."
                ),
                facts=asdict(source),
                evidence_sql=pasted("unmapped_requests", {"source": source.source, "from_at": source.first_at}),
                started_at=source.first_at,
                last_at=source.last_at,
                tier=AlertTier.TICKET,
            )


def _silent(source: SourceRhythm, silent_s: float, allowed_s: float) -> Condition:
    return Condition(
        scope=(source.source, source.last_at.isoformat()),
        workflow=None,
        metric="freshness",
        title=f"{source.source} has sent nothing for {lasted(silent_s)}",
        detail=(
            f"Its newest record is of {source.last_at:%Y-%m-%d %H:%M} UTC; {counted(source.file_count, 'file')} came "
            f"{lasted(source.usual_gap_s or 0)} apart as a rule, and {lasted(allowed_s)} are allowed. Its figures "
            f"stand still."
        ),
        facts=asdict(source) | {"silent_s": silent_s, "allowed_s": allowed_s},
        evidence_sql=pasted("source_rhythm", {"source": source.source}),
        started_at=source.last_at,
        last_at=None,
        level=tenfold(silent_s, allowed_s),
    )


def _exceeds(bad: int, n: int, threshold: float) -> bool:
    return bad >= LEAST_ROWS and float(stats.wilson(bad, n).low) > threshold
