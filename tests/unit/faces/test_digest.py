"""A week as one message: what changed beyond chance in all comparisons at once, what was held back, and links."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from unit.decisions.samples import tables

from readback import stats, store
from readback.contracts import Alert, MetricValue, Monitor, Row, columns
from readback.decisions.messages import link
from readback.faces.digest import Digest, week_digest
from readback.faces.period import Period
from readback.metrics.definitions import definitions

WEEK = datetime(2026, 10, 19, tzinfo=UTC)
AS_OF = WEEK + timedelta(days=8)
URL = "http://127.0.0.1:8501"


@pytest.fixture
def con() -> Iterator[store.Connection]:
    con = tables()
    yield con
    con.close()


def put(con: store.Connection, kind: type[Row], **given: Any) -> None:
    store.insert_rows(con, kind, [kind(**(dict.fromkeys(column.name for column in columns(kind)) | given))])


def figure(con: store.Connection, workflow: str, week: datetime, rate: float, n: int = 1_000) -> None:
    around = stats.wilson(rate * n, n)
    put(
        con, MetricValue, metric="rework_rate", unit="fraction", grain="week", period_start=week, dimension="workflow",
        member=workflow, lane="all", numerator=rate * n, denominator=n, value=rate, low=float(around.low),
        high=float(around.high), effective_n=n, status="ok", definition_version=1, as_of=AS_OF,
    )  # fmt: skip


def alert(con: store.Connection, **given: Any) -> None:
    plain = {
        "alert_id": "a1", "rule": "budget_burn", "rule_version": 1, "tier": "ticket", "state": "open",
        "workflow": "pay", "metric": "fallback_frequency", "title": "pay burns its budget", "detail": "",
        "evidence": "", "evidence_sql": "", "started_at": WEEK, "fired_at": WEEK + timedelta(days=1), "as_of": AS_OF,
        "level": 0, "occurrence": 1, "held_count": 0,
    }  # fmt: skip
    put(con, Alert, **(plain | given))


def monitor(con: store.Connection, workflow: str, **given: Any) -> None:
    plain = {
        "metric": "rework_rate", "status": "watching", "first_week_at": WEEK - timedelta(weeks=20),
        "last_week_at": WEEK, "week_count": 20, "baseline_rate": 0.1, "weekly_n": 250.0, "design_effect": 1.5,
        "evidence_ratio": 1.0, "watch_from": 52.0, "alert_from": 1040.0, "month_rate": 0.164, "month_low": 0.14,
        "month_high": 0.19, "month_n": 1000.0, "month_evidence": 8000.0, "is_listed": True, "as_of": AS_OF,
    }  # fmt: skip
    put(con, Monitor, workflow=workflow, **(plain | given))


def digest(con: store.Connection, workflows: tuple[str, ...] = ("*",)) -> Digest:
    return week_digest(con, "ops", workflows, Period.of("week", WEEK), definitions(), URL)


def section(told: Digest, heading: str) -> list[str]:
    (found,) = [each for each in told.sections if each.heading.startswith(heading)]
    return list(found.sentences)


def test_a_change_that_stands_out_alone_is_told_with_n_and_interval(con: store.Connection) -> None:
    figure(con, "pay", WEEK - timedelta(weeks=1), 0.10)
    figure(con, "pay", WEEK, 0.17)
    changed, asked = section(digest(con), "What changed")
    assert changed.startswith("pay: 17.0% (14.8–19.5, n=1,000) of released outputs had to be redone; +7.0 pp")
    assert asked == "Of 1 comparison with the week before; at most 5% of such a list are chance."


def test_what_is_chance_among_many_comparisons_is_not_told(con: store.Connection) -> None:
    """A difference of two standard errors is one of twenty by chance alone, and forty were looked at."""
    for number in range(39):
        figure(con, f"w{number}", WEEK - timedelta(weeks=1), 0.10)
        figure(con, f"w{number}", WEEK, 0.10)
    figure(con, "pay", WEEK - timedelta(weeks=1), 0.10)
    figure(con, "pay", WEEK, 0.129)
    assert section(digest(con), "What changed") == ["Nothing, in 40 comparisons with the week before."]
    assert len(section(digest(con, ("pay",)), "What changed")) == 2


def test_rates_on_the_list_of_the_month_are_told(con: store.Connection) -> None:
    monitor(con, "pay")
    monitor(con, "letters", is_listed=False, month_evidence=3.0)
    monitor(con, "young", is_listed=None, month_evidence=None)
    for workflow in ("pay", "letters", "young"):
        figure(con, workflow, WEEK, 0.1)
    risen, asked = section(digest(con), "Outcome rates")
    assert risen == (
        "pay: rework rate of 16.4% (14.0–19.0, n=1,000), against 10.0% in its baseline; evidence 8,000 to 1."
    )
    assert asked == "Of 2 rates with a full baseline; at most 5% of such a list are chance."
    assert section(digest(con, ("letters",)), "Outcome rates") == ["None, of 1 rate with a full baseline."]


def test_matches_in_a_quiet_time_that_reaches_into_the_week_are_told(con: store.Connection) -> None:
    """The alert ended in the week before; who asks only for alerts of this week never hears of it."""
    ended = WEEK - timedelta(days=2)
    alert(con, state="cooling", fired_at=ended - timedelta(days=3), resolved_at=ended, held_count=4,
          quiet_ends_at=ended + timedelta(days=14))  # fmt: skip
    assert section(digest(con), "Held back") == ["pay burns its budget: held at 4 more looks in its quiet time"]


def test_matches_in_a_quiet_time_that_was_over_are_not_told_again(con: store.Connection) -> None:
    ended = WEEK - timedelta(days=20)
    alert(con, state="closed", fired_at=ended - timedelta(days=3), resolved_at=ended, held_count=4,
          quiet_ends_at=ended + timedelta(days=14))  # fmt: skip
    assert section(digest(con), "Held back") == ["Nothing."]


def test_another_audience_hears_nothing_of_it(con: store.Connection) -> None:
    alert(con)
    assert section(digest(con), "Alerts") == ["TICKET, open: pay burns its budget"]
    assert section(digest(con, ("letters",)), "Alerts") == ["None fired."]


def test_an_alert_that_fired_since_is_told_and_one_that_had_ended_is_not(con: store.Connection) -> None:
    alert(con, title="since", fired_at=AS_OF)
    alert(con, alert_id="a2", title="before", state="closed", fired_at=WEEK - timedelta(days=9),
          resolved_at=WEEK - timedelta(days=8))  # fmt: skip
    assert section(digest(con), "Alerts") == ["TICKET, open: since"]


def test_every_link_leads_to_a_page_of_the_dashboard(con: store.Connection) -> None:
    pages = {file.stem for file in (Path(__file__).parents[3] / "dashboards" / "views").glob("*.py")}
    told = [each.link for each in digest(con).sections]
    named = {address.removeprefix(f"{URL}/").split("?")[0] for address in [*told, link(URL, "alerts", "pay")]}
    assert all(told)
    assert named - {""} <= pages
