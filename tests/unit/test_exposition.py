"""Scrapes saved as text: when each was taken, by which replica, and what of it is kept."""

from datetime import UTC, datetime
from typing import Any

import pytest

from readback.exposition import Scrape, scrapes

COUNTER = "# TYPE hits_total counter\n"


def told(text: str, name: str = "scrapes.prom") -> list[Scrape]:
    return list(scrapes(text, name))


def record(text: str, name: str = "scrapes.prom") -> dict[str, Any]:
    (one,) = told(text, name)
    assert one.record is not None
    return one.record


@pytest.mark.parametrize(
    ("name", "at", "instance"),
    [
        ("litellm-20261005T120000Z.prom", datetime(2026, 10, 5, 12, tzinfo=UTC), "litellm"),
        ("2026-10-05T12-30-15Z_proxy-b.txt", datetime(2026, 10, 5, 12, 30, 15, tzinfo=UTC), "proxy-b"),
        ("proxy.2026-10-05_1230.metrics.gz", datetime(2026, 10, 5, 12, 30, tzinfo=UTC), "proxy"),
        ("a-1791201600.prom", datetime(2026, 10, 5, 12, tzinfo=UTC), "a"),
        ("metrics.txt", None, "metrics"),
        ("20269999T999999Z.prom", None, "20269999T999999Z"),
    ],
)
def test_time_and_replica_are_told_by_the_name(name: str, at: datetime | None, instance: str) -> None:
    found = record(COUNTER + "hits_total 3\n", name)
    assert (found["scraped_at"], found["instance"]) == (at and at.isoformat(), instance)


@pytest.mark.parametrize(
    "time", ["2026-10-05T12:00:00Z", "2026-10-05T14:00:00+02:00", "2026-10-05T12:00:00", "1791201600"]
)
def test_time_before_a_scrape_outranks_the_name(time: str) -> None:
    found = record(f"# scraped_at {time} replica-2\n{COUNTER}hits_total 3\n", "a-20200101T000000Z.prom")
    assert (found["scraped_at"], found["instance"]) == ("2026-10-05T12:00:00+00:00", "replica-2")


def test_each_scrape_of_a_file_has_its_line() -> None:
    one = f"# scraped_at 2026-10-05T12:00:00Z\n{COUNTER}hits_total 3\n"
    assert [scrape.line for scrape in told(one + one)] == [1, 4]


def test_a_declared_counter_without_series_is_told_to_have_none() -> None:
    assert record(COUNTER)["hits_total"] == []


def test_counters_and_counts_of_histograms_are_kept_and_nothing_else() -> None:
    text = COUNTER + 'hits_total 3\n# TYPE s histogram\ns_bucket{le="1"} 2\ns_sum 4\ns_count 2\n# TYPE g gauge\ng 7\n'
    assert set(record(text)) == {"scraped_at", "instance", "process_started_at", "hits_total", "s_count"}


def test_a_sample_of_prometheus_itself_keeps_its_time_and_instance() -> None:
    (one,) = record(COUNTER + 'hits_total{instance="b:80"} 3 1791201600000\n')["hits_total"]
    assert (one["read_at"], one["instance"], one["total"]) == ("2026-10-05T12:00:00+00:00", "b:80", 3.0)


def test_series_is_known_by_its_labels_in_any_order() -> None:
    first, second = record(COUNTER + 'hits_total{a="1",b="2"} 3\nhits_total{b="2",a="1"} 3\n')["hits_total"]
    assert first["series"] == second["series"]


def test_a_scrape_that_is_cut_off_is_no_scrape() -> None:
    (one,) = told(COUNTER + 'hits_total{a="1')
    assert one.record is None
    assert one.fault is not None
    assert "cut off" in one.fault
