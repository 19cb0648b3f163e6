"""A backtest of recommendations in sentences, one line a recommendation."""

from collections.abc import Iterator

from readback.decisions.advice import Limits
from readback.decisions.backtest import Backtest, Score
from readback.faces.inert import plain

_SAID = {True: "held", False: "did not hold", None: "not scored"}


def lines(told: Backtest) -> Iterator[str]:
    """What the earlier window asked for and the later one shows of it; then the share of intervals that held."""
    yield (
        f"Recommended on {told.from_at:%Y-%m-%d} to {told.middle:%Y-%m-%d}, scored on {told.middle:%Y-%m-%d} to "
        f"{told.as_of:%Y-%m-%d}."
    )
    if not told.scores:
        yield "Nothing was recommended then."
        return
    for score in told.scores:
        yield from _score(score)
    share, low, high = told.share
    if share is None or low is None or high is None:
        yield f"None of {len(told.scores):,} can be scored."
        return
    yield (
        f"{told.held:,} of {told.scored:,} intervals held ({100 * share:.0f}%, 95% CI {100 * low:.0f}% to "
        f"{100 * high:.0f}%); {len(told.scores) - told.scored:,} not scored."
    )


def _score(score: Score) -> Iterator[str]:
    yield f"{_SAID[score.is_held]:12}  {plain(score.title)}"
    if score.is_held is not None:
        yield f"              said {_limits(score.said)}; shown {_limits(score.shown)}"


def _limits(limits: Limits) -> str:
    value, low, high = limits
    return "nothing" if None in limits else f"{value:.3g} ({low:.3g} to {high:.3g})"
