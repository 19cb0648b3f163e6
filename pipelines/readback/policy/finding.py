"""What one validation finds, where it points, and what it may look at."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from readback.contracts.vocabulary import PolicyStatus
from readback.policy.document import WorkflowClass
from readback.policy.observing import Seen
from readback.policy.version import KeyPath, Policy, spelled


class Level(StrEnum):
    """An error keeps a version from judging events; a warning asks for a look."""

    ERROR = "error"
    WARN = "warn"


@dataclass(frozen=True)
class Finding:
    """One thing found in one version; `help` says what to do about findings of its code."""

    code: str
    level: Level
    message: str
    path: str
    line: int | None
    help: str
    version: str
    status: PolicyStatus
    file: Path | None = None


@dataclass(frozen=True)
class Fault:
    """What a check saw, before it is placed."""

    policy: Policy
    path: KeyPath
    message: str
    level: Level = Level.ERROR


@dataclass(frozen=True)
class Evidence:
    """All versions, and what is known beside them: published digests by (policy_id, version), the date, the logs."""

    policies: tuple[Policy, ...]
    known_digests: Mapping[tuple[str, int], str] = field(default_factory=dict)
    as_of: datetime | None = None
    seen: Seen | None = None

    def actives(self) -> list[Policy]:
        """Active versions by policy and start."""
        active = [policy for policy in self.policies if policy.is_active]
        return sorted(active, key=lambda each: (each.metadata.policy_id, each.metadata.effective_from))


@dataclass(frozen=True)
class Check:
    """One validation code: what to do about it, and the function that finds it."""

    code: str
    help: str
    faults: Callable[[Evidence], Iterator[Fault]]

    def findings(self, evidence: Evidence) -> list[Finding]:
        """Its faults, placed."""
        return [self._finding(fault) for fault in self.faults(evidence)]

    def _finding(self, fault: Fault) -> Finding:
        policy = fault.policy
        return Finding(
            self.code,
            fault.level,
            fault.message,
            spelled(fault.path),
            policy.line(fault.path),
            self.help,
            policy.label,
            policy.metadata.status,
            policy.file,
        )


def classes(evidence: Evidence) -> Iterator[tuple[Policy, WorkflowClass, KeyPath]]:
    """Every class of every version, with its key path."""
    for policy in evidence.policies:
        for n, each in enumerate(policy.classes):
            yield policy, each, ("workflow_classes", n)
