"""What every time axis tells beside its figures: declared incidents, admin and policy changes, notes of one's own."""

from collections.abc import Sequence

import polars as pl

from readback.faces import asked, questions
from readback.faces.period import Span
from readback.settings import Note
from readback.store import Connection

SCHEMA = pl.Schema(
    [
        ("kind", pl.String()),
        ("at", pl.Datetime("us", "UTC")),
        ("until", pl.Datetime("us", "UTC")),
        ("what", pl.String()),
    ]
)
_ADMIN = """
    select 'admin change' as kind, coalesce(effective_at, seen_at) as at, null::timestamptz as until,
        concat_ws(' ', model, 'of', provider, case when is_enabled then 'switched on' else 'switched off' end,
            'for ' || scope) as what
    from admin_changes
    where coalesce(effective_at, seen_at) >= $start and coalesce(effective_at, seen_at) < $ending
"""
_POLICY = """
    select 'policy change' as kind, effective_from as at, null::timestamptz as until,
        policy_id || ' version ' || version || ' in force' as what
    from policies where status <> 'draft' and effective_from >= $start and effective_from < $ending
"""


def annotations(con: Connection, span: Span, notes: Sequence[Note] = (), workflow: str | None = None) -> pl.DataFrame:
    """Columns `kind`, `at`, `until` (NULL for a moment), `what`: all that touches a stretch of time, oldest first."""
    incidents = questions.incidents(con, span).select(
        pl.lit("provider incident").alias("kind"),
        pl.col("started_at").alias("at"),
        pl.col("known_until").alias("until"),
        pl.format("{}: {}", "provider", pl.col("title").fill_null("untitled")).alias("what"),
    )
    changes = asked.frame(con, f"{_ADMIN} union all {_POLICY}", start=span.start, ending=span.end)
    told = [found.cast(SCHEMA) for found in (incidents, changes, own(notes, span, workflow))]
    return pl.concat(told).sort("at", "kind", "what")


def own(notes: Sequence[Note], span: Span, workflow: str | None) -> pl.DataFrame:
    """The project's own notes that touch a stretch of time: those of one workflow and of all, or every one."""
    rows = [
        {"kind": "note", "at": note.at, "until": note.until, "what": note.text}
        for note in notes
        if note.at < span.end and (note.until or note.at) >= span.start
        and (workflow is None or note.workflow in (None, workflow))
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=SCHEMA)
