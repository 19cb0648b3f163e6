"""What every line became, what was set aside and why, and what the outcome sources were able to see."""

import streamlit as st

from readback.faces import board, listings, questions

view = board.open_board()
board.title(view, "Data health", f"{view.project.settings.project.name} · how far the figures can be trusted")

number, moment = st.column_config.NumberColumn, st.column_config.DatetimeColumn
text = st.column_config.TextColumn
when = "D MMM YYYY HH:mm"

ledger = view.ask(questions.ledger)
listings.balance(ledger)
with board.card("What became of every line", "Rows, duplicates, ignored and quarantined lines add up to the lines read."):
    counts = {
        name: number(label, format="localized")
        for name, label in (
            ("files", "Files"), ("lines", "Lines"), ("row_lines", "Rows"), ("duplicate_lines", "Duplicates"),
            ("ignored_lines", "Ignored"), ("quarantined_lines", "Quarantined"), ("unexplained_lines", "Unexplained"),
        )
    }  # fmt: skip
    board.table(ledger, {"source": text("Source"), **counts, "last_at": moment("Newest record", format=when)})

left, right = st.columns(2)
with left, board.card("Quarantine", "Why lines could not be read.", height="stretch"):
    reasons = view.ask(questions.quarantine_reasons)
    if reasons.is_empty():
        board.nothing("No line is in quarantine.")
    else:
        board.table(reasons, {"lines": number("Lines", width="small"), "source": text("Source", width="small"), "reason": text("Reason")})
        with st.expander("Lines"):
            lines = {"path": text("File"), "line": number("Line"), "reason": text("Reason"), "content": text("Content")}
            board.table(view.ask(questions.quarantine), lines)
with right, board.card("Outcome coverage", "What each source was able to see. Beyond it, nothing counts as clear.", height="stretch"):
    coverage = view.ask(questions.coverage)
    if coverage.is_empty():
        board.nothing("No outcome source: rework, override and downstream error are not reported.", ":material/info:")
    else:
        seen = {"kind": text("Outcome"), "source_system": text("Source"), "workflow": text("Workflows"), "mode": text("Sees"),
                "sample_rate": number("Sampled", format="percent"), "watermark_at": moment("Read up to", format=when)}  # fmt: skip
        board.table(coverage, seen)

left, right = st.columns(2)
with left, board.card("The sources' own counts", "What the gateway counted itself against what its log told.", height="stretch"):
    counted = view.ask(questions.reconciliation)
    if counted.is_empty():
        board.nothing("No independent count was given.", ":material/info:")
    else:
        board.table(counted, {"source": text("Source"), "model": text("Model"), "counted": number("Counted", format="localized"),
                              "logged": number("Logged", format="localized"), "missing": number("Missing", format="localized")})  # fmt: skip
with right, board.card("Checks that did not hold", height="stretch"):
    failed = view.ask(questions.failed_checks)
    if failed.is_empty():
        board.nothing("Every check held.")
    else:
        board.table(failed, {"table_name": text("Table"), "check_name": text("Check"), "observed": number("Violations"), "sample": text("Sample")})

with board.card("Input files", "Those that could not be loaded first."):
    names = {"path": text("File", width="large"), "source": text("Source"), "state": text("State"), "lines": number("Lines", format="localized"),
             "quarantined_lines": number("Quarantined", format="localized"), "last_at": moment("Newest record", format=when), "reason": text("Reason")}  # fmt: skip
    board.table(view.ask(questions.files), names)
