"""The edits that put, take away or move one part of a YAML file. Nothing here knows what a policy is.

Comments and layout stay: an edit touches the characters of its own part alone.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import yaml

from readback.decisions.layout import Edit, NotWritable, block_end, child, key_of, line_end, newline, node_at, own_lines
from readback.policy.version import KeyPath, spelled


class Line(NamedTuple):
    """One key of a new entry, its value as YAML, and what a reader is told beside it."""

    key: str
    word: str
    comment: str = ""


def made(text: str, edits: Sequence[Edit]) -> str:
    """The text after some edits."""
    for edit in sorted(edits, reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def assigned(text: str, document: int, path: KeyPath, word: str) -> list[Edit]:
    """A value set, and every mapping above it that is absent added."""
    node, depth = node_at(text, document, ()), 0
    while depth < len(path) and (found := child(node, path[depth])) is not None:
        node, depth = found, depth + 1
    if any(isinstance(part, int) for part in path[depth:]):
        raise NotWritable(f"{spelled(path)} does not stand in this file")
    for part in reversed(path[depth + 1 :]):
        word = f"{{{part}: {word}}}"
    if depth == len(path) or isinstance(node, yaml.ScalarNode):
        is_lone = isinstance(node, yaml.ScalarNode) or node.flow_style
        if not is_lone or (depth < len(path) and node.value not in ("", "~", "null")):
            raise NotWritable(f"{spelled(path)} is not one value on its line")
        word = word if depth == len(path) else f"{{{path[depth]}: {word}}}"
        return [Edit(node.start_mark.index, node.end_mark.index, word if node.value or word[0] != "{" else f" {word}")]
    return _member(text, node, f"{path[depth]}: {word}", [f"{path[depth]}: {word}"])


def _member(text: str, mapping: Any, flow: str, lines: Sequence[str]) -> list[Edit]:
    """A new key at the end of a mapping, in braces or on lines of its own."""
    if not isinstance(mapping, yaml.MappingNode):
        raise NotWritable("what stands there is not a mapping of keys")
    if mapping.flow_style:
        at = mapping.end_mark.index - 1
        return [Edit(at, at, f", {flow}" if mapping.value else flow)]
    at = block_end(text, mapping)
    ending = "" if text[:at].endswith("\n") else newline(text)
    indent = " " * mapping.start_mark.column
    return [Edit(at, at, ending + "".join(f"{indent}{line}{newline(text)}" for line in lines))]


def appended(text: str, document: int, path: KeyPath, entry: Sequence[Line], *, is_short: bool = False) -> list[Edit]:
    """A new last item of a list, which is made where it is absent; `is_short`: in braces on one line."""
    *above, name = path
    holder = node_at(text, document, tuple(above))
    member = key_of(holder, str(name))
    if member is None:
        lines = [f"{name}:", *(f"  {line}" for line in _item(entry, is_short=is_short))]
        return _member(text, holder, f"{name}: [{braced(entry)}]", lines)
    key, items = member
    if items.flow_style and items.value:
        at = items.end_mark.index - 1
        return [Edit(at, at, f", {braced(entry)}")]
    if holder.flow_style:
        return [Edit(items.start_mark.index, items.end_mark.index, f"[{braced(entry)}]")]
    indent, is_empty = " " * (key.start_mark.column + 2), not items.value
    if is_empty:
        cleared, end = Edit(key.end_mark.index + 1, items.end_mark.index, ""), line_end(text, items.end_mark.index)
    else:
        first, end = own_lines(text, items.value[-1])
        indent = text[first : items.value[-1].start_mark.index].split("-")[0]
    ending = "" if text[:end].endswith("\n") else newline(text)
    told = "".join(f"{indent}{line}{newline(text)}" for line in _item(entry, is_short))
    return [*([cleared] if is_empty else []), Edit(end, end, ending + told)]


def _item(entry: Sequence[Line], is_short: bool) -> Iterator[str]:
    if is_short:
        comments = "; ".join(line.comment for line in entry if line.comment)
        yield f"- {braced(entry)}" + (f"  # {comments}" if comments else "")
        return
    for n, line in enumerate(entry):
        comment = f"  # {line.comment}" if line.comment else ""
        yield f"{'  ' if n else '- '}{line.key}: {line.word}{comment}"


def braced(entry: Sequence[Line]) -> str:
    """An entry as a mapping in braces; there is no room for its comments."""
    return "{" + ", ".join(f"{line.key}: {line.word}" for line in entry) + "}"


def prefixed(text: str, items: Any, word: str) -> list[Edit]:
    """A new first item, of one word, of a list that has some."""
    if items.flow_style:
        return [Edit(items.start_mark.index + 1, items.start_mark.index + 1, f"{word}, ")]
    start, _ = own_lines(text, items.value[0])
    indent = text[start : items.value[0].start_mark.index].split("-")[0]
    return [Edit(start, start, f"{indent}- {word}{newline(text)}")]


def removed(text: str, document: int, path: KeyPath, n: int) -> list[Edit]:
    """One item of a list taken away; an empty list stays."""
    items = node_at(text, document, path)
    key, _ = key_of(node_at(text, document, path[:-1]), str(path[-1])) or (items, items)
    if items.flow_style:
        return [_removed_between(text, items.value, n)]
    block = Edit(*own_lines(text, items.value[n]), "")
    if len(items.value) > 1:
        return [block]
    return [block, Edit(key.end_mark.index, key.end_mark.index + 1, ": []")]


def _removed_between(text: str, items: Sequence[Any], n: int) -> Edit:
    start, end = items[n].start_mark.index, items[n].end_mark.index
    if n + 1 < len(items):
        end = items[n + 1].start_mark.index
    elif n:
        start = items[n - 1].end_mark.index
    if "#" in text[start:end].replace(text[items[n].start_mark.index : items[n].end_mark.index], ""):
        raise NotWritable("a comment stands between the entries of that list; write each on lines of its own first")
    return Edit(start, end, "")


def exchanged(text: str, first: Any, later: Any) -> list[Edit]:
    """Two items of a list in each other's place, with their lines where they have lines of their own."""
    try:
        spans = [own_lines(text, item) for item in (first, later)]
    except NotWritable:
        spans = [(item.start_mark.index, item.end_mark.index) for item in (first, later)]
    return [Edit(*spans[0], text[slice(*spans[1])]), Edit(*spans[1], text[slice(*spans[0])])]


def noted(text: str, node: Any, lines: Sequence[str]) -> list[Edit]:
    """Comment lines above the line on which a node begins."""
    start = text.rfind("\n", 0, node.start_mark.index) + 1
    indent = " " * (len(text[start:]) - len(text[start:].lstrip(" ")))
    return [Edit(start, start, "".join(f"{indent}# {line}{newline(text)}" for line in lines))]
