"""`policy.yaml` into policy versions: one or several documents, each error one sentence with its place."""

import difflib
import hashlib
import json
from collections.abc import Iterator
from enum import EnumType
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from readback.errors import PolicyError
from readback.policy.document import Document
from readback.policy.located import Located, read_documents
from readback.policy.version import KeyPath, Policy, nearest_line, spelled

_LIFECYCLE = ("status", "effective_to")
"""Keys of metadata that change when a version is put in force or closed, without any rule being edited."""

_EXPECTED = {
    "model_type": "expected a mapping of keys",
    "dict_type": "expected a mapping of keys",
    "tuple_type": "expected a list",
    "too_short": "expected at least {min_length} entry",
    "string_type": "expected text; numbers need quotes",
    "string_pattern_mismatch": "expected text of the form {pattern}",
    "string_too_short": "expected text of at least {min_length} character",
    "int_type": "expected a whole number",
    "float_type": "expected a number",
    "float_parsing": "expected a number",
    "bool_type": "expected true or false",
    "bool_parsing": "expected true or false",
}
"""Pydantic's commonest faults in the words of someone who writes YAML."""


def load_policies(file: Path) -> tuple[Policy, ...]:
    """The policy versions of a file, in its order; none where the file is absent or empty.

    Raises:
        PolicyError: unreadable, not YAML, or a document that breaks the schema.
    """
    if not file.exists():
        return ()
    try:
        content = file.read_bytes()
    except OSError as error:
        raise PolicyError(f"cannot be read: {error.strerror}", file=file) from None
    return read_policies(content, file)


def read_policies(content: bytes, file: Path) -> tuple[Policy, ...]:
    """The policy versions of a YAML stream; `file` is only named in errors.

    Raises:
        PolicyError: not YAML, or a document that breaks the schema.
    """
    return tuple(_policy(located, file) for located in read_documents(content, file))


def digest(document: dict[str, Any]) -> str:
    """SHA-256 of a document's canonical JSON: keys sorted, layout and comments of no account.

    Left out are `metadata.source.digest`, and `status` and `effective_to`, so that a version can be closed
    without counting as edited.
    """
    metadata = {key: value for key, value in document["metadata"].items() if key not in _LIFECYCLE}
    if isinstance(metadata.get("source"), dict):
        metadata["source"] = {key: value for key, value in metadata["source"].items() if key != "digest"}
    canonical = json.dumps(document | {"metadata": metadata}, sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()


def _policy(located: Located, file: Path) -> Policy:
    try:
        document = Document.model_validate(located.value)
    except ValidationError as error:
        raise _explained(error, located, file) from None
    return Policy(document, digest(located.value), file, located.lines)


def _explained(error: ValidationError, located: Located, file: Path) -> PolicyError:
    faults = error.errors(include_url=False)
    # An unknown key is often the misspelled twin of a missing one: it explains more.
    first = min(faults, key=lambda fault: fault["type"] != "extra_forbidden")
    path: KeyPath = tuple(first["loc"])
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    line = nearest_line(located.lines, path)
    return PolicyError(_sentence(dict(first), path) + more, file=file, line=line, key=spelled(path) or None)


def _sentence(fault: dict[str, Any], path: KeyPath) -> str:
    if fault["type"] == "extra_forbidden":
        return f"unknown key; {_suggestion(str(path[-1]), _keys(path[:-1]))}"
    if fault["type"] == "missing":
        return "is required and absent"
    if fault["type"] in ("enum", "literal_error"):
        return f"found {_found(fault)}; {_suggestion(str(fault['input']), _words(path))}"
    plain = fault["msg"].removeprefix("Value error, ")
    message = _EXPECTED[fault["type"]].format(**fault.get("ctx", {})) if fault["type"] in _EXPECTED else plain
    message = message[0].lower() + message[1:]
    is_told = "found" in message or isinstance(fault["input"], dict | list | tuple | BaseModel)
    return message if is_told else f"{message}, found {_found(fault)}"


def _found(fault: dict[str, Any]) -> str:
    text = repr(fault["input"])
    return text if len(text) <= 60 else text[:57] + "..."


def _suggestion(word: str, known: list[str]) -> str:
    near = difflib.get_close_matches(word, known, n=1)
    return f"did you mean `{near[0]}`?" if near else f"expected one of {', '.join(sorted(known))}"


def _keys(path: KeyPath) -> list[str]:
    """Known keys of the part at a path."""
    part = next((kind for kind in _kinds(path) if isinstance(kind, type) and issubclass(kind, BaseModel)), None)
    return [] if part is None else [field.alias or name for name, field in part.model_fields.items()]


def _words(path: KeyPath) -> list[str]:
    """The closed set of words allowed at a path."""
    words: list[str] = []
    for kind in _kinds(path):
        values = list(kind) if isinstance(kind, EnumType) else [kind] if isinstance(kind, str) else []
        words += [str(value) for value in values]
    return words


def _kinds(path: KeyPath) -> list[Any]:
    """Every type and literal that the schema allows at a path."""
    kinds: list[Any] = [Document]
    for name in (part for part in path if isinstance(part, str)):
        parts = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]
        fields = [field for part in parts for key, field in part.model_fields.items() if name in (key, field.alias)]
        kinds = [kind for field in fields for kind in _unpacked(field.annotation)]
    return kinds


def _unpacked(annotation: Any) -> Iterator[Any]:
    inner = get_args(annotation)
    if not inner:
        yield annotation
    for argument in inner:
        yield from _unpacked(argument)
