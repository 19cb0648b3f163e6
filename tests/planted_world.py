"""What readback recommends on a planted fleet: the steps of a run on rows in memory, without files or figures."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from readback import aftermath, continuity, ledger, store
from readback.contracts import Attempt, MetricEffect, Outcome, Recommendation, columns
from readback.decisions.backtest import score
from readback.decisions.recommendations import recommend
from readback.metrics import marts
from readback.metrics.effects import effect_rows
from readback.policy.loading import read_policies
from readback.settings import Coverage, Settings
from readback.simulate.planted import START, Fleet


def recommended(planted: Fleet, *, as_of: datetime | None = None) -> list[Recommendation]:
    """The recommendations on a fleet, the first to look at first; at an earlier moment, only what was seen until "
    "then."""
    moment = as_of or planted.as_of
    with built(planted, moment) as con:
        return recommend(con, moment)


@contextmanager
def built(planted: Fleet, as_of: datetime) -> Iterator[store.Connection]:
    """The tables of a run over what a fleet logged until a moment."""
    con = store.memory()
    try:
        store.create_tables(con)
        ledger.create_tables(con)
        _load(con, planted, as_of)
        _build(con, planted, as_of)
        yield con
    finally:
        con.close()


def settings(as_of: datetime) -> Settings:
    """Rework is seen of every run, completely."""
    coverage = Coverage.model_validate(
        {"source": "reviews", "kinds": ["rework"], "from": START, "complete_until": as_of}
    )
    return Settings(coverage=(coverage,))


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


def halves(planted: Fleet, length: timedelta) -> tuple[int, int]:
    """Of the intervals that the first half gave, how many the second half bore out, and how many it could score."""
    middle = START + length
    first = recommended(planted, as_of=middle)
    rest = Fleet(
        planted.attempts.filter(planted.attempts["started_at"] > middle),
        planted.outcomes.filter(planted.outcomes["occurred_at"] > middle),
        planted.policy,
        planted.as_of,
    )
    found = score(first, recommended(rest))
    return found.held, found.scored
