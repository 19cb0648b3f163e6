"""The aftermath as a whole: what is stale is rebuilt, whatever the order in which logs arrive."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from readback import aftermath, landing, store, stretches
from readback.contracts import Outcome, OutcomeLink, Request, Run, RunStatus, columns
from readback.contracts import vocabulary as words
from readback.settings import Coverage, Settings, Windows
from readback.sources import sources

START = datetime(2026, 10, 1, tzinfo=UTC)
AS_OF = datetime(2026, 10, 31, tzinfo=UTC)
ALL = (START - timedelta(days=10), AS_OF + timedelta(days=1))
KINDS = ["rework", "review_decision", "downstream_error"]
SETTINGS = Settings.model_validate(
    {"coverage": [{"source": "desk", "kinds": KINDS, "from": START - timedelta(days=10)}]}
)


@pytest.fixture
def con() -> Iterator[store.Connection]:
    con = store.memory()
    store.create_tables(con)
    yield con
    con.close()


def add_request(con: store.Connection, number: int, at: datetime, **given: Any) -> None:
    row: dict[str, Any] = {
        "request_id": f"a:{number}",
        "run_id": f"r{number}",
        "source": "a",
        "workflow": "w",
        "started_at": at,
        "ended_at": at + timedelta(seconds=5),
        "served_by": "preferred",
        "is_fallback": False,
        "attempt_count": 1,
        "chain": ["m"],
        "is_partial": False,
        "weight": 1.0,
    } | given
    insert(con, "requests", row)


def add_outcome(con: store.Connection, number: int, kind: str, at: datetime, **given: Any) -> None:
    row: dict[str, Any] = {
        "outcome_id": f"o{number}/{given.get('revision', 0)}",
        "kind": kind,
        "source_system": "desk",
        "source_record_id": str(number),
        "revision": 0,
        "retracted": False,
        "occurred_at": at,
        "time_quality": "exact",
        "file_id": "f",
        "line": 1,
        "actor_kind": "human",
    } | given
    insert(con, "outcomes", row)


def insert(con: store.Connection, table: str, row: dict[str, Any]) -> None:
    slots = ", ".join(f"${name}" for name in row)
    con.execute(f"insert into {table} ({', '.join(row)}) values ({slots})", row)


def build(con: store.Connection, *dirty: stretches.Range, settings: Settings = SETTINGS) -> None:
    aftermath.build_aftermath(con, settings, dirty, AS_OF)


def status(con: store.Connection, run_id: str, metric: str = "rework") -> tuple[str, bool]:
    sql = f"select status, is_mature from run_status where run_id = '{run_id}' and metric = '{metric}'"
    (found,) = con.execute(sql).fetchall()
    return found[0], found[1]


def everything(con: store.Connection) -> list[list[tuple[Any, ...]]]:
    names = ("runs", "outcome_links", "run_events", "run_status")
    return [con.execute(f"select * from {name} order by all").fetchall() for name in names]


def test_worked_example_gives_a_quarter_and_neither_wrong_answer(con: store.Connection) -> None:
    """reference/outcomes-and-policy.md §3.7."""
    for number in range(8):
        add_request(con, number, START)
    for number in (8, 9):
        add_request(con, number, START + timedelta(days=25))
    add_request(con, 10, START, served_by="hold", is_fallback=True)
    add_request(con, 11, START - timedelta(days=1))
    settings = Settings.model_validate({"coverage": [{"source": "desk", "kinds": KINDS, "from": START}]})
    for outcome, run, day in ((1, 0, 3), (2, 1, 13), (3, 8, 26)):
        add_outcome(con, outcome, "rework", START + timedelta(days=day), run_id=f"r{run}")
    add_outcome(con, 4, "feedback", AS_OF)
    build(con, ALL, settings=settings)
    ((events, mature, observable, eligible, naive),) = con.execute(
        """select count(*) filter (where is_mature and status = 'event'), count(*) filter (where is_mature),
            count(*) filter (where status in ('event', 'clear', 'censored')),
            count(*) filter (where status <> 'not_eligible'), count(*) filter (where status = 'event')
        from run_status where metric = 'rework'"""
    ).fetchall()
    assert (events, mature) == (2, 8)
    assert (observable, eligible) == (10, 11)
    assert naive == 3
    assert events / mature not in (3 / 9, 3 / 10)


def test_every_run_has_exactly_one_status_per_metric(con: store.Connection) -> None:
    scenario(con, random.Random(7))
    build(con, ALL)
    counts = con.execute("select run_id, count(*), count(distinct metric) from run_status group by run_id").fetchall()
    assert len(counts) == con.execute("select count(distinct run_id) from requests").fetchall()[0][0]
    assert {(rows, metrics) for _, rows, metrics in counts} == {(3, 3)}


def test_run_status_has_the_columns_of_its_contract(con: store.Connection) -> None:
    build(con)
    described = [(name, kind) for name, kind, *_ in con.execute("describe run_status").fetchall()]
    assert described == [(column.name, column.sql_type) for column in columns(RunStatus)]


def test_rows_keep_their_contracts_and_weights_sum_to_one(con: store.Connection) -> None:
    scenario(con, random.Random(11))
    build(con, ALL)
    for row in (Run, OutcomeLink, RunStatus):
        found = con.execute(f"select * from {row.table}")
        names = [name for name, *_ in found.description]
        assert [row(**dict(zip(names, values, strict=True))) for values in found.fetchall()]
    weights = con.execute("select sum(weight) from outcome_links group by outcome_id").fetchall()
    assert [weight for (weight,) in weights] == pytest.approx([1.0] * len(weights))


@pytest.mark.parametrize("seed", range(3))
def test_any_order_of_arrival_gives_the_same_rows(con: store.Connection, seed: int) -> None:
    scenario(con, random.Random(seed))
    build(con, ALL)
    at_once = everything(con)
    requests, outcomes = emptied(con, Request.table), emptied(con, Outcome.table)
    for table in ("runs", "outcome_links", "run_events"):
        con.execute(f"delete from {table}")
    chance = random.Random(seed + 100)
    chance.shuffle(requests)
    chance.shuffle(outcomes)
    while requests or outcomes:
        arrived = [requests.pop() for _ in range(min(len(requests), 15))]
        for row in arrived:
            insert(con, "requests", row)
        for _ in range(min(len(outcomes), 9)):
            insert(con, "outcomes", outcomes.pop())
        build(
            con,
            *((row["started_at"], row["started_at"] + timedelta(microseconds=1)) for row in arrived),
        )
    assert all(at_once)
    assert everything(con) == at_once


def scenario(con: store.Connection, chance: random.Random) -> None:
    """Runs over several requests, shared sessions and traces, revised and retracted outcomes."""
    for number in range(60):
        run = chance.randrange(30)
        at = START + timedelta(days=run % 20, hours=chance.randrange(40), seconds=number)
        add_request(
            con,
            number,
            at,
            run_id=f"r{run}",
            session_id=f"s{run // 2}" if run % 3 else f"own{run}",
            trace_id=f"t{run // 4}",
            served_by=chance.choice(["preferred", "substitute", "nobody"]),
            is_fallback=chance.choice([True, False, None]),
        )
    for number in range(40):
        run = chance.randrange(30)
        kind = chance.choice([*KINDS, "all_clear"])
        keys = {
            "run_id": f"r{run}",
            "request_id": str(number),
            "session_id": f"own{run}",
            "trace_id": f"T-{run // 4}",
        }
        key = chance.choice(list(keys))
        for revision in range(chance.choice([1, 1, 2])):
            add_outcome(
                con,
                number,
                kind,
                START + timedelta(days=run % 20 + 1 + chance.randrange(15)),
                revision=revision,
                retracted=chance.random() < 0.2,
                decision=chance.choice([*words.Decision]).value if kind == "review_decision" else None,
                **{key: keys[key]},
            )


def emptied(con: store.Connection, table: str) -> list[dict[str, Any]]:
    names = [row[0] for row in con.execute(f"describe {table}").fetchall()]
    rows = [dict(zip(names, row, strict=True)) for row in con.execute(f"select * from {table}").fetchall()]
    con.execute(f"delete from {table}")
    return rows


def test_earlier_request_moves_its_run_and_leaves_no_second_row(con: store.Connection) -> None:
    add_request(con, 1, START + timedelta(days=1), run_id="r")
    build(con, (START + timedelta(days=1), START + timedelta(days=2)))
    add_request(con, 2, START, run_id="r")
    build(con, (START, START + timedelta(days=1)))
    assert con.execute("select started_at, request_count from runs").fetchall() == [(START, 2)]


def test_request_that_changes_its_run_leaves_no_ghost(con: store.Connection) -> None:
    add_request(con, 1, START, run_id="a:1")
    build(con, ALL)
    con.execute("update requests set run_id = 'task'")
    build(con, (START, START + timedelta(seconds=1)))
    assert con.execute("select run_id from runs").fetchall() == [("task",)]


def test_run_id_used_again_months_later_is_still_one_run(con: store.Connection) -> None:
    for number, day in enumerate((0, 20)):
        add_request(con, number, START + timedelta(days=day), run_id="default")
        build(con, (START + timedelta(days=day), START + timedelta(days=day + 1)))
    assert con.execute("select run_id, request_count from runs").fetchall() == [("default", 2)]


def test_late_outcome_restates_an_old_run_without_new_requests(con: store.Connection) -> None:
    add_request(con, 1, START)
    add_outcome(con, 9, "feedback", AS_OF)
    build(con, ALL)
    assert status(con, "r1") == ("clear", True)
    add_outcome(con, 1, "rework", START + timedelta(days=2), run_id="r1")
    build(con)
    assert status(con, "r1") == ("event", True)


def test_retraction_restates_the_past(con: store.Connection) -> None:
    add_request(con, 1, START)
    add_outcome(con, 9, "feedback", AS_OF)
    add_outcome(con, 1, "downstream_error", START + timedelta(days=2), run_id="r1")
    settings = SETTINGS.model_copy(update={"windows": Windows.model_validate({"downstream_error": "20d"})})
    build(con, ALL, settings=settings)
    assert status(con, "r1", "downstream_error") == ("event", True)
    add_outcome(
        con,
        1,
        "downstream_error",
        START + timedelta(days=2),
        run_id="r1",
        revision=1,
        retracted=True,
    )
    build(con, settings=settings)
    assert status(con, "r1", "downstream_error") == ("clear", True)


def test_rejection_takes_a_run_out_of_rework(con: store.Connection) -> None:
    add_request(con, 1, START)
    add_outcome(con, 9, "feedback", AS_OF)
    build(con, ALL)
    add_outcome(con, 1, "review_decision", START + timedelta(hours=2), run_id="r1", decision="rejected")
    build(con)
    assert status(con, "r1") == ("not_eligible", False)
    assert status(con, "r1", "override") == ("event", True)


def test_outcome_that_comes_before_its_request_is_linked_later(con: store.Connection) -> None:
    add_outcome(con, 1, "rework", START + timedelta(days=2), request_id="1")
    build(con)
    assert not con.execute("from outcome_links").fetchall()
    add_request(con, 1, START)
    build(con, (START, START + timedelta(days=1)))
    assert con.execute("select run_id from outcome_links").fetchall() == [("r1",)]


def test_second_run_of_a_session_undoes_the_tie(con: store.Connection) -> None:
    add_request(con, 1, START, session_id="s")
    add_outcome(con, 1, "rework", START + timedelta(days=2), session_id="s")
    build(con, ALL)
    assert con.execute("select run_id, method from outcome_links").fetchall() == [("r1", "session")]
    add_request(con, 2, START + timedelta(days=1), session_id="s")
    build(con, (START + timedelta(days=1), START + timedelta(days=2)))
    assert con.execute("select * from outcome_links").fetchall() == []
    assert con.execute("select * from run_events").fetchall() == []


def test_longer_window_finds_the_event_that_was_too_late(con: store.Connection) -> None:
    add_request(con, 1, START)
    add_outcome(con, 1, "rework", START + timedelta(days=16), run_id="r1")
    add_outcome(con, 9, "feedback", AS_OF)
    build(con, ALL)
    assert status(con, "r1") == ("clear", True)
    longer = SETTINGS.model_copy(update={"windows": Windows.model_validate({"rework": "20d"})})
    build(con, settings=longer)
    assert status(con, "r1") == ("event", True)


def test_without_a_declaration_nothing_is_clear(con: store.Connection) -> None:
    add_request(con, 1, START)
    add_outcome(con, 1, "rework", START + timedelta(days=2), run_id="r1")
    add_request(con, 2, START)
    build(con, ALL, settings=Settings())
    found = con.execute("select distinct status, is_mature from run_status where metric <> 'override'").fetchall()
    assert found == [("uncovered", False)]


def test_watermark_is_the_latest_time_told_and_never_beyond_the_clock(
    con: store.Connection,
) -> None:
    add_outcome(con, 1, "rework", START, recorded_at=START + timedelta(days=1))
    add_outcome(con, 2, "rework", AS_OF + timedelta(days=900), source_system="fast-clock")
    assert aftermath.watermarks(con, AS_OF) == {
        "desk": START + timedelta(days=1),
        "fast-clock": AS_OF,
    }


def test_declared_source_that_was_never_read_stays_at_its_beginning() -> None:
    section = Coverage.model_validate(
        {"source": "desk", "kinds": ["rework", "feedback"], "workflows": ["a", "b*"], "from": START}
    )
    rows = aftermath.coverage_rows([section, section], {})
    assert [(row.workflow, row.kind.value) for row in rows] == [
        ("a", "rework"),
        ("a", "feedback"),
        ("b*", "rework"),
        ("b*", "feedback"),
    ]
    assert {row.watermark_at for row in rows} == {START}


def test_batches_cover_a_stretch_without_gap_or_overlap() -> None:
    stretch = (START, START + timedelta(days=15))
    parts = list(stretches.batches([stretch, (START, START)]))
    assert (parts[0][0], parts[-1][1]) == stretch
    assert all(before[1] == after[0] for before, after in zip(parts, parts[1:], strict=False))
    assert max(end - start for start, end in parts) == stretches.LONGEST_BATCH


GOOD = {
    "kind": "rework",
    "occurred_at": "2026-10-01T10:00:00Z",
    "source_system": "desk",
    "source_record_id": "1",
    "rework_type": "reopened",
    "run_id": "r1",
}
ENUMS = {
    "kind": words.OutcomeKind,
    "decision": words.Decision,
    "override_target": words.OverrideTarget,
    "rework_type": words.ReworkType,
    "severity": words.Severity,
    "error_type": words.ErrorType,
    "review_mode": words.ReviewMode,
    "actor_kind": words.ActorKind,
    "time_quality": words.TimeQuality,
    "artifact_type": words.ArtifactType,
    "cost_basis": words.CostBasis,
}


def read_outcome(con: store.Connection, record: dict[str, str]) -> dict[str, Any]:
    landing.prepare_session(con)
    source = sources()["outcomes"]
    cells = ", ".join(
        f"cast({f'${name}' if name in record else 'null'} as {kind}) as {name}" for name, kind in source.columns.items()
    )
    relation = store.query(con, f"with records as (select {cells}) select * from ({source.body})", record)
    return dict(zip(relation.columns, relation.fetchall()[0], strict=True))


@pytest.mark.parametrize("column", ENUMS)
def test_outcome_words_are_those_of_the_vocabulary(con: store.Connection, column: str) -> None:
    problem = read_outcome(con, GOOD | {column: "nonsense"})["problem"]
    assert problem == f"{column} is 'nonsense'; expected one of {', '.join(ENUMS[column])}"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"rework_type": ""}, "rework_type is missing, which a rework needs"),
        ({"kind": "review_decision"}, "decision is missing, which a review_decision needs"),
        ({"kind": "override"}, "override_target is missing, which an override needs"),
        (
            {"kind": "downstream_error", "error_type": "refund"},
            "severity is missing, which a downstream_error needs",
        ),
        ({"cost_amount": "5"}, "cost_currency is missing, which a cost_amount needs"),
        ({"cost_currency": "USD"}, "cost_amount is missing, which a cost_currency needs"),
        (
            {"cost_amount": "NaN", "cost_currency": "USD"},
            "cost_amount is 'NaN'; expected a number of at least 0",
        ),
        ({"edit_ratio": "1.5"}, "edit_ratio is '1.5'; expected a number from 0 to 1"),
        (
            {"occurred_at": "1760000000"},
            "occurred_at is '1760000000'; expected a time such as 2026-10-01T08:30:00Z",
        ),
        (
            {"impact_start": "2026-10-02", "impact_end": "2026-10-01"},
            "impact_end is before impact_start",
        ),
        ({"source_record_id": " "}, "source_record_id is missing"),
    ],
)
def test_outcome_that_breaks_a_rule_says_which(con: store.Connection, change: dict[str, str], sentence: str) -> None:
    assert read_outcome(con, GOOD | change)["problem"] == sentence


def test_outcome_takes_aliases_offsets_and_defaults(con: store.Connection) -> None:
    record = GOOD | {
        "run_id": "None",
        "gateway_request_id": "g-1",
        "workflow_class": "claims",
        "occurred_at": "2026-10-01T10:00:00.000-0600",
        "recorded_at": "2026-10-01 17:00:00",
        "trace_id": "4BF9-2F35",
        "kind": "Rework",
    }
    row = read_outcome(con, record)
    expected = {
        "problem": None,
        "kind": "rework",
        "run_id": None,
        "request_id": "g-1",
        "workflow": "claims",
        "revision": 0,
        "trace_id": "4bf92f35",
        "retracted": False,
        "time_quality": "exact",
        "actor_kind": "unknown",
        "cost_amount": None,
        "occurred_at": datetime(2026, 10, 1, 16, tzinfo=UTC),
        "recorded_at": datetime(2026, 10, 1, 17, tzinfo=UTC),
    }
    assert {name: row[name] for name in expected} == expected


def test_outcome_without_any_join_key_is_kept(con: store.Connection) -> None:
    assert read_outcome(con, {name: text for name, text in GOOD.items() if name != "run_id"})["problem"] is None
