"""The names that readback.toml asks for, as SQL over a connector's rows: workflow, team, environment, run.

Each JSON object is parsed once for all of its keys: looking up one name at a time costs as much as reading the record.
"""

from collections.abc import Collection, Mapping

from readback.contracts.ddl import literal
from readback.settings import Naming, Settings

_OBJECTS = {"metadata": "metadata", "attribute": "attributes"}
_COLUMNS = {"session": "session_id", "trace": "trace_id"}


def names(settings: Settings, given: Collection[str]) -> dict[str, str]:
    """For each named column the expression that takes the first label that a record has."""
    keys = _keys(settings)
    return {name: _first(naming, keys, given) for name, naming in _namings(settings).items()}


def with_labels(body: str, settings: Settings, given: Collection[str]) -> str:
    """The body's rows, beside what the expressions of `names` look into."""
    keys = _keys(settings)
    added = [
        f", json_extract_string({column}, [{', '.join(map(_path, keys[kind]))}]) as {column}_told"
        for kind, column in _OBJECTS.items()
        if column in given and keys[kind]
    ]
    return f"(select *{''.join(added)} from ({body}))"


def _namings(settings: Settings) -> Mapping[str, Naming]:
    return {
        "workflow": settings.workflow,
        "team": settings.team,
        "environment": settings.environment,
        "run_id": settings.run,
    }


def _keys(settings: Settings) -> dict[str, list[str]]:
    """Every key that is looked up in an object, by kind, in order."""
    labels = [label.partition(":") for naming in _namings(settings).values() for label in naming.from_]
    return {kind: list(dict.fromkeys(key for found, _, key in labels if found == kind)) for kind in _OBJECTS}


def _first(naming: Naming, keys: Mapping[str, list[str]], given: Collection[str]) -> str:
    found = [told for label in naming.from_ if (told := _label(label, keys, given)) is not None]
    return f"coalesce({', '.join(found)})" if found else "cast(null as varchar)"


def _label(label: str, keys: Mapping[str, list[str]], given: Collection[str]) -> str | None:
    kind, _, key = label.partition(":")
    if kind == "tag":
        return f"absent(tagged(tags, {literal(key + ':')}))" if "tags" in given else None
    if kind in _OBJECTS:
        column = _OBJECTS[kind]
        return f"absent({column}_told[{keys[kind].index(key) + 1}])" if column in given else None
    column = _COLUMNS.get(kind, kind)
    return f"absent({column})" if column in given else None


def _path(key: str) -> str:
    return literal('$."' + key.replace('"', "") + '"')
