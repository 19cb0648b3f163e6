"""What a source counted is held against what its log tells: a row that was never written is missed, and no other."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from small_logs import NOON, Ledger, Record, answer, failure, fallback, lines, open_ledger

from readback import quality, reconciliation
from readback.continuity import watermark

NOON_AT = datetime.fromtimestamp(NOON, UTC)
LABELS = {"gpt-4o": "openai", "gpt-4o-mini": "openai", "claude-3-5-haiku-20241022": "anthropic"}


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(tmp_path) as found:
        yield found


def scrape(minute: float, started: float = NOON - 86_400, **answers: int) -> str:
    """One scrape of a LiteLLM proxy, so many minutes after noon; `gpt_4o=3` is three answers of gpt-4o so far."""
    name = "litellm_deployment_success_responses_total"
    told = [f"# scraped_at {NOON + 60 * minute:.1f}", "# TYPE process_start_time_seconds gauge"]
    told += [f"process_start_time_seconds {started}", f"# TYPE {name} counter"]
    for key, count in answers.items():
        model = key.replace("_", "-")
        told.append(f'{name}{{litellm_model_name="{model}",user_email="jo@example.com"}} {count}.0')
    return "\n".join(told) + "\n"


def nine() -> list[Record]:
    """Nine answers within the hour after noon, of which two fell back to the small model."""
    told = [answer(f"a{number}", NOON + 300 * number) for number in range(7)]
    return told + fallback("f1", NOON + 2400) + fallback("f2", NOON + 2700)


def compared(
    books: Ledger, records: Sequence[Record], scrapes: str, name: str = "scrapes.prom"
) -> list[dict[str, Any]]:
    """The rows of `reconciliation` for a log and its counters."""
    books.load_bytes(lines(records))
    books.load_bytes(scrapes.encode(), name)
    return reconciled(books)


def reconciled(books: Ledger) -> list[dict[str, Any]]:
    books.con.execute("insert into ledger.dirty_days select distinct cast(started_at as date) from attempts")
    books.build()
    books.con.execute("insert into ledger.dirty_days select distinct cast(started_at as date) from attempts")
    reconciliation.reconcile(books.con, ())
    found = books.con.sql("from reconciliation order by hour, compared_with, model")
    return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


def missing(rows: Sequence[dict[str, Any]]) -> dict[str, int | None]:
    """What is missing of each model over all hours; None where one of them cannot say."""
    told: dict[str, list[int | None]] = {}
    for row in rows:
        told.setdefault(row["model"], []).append(row["missing"])
    return {model: None if None in found else sum(map(int, found)) for model, found in told.items()}  # type: ignore[arg-type]


WHOLE = scrape(-5) + scrape(55, gpt_4o=7, gpt_4o_mini=2)


def test_a_log_that_agrees_misses_nothing(books: Ledger) -> None:
    rows = compared(books, nine(), WHOLE)
    assert missing(rows) == {"gpt-4o": 0, "gpt-4o-mini": 0}
    assert {(row["source"], row["compared_with"], row["counts"]) for row in rows} == {
        ("litellm_metrics", "litellm", "answers")
    }


@pytest.mark.parametrize("dropped", range(9))
def test_one_dropped_of_nine_is_a_deficit_of_one_with_its_model_and_hour(books: Ledger, dropped: int) -> None:
    answers = [record for record in nine() if record["status"] == "success"]
    lost = answers[dropped]
    rows = compared(books, [record for record in nine() if record is not lost and record["id"] != lost["id"]], WHOLE)
    model = lost["model"].removeprefix("openai/")
    assert missing(rows) == {"gpt-4o": 0, "gpt-4o-mini": 0} | {model: 1}
    (row,) = [row for row in rows if row["missing"]]
    assert (row["counted"], row["logged"], row["hour"]) == (
        7 if model == "gpt-4o" else 2, 6 if model == "gpt-4o" else 1, NOON_AT
    )  # fmt: skip


def test_missing_rows_of_the_substitute_bias_the_frequency_down(books: Ledger) -> None:
    rows = compared(books, nine()[:-1], WHOLE)
    assert {row["model"]: row["bias"] for row in rows} == {"gpt-4o": None, "gpt-4o-mini": "down"}


def test_missing_rows_of_the_preferred_model_bias_it_up(books: Ledger) -> None:
    rows = compared(books, nine()[1:], WHOLE)
    assert {row["model"]: row["bias"] for row in rows} == {"gpt-4o": "up", "gpt-4o-mini": None}


def test_a_single_scrape_says_nothing(books: Ledger) -> None:
    assert compared(books, nine(), scrape(55, gpt_4o=7, gpt_4o_mini=2)) == []


def test_scrapes_in_files_of_their_own_and_in_any_order_say_the_same(books: Ledger) -> None:
    books.load_bytes(scrape(55, gpt_4o=7, gpt_4o_mini=2).encode(), "proxy.2.prom")
    books.load_bytes(scrape(25, gpt_4o=4).encode(), "proxy.3.prom")
    books.load_bytes(scrape(-5).encode(), "proxy.1.prom")
    (rows,) = books.rows("select count(distinct instance), count(*) from counter_readings")
    assert rows == (3, 4)


def test_a_reset_counter_has_counted_since_its_restart(books: Ledger) -> None:
    restarted = scrape(-5) + scrape(20, gpt_4o=4) + scrape(55, gpt_4o=3, gpt_4o_mini=2)
    rows = compared(books, nine(), restarted)
    assert missing(rows) == {"gpt-4o": 0, "gpt-4o-mini": 0}
    assert books.rows("select counted, reset_count from source_counters where model = 'gpt-4o'") == [(7, 1)]


def test_a_restart_is_known_by_the_process_where_the_counter_is_higher_again(books: Ledger) -> None:
    restarted = scrape(-5) + scrape(4, gpt_4o=1) + scrape(55, started=NOON + 250, gpt_4o=6, gpt_4o_mini=2)
    assert missing(compared(books, nine(), restarted)) == {"gpt-4o": 0, "gpt-4o-mini": 0}


def test_what_a_restart_lost_is_no_deficit_and_no_surplus(books: Ledger) -> None:
    restarted = scrape(-5) + scrape(4, gpt_4o=1) + scrape(55, started=NOON + 650, gpt_4o=4, gpt_4o_mini=2)
    rows = [row for row in compared(books, nine(), restarted) if row["model"] == "gpt-4o" and row["counted"] == 4]
    assert [(row["missing"], row["missing_reason"]) for row in rows] == [
        (None, "the counter was reset, and may have lost as many")
    ]


def test_a_damaged_scrape_says_nothing_and_shows_no_label(books: Ledger) -> None:
    torn = scrape(25, gpt_4o=9)[:-20] + "\n"
    rows = compared(books, nine(), scrape(-5) + torn + scrape(55, gpt_4o=7, gpt_4o_mini=2))
    assert missing(rows) == {"gpt-4o": 0, "gpt-4o-mini": 0}
    assert books.quarantined() == [(5, "not a whole scrape: a line of it is cut off or malformed; save it again")]
    assert books.rows("select content from quarantine") == [("",)]


def test_no_person_of_a_label_is_held(books: Ledger) -> None:
    books.load_bytes(WHOLE.encode(), "scrapes.prom")
    assert "jo@example.com" not in str(books.rows("from counter_readings"))


def test_an_hour_in_which_the_log_begins_late_is_not_compared(books: Ledger) -> None:
    late = [record for record in nine() if record["startTime"] >= NOON + 1500]
    rows = compared(books, late, WHOLE)
    assert {row["missing_reason"] for row in rows} == {"the log begins later than this time"}
    assert missing(rows) == {"gpt-4o": None, "gpt-4o-mini": None}


def test_an_hour_that_no_log_reaches_is_left_out(books: Ledger) -> None:
    assert compared(books, nine(), scrape(-300) + scrape(-240, gpt_4o=7)) == []


def test_an_hour_that_the_log_has_not_told_to_its_end_yet_is_not_compared(books: Ledger) -> None:
    soon = NOON_AT + timedelta(minutes=31)
    log, counters = books.project.root / "log.jsonl", books.project.root / "scrapes.prom"
    log.write_bytes(lines(nine()[:6]))
    counters.write_text(scrape(-5) + scrape(55, gpt_4o=7, gpt_4o_mini=2))
    books.load(log, counters, loaded_at=soon)
    assert {row["missing_reason"] for row in reconciled(books)} == {"the log that was read ends before this time does"}


def test_a_name_that_only_the_counter_has_may_be_a_name_that_only_the_log_has(books: Ledger) -> None:
    rows = compared(books, nine(), scrape(-5) + scrape(55, our_best=7, gpt_4o_mini=2))
    assert missing(rows) == {"our-best": None, "gpt-4o-mini": 0}


def test_a_model_whose_rows_are_all_lost_is_missed_whole(books: Ledger) -> None:
    only = [record for record in nine() if record["model"] != "openai/gpt-4o-mini"]
    assert missing(compared(books, only, WHOLE)) == {"gpt-4o": 0, "gpt-4o-mini": 2}


def usage(*results: dict[str, Any], start: float = NOON, width: int = 3600) -> bytes:
    """One page of OpenAI's usage, one bucket."""
    bucket = {"object": "bucket", "start_time": int(start), "end_time": int(start) + width, "results": list(results)}
    return json.dumps({"object": "page", "data": [bucket], "has_more": False, "next_page": None}).encode()


def used(model: str, count: int) -> dict[str, Any]:
    return {"object": "organization.usage.completions.result", "num_model_requests": count, "model": model}


def test_a_providers_export_speaks_of_all_calls_to_it(books: Ledger) -> None:
    claude = answer("c", NOON + 60, group="other")
    books.load_bytes(lines([*nine()[1:], claude, failure("x", NOON + 90)]))
    books.load_bytes(usage(used("gpt-4o-2024-08-06", 7), used("gpt-4o-mini-2024-07-18", 2)), "usage.json")
    rows = reconciled(books)
    assert missing(rows) == {"gpt-4o": 1, "gpt-4o-mini": 0}
    assert {row["compared_with"] for row in rows} == {"provider:openai"}


def test_a_bucket_told_again_and_greater_is_the_same_bucket(books: Ledger) -> None:
    books.load_bytes(lines(nine()))
    books.load_bytes(usage(used("gpt-4o", 3)), "first.json")
    books.load_bytes(usage(used("gpt-4o", 7), used("gpt-4o-mini", 2)), "again.json")
    books.load_bytes(usage(used("gpt-4o", 5)), "late.json")
    assert missing(reconciled(books)) == {"gpt-4o": 0, "gpt-4o-mini": 0}


def test_a_bucket_without_a_start_is_no_reading_of_a_rising_counter(books: Ledger) -> None:
    bucket = {"start_time": None, "end_time": int(NOON), "results": [used("gpt-4o", 7)]}
    page = json.dumps({"object": "page", "data": [bucket], "has_more": False}).encode()
    books.load_bytes(page, "usage.json", source="openai_usage")
    assert books.rows("from counter_readings") == []
    assert books.quarantined() == [(1, "a bucket has no start")]


def test_a_bucket_of_a_day_is_compared_with_the_day(books: Ledger) -> None:
    books.load_bytes(lines(nine()))
    books.load_bytes(usage(used("gpt-4o", 8), used("gpt-4o-mini", 2), start=NOON - 43_200, width=86_400), "day.json")
    (row,) = [row for row in reconciled(books) if row["model"] == "gpt-4o"]
    assert row["missing_reason"] == "the log begins later than this time"


def test_an_answer_from_the_cache_never_reached_the_provider(books: Ledger) -> None:
    books.load_bytes(lines([*nine(), answer("cached", NOON + 100, cache_hit=True)]))
    books.load_bytes(usage(used("gpt-4o", 7), used("gpt-4o-mini", 2)), "usage.json")
    assert missing(reconciled(books)) == {"gpt-4o": 0, "gpt-4o-mini": 0}


def test_a_deficit_is_a_finding_that_stops_nothing(books: Ledger) -> None:
    compared(books, nine()[:-1], WHOLE)
    as_of = watermark(books.con)
    assert as_of is not None
    results = quality.check(books.con, "reconciliation", [], as_of)
    (finding,) = [result for result in results if not result.is_passed]
    assert (finding.check_name, finding.is_blocking, finding.observed) == (
        "no log lacks what its source counted", False, 1.0
    )  # fmt: skip
    assert quality.failures(books.con) is None


def test_days_that_did_not_change_stay_as_they_are(books: Ledger) -> None:
    compared(books, nine(), WHOLE)
    books.con.execute("delete from ledger.dirty_days")
    books.con.execute("delete from ledger.counted_days")
    books.con.execute("update reconciliation set missing = 42")
    reconciliation.reconcile(books.con, ())
    assert books.rows("select distinct missing from reconciliation") == [(42,)]
