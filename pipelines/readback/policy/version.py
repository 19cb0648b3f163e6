"""A policy version as loaded: the document, its digest, and where each of its keys stands."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from readback.contracts.vocabulary import PolicyStatus
from readback.policy.document import Document, Metadata, WorkflowClass

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True)
class Policy:
    """A document as loaded: with its digest, and the line on which each of its keys stands."""

    document: Document
    digest: str
    file: Path | None = None
    lines: Mapping[KeyPath, int] = field(default_factory=dict, repr=False)

    @property
    def metadata(self) -> Metadata:
        """Which version this is."""
        return self.document.metadata

    @property
    def classes(self) -> tuple[WorkflowClass, ...]:
        """Its workflow classes, in order."""
        return self.document.workflow_classes

    @property
    def is_active(self) -> bool:
        """Only active versions judge events."""
        return self.metadata.status is PolicyStatus.ACTIVE

    @property
    def label(self) -> str:
        """`policy_id@version`."""
        return f"{self.metadata.policy_id}@{self.metadata.version}"

    def line(self, path: KeyPath) -> int | None:
        """Line of a key, or of the nearest key above it that is written; None if not from a file."""
        return nearest_line(self.lines, path)


def nearest_line(lines: Mapping[KeyPath, int], path: KeyPath) -> int | None:
    """Line of a key path, or of the nearest one above it that is known."""
    return next((lines[path[:n]] for n in range(len(path), -1, -1) if path[:n] in lines), None)


def spelled(path: KeyPath) -> str:
    """A key path as text.

    >>> spelled(("workflow_classes", 0, "substitutes", 1, "target"))
    'workflow_classes[0].substitutes[1].target'
    """
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def key_path(text: str) -> KeyPath:
    """A spelled key path as keys and positions: the inverse of `spelled`.

    >>> key_path("workflow_classes[0].substitutes[1].target")
    ('workflow_classes', 0, 'substitutes', 1, 'target')
    """
    return tuple(int(part) if part.isdigit() else part for part in re.findall(r"[^.\[\]]+", text))
