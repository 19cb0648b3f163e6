"""Which class of which policy version a request falls into: most keys wins. Pure; no events are judged here."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from readback.policy.document import Match, WorkflowClass
from readback.policy.version import Policy

_FOREVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class WorkflowKey:
    """What of a request a class may match on; None where the log does not say."""

    workflow: str | None = None
    team: str | None = None
    environment: str | None = None
    route: str | None = None
    key_alias: str | None = None
    service: str | None = None

    def tag(self, name: str) -> str | None:
        """The resolved column that a tag names; None for any other tag, which cannot be judged."""
        columns = {"workflow": self.workflow, "team": self.team}
        columns |= {"environment": self.environment, "env": self.environment}
        return columns.get(name)


@dataclass(frozen=True)
class ClassMatch:
    """What holds for a key during `[effective_from, effective_to)`.

    `class_id` is None where the policy is in force but has no class for the key; `effective_to` None is open.
    """

    policy_id: str
    version: int
    class_id: str | None
    effective_from: datetime
    effective_to: datetime | None


def specificity(match: Match) -> int:
    """How many keys a class gives; each tag counts as one."""
    return sum(map(bool, (match.routes, match.key_aliases, match.services))) + len(match.tags)


def is_match(match: Match, key: WorkflowKey) -> bool:
    """All given keys match; a key that the log does not say matches nothing."""
    lists = ((match.routes, key.route), (match.key_aliases, key.key_alias), (match.services, key.service))
    return all(value in allowed for allowed, value in lists if allowed) and all(
        key.tag(name) == value for name, value in match.tags.items()
    )


def class_for(policy: Policy, key: WorkflowKey) -> WorkflowClass | None:
    """The most specific class of one version that matches; the first written of equals (refused by P016)."""
    matching = [each for each in policy.classes if is_match(each.match, key)]
    return max(matching, key=lambda each: specificity(each.match), default=None)


def match_class(policies: Iterable[Policy], key: WorkflowKey) -> list[ClassMatch]:
    """What holds for a key over time, in order: one entry per version, periods never overlap.

    Only active versions count; times of which none holds are left out. Where several policies hold at once,
    the class with most matching keys wins, then the first policy id (equal claims are refused by P004).
    """
    claims = sorted((_claim(policy, key) for policy in policies if policy.is_active), key=_rank)
    won: list[ClassMatch] = []
    for start, end in _stretches([claim for _, claim in claims]):
        holder = next((claim for _, claim in claims if _holds(claim, start)), None)
        if holder is not None:
            _extend(won, replace(holder, effective_from=start, effective_to=end))
    return won


def _claim(policy: Policy, key: WorkflowKey) -> tuple[int, ClassMatch]:
    metadata, found = policy.metadata, class_for(policy, key)
    claim = ClassMatch(
        metadata.policy_id,
        metadata.version,
        found.id if found else None,
        metadata.effective_from,
        metadata.effective_to,
    )
    return (specificity(found.match) if found else -1), claim


def _rank(claim: tuple[int, ClassMatch]) -> tuple[int, str, int]:
    keys, match = claim
    return -keys, match.policy_id, -match.version


def _stretches(claims: list[ClassMatch]) -> Iterator[tuple[datetime, datetime | None]]:
    edges = {claim.effective_from for claim in claims} | {claim.effective_to or _FOREVER for claim in claims}
    ordered = sorted(edges)
    for start, end in zip(ordered, ordered[1:], strict=False):
        yield start, None if end == _FOREVER else end


def _holds(claim: ClassMatch, moment: datetime) -> bool:
    return claim.effective_from <= moment < (claim.effective_to or _FOREVER)


def _extend(won: list[ClassMatch], match: ClassMatch) -> None:
    """Adjacent stretches of one class of one version are one."""
    last = won[-1] if won else None
    if last is None or last.effective_to != match.effective_from or _who(last) != _who(match):
        won.append(match)
    else:
        won[-1] = replace(last, effective_to=match.effective_to)


def _who(match: ClassMatch) -> tuple[str, int, str | None]:
    return match.policy_id, match.version, match.class_id
