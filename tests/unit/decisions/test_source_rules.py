"""Logs that cannot be relied on are told of, and ordinary ones are not."""

from datetime import timedelta
from typing import Any

import pytest
from unit.decisions.samples import AS_OF

from readback.decisions.source_rules import (
    LostLines,
    SourceRhythm,
    UnmappedShare,
    UnreadableShare,
    ledger_imbalance,
    quarantine_share,
    source_stale,
    unmapped_share,
)

DAY_S = 86400.0
FIRST = AS_OF - timedelta(days=7)


def rhythm(hours: float, **given: Any) -> SourceRhythm:
    base: dict[str, Any] = {"source": "litellm", "file_count": 9, "usual_gap_s": DAY_S, "stale_after_s": 26 * 3600.0}
    return SourceRhythm(**(base | {"last_at": AS_OF - timedelta(hours=hours)} | given))


@pytest.mark.parametrize(
    ("hours", "given", "fires"),
    [
        (72, {}, False),
        (73, {}, True),
        (73, {"file_count": 3}, False),
        (73, {"usual_gap_s": None}, False),
        (25, {"usual_gap_s": 60.0}, False),
        (27, {"usual_gap_s": 60.0}, True),
    ],
)
def test_a_source_is_silent_after_three_of_its_usual_turns(hours: float, given: dict[str, Any], fires: bool) -> None:
    assert bool(list(source_stale([rhythm(hours, **given)], AS_OF))) is fires


def test_a_silent_source_is_told_again_when_ten_times_as_long() -> None:
    levels = [next(iter(source_stale([rhythm(hours)], AS_OF))).level for hours in (73, 721)]
    assert levels == [0, 1]


def test_a_silence_keeps_its_fingerprint_while_it_lasts_and_the_next_has_another() -> None:
    (first,) = source_stale([rhythm(80)], AS_OF)
    (longer,) = source_stale([rhythm(80)], AS_OF + timedelta(days=9))
    (other,) = source_stale([rhythm(74)], AS_OF)
    assert first.scope == longer.scope != other.scope


def test_one_lost_line_is_enough() -> None:
    (condition,) = ledger_imbalance([LostLines("a.jsonl", 10, 9)], AS_OF)
    assert condition.title == "The ledger does not balance: 1 line of 1 file unexplained"
    assert list(ledger_imbalance([], AS_OF)) == []


@pytest.mark.parametrize(
    ("quarantined", "fires"), [(10, False), (15, False), (20, True)], ids=["allowed", "by chance", "too many"]
)
def test_unreadable_lines_must_exceed_their_share_by_more_than_chance(quarantined: int, fires: bool) -> None:
    share = UnreadableShare("litellm", 1000, quarantined, FIRST, AS_OF, 0.01)
    assert bool(list(quarantine_share([share], AS_OF))) is fires


@pytest.mark.parametrize(
    ("n", "unmapped", "fires"), [(12, 9, False), (12, 10, True), (1000, 110, False), (1000, 130, True)]
)
def test_requests_of_no_workflow_must_exceed_their_share_by_more_than_chance(
    n: int, unmapped: int, fires: bool
) -> None:
    share = UnmappedShare("litellm", n, unmapped, FIRST, AS_OF, 0.10)
    assert bool(list(unmapped_share([share], AS_OF))) is fires


def test_the_message_says_which_line_of_the_settings_names_a_workflow() -> None:
    (condition,) = unmapped_share([UnmappedShare("otlp", 1000, 400, FIRST, AS_OF, 0.10)], AS_OF)
    assert condition.title == "40% of the requests of otlp name no workflow"
    assert "`[workflow] from` in readback.toml" in condition.detail
