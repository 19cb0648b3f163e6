"""Recommendations as a reviewable patch of `policy.yaml`. It takes away or asks; it never grants an approval."""

import copy
import difflib
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from readback.contracts import Recommendation
from readback.decisions.edits import changed, changes
from readback.decisions.layout import Edit, item_lines, newline
from readback.errors import PolicyError
from readback.policy.loading import read_policies
from readback.policy.located import read_documents
from readback.policy.version import Policy

FILE = Path("policy.yaml")
NOTE = "Proposed by readback. A version in force is immutable: put the result in as the next version, reviewed."

_NEW = -1
"""Position of an entry that is not there yet."""

_SUBSTITUTES = re.compile(r"workflow_classes\[(\d+)\]\.substitutes(?:\[(\d+)\])?")


class Wish(NamedTuple):
    """What one recommendation asks of one list of substitutes."""

    document: int
    class_index: int
    position: int
    action: str
    target: str


def policy_patch(recommendations: Iterable[Recommendation], policy_text: str) -> str:
    """A unified diff for those that the document can express; empty where none can.

    A limit is set, two substitutes change places, a trigger is added; an entry is removed, put behind a person, has its
    ended approval emptied, or is added as a draft that nobody has approved. An edit that would break the document, or
    touch anything but what it is about, is left out.

    Raises:
        PolicyError: the text is not a valid policy.
    """
    every = list(recommendations)
    patched = policy_text
    for change in changes(every, read_policies(policy_text.encode(), FILE)):
        patched = changed(patched, change)
    for wish in sorted(set(_wishes(every, policy_text)), key=_from_the_end):
        patched = _granted(patched, wish)
    return _diff(policy_text, patched)


def _from_the_end(wish: Wish) -> tuple[int, int, int, str]:
    """Later positions first, so that the earlier ones stay true; new entries of a class last."""
    return -wish.document, -wish.class_index, -wish.position, wish.target


def _wishes(recommendations: Iterable[Recommendation], text: str) -> Iterator[Wish]:
    policies = read_policies(text.encode(), FILE)
    numbers = {(policy.metadata.policy_id, policy.metadata.version): n for n, policy in enumerate(policies)}
    for recommendation in recommendations:
        facts = json.loads(recommendation.evidence)
        place = _SUBSTITUTES.fullmatch(recommendation.policy_path or "")
        document = numbers.get((facts.get("policy_id"), facts.get("policy_version")))
        if place is None or document is None or facts.get("action") not in _EDITS:
            continue
        position = _NEW if place[2] is None else int(place[2])
        wish = Wish(document, int(place[1]), position, facts["action"], facts["target"])
        if _is_there(policies[document], wish):
            yield wish


def _is_there(policy: Policy, wish: Wish) -> bool:
    """The class, and the entry by its target where the wish is about one; evidence may be of another document."""
    if wish.class_index >= len(policy.classes) or (wish.action == "approve") != (wish.position == _NEW):
        return False
    entries = policy.classes[wish.class_index].substitutes
    named = [policy.document.model_id(entry.target) for entry in entries]
    return (
        wish.target not in named if wish.position == _NEW else named[wish.position : wish.position + 1] == [wish.target]
    )


def _granted(text: str, wish: Wish) -> str:
    """The text with one wish fulfilled; unchanged where it cannot be, or where more than its entry would change."""
    changed = text
    for edit in sorted(_edits(text, wish), reverse=True):
        changed = changed[: edit.start] + edit.text + changed[edit.end :]
    try:
        read_policies(changed.encode(), FILE)
    except PolicyError:
        return text
    return changed if _others(changed, wish, "remove") == _others(text, wish, "approve") else text


def _others(text: str, wish: Wish, absent: str) -> list[Any]:
    """The documents without the entry that the wish is about; it is absent already where the action is so named."""
    values = [copy.deepcopy(located.value) for located in read_documents(text.encode(), FILE)]
    if wish.action != absent:
        values[wish.document]["workflow_classes"][wish.class_index]["substitutes"].pop(wish.position)
    return values


def _edits(text: str, wish: Wish) -> list[Edit]:
    documents = [node for node in yaml.compose_all(text, Loader=yaml.SafeLoader) if node is not None]
    workflow_class = _value(documents[wish.document], "workflow_classes").value[wish.class_index]
    key, entries = _item(workflow_class, "substitutes")
    return _EDITS[wish.action](text, key, entries, wish)


def _remove(text: str, key: yaml.Node, entries: Any, wish: Wish) -> list[Edit]:
    block = item_lines(text, entries.value[wish.position])
    if block is None:
        return []
    if len(entries.value) > 1:
        return [Edit(*block, "")]
    return [Edit(*block, ""), Edit(key.end_mark.index, key.end_mark.index + 1, ": []")]


def _review(text: str, key: yaml.Node, entries: Any, wish: Wish) -> list[Edit]:
    return [_set(entries.value[wish.position], "activation", "on_approval")]


def _renew(text: str, key: yaml.Node, entries: Any, wish: Wish) -> list[Edit]:
    """The ended approval is emptied, so that whoever renews it must write a new one; the end stays as it was."""
    entry = entries.value[wish.position]
    block = item_lines(text, entry)
    names = {name.value for name, _ in entry.value}
    if block is None or not {"approved_by", "approved_at"} <= names:
        return []
    indent = text[block[0] : entry.start_mark.index].split("-")[0]
    comment = Edit(block[0], block[0], f"{indent}# needs approval{newline(text)}")
    return [comment, _set(entry, "approved_by", "null"), _set(entry, "approved_at", "null")]


def _approve(text: str, key: yaml.Node, entries: Any, wish: Wish) -> list[Edit]:
    """A draft at the end of the list: on approval only, without triggers, approved by nobody."""
    blocks = [item_lines(text, entry) for entry in entries.value]
    if not blocks:
        draft = _draft(" " * (key.start_mark.column + 2), wish.target, newline(text))
        return [Edit(entries.start_mark.index, entries.end_mark.index, newline(text) + draft.rstrip())]
    last = blocks[-1]
    if last is None:
        return []
    indent = text[last[0] : entries.value[-1].start_mark.index].split("-")[0]
    ending = "" if text[: last[1]].endswith("\n") else newline(text)
    return [Edit(last[1], last[1], ending + _draft(indent, wish.target, newline(text)))]


_EDITS = {"remove": _remove, "review": _review, "renew": _renew, "approve": _approve}


def _draft(indent: str, target: str, newline: str) -> str:
    lines = (
        f"{indent}- target: {json.dumps(target, ensure_ascii=False)}",
        f"{indent}  target_kind: model",
        f"{indent}  activation: on_approval",
        f"{indent}  approved_by: null  # needs approval",
        f"{indent}  approved_at: null",
        f"{indent}  evidence: null",
        f"{indent}  triggers: []  # choose from the triggers of this class",
    )
    return "".join(line + newline for line in lines)


def _set(entry: Any, name: str, word: str) -> Edit:
    node = _value(entry, name)
    return Edit(node.start_mark.index, node.end_mark.index, word)


def _value(mapping: Any, name: str) -> Any:
    return _item(mapping, name)[1]


def _item(mapping: Any, name: str) -> tuple[yaml.Node, Any]:
    return next((key, value) for key, value in mapping.value if key.value == name)


def _diff(before: str, after: str) -> str:
    if before == after:
        return ""
    lines = difflib.unified_diff(_lines(before), _lines(after), f"a/{FILE}", f"b/{FILE}")
    told = "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
    return f"# {NOTE}\n{told}"


def _lines(text: str) -> list[str]:
    """Lines with their breaks; only a line feed ends one, as in a patch."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)
