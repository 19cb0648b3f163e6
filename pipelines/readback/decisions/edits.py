"""Edits of `policy.yaml` that are not about one substitute alone: set, swap, add a trigger, split a class.

Every edit is made on the text, so comments and layout stay, and is checked: the documents before and after may differ
in what was meant and in nothing else. A value that an anchor shares with other places is left alone for that reason.
"""

import copy
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from readback.contracts import Recommendation
from readback.decisions.layout import Edit, item_lines, newline
from readback.decisions.splitting import meant, split
from readback.errors import PolicyError
from readback.policy.loading import read_policies
from readback.policy.located import read_documents
from readback.policy.version import KeyPath, Policy, key_path

FILE = Path("policy.yaml")


class Change(NamedTuple):
    """What one recommendation asks of one place of one document."""

    document: int
    action: str
    path: str
    value: str


def changes(recommendations: Iterable[Recommendation], policies: Iterable[Policy]) -> Iterator[Change]:
    """The changes that can be written, of the documents that the evidence was judged under."""
    numbers = {(policy.metadata.policy_id, policy.metadata.version): n for n, policy in enumerate(policies)}
    for recommendation in recommendations:
        facts = json.loads(recommendation.evidence)
        document = numbers.get((facts.get("policy_id"), facts.get("policy_version")))
        change = _CHANGES.get(facts.get("action"))
        if document is not None and change is not None:
            yield Change(document, facts["action"], *change(facts, recommendation))


def changed(text: str, change: Change) -> str:
    """The text with the change made; unchanged where it cannot be, or where anything else would change with it."""
    try:
        edits = _EDITS[change.action](text, change)
        after = text
        for edit in sorted(edits, reverse=True):
            after = after[: edit.start] + edit.text + after[edit.end :]
        read_policies(after.encode(), FILE)
        wanted = _meant(text, change)
    except (PolicyError, KeyError, IndexError, TypeError, StopIteration, yaml.YAMLError):
        return text
    return after if _values(after) == wanted else text


def _set_of(facts: dict[str, Any], recommendation: Recommendation) -> tuple[str, str]:
    return facts["path"], facts["value"]


def _swap_of(facts: dict[str, Any], recommendation: Recommendation) -> tuple[str, str]:
    return facts["first"], facts["second"]


def _trigger_of(facts: dict[str, Any], recommendation: Recommendation) -> tuple[str, str]:
    return recommendation.policy_path or "", facts["type"]


def _split_of(facts: dict[str, Any], recommendation: Recommendation) -> tuple[str, str]:
    return facts["path"], facts["workflow"]


_CHANGES: dict[str, Callable[[dict[str, Any], Recommendation], tuple[str, str]]] = {
    "set": _set_of,
    "swap": _swap_of,
    "append_trigger": _trigger_of,
    "split": _split_of,
}


def _set(text: str, change: Change) -> list[Edit]:
    *above, part, last = key_path(change.path)
    holder = _node(text, change.document, tuple(above))
    if not isinstance(part, int) and part not in {key.value for key, _ in holder.value}:
        return _added(text, holder, f"{part}: {{{last}: {change.value}}}")
    node = _node(text, change.document, (*above, part, last))
    return [Edit(node.start_mark.index, node.end_mark.index, change.value)]


def _added(text: str, item: Any, entry: str) -> list[Edit]:
    """A new part at the end of a list item that has its lines for itself, such as the first `retries` of a class."""
    found = item_lines(text, item)
    if found is None or text[item.start_mark.index] == "{":
        return []
    ending = "" if text[: found[1]].endswith("\n") else newline(text)
    return [Edit(found[1], found[1], f"{ending}{' ' * item.start_mark.column}{entry}{newline(text)}")]


def _swap(text: str, change: Change) -> list[Edit]:
    blocks = [item_lines(text, _node(text, change.document, key_path(path))) for path in (change.path, change.value)]
    if None in blocks:
        return []
    (first, later) = (found for found in blocks if found is not None)
    return [Edit(*first, text[slice(*later)]), Edit(*later, text[slice(*first)])]


def _append(text: str, change: Change) -> list[Edit]:
    last = _node(text, change.document, key_path(change.path)).value[-1]
    found = item_lines(text, last)
    if found is None:
        return []
    indent = text[found[0] : last.start_mark.index].split("-")[0]
    ending = "" if text[: found[1]].endswith("\n") else newline(text)
    item = f"{indent}- {{id: {change.value}, type: {change.value}}}{newline(text)}"
    return [Edit(found[1], found[1], ending + item)]


def _split(text: str, change: Change) -> list[Edit]:
    *above, index = key_path(change.path)
    return split(text, _node(text, change.document, tuple(above)), int(index), change.value)


_EDITS: dict[str, Callable[[str, Change], list[Edit]]] = {
    "set": _set,
    "swap": _swap,
    "append_trigger": _append,
    "split": _split,
}


def _node(text: str, document: int, path: KeyPath) -> Any:
    node: Any = [node for node in yaml.compose_all(text, Loader=yaml.SafeLoader) if node is not None][document]
    for part in path:
        node = (
            node.value[part] if isinstance(part, int) else next(value for key, value in node.value if key.value == part)
        )
    return node


def _meant(text: str, change: Change) -> list[Any]:
    """The documents as they should be after the change."""
    values = copy.deepcopy(_values(text))
    *above, last = key_path(change.path)
    holder = values[change.document]
    for part in above:
        holder = holder.setdefault(part, {}) if isinstance(holder, dict) else holder[part]
    if change.action == "set":
        holder[last] = yaml.safe_load(change.value)
    elif change.action == "split":
        values[change.document]["workflow_classes"] = meant(holder, int(last), change.value)
    elif change.action == "swap":
        other = key_path(change.value)[-1]
        holder[last], holder[other] = holder[other], holder[last]
    else:
        holder[last] = [*holder[last], {"id": change.value, "type": change.value}]
    return values


def _values(text: str) -> list[Any]:
    return [copy.deepcopy(located.value) for located in read_documents(text.encode(), FILE)]
