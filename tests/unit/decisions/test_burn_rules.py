"""A budget burns where both windows of a severity exceed it, and enough requests say so."""

import pytest
from unit.decisions.samples import AS_OF, burn

from readback.contracts.vocabulary import AlertTier
from readback.decisions.burn_rules import SEVERITIES, BurnWindow, budget_burn
from readback.decisions.condition import Condition


def judged(*windows: BurnWindow) -> list[Condition]:
    return list(budget_burn(windows, AS_OF))


def both(long_s: int, short_s: int, bad: int, n: int = 1000) -> tuple[BurnWindow, BurnWindow]:
    given = {"request_count": n, "bad_count": bad, "run_squares": n}
    return burn(window_s=long_s, **given), burn(window_s=short_s, **given)


def test_severities_are_those_of_the_site_reliability_workbook() -> None:
    period = 30 * 86400
    shares = [severity.burn * severity.long_s / period for severity in SEVERITIES]
    assert shares == pytest.approx([0.02, 0.05, 0.10])
    assert [severity.long_s / severity.short_s for severity in SEVERITIES] == [12, 12, 12]


@pytest.mark.parametrize(
    ("long_s", "short_s", "bad", "tier", "level"),
    [
        (3600, 300, 200, AlertTier.PAGE, 2),
        (3600, 300, 140, None, None),
        (6 * 3600, 1800, 100, AlertTier.PAGE, 1),
        (6 * 3600, 1800, 60, None, None),
        (3 * 86400, 6 * 3600, 30, AlertTier.TICKET, 0),
        (3 * 86400, 6 * 3600, 10, None, None),
    ],
)
def test_each_severity_has_its_own_threshold(
    long_s: int, short_s: int, bad: int, tier: AlertTier | None, level: int | None
) -> None:
    found = judged(*both(long_s, short_s, bad))
    assert [(each.tier, each.level) for each in found] == ([(tier, level)] if tier else [])


def test_both_windows_must_burn() -> None:
    assert judged(burn(), burn(window_s=300, bad_count=0)) == []
    assert judged(burn(bad_count=0), burn(window_s=300)) == []
    assert judged(burn()) == []


@pytest.mark.parametrize(("bad", "fires"), [(9, False), (10, True)])
def test_fewer_than_ten_bad_requests_say_nothing(bad: int, fires: bool) -> None:
    assert bool(judged(*both(3600, 300, bad, n=12))) is fires


def test_requests_of_one_run_count_as_alike() -> None:
    alone = {"request_count": 60, "bad_count": 18}
    windows = (burn(window_s=3600, run_squares=60, **alone), burn(window_s=300, run_squares=60, **alone))
    alike = (burn(window_s=3600, run_squares=3600, **alone), burn(window_s=300, run_squares=3600, **alone))
    assert judged(*windows)
    assert judged(*alike) == []


def test_the_loudest_severity_speaks_alone() -> None:
    windows = [burn(window_s=length) for length in (300, 1800, 3600, 21600, 259200)]
    (condition,) = judged(*windows)
    assert condition.level == 2
    assert condition.detail == (
        "20% (200 of 1,000) of requests were off its preferred model in the last 60 min, 20% (200 of 1,000) in the "
        "last 5 min; the objective allows 1%, and 14.4 times that pages."
    )


def test_the_fingerprint_holds_no_severity_so_that_it_may_escalate() -> None:
    (ticket,) = judged(*both(3 * 86400, 6 * 3600, 30))
    (page,) = judged(*both(3600, 300, 200))
    assert ticket.scope == page.scope == ("served_by_preferred", "payment")


def test_held_requests_burn_a_budget_of_their_own() -> None:
    held = [burn(window_s=length, indicator="not_held", workflow=None) for length in (3600, 300)]
    preferred = [burn(window_s=length) for length in (3600, 300)]
    found = judged(*held, *preferred)
    assert [each.metric for each in found] == ["continuity_rate", "fallback_frequency"]
    assert found[0].title == "(no workflow) is held 20 times as often as its budget allows"
