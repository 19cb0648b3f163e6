"""What every line became, what was set aside and why, how old each source is, and what the figures do not cover."""

import polars as pl
import streamlit as st

from readback.faces import behind, board, exhibit, figures, listings, questions, trust
from readback.faces.exhibit import Shown

LINES = {"source": "Source", "files": "Files", "lines": "Lines", "row_lines": "Rows", "duplicate_lines": "Duplicates",
         "ignored_lines": "Ignored", "quarantined_lines": "Quarantined",
         "unexplained_lines": "Unexplained"}  # fmt: skip
MATURITY = {"label": "Metric", "numerator": "Events", "denominator": "Runs", "coverage": "Coverage",
            "maturity": "Maturity", "status": "Status"}  # fmt: skip
LATE = "Of all time. Maturing: an outcome that arrives late may still change the figure."
SEEN = {"kind": "Outcome", "source_system": "Source", "workflow": "Workflows", "mode": "Sees",
        "watermark_at": "Read up to (UTC)"}  # fmt: skip
FAILED = {"table_name": "Table", "check_name": "Check", "observed": "Violations", "sample": "Sample"}
FILES = {"path": "File", "source": "Source", "state": "State", "lines": "Lines", "quarantined_lines": "Quarantined",
         "last_at": "Newest record (UTC)", "reason": "Reason"}  # fmt: skip

view = board.open_board()
board.title(view, "Data health", f"{board.name(view)} · how far the figures can be trusted")


def listed(head: str, frame: pl.DataFrame, names: dict[str, str], otherwise: str, sql: str, under: str = "") -> None:
    """A card with a table, or with the word for an empty one."""
    with exhibit.card(view, head, Shown(head.lower().replace(" ", "-"), frame, sql), under or None, height="stretch"):
        board.listed(frame, names, otherwise)


ledger = view.ask(questions.ledger)
listings.balance(ledger)
told = "Rows, duplicates, ignored and quarantined lines add up to the lines read."
listed("What became of every line", ledger, LINES, "No file was read yet.", behind.table("files"), told)

fresh = view.ask(trust.freshness).with_columns(figures.durations("age_s").alias("age"))
mature = view.ask(trust.maturity)
mature = mature.with_columns(pl.Series("label", map(figures.label, mature["metric"]), dtype=pl.String))
reasons = view.ask(questions.quarantine_reasons)
names = {"source": "Source", "files": "Files", "rows": "Rows", "last_at": "Newest record (UTC)", "age": "Behind by"}
no_source = "No outcome source: rework, override and downstream error are not reported."
metrics = behind.table("metric_values", {"grain": "all", "dimension": "all", "lane": "all"})
left, right = st.columns(2)
with left:
    listed("Freshness", fresh, names, "No source yet.", behind.table("files"), "Against the newest record of all.")
    covered = trust.with_share(view.ask(questions.coverage))
    listed("Outcome coverage", covered, SEEN, no_source, behind.table("outcome_coverage"))
    names = {"workflow": "Workflow", "requests": "Requests", "last_at": "Last (UTC)"}
    unclassed = "select * from requests where workflow_class is null order by started_at desc limit 1000"
    listed("Workflows without a class", view.ask(trust.unclassed), names, "Every request has a class.", unclassed)
with right:
    listed("Coverage and maturity", mature, MATURITY, "No outcome metric yet.", metrics, LATE)
    names = {"lines": "Lines", "source": "Source", "reason": "Reason"}
    listed("Quarantine", reasons, names, "No line is in quarantine.", behind.table("quarantine"), "Why lines failed.")
    unknown = view.ask(questions.unknown_models)
    names = {"name": "As written", "model": "Taken as"}
    listed(
        "Unknown models",
        unknown,
        names,
        "Every model is known.",
        behind.table("model_names"),
        "Name them in policy.yaml: models, aliases.",
    )
    failed = behind.table("quality_results")
    listed("Checks that did not hold", view.ask(questions.failed_checks), FAILED, "Every check held.", failed)

counts, labels = view.ask(questions.reconciliation), view.ask(questions.label_candidates)
shown = Shown("counts", counts, behind.table("reconciliation", order="hour desc"))
with exhibit.card(view, "The sources' own counts", shown, "What a gateway counted against what its log told."):
    listings.counted(counts)
sql = "select * from requests where workflow is null order by started_at desc limit 1000"
shown = Shown("nameless", labels, sql, metric="unattributed_share")
with exhibit.card(view, "Requests without a workflow", shown, "Labels of theirs that could name it."):
    listings.labels(view.ask(questions.unattributed), labels)
if reasons.height:
    names = {"path": "File", "line": "Line", "reason": "Reason", "content": "Content, scrubbed"}
    listed("Quarantined lines", view.ask(questions.quarantine), names, "", behind.table("quarantine"))
listed("Input files", view.ask(questions.files), FILES, "No file.", behind.table("files"), "Not loaded ones first.")
