"""A fleet with known truth: raw logs in real formats, a project around them, and the answers.

Everything follows from the seed and the arguments: same arguments, same bytes. No clock is read.
"""

from datetime import datetime
from pathlib import Path

from readback.simulate.truth import Truth

__all__ = ["Truth", "simulate"]


def simulate(out: Path, requests: int, days: float, seed: int, end: datetime) -> Truth:
    """Write the logs, outcomes, status pages, policy, settings and truth of a fleet below `out`.

    `requests` are client requests (exact), `days` the length of the span before `end` (time-zone aware; cut to whole
    seconds). The files of an earlier simulation in `out` are removed, others are left
    alone. The truth is also in `out/truth.json`.

    Raises:
        ValueError: `days` < 1, too few `requests` to keep the outages dense, or `end` without a time zone.
    """
    from readback.simulate.fleet_log import write_fleet

    return write_fleet(out, requests, days, seed, end)
