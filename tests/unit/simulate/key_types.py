"""Key paths of JSON records with the types seen there; the yardstick that real captures and written logs share.

Span attributes are keyed lists in OTLP: their path names the key, so that a key's value type can be compared.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

GENAI_SCOPE = "opentelemetry.instrumentation.genai.openai"
NAMES = {bool: "bool", int: "number", float: "number", str: "string", dict: "object", list: "array"}


def key_types(records: Iterable[Any]) -> dict[str, set[str]]:
    """Return the JSON types seen at every key path of the records."""
    found: dict[str, set[str]] = defaultdict(set)
    for record in records:
        for path, kind in _walk(record, "$"):
            found[path].add(kind)
    return dict(found)


def _walk(value: Any, path: str) -> Iterator[tuple[str, str]]:
    yield path, NAMES.get(type(value), "null")
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _walk(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for inner in value:
            name = inner["key"] if isinstance(inner, dict) and set(inner) == {"key", "value"} else ""
            yield from _walk(inner, f"{path}[{name}]")


def lines_of(path: Path) -> list[Any]:
    """Return the JSON values of a file with one per line."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def genai_batches(batches: Iterable[Any]) -> Iterator[Any]:
    """Return the batches whose model spans are in the dialect that the simulator writes."""
    for batch in batches:
        scopes = [scope["scope"]["name"] for scope in batch["resourceSpans"][0]["scopeSpans"]]
        if GENAI_SCOPE in scopes:
            yield batch


REAL: dict[str, Callable[[Path], Iterable[Any]]] = {
    "litellm": lambda real: lines_of(real / "litellm" / "standard_logging.ndjson"),
    "otlp": lambda real: genai_batches(lines_of(real / "otlp" / "otlp_spans.ndjson")),
    "statuspage": lambda real: [
        json.loads(path.read_text(encoding="utf-8")) for path in sorted((real / "provider-incidents").glob("*.json"))
    ],
}
