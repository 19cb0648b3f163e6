"""A replay in sentences, one line a fact."""

from collections.abc import Iterator

from readback.decisions.replay import ClassChange, Replay
from readback.faces.inert import plain
from readback.policy.finding import Level
from readback.policy.validation import validate
from readback.policy.version import Policy

_REPLAYED = frozenset({"P001", "P002", "P003", "P009", "P016", "P022"})
"""Findings on which it hangs what a replay makes of a candidate; of owners and approvals it does not."""

_NOUNS = {"fallbacks": "fallbacks", "holds": "held", "failures": "failed"}


def lines(told: Replay) -> Iterator[str]:
    """What would have differed; of a candidate that changes nothing, that it does not."""
    yield (
        f"{plain(told.candidate)} over {told.request_count:,} requests from {told.from_at:%Y-%m-%d} to "
        f"{told.to_at:%Y-%m-%d}, beside {plain(told.in_force)}, which was in force."
    )
    yield (f"History: {told.fallback_count:,} fallbacks, {told.hold_count:,} held, {told.failure_count:,} failed.")
    if told.unread:
        yield f"Not replayed, for requests do not show it: {', '.join(told.unread)}."
    if told.is_history:
        rest = "Nothing else" if told.unread else "Nothing"
        yield f"{rest} would have differed: it asks for what was asked, and judges as it was judged."
        return
    for change in told.changes:
        yield f"{plain(change.workflow_class)}: {change.requests:,} requests differ"
        yield from (f"  {sentence}" for sentence in _change(change))
    for each in told.untold:
        yield (
            f"{plain(each.workflow_class)}: {each.untold_count:,} of {each.call_count:,} calls do not tell "
            f"{plain(each.signal)}; what hangs on it lies between none and all"
        )
    for verdict in told.verdicts:
        reasons = f" ({', '.join(verdict.reasons_after)})" if verdict.reasons_after else ""
        yield (
            f"{plain(verdict.workflow_class)}: {verdict.request_count:,} verdicts "
            f"{verdict.verdict_before or 'none'} -> "
            f"{verdict.verdict_after or 'none'}{reasons}, such as {plain(verdict.example_request_id)}"
        )


def _change(change: ClassChange) -> Iterator[str]:
    for measure, noun in _NOUNS.items():
        low, high = getattr(change, f"{measure}_low"), getattr(change, f"{measure}_high")
        if low or high:
            yield f"{noun} {_between(low, high, ',d')}"
    if change.wait_low_s or change.wait_high_s or change.unknown_wait_count:
        more = f"; of {change.unknown_wait_count:,} requests nobody can tell" if change.unknown_wait_count else ""
        form = ",.0f" if max(abs(change.wait_low_s), abs(change.wait_high_s)) >= 10 else ",.3g"
        yield f"waiting for the preferred model {_between(change.wait_low_s, change.wait_high_s, form)} s{more}"
    if change.cost_usd or change.unknown_cost_count:
        more = f"; of {change.unknown_cost_count:,} requests nobody can tell" if change.unknown_cost_count else ""
        yield f"cost {change.cost_usd:+,.2f} USD at what the models cost there otherwise{more}"
    yield "class R: the log says all of it" if change.is_exact else "class B: bounds, the log cannot say more"


def _between(low: float, high: float, form: str) -> str:
    return f"{low:+{form}}" if low == high else f"between {low:+{form}} and {high:+{form}}"


def faults(candidate: Policy) -> Iterator[str]:
    """What keeps a candidate from coming into force as it stands, a sentence each; it is replayed all the same."""
    for found in validate([candidate]):
        if found.code in _REPLAYED and (found.level is Level.ERROR or found.code == "P022"):
            place = f"{candidate.file}:{found.line}" if found.line else str(candidate.file)
            yield f"{plain(place)}: {found.path}: {found.code}: {plain(found.message)}; replayed as it stands"
