"""What the inputs of readback.toml name, and the logs that lie there now."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path

import xxhash

from readback import store
from readback.errors import SettingsError
from readback.inputs import connection_string, objects
from readback.inputs.folders import Folder
from readback.inputs.origins import Origin, Place
from readback.inputs.postgres import Table
from readback.settings import Input, Project
from readback.sources import sources


def places(project: Project, environment: Mapping[str, str]) -> list[Place]:
    """Every place that the inputs of `readback.toml` name, in their order; none is looked at yet.

    Raises:
        SettingsError: an unknown source or scheme, a package that is not installed, an absent environment variable.
    """
    file = project.root / "readback.toml"
    return [
        _table(project, given, f"inputs.{number}", file, environment)
        if given.postgres is not None
        else place(project, given.path or "", given.source, f"inputs.{number}.", file)
        for number, given in enumerate(project.settings.inputs)
    ]


def place(project: Project, path: str, source: str | None, key: str = "", file: Path | None = None) -> Place:
    """The place of a path, relative to the project, or of a URL.

    Raises:
        SettingsError: an unknown source or scheme, or a package that is not installed.
    """
    check_source(source, f"{key}source" if key else "--source", file)
    if objects.is_url(path):
        return objects.bucket(path, source, project.scratch, f"{key}path" if key else "PATH", file)
    return Folder(project.root, path, source)


def named_logs(
    con: store.Connection, project: Project, environment: Mapping[str, str], until: datetime
) -> Iterator[Origin]:
    """Every log that the inputs of `readback.toml` name; the places are looked at one after the other, as it is read.

    All of them are asked again, so what was refused from afar before is forgotten: it is refused again, or no more.

    Raises:
        SettingsError: as `places` does, before anything is read.
    """
    found = places(project, environment)
    con.execute("delete from files where state = 'failed' and contains(path, '://')")
    return logs(con, project, found, until)


def logs(con: store.Connection, project: Project, found: Sequence[Place], until: datetime) -> Iterator[Origin]:
    """Every log of some places, each once: the first place that names it says its source.

    Scratch copies that a killed run left are removed first.
    """
    for stray in project.scratch.glob("*"):
        stray.unlink()
    addresses: set[str] = set()
    for one in found:
        for log in one.logs(con, until):
            if log.address not in addresses:
                addresses.add(log.address)
                yield log


def fingerprint(found: Sequence[Place], until: datetime) -> str:
    """A hash of what is known of all logs unread: equal as long as nothing new can be read."""
    told = xxhash.xxh3_128()
    for one in found:
        for line in one.facts(until):
            told.update(line.encode())
    return told.hexdigest()


def check_source(name: str | None, key: str, file: Path | None) -> None:
    """Refuse a source that no connector has.

    Raises:
        SettingsError: there is none of that name.
    """
    if name is not None and name not in sources():
        raise SettingsError(f"unknown source {name!r}; expected one of {', '.join(sources())}", file=file, key=key)


def _table(project: Project, given: Input, key: str, file: Path, environment: Mapping[str, str]) -> Table:
    source = given.source or "litellm_spend"
    check_source(source, f"{key}.source", file)
    if find_spec("psycopg") is None:
        told = "needs the package psycopg; install readback-continuity[postgres]"
        raise SettingsError(told, file=file, key=f"{key}.postgres")
    name = given.dsn_env or ""
    if not environment.get(name):
        told = f"the environment variable {name} is not set; let it hold {connection_string.EXPECTED}"
        raise SettingsError(told, file=file, key=f"{key}.dsn_env")
    try:
        server = connection_string.parse(environment[name])
    except ValueError as error:
        told = f"the environment variable {name} holds no connection string of PostgreSQL: {error}"
        raise SettingsError(told, file=file, key=f"{key}.dsn_env") from None
    return Table(server, given.postgres or "", source, given.cursor, given.overlap, given.batch_rows, project.scratch)
