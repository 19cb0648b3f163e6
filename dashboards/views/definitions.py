"""Every metric as the header of its SQL defines it: question, formula, unit, windows, estimator, references."""

from functools import partial

import streamlit as st

from readback.faces import board, figures, formulas, questions, recovery
from readback.metrics.definitions import definitions

view = board.open_board()
board.title(view, "Definitions", f"{board.name(view)} · what each number means, from the SQL that computes it")

known = definitions()
wanted, first = st.query_params.get("metric", ""), board.came_for("metric")
windows, least = formulas.windows(view.project.settings), view.project.settings.metrics.minimum_n
for definition in sorted(known.values(), key=lambda each: (each.metric != first, figures.label(each.metric))):
    metric = definition.metric
    head, key = f"**{figures.label(metric)}** · {definition.question}", f"definition-{metric}"
    keep = partial(board.remember, "metric", metric, key)
    with st.expander(head, expanded=metric == wanted, key=key, on_change=keep):
        st.markdown(f"**Formula:** {formulas.formula(definition)}")
        if definition.remarks:
            st.caption(definition.remarks)
        facts = {**formulas.facts(definition, least), "Window": windows.get(metric, "none: told at once")}
        left, right = st.columns(2)
        for place, part in ((left, list(facts.items())[:5]), (right, list(facts.items())[5:])):
            place.markdown("\n".join(f"- :gray[{name}:] {value}" for name, value in part))
        if metric == "recovery_time_median_s":
            tried = view.ask(recovery.sensitivity, at=view.ask(questions.as_of))
            st.markdown(f"**Under other rules of episodes:** {recovery.dependence(tried)}")
            board.listed(recovery.tried(tried), recovery.TRIED, "No month was tried yet.")
        with st.popover("SQL", type="tertiary", icon=":material/code:", key=f"sql-{metric}"):
            st.code(formulas.sql(metric), language="sql")
