"""What the pages ask on the way down to an episode, and what stands beside a time axis."""

from datetime import UTC, datetime, timedelta

import polars as pl
from faces_project import AS_OF

from readback.faces import annotations, drill
from readback.faces.period import Span
from readback.settings import Note
from readback.store import Connection

MONTH = Span(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))


def test_hops_add_up_to_the_fallbacks_that_left_their_model(con: Connection) -> None:
    hops = drill.flows(con, MONTH, "code-review")
    ((count,),) = con.sql(
        "select count(*) from fallback_events where workflow = 'code-review' and month(occurred_at) = 10"
    ).fetchall()
    assert hops.filter(pl.col("step") == 1)["fallbacks"].sum() == count
    assert set(hops.columns) == {"step", "source", "target", "fallbacks"}


def test_no_fallback_gives_no_hop(con: Connection) -> None:
    assert drill.flows(con, MONTH, "nobody").is_empty()


def test_steps_of_time_are_minutes_until_they_would_be_too_many() -> None:
    hour, week = (Span(AS_OF, AS_OF + length) for length in (timedelta(hours=1), timedelta(days=7)))
    assert drill.bin_seconds(hour) == 60
    assert drill.bin_seconds(week) == 3600
    assert drill.bin_seconds(Span(AS_OF, AS_OF + timedelta(days=4000))) == 86400


def test_episode_is_shown_with_a_quarter_of_an_hour_around_it_at_least() -> None:
    short = drill.around(AS_OF, AS_OF + timedelta(minutes=5))
    assert short == Span(AS_OF - timedelta(minutes=15), AS_OF + timedelta(minutes=20))


def test_policy_lines_count_every_fallback_of_the_episode(con: Connection) -> None:
    ((episode_id, count),) = con.sql(
        "select episode_id, count(*) from fallback_events group by 1 order by 2 desc, 1 limit 1"
    ).fetchall()
    forever = Span(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
    assert drill.policy_lines(con, episode_id, forever)["fallbacks"].sum() == count
    assert drill.episode_costs(con, episode_id, forever)["fallbacks"].to_list() == [count]


def test_time_axis_tells_incidents_changes_and_notes_in_their_order(con: Connection) -> None:
    note = Note.model_validate({"at": "2026-10-20T08:00:00Z", "text": "Release 4.2"})
    told = annotations.annotations(con, MONTH, [note])
    assert set(told["kind"].to_list()) == {"provider incident", "admin change", "note"}
    assert told["at"].is_sorted()


def test_note_of_another_workflow_or_time_is_not_told(con: Connection) -> None:
    facts = {"at": "2026-10-20T08:00:00Z", "text": "Release 4.2"}
    other = Note.model_validate({**facts, "workflow": "claim-letter"})
    past = Note.model_validate({**facts, "at": "2026-01-20T08:00:00Z"})
    told = annotations.annotations(con, MONTH, [other, past], workflow="code-review")
    assert "note" not in told["kind"].to_list()
