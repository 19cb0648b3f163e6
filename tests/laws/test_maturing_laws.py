"""Outcomes that arrive late change figures that were marked maturing, and no others."""

from datetime import timedelta

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from late_outcomes import changed, fill
from unit.metrics import facts

from readback import store

WHOLE = (facts.AS_OF - timedelta(days=90), facts.AS_OF + timedelta(days=1))


def published(con: store.Connection) -> pl.DataFrame:
    frame: pl.DataFrame = con.sql("select * from metric_values").pl()
    return frame


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32), late_days=st.integers(7, 14), days_on=st.integers(0, 3))
def test_outcomes_within_the_allowance_change_maturing_figures_alone(seed: int, late_days: int, days_on: int) -> None:
    con = store.memory()
    con.execute("set threads = 1")
    store.create_tables(con)
    con.execute(store.attempts_view([]))
    late = fill(con, seed, late_days, runs=160)
    facts.refresh(con, facts.settings(), WHOLE)
    first = published(con)
    facts.insert(con, "outcomes", *late)
    facts.refresh(con, facts.settings(), as_of=facts.AS_OF + timedelta(hours=days_on))
    found = changed(first, published(con))
    assert found.height > 50
    assert {"effective_n", "coverage", "maturity", "low"} <= set(found.columns)
    assert found.filter(~pl.col("is_maturing").fill_null(False)).is_empty()
    assert first.filter(~pl.col("is_maturing"))["metric"].n_unique() == 5
    con.close()
