"""Which requests the rules of a policy keep off their preferred model, or whose answer they set aside.

Where the rules of the policy in force say otherwise than the log shows, the gateway did not follow them, or what the
log does not tell was so: either way the log stands, for a candidate that asks for no more.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, groupby
from typing import Any

from readback import store
from readback.decisions.asked import Asked
from readback.decisions.class_rules import NO_RULES, ClassRules, rules_of
from readback.decisions.cooling import Call, cooled
from readback.decisions.doubts import Doubt, DoubtRule, doubted, is_strict
from readback.decisions.untold import Untold, untold
from readback.decisions.window_rules import is_lenient
from readback.decisions.windows import KeptOff, kept_off
from readback.policy.version import Policy

_COUNTED = frozenset({"provider_throttled", "provider_outage", "latency_breach"})
"""Failures that say something of the model's health, not of the request."""

_BATCH = 100_000
_CALLS = """
    select workflow_class, preferred_model, request_id, started_at,
        coalesce(list_contains(chain, preferred_model), false) and detection is distinct from 'preemptive',
        case when is_fallback or served_by = 'nobody' or retry_count > 0 then first_cause end,
        case when served_by = 'preferred' and first_cause is null then duration_ms
            when first_cause = 'latency_breach' then added_latency_ms end / 1000.0,
        coalesce(first_cause = 'latency_breach', false), is_stream, first_ttft_ms / 1000.0, first_tokens_per_s,
        first_confidence, case when served_by = 'preferred' then input_tokens + output_tokens end
    from requests
    where policy_id = $policy_id and policy_version = $version and list_contains($classes, workflow_class)
        and started_at >= $from_at and started_at < $to_at
    order by workflow_class, preferred_model, started_at, request_id
"""
_SET_ASIDE = """
    select request_id, workflow_class from requests
    where policy_id = $policy_id and policy_version = $version and workflow_class is not null
        and first_cause = 'low_confidence' and (is_fallback or served_by = 'nobody')
        and started_at >= $from_at and started_at < $to_at
"""


@dataclass
class Departures:
    """Of one policy: by request, what its rules keep off, what they make of an answer, and what the log shows.

    `tried`: the preferred model was asked all the same. `set_aside`: the gateway set its answer aside. `untold`: what
    rules that were not in force watch and calls do not tell.
    """

    off: dict[str, list[KeptOff]] = field(default_factory=lambda: defaultdict(list))
    doubts: dict[str, Doubt] = field(default_factory=dict)
    tried: set[str] = field(default_factory=set)
    set_aside: frozenset[str] = frozenset()
    rules: dict[str, ClassRules] = field(default_factory=dict)
    untold: list[Untold] = field(default_factory=list)

    def history(self) -> list[KeptOff]:
        """What the policy in force kept off, as far as the log does not show otherwise."""
        return [_surest(found) for request, found in self.off.items() if request not in self.tried]

    def surely(self) -> list[KeptOff]:
        """What a candidate keeps off: of each request the surest."""
        return [_surest(found) for found in self.off.values()]


def departures(
    con: store.Connection, policy: Policy, scope: Mapping[str, Any], before: Departures | None = None
) -> Departures:
    """Run the rules of a policy over the calls as it sees them; `before`: what the policy in force made of them."""
    rules = rules_of(policy)
    given = dict(scope) | {"policy_id": policy.metadata.policy_id, "version": policy.metadata.version}
    aside = dict(con.execute(_SET_ASIDE, given).fetchall())
    found = Departures(set_aside=frozenset(aside), rules=rules)
    for request, class_id in aside.items():
        doubts = rules[class_id].doubts if class_id in rules else ()
        found.doubts[request] = Doubt(request, DoubtRule() in doubts, doubts)
    of_many = [class_id for class_id, each in rules.items() if each.is_of_many]
    if of_many:
        for (class_id, _), calls in groupby(_calls(con, given | {"classes": of_many}), key=lambda row: row[:2]):
            made = [Asked(*row[2:]) for row in calls]
            if before is not None:
                anew = rules[class_id].beside(before.rules.get(class_id, NO_RULES))
                found.untold.extend(untold(class_id, made, anew))
            _run(found, rules[class_id], made, before)
    return found


def answers_anew(after: Departures, before: Departures) -> list[tuple[str, bool | None]]:
    """Requests whose first answer a candidate sets aside (True) or lets stand (False), otherwise than it was logged.

    None: the log does not tell which.
    """
    return [
        (request, doubt.is_set_aside)
        for request, doubt in after.doubts.items()
        if not _is_as_logged(doubt, before.doubts.get(request), request in after.set_aside)
    ]


def _is_as_logged(doubt: Doubt, was: Doubt | None, is_left: bool) -> bool:
    """`was`: what the policy in force makes of the answer; `is_left`: the gateway did set it aside."""
    if doubt.is_set_aside is is_left:
        return True
    if was is None:
        return False
    if is_left:
        return was.is_set_aside is False or (doubt.is_set_aside is None and is_strict(doubt.rules, was.rules))
    return was.is_set_aside is True or (was.is_set_aside is None and is_strict(was.rules, doubt.rules))


def _calls(con: store.Connection, given: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    """A batch at a time: a class of a year does not fit into memory twice."""
    found = con.execute(_CALLS, dict(given))
    while rows := found.fetchmany(_BATCH):
        yield from rows


def _run(found: Departures, rules: ClassRules, calls: Sequence[Asked], before: Departures | None) -> None:
    for each in chain(_cooled(calls, rules), kept_off(calls, rules.windows, lambda each: _holds(each, before))):
        if before is None or _holds(each, before):
            found.off[each.request_id].append(each)
    found.tried.update(call.request_id for call in calls if call.is_tried and call.request_id in found.off)
    for doubt in doubted(calls, rules.doubts):
        if doubt.is_set_aside is not False or doubt.request_id in found.set_aside:
            found.doubts[doubt.request_id] = doubt


def _cooled(calls: Iterable[Asked], rules: ClassRules) -> Iterator[KeptOff]:
    if rules.cooldown is not None:
        counted = (Call(*call[:3], call.cause if call.cause in _COUNTED else None) for call in calls)
        yield from (KeptOff(request, cause, True) for request, cause in cooled(counted, rules.cooldown))


def _holds(each: KeptOff, before: Departures | None) -> bool:
    """Under the policy in force every call of the log was made; under a candidate those that nothing speaks for."""
    if before is None:
        return False
    if each.request_id not in before.tried:
        return True
    return not any(was.is_certain or _is_no_sooner(each, was) for was in before.off[each.request_id])


def _is_no_sooner(each: KeptOff, was: KeptOff) -> bool:
    return each.rule is not None and was.rule is not None and is_lenient(each.rule, was.rule)


def _surest(found: Sequence[KeptOff]) -> KeptOff:
    return max(found, key=lambda each: each.is_certain)
