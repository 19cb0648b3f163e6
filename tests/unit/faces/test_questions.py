"""Questions to the published marts."""

import inspect
import time
from collections.abc import Callable
from datetime import timedelta

import polars as pl
import pytest
from faces_project import AS_OF

from readback.faces import questions
from readback.faces.period import Period, Span
from readback.store import Connection

OCTOBER = Period.month("2026-10")
SPAN = OCTOBER.span


def test_periods_come_newest_first(con: Connection) -> None:
    assert [period.label for period in questions.periods(con, "month")][:2] == ["October 2026", "September 2026"]


def test_figures_come_in_the_order_asked(con: Connection) -> None:
    wanted = ["rework_rate", "fallback_frequency"]
    assert questions.figures(con, wanted, "month", OCTOBER.start)["metric"].to_list() == wanted


def test_trend_ends_at_the_period_asked(con: Connection) -> None:
    found = questions.trend(con, "fallback_frequency", "month", until=OCTOBER.start - timedelta(days=1), limit=3)
    assert found["period_start"].dt.month().to_list() == [7, 8, 9]


def test_members_of_a_metric_come_greatest_first(con: Connection) -> None:
    found = questions.by_member(con, "fallback_frequency", "month", OCTOBER.start)
    assert found["value"].to_list() == sorted(found["value"].to_list(), reverse=True)


def test_busiest_workflow_has_most_fallbacks(con: Connection) -> None:
    counts = questions.verdicts(con, SPAN).group_by("name").agg(pl.col("fallbacks").sum())
    assert questions.busiest(con, SPAN) == counts.sort("fallbacks", descending=True)["name"][0]
    assert questions.busiest(con, Span(AS_OF, AS_OF)) is None


def test_unrecovered_episode_touches_every_later_period(con: Connection) -> None:
    later = questions.episodes(con, Span(AS_OF + timedelta(days=30), AS_OF + timedelta(days=60)))
    assert set(later["state"]) == {"open", "disabled", "held"}


def test_counts_by_cause_verdict_and_substitute_agree(con: Connection) -> None:
    totals = {
        frame["fallbacks"].sum()
        for frame in (questions.causes(con, SPAN), questions.verdicts(con, SPAN), questions.substitutes(con, SPAN))
    }
    assert len(totals) == 1


def test_filter_by_workflow_keeps_only_it(con: Connection) -> None:
    assert set(questions.verdicts(con, SPAN, workflow="code-review")["name"]) == {"code-review"}
    assert questions.verdicts(con, SPAN, workflow="x' or true --").is_empty()


def test_request_is_found_by_id_and_day(con: Connection) -> None:
    row = questions._frame(con, "select request_id, started_at from requests order by request_id limit 1").to_dicts()[0]
    day = row["started_at"].replace(hour=0, minute=0, second=0, microsecond=0)
    assert questions.request(con, row["request_id"], day)["request_id"].to_list() == [row["request_id"]]
    assert questions.request(con, row["request_id"], day - timedelta(days=1)).is_empty()


def test_ledger_accounts_for_every_line(con: Connection) -> None:
    ledger = questions.ledger(con)
    assert ledger["lines"].sum() > 0
    assert ledger["unexplained_lines"].sum() == 0


def test_unresolved_alerts_come_first(con: Connection) -> None:
    assert questions.alerts(con)["state"].to_list() == ["open", "open", "acknowledged", "resolved"]


def test_moments_are_utc(con: Connection) -> None:
    kinds = questions.episodes(con, SPAN).schema
    assert kinds["opened_at"] == pl.Datetime("us", "UTC")


def test_no_question_reads_the_large_tables() -> None:
    assert " attempts" not in inspect.getsource(questions).split('"""', 2)[2]
    assert inspect.getsource(questions).count("from requests") == 1


@pytest.mark.parametrize("ask", [questions.causes, questions.verdicts, questions.silent_downgrades, questions.episodes])
def test_question_is_answered_within_300_ms(con: Connection, ask: Callable[..., pl.DataFrame]) -> None:
    began = time.perf_counter()
    ask(con, SPAN)
    assert time.perf_counter() - began < 0.3
