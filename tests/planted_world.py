"""What readback recommends on a planted fleet: the steps of a run on rows in memory, without files or figures."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from unittest.mock import patch

from readback import aftermath, continuity, ledger, store, stretches
from readback.contracts import Attempt, MetricEffect, Outcome, Recommendation, columns
from readback.decisions.backtest import Backtest, backtest
from readback.decisions.recommendations import recommend
from readback.metrics import local_days, marts
from readback.metrics.effects import effect_rows
from readback.policy.loading import read_policies
from readback.settings import Coverage, Settings, Windows
from readback.simulate.planted import START, Fleet


def recommended(planted: Fleet, *, as_of: datetime | None = None) -> list[Recommendation]:
    """The recommendations on a fleet, the first to look at first; at an earlier moment, only what was seen until "
    "then."""
    moment = as_of or planted.as_of
    with built(planted, moment) as con:
        return recommend(con, moment)


def advised(planted: Fleet) -> tuple[list[Recommendation], Backtest]:
    """The recommendations on a fleet, and how those of the window before the last one fared."""
    with built(planted, planted.as_of) as con:
        found = recommend(con, planted.as_of, settings(planted.as_of))
        return found, backtest(con, settings(planted.as_of), planted.as_of)


@contextmanager
def built(planted: Fleet, as_of: datetime) -> Iterator[store.Connection]:
    """The tables of a run over what a fleet logged until a moment."""
    con = store.memory()
    con.execute("set threads = 1")
    try:
        store.create_tables(con)
        ledger.create_tables(con)
        _load(con, planted, as_of)
        with _in_one_batch():
            _build(con, planted, as_of)
        yield con
    finally:
        con.close()


def settings(as_of: datetime) -> Settings:
    """Rework is seen of every run, completely, and comes within a day."""
    coverage = Coverage.model_validate(
        {"source": "reviews", "kinds": ["rework"], "from": START, "complete_until": as_of}
    )
    return Settings(coverage=(coverage,), windows=Windows.model_validate({"rework": "3d"}))


def _load(con: store.Connection, planted: Fleet, as_of: datetime) -> None:
    for row, frame, moment in ((Attempt, planted.attempts, "started_at"), (Outcome, planted.outcomes, "occurred_at")):
        con.register("planted_rows", frame.filter(frame[moment] <= as_of).to_arrow())
        known = set(frame.columns)
        cells = ", ".join(
            f"cast({column.name if column.name in known else 'null'} as {column.sql_type}) as {column.name}"
            for column in columns(row)
        )
        if row is Attempt:
            con.execute("drop view if exists attempts")
            con.execute(f"create table attempts as select {cells} from planted_rows")
        else:
            con.execute(f"insert into {row.table} select {cells} from planted_rows")
        con.unregister("planted_rows")


@contextmanager
def _in_one_batch() -> Iterator[None]:
    """A planted fleet fits into memory, and planning the SQL of a batch costs more than its rows."""
    with (
        patch.object(stretches, "LONGEST_BATCH", timedelta(days=400)),
        patch.object(local_days, "LONGEST_BATCH_DAYS", 400),
    ):
        yield


def _build(con: store.Connection, planted: Fleet, as_of: datetime) -> None:
    policies = read_policies(planted.policy.encode(), Path("policy.yaml"))
    given = settings(as_of)
    ranges = [(START, as_of.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1))]
    continuity.declare_policies(con, policies)
    continuity.renew_switches(con, policies)
    continuity.build_requests(con, policies, ranges)
    since = continuity.build_episodes(con, given.episodes, ranges, as_of)
    continuity.build_fallback_events(con, ranges, since)
    aftermath.build_aftermath(con, given, ranges, as_of)
    marts.renew(con, given, as_of, ranges)
    store.replace_rows(con, MetricEffect, effect_rows(con, given, as_of))
