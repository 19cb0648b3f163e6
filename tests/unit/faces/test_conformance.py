"""Keeping to the policy, week by week: a share comes with its exact limit, and none where nothing can be judged."""

from datetime import UTC, datetime

import pytest
from scipy.stats import binom

from readback import store
from readback.faces import behind, conformance
from readback.metrics.conformance import conformance_weeks
from readback.settings import Settings

AS_OF = datetime(2026, 5, 10, tzinfo=UTC)


@pytest.fixture
def con() -> store.Connection:
    con = store.memory()
    store.create_tables(con)
    rows = [(n, "letters", "out_of_policy" if n < 2 else "in_policy") for n in range(20)]
    rows += [(20, "notes", "indeterminate")]
    for number, workflow_class, verdict in rows:
        con.execute(
            """insert into fallback_events by name select ? as fallback_id, ? as request_id, '' as run_id,
            timestamptz '2026-05-06 12:00:00+00' as occurred_at, ? as workflow_class, 'substitute' as served_by,
            'unknown' as cause, 'none' as cause_basis, [] as chain, 'preemptive' as detection, ? as verdict,
            [] as verdict_reasons, [] as verdict_rules, '' as decision_id, false as is_silent""",
            [f"f{number}", f"r{number}", workflow_class, verdict],
        )
    return con


def test_a_breach_share_comes_with_its_clopper_pearson_limit(con: store.Connection) -> None:
    """At the limit, 2 or fewer of 20 have a chance of 2.5%."""
    letters, notes = conformance_weeks(con, Settings()).sort("workflow_class").to_dicts()
    assert (letters["breaches"], letters["judged"], letters["breach_fraction"]) == (2, 20, 0.1)
    assert binom.cdf(2, 20, letters["breach_fraction_high"]) == pytest.approx(0.025)
    assert (notes["judged"], notes["breach_fraction"], notes["breach_fraction_high"]) == (0, None, None)


def test_idle_triggers_are_those_without_a_cause_seen(con: store.Connection) -> None:
    con.execute(
        """insert into policies by name select 'p' as policy_id, 1 as version, 'active' as status, '' as digest,
        timestamptz '2026-01-01 00:00:00+00' as effective_from, 'hold' as undeclared_workflow, 'x' as source_kind"""
    )
    con.execute(
        """insert into policy_triggers by name select 'p' as policy_id, 1 as version, 'letters' as class_id,
        unnest(['down', 'hand']) as trigger_id, unnest(['provider_outage', 'manual_switch']) as trigger_type,
        unnest(['provider_outage', null]) as cause, '' as path"""
    )
    found = {row["trigger_type"]: row["is_visible"] for row in conformance.idle_triggers(con, AS_OF).to_dicts()}
    assert found == {"provider_outage": True, "manual_switch": False}
    assert conformance.undeclared_causes(con, AS_OF).height == 0


def test_the_newest_figures_date_what_is_asked_without_a_moment(con: store.Connection) -> None:
    """As the question, of SQL: no moment is given."""
    con.execute(
        """insert into policies by name select 'p' as policy_id, 1 as version, 'active' as status, '' as digest,
        timestamptz '2026-01-01 00:00:00+00' as effective_from, 'hold' as undeclared_workflow, 'x' as source_kind,
        date '2026-05-01' as review_next_due"""
    )
    con.execute(
        """insert into metric_values by name select 'open_episodes' as metric, 'episodes' as unit, 'all' as grain,
        timestamptz '2026-05-01 00:00:00+00' as period_start, 'all' as dimension, '*' as member, 'all' as lane,
        'ok' as status, 1 as definition_version, timestamptz '2026-05-04 00:00:00+00' as as_of"""
    )
    assert con.sql(behind.question("overdue_reviews")).pl()["overdue_days"].to_list() == [3]
    assert conformance.overdue_reviews(con, AS_OF)["overdue_days"].to_list() == [9]
