"""Validations of whole versions and of versions against one another: P004, P005, P011, P012, P013, P016."""

from collections.abc import Iterator
from itertools import combinations, pairwise

from readback.policy.document import Match
from readback.policy.finding import Evidence, Fault, Level
from readback.policy.matching import specificity
from readback.policy.version import Policy

METADATA = "metadata"


def overlapping_versions(evidence: Evidence) -> Iterator[Fault]:
    """P004: two active versions of one policy, or two policies with an equal claim, hold at once."""
    yield from _repeated_versions(evidence)
    for first, second in combinations(evidence.actives(), 2):
        if not _overlap(first, second):
            continue
        if first.metadata.policy_id == second.metadata.policy_id:
            yield Fault(second, (METADATA, "effective_from"), f"{second.label} begins before {first.label} ends")
        else:
            yield from _equal_claims(first, second)


def _repeated_versions(evidence: Evidence) -> Iterator[Fault]:
    for first, second in combinations(evidence.policies, 2):
        if first.label == second.label:
            yield Fault(second, (METADATA, "version"), f"{second.label} is written twice")


def _overlap(first: Policy, second: Policy) -> bool:
    a, b = first.metadata, second.metadata
    return (a.effective_to is None or b.effective_from < a.effective_to) and (
        b.effective_to is None or a.effective_from < b.effective_to
    )


def _equal_claims(first: Policy, second: Policy) -> Iterator[Fault]:
    for n, each in enumerate(second.classes):
        rivals = [rival for rival in first.classes if is_tie(rival.match, each.match)]
        if rivals:
            message = f"class {each.id!r} and class {rivals[0].id!r} of {first.label} claim the same requests"
            yield Fault(second, ("workflow_classes", n, "match"), message)


def ambiguous_classes(evidence: Evidence) -> Iterator[Fault]:
    """P016: one request can satisfy two classes of a version with equally many keys."""
    for policy in evidence.policies:
        for (_, first), (n, second) in combinations(enumerate(policy.classes), 2):
            if is_tie(first.match, second.match):
                message = f"a request can satisfy both {first.id!r} and {second.id!r} with equally many keys"
                yield Fault(policy, ("workflow_classes", n, "match"), message)


def is_tie(a: Match, b: Match) -> bool:
    """Some request can satisfy both, and neither is more specific."""
    return specificity(a) == specificity(b) and can_meet(a, b) and _meet(a.routes, b.routes)


def can_meet(a: Match, b: Match) -> bool:
    """No tag, key or service keeps the two apart; routes are left aside, for a fallback may change them."""
    same_tags = all(b.tags.get(name, value) == value for name, value in a.tags.items())
    return same_tags and _meet(a.key_aliases, b.key_aliases) and _meet(a.services, b.services)


def _meet(a: tuple[str, ...], b: tuple[str, ...]) -> bool:
    return not a or not b or not set(a).isdisjoint(b)


def time_gaps(evidence: Evidence) -> Iterator[Fault]:
    """P005: between two active versions of one policy there is a time without any."""
    for first, second in pairwise(evidence.actives()):
        end, begin = first.metadata.effective_to, second.metadata.effective_from
        if first.metadata.policy_id == second.metadata.policy_id and end is not None and end < begin:
            message = f"nothing holds between {end.isoformat()} and {begin.isoformat()}: events find no policy"
            yield Fault(second, (METADATA, "effective_from"), message, Level.WARN)


def ownership(evidence: Evidence) -> Iterator[Fault]:
    """P011: no owner; an active version without approver or review cadence; a review that is overdue."""
    for policy in evidence.policies:
        metadata, review = policy.metadata, policy.metadata.review
        if metadata.owner is None:
            yield Fault(policy, (METADATA,), "names no owner")
        if policy.is_active and (metadata.approved_by is None or metadata.approved_at is None):
            yield Fault(policy, (METADATA,), "is active without `approved_by` and `approved_at`")
        if policy.is_active and (review is None or review.cadence is None):
            yield Fault(policy, (METADATA,), "is active without a review cadence")
        yield from _overdue(policy, evidence)


def _overdue(policy: Policy, evidence: Evidence) -> Iterator[Fault]:
    due = policy.metadata.review.next_due if policy.metadata.review else None
    if policy.is_active and due is not None and evidence.as_of is not None and due < evidence.as_of.date():
        yield Fault(policy, (METADATA, "review", "next_due"), f"its review was due on {due}", Level.WARN)


def order_in_time(evidence: Evidence) -> Iterator[Fault]:
    """P012: ends before it begins, or supersedes what is not older (or not in the file: a warning)."""
    known = {policy.label for policy in evidence.policies}
    known |= {f"{policy_id}@{version}" for policy_id, version in evidence.known_digests}
    for policy in evidence.policies:
        metadata = policy.metadata
        if metadata.effective_to is not None and metadata.effective_to <= metadata.effective_from:
            yield Fault(policy, (METADATA, "effective_to"), "ends before it begins")
        if metadata.supersedes is None:
            continue
        path = (METADATA, "supersedes")
        if metadata.supersedes >= metadata.version:
            yield Fault(policy, path, f"version {metadata.version} cannot supersede {metadata.supersedes}")
        elif f"{metadata.policy_id}@{metadata.supersedes}" not in known:
            message = f"version {metadata.supersedes} is not in the file: its events find no policy"
            yield Fault(policy, path, message, Level.WARN)


def edited_versions(evidence: Evidence) -> Iterator[Fault]:
    """P013: an active version differs from what was published under its number."""
    for policy in evidence.policies:
        metadata = policy.metadata
        known = evidence.known_digests.get((metadata.policy_id, metadata.version))
        is_in_force = evidence.as_of is None or metadata.effective_from <= evidence.as_of
        if policy.is_active and is_in_force and known is not None and known != policy.digest:
            yield Fault(policy, (METADATA, "version"), f"{policy.label} was edited after it came into force")
