"""The edit that gives one workflow of a class a class of its own: the same lines again, matched more narrowly.

The more specific of two classes wins, so the wider one stays as it is written. What the new class may use is what the
same people approved for the same work; only its stage and its boundary differ.
"""

import copy
import json
from typing import Any

import yaml

from readback.contracts.vocabulary import Boundary, Stage
from readback.decisions.layout import Edit, NotWritable, newline, own_lines

SUFFIX = "-drafting"


def split(text: str, classes: Any, index: int, workflow: str) -> list[Edit]:
    """Append the class again at the end of the list, as drafting.

    Raises:
        NotWritable: its lines are not its own.
    """
    node = classes.value[index]
    block, last = own_lines(text, node), own_lines(text, classes.value[-1])
    edits = [
        _scalar(node, "id", lambda word: word + SUFFIX),
        _scalar(node, "stage", lambda word: Stage.DRAFTING.value),
        _scalar(node, "boundary", lambda word: Boundary.HUMAN_REVIEW.value),
        _narrowed(text, _value(node, "match"), workflow),
    ]
    copied = text[slice(*block)]
    for edit in sorted(edits, reverse=True):
        start, end = edit.start - block[0], edit.end - block[0]
        copied = copied[:start] + edit.text + copied[end:]
    ending = "" if text[: last[1]].endswith("\n") else newline(text)
    return [Edit(last[1], last[1], ending + copied)]


def meant(classes: list[Any], index: int, workflow: str) -> list[Any]:
    """The classes as they should be afterwards.

    Raises:
        NotWritable: the class matches a workflow by name.
    """
    drafts = copy.deepcopy(classes[index])
    drafts |= {"id": drafts["id"] + SUFFIX, "stage": Stage.DRAFTING.value, "boundary": Boundary.HUMAN_REVIEW.value}
    drafts["match"] = dict(drafts["match"], tags={"workflow": workflow} | drafts["match"].get("tags", {}))
    if drafts["match"]["tags"]["workflow"] != workflow or "workflow" in classes[index]["match"].get("tags", {}):
        raise NotWritable("the class is of one workflow already")
    return [*classes, drafts]


def _narrowed(text: str, match: Any, workflow: str) -> Edit:
    word = json.dumps(workflow, ensure_ascii=False)
    tags = next((value for key, value in match.value if key.value == "tags"), None)
    return (
        _first(text, match, f"tags: {{workflow: {word}}}") if tags is None else _first(text, tags, f"workflow: {word}")
    )


def _first(text: str, mapping: Any, entry: str) -> Edit:
    """A new first entry of a mapping, in braces or on a line of its own."""
    at = mapping.start_mark.index
    if text[at] == "{":
        return Edit(at + 1, at + 1, f"{entry}, " if mapping.value else entry)
    return Edit(at, at, f"{entry}{newline(text)}{' ' * mapping.start_mark.column}")


def _scalar(mapping: Any, name: str, word: Any) -> Edit:
    node = _value(mapping, name)
    return Edit(node.start_mark.index, node.end_mark.index, word(node.value))


def _value(mapping: yaml.Node, name: str) -> Any:
    return next(value for key, value in mapping.value if key.value == name)
