"""YAML 1.2 with the line of every key: safe, without surprises (`on` is a word), duplicate keys and bombs refused."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from readback.errors import PolicyError
from readback.policy.version import KeyPath

DEPTH_LIMIT = 40
NODE_LIMIT = 200_000


class _CoreLoader(yaml.SafeLoader):
    """Only the core schema of YAML 1.2: PyYAML's own rules read `on` as true and `12:30` as 750."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}


_TAG = "tag:yaml.org,2002:"
for _name, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]{1,18}", list("-+0123456789")),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", list("-+.0123456789")),
):
    _CoreLoader.add_implicit_resolver(_TAG + _name, re.compile(rf"(?:{_pattern})$"), _first)


@dataclass
class Located:
    """One document as plain values, and the line (from 1) of each key path."""

    value: Any
    lines: dict[KeyPath, int] = field(default_factory=dict)


def read_documents(content: bytes, file: Path) -> list[Located]:
    """The documents of a YAML stream; empty ones are left out.

    Raises:
        PolicyError: not YAML, a duplicate key, a tag, a recursive alias, or aliases that expand without measure.
    """
    try:
        nodes = [node for node in yaml.compose_all(content, Loader=_CoreLoader) if node is not None]
        located = [_Construction(file).document(node) for node in nodes]
    except yaml.MarkedYAMLError as error:
        raise _not_yaml(error, file) from None
    except yaml.reader.ReaderError as error:
        raise PolicyError(f"is not readable text: {error.reason}", file=file) from None
    except RecursionError:
        raise PolicyError(f"is nested deeper than {DEPTH_LIMIT} levels", file=file) from None
    return [document for document in located if document.value is not None]


def _not_yaml(error: yaml.MarkedYAMLError, file: Path) -> PolicyError:
    mark = error.problem_mark or error.context_mark
    problem = " ".join(part for part in (error.context, error.problem) if part)
    return PolicyError(f"is not valid YAML: {problem}", file=file, line=mark.line + 1 if mark else None)


class _Construction:
    """Turns one node tree into values; counts nodes, so that aliases cannot expand without measure."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._count = 0
        self._lines: dict[KeyPath, int] = {}

    def document(self, root: yaml.Node) -> Located:
        return Located(self._value(root, ()), self._lines)

    def _value(self, node: yaml.Node, path: KeyPath) -> Any:
        self._count += 1
        if self._count > NODE_LIMIT:
            raise self._refused("aliases expand to too many values; write them out", node)
        if len(path) > DEPTH_LIMIT:
            raise self._refused(f"is nested deeper than {DEPTH_LIMIT} levels", node)
        self._lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode) and node.tag == _TAG + "map":
            return {key: self._value(value, (*path, key)) for key, value in self._items(node, path)}
        if isinstance(node, yaml.SequenceNode) and node.tag == _TAG + "seq":
            return [self._value(item, (*path, n)) for n, item in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        raise self._refused(f"the tag {node.tag} is not allowed", node)

    def _items(self, node: yaml.MappingNode, path: KeyPath) -> Iterator[tuple[str, yaml.Node]]:
        seen: set[str] = set()
        for key_node, value in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise self._refused("expected a word as a key, found a list or mapping", key_node)
            key = key_node.value
            if key in seen:
                raise self._refused(f"the key `{key}` is written twice", key_node, path)
            seen.add(key)
            self._lines[(*path, key)] = key_node.start_mark.line + 1
            yield key, value

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        kind = node.tag.removeprefix(_TAG)
        if kind not in _READERS:
            raise self._refused(f"the tag {node.tag} is not allowed", node)
        try:
            return _READERS[kind](node.value)
        except ValueError:
            raise self._refused(f"expected a value of type {kind}, found {node.value[:40]!r}", node) from None

    def _refused(self, message: str, node: yaml.Node, path: KeyPath = ()) -> PolicyError:
        key = ".".join(str(part) for part in path) or None
        return PolicyError(message, file=self._file, line=node.start_mark.line + 1, key=key)


def _is_true(text: str) -> bool:
    return text.lower() == "true"


_READERS: dict[str, Callable[[str], Any]] = {
    "str": str,
    "null": lambda _: None,
    "bool": _is_true,
    "int": int,
    "float": float,
}
