"""One document of a policy file as its edits see it, and what an edit is: characters to replace, and what is meant."""

import copy
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from readback.decisions.layout import Edit, node_at
from readback.policy.document import WorkflowClass
from readback.policy.loading import read_policies
from readback.policy.located import read_documents
from readback.policy.version import KeyPath, Policy, key_path

FILE = Path("policy.yaml")

Facts = dict[str, Any]
"""The evidence of a recommendation: `action` names the edit, the rest is what it needs."""


class Page(NamedTuple):
    """The text of a policy file, and the document of it that an edit is about."""

    text: str
    document: int
    policy: Policy

    def node(self, path: KeyPath) -> Any:
        """The node of a key path of the document.

        Raises:
            NotWritable: there is none.
        """
        return node_at(self.text, self.document, path)

    def workflow_class(self, path: str) -> WorkflowClass:
        """The class that a spelled path stands in."""
        return self.policy.classes[int(key_path(path)[1])]


class Part(NamedTuple):
    """One edit, and the same change made to the document's values: the two must agree."""

    edits: list[Edit]
    meant: Callable[[Any], None]


Action = Callable[[Page, Facts], list[Part]]
"""What one kind of change edits; raises NotWritable where the document cannot state it."""


@lru_cache(maxsize=4)
def policies_of(text: str) -> tuple[Policy, ...]:
    """The versions of a file; an edit is checked against the text that the one before it left.

    Raises:
        PolicyError: the text is not a valid policy.
    """
    return read_policies(text.encode(), FILE)


@lru_cache(maxsize=4)
def _documents(text: str) -> list[Any]:
    return [located.value for located in read_documents(text.encode(), FILE)]


def values_of(text: str) -> list[Any]:
    """The documents of a file as plain values, for the caller to change.

    Raises:
        PolicyError: the text is not YAML that a policy may be written in.
    """
    return copy.deepcopy(_documents(text))


def loaded(word: str) -> Any:
    """A value that is written as YAML."""
    return read_documents(word.encode(), FILE)[0].value if word not in ("null", "") else None


def held(value: Any, path: KeyPath) -> Any:
    """What stands at a key path of plain values; mappings that are absent are made."""
    for part in path:
        if isinstance(value, dict) and value.get(str(part)) is None:
            value[str(part)] = {}
        value = value[part]
    return value


def put(path: KeyPath, meant: Any) -> Callable[[Any], None]:
    """The change of plain values that sets one."""

    def change(value: Any) -> None:
        held(value, path[:-1])[path[-1]] = meant

    return change


def listed(path: KeyPath, change: Callable[[list[Any]], None]) -> Callable[[Any], None]:
    """The change of plain values that changes a list, which is made where it is absent."""

    def apply(value: Any) -> None:
        holder = held(value, path[:-1])
        found = list(holder.get(path[-1]) or [])
        change(found)
        holder[path[-1]] = found

    return apply
