"""Where things stand in the text of a YAML file: nodes by key path, the lines of a list item, the kind of break."""

import re
from functools import lru_cache
from typing import Any, NamedTuple

import yaml

from readback.errors import ReadbackError
from readback.policy.version import KeyPath, spelled

_LIST_ITEM = re.compile(r"[ ]*-[ ]+")
_END_OF_DOCUMENT = ("---", "...")


class NotWritable(ReadbackError):
    """The document cannot state a change as an edit of its text; the message says why."""


class Edit(NamedTuple):
    """Characters to replace."""

    start: int
    end: int
    text: str


def node_at(text: str, document: int, path: KeyPath) -> Any:
    """The node of a key path.

    Raises:
        NotWritable: there is none.
    """
    node: Any = _nodes(text)[document]
    for part in path:
        found = child(node, part)
        if found is None:
            raise NotWritable(f"{spelled(path)} does not stand in this file")
        node = found
    return node


@lru_cache(maxsize=4)
def _nodes(text: str) -> list[Any]:
    return [node for node in yaml.compose_all(text, Loader=yaml.SafeLoader) if node is not None]


def child(node: Any, part: str | int) -> Any:
    """The value of a key, or an item; None where there is none."""
    if isinstance(part, int):
        is_there = isinstance(node, yaml.SequenceNode) and part < len(node.value)
        return node.value[part] if is_there else None
    member = key_of(node, part)
    return member[1] if member else None


def key_of(node: Any, key: str) -> tuple[Any, Any] | None:
    """Key and value of a mapping as nodes; None where it has no such key, or is no mapping."""
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    return next((pair for pair in pairs if pair[0].value == key), None)


def own_lines(text: str, entry: yaml.Node) -> tuple[int, int]:
    """First and last character of the lines of a list item.

    Raises:
        NotWritable: it shares its first line with anything else.
    """
    found = item_lines(text, entry)
    if found is None:
        raise NotWritable("the entry shares its line with others; write it on lines of its own first")
    return found


def item_lines(text: str, entry: yaml.Node) -> tuple[int, int] | None:
    """First and last character of the lines of a list item; None where it shares its first line with anything else.

    The parser's own end of a block lies behind the comments that follow it, which belong to what comes next.
    """
    start = text.rfind("\n", 0, entry.start_mark.index) + 1
    if not _LIST_ITEM.fullmatch(text[start : entry.start_mark.index]):
        return None
    dash = text.index("-", start) - start
    return start, _end_of_lines(text, start, dash + 1)


def block_end(text: str, mapping: yaml.Node) -> int:
    """Just after the last line of a mapping that is written on lines."""
    start = text.rfind("\n", 0, mapping.start_mark.index) + 1
    return _end_of_lines(text, start, mapping.start_mark.column)


def _end_of_lines(text: str, start: int, indent: int) -> int:
    """Just after the last line that stands as far in as `indent`, from the line at `start` on; comments end nothing."""
    end = position = line_end(text, start)
    while position < len(text):
        end_of_line = line_end(text, position)
        line = text[position:end_of_line]
        if line.strip() and not line.lstrip().startswith("#"):
            if len(line) - len(line.lstrip(" ")) < indent or line.startswith(_END_OF_DOCUMENT):
                break
            end = end_of_line
        position = end_of_line
    return end


def line_end(text: str, position: int) -> int:
    """Just after the line break that ends the line."""
    found = text.find("\n", position)
    return len(text) if found < 0 else found + 1


def newline(text: str) -> str:
    """The kind of line break that the text uses."""
    return "\r\n" if "\r\n" in text else "\n"
