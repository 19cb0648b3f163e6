"""Whether what was loaded can say what a metric needs; a metric without it answers `not_reported`, never 0."""

from collections.abc import Iterable

from readback import store
from readback.metrics.definitions import Definition
from readback.sources import reporting


def unreported(con: store.Connection, asked: Iterable[Definition]) -> frozenset[str]:
    """Names of the metrics that no loaded source, or no watched outcome, can tell anything of.

    Where nothing was loaded there is no data rather than a gap: none is named for the want of a log format.
    """
    loaded, watched = loaded_sources(con), watched_kinds(con)
    return frozenset(
        definition.metric
        for definition in asked
        if (loaded and definition.needs and not _is_told(definition, loaded))
        or (definition.outcome is not None and definition.outcome.value not in watched)
    )


def loaded_sources(con: store.Connection) -> frozenset[str]:
    """Names of the connectors of which at least one file of attempts was read."""
    has_ledger = con.execute(
        "select 1 from information_schema.tables where table_schema = 'ledger' and table_name = 'parts'"
    ).fetchall()
    if not has_ledger:
        return frozenset()
    return frozenset(name for (name,) in con.execute("select distinct source from ledger.parts").fetchall())


def watched_kinds(con: store.Connection) -> frozenset[str]:
    """Kinds of outcome that some source was declared to watch."""
    return frozenset(kind for (kind,) in con.execute("select distinct kind from outcome_coverage").fetchall())


def _is_told(definition: Definition, loaded: frozenset[str]) -> bool:
    return any(loaded & reporting(capability) for capability in definition.needs)
