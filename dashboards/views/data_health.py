"""What every line became, what was set aside and why, and what the outcome sources were able to see."""

import streamlit as st

from readback.faces import board, listings, questions

LINES = {
    "lines": "Lines",
    "row_lines": "Rows",
    "duplicate_lines": "Duplicates",
    "ignored_lines": "Ignored",
    "quarantined_lines": "Quarantined",
}
SEEN = {"kind": "Outcome", "source_system": "Source", "workflow": "Workflows", "mode": "Sees", "sample_rate": "Sampled"}

view = board.open_board()
board.title(view, "Data health", f"{board.name(view)} · how far the figures can be trusted")

ledger = view.ask(questions.ledger)
listings.balance(ledger)
with board.card(
    "What became of every line", "Rows, duplicates, ignored and quarantined lines add up to the lines read."
):
    named = {"source": "Source", "files": "Files", **LINES, "unexplained_lines": "Unexplained"}
    board.table(ledger, {**named, "last_at": "Newest record (UTC)"})

left, right = st.columns(2)
with left, board.card("Quarantine", "Why lines could not be read.", height="stretch"):
    reasons = view.ask(questions.quarantine_reasons)
    if reasons.is_empty():
        board.nothing("No line is in quarantine.")
    else:
        board.table(reasons, {"lines": "Lines", "source": "Source", "reason": "Reason"})
        with st.expander("Lines"):
            quarantined = view.ask(questions.quarantine)
            board.table(quarantined, {"path": "File", "line": "Line", "reason": "Reason", "content": "Content"})
with (
    right,
    board.card("Outcome coverage", "What each source was able to see; beyond it nothing is clear.", height="stretch"),
):
    coverage = view.ask(questions.coverage)
    if coverage.is_empty():
        board.nothing("No outcome source: rework, override and downstream error are not reported.", ":material/info:")
    else:
        board.table(coverage, {**SEEN, "watermark_at": "Read up to (UTC)"})

left, right = st.columns(2)
with left, board.card("The sources' own counts", "What a gateway counted against what its log told.", height="stretch"):
    listings.counted(view.ask(questions.reconciliation))
with right, board.card("Checks that did not hold", "Found on the published rows.", height="stretch"):
    failed = view.ask(questions.failed_checks)
    if failed.is_empty():
        board.nothing("Every check held.")
    else:
        names = {"table_name": "Table", "check_name": "Check", "observed": "Violations", "sample": "Sample"}
        board.table(failed, names)

left, right = st.columns(2)
with left, board.card("Requests without a workflow", "Labels of theirs that could name it.", height="stretch"):
    listings.labels(view.ask(questions.unattributed), view.ask(questions.label_candidates))
with right, board.card("Unknown models", "Name them in policy.yaml: models, aliases.", height="stretch"):
    listings.unknown_models(view.ask(questions.unknown_models))

with board.card("Input files", "Those that could not be loaded first."):
    named = {"path": "File", "source": "Source", "state": "State", "lines": "Lines", "quarantined_lines": "Quarantined"}
    board.table(view.ask(questions.files), {**named, "last_at": "Newest record (UTC)", "reason": "Reason"})
