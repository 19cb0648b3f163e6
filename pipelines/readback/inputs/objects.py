"""Objects of Amazon S3, Google Cloud Storage and Azure Blob Storage as inputs, through fsspec.

Credentials come from each library's own chain (environment, profile, role of the machine), never from `readback.toml`.
An object is fetched to a scratch file only when its listing says that it was written since it was read.
"""

import errno
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import Context
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn

import xxhash

from readback import store
from readback.errors import SettingsError, UnreadableFile
from readback.inputs.origins import Origin, Place, Stamp, Unreachable, facts_of

PACKAGES = {"s3": "s3fs", "gs": "gcsfs", "az": "adlfs"}
"""Scheme of a URL, which is also the name of the extra, → the package that speaks with the store."""

_OPTIONS: dict[str, dict[str, Any]] = {"az": {"anon": False}}
"""Unasked, adlfs reads as a stranger where no key is given, instead of following its chain of credentials."""

_SILENT = {"az"}
"""Where a bucket that is not there is listed like an empty one."""

_TIMES = ("LastModified", "last_modified", "updated", "mtime", "created")
_OF_THE_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
_MAGIC = re.compile(r"[*?\[]")


def is_url(path: str) -> bool:
    """Whether an input names objects of a store rather than files of this machine."""
    return "://" in path


@dataclass(frozen=True)
class Bucket(Place):
    """What a URL names: an object, all objects below it, or those that match its glob."""

    url: str
    source: str | None
    scratch: Path

    def logs(self, con: store.Connection, until: datetime) -> Iterator[Origin]:
        """Its objects, sorted; hidden ones left out."""
        try:
            objects = self._objects()
        except UnreadableFile as error:
            yield Unreachable(self.url, self.source, error.message)
            return
        yield from objects

    def facts(self, until: datetime) -> Iterator[str]:
        """URL, size and ETag of each object."""
        try:
            yield from facts_of(iter(self._objects()))
        except UnreadableFile as error:
            yield f"{self.url}\0{error.message}\n"

    def _objects(self) -> list["Object"]:
        scheme, _, pattern = self.url.partition("://")
        magic = _MAGIC.search(pattern)
        folder = pattern[: magic.start()].rpartition("/")[0] if magic else pattern
        try:
            found = Context().run(_find, scheme, folder)
        except Exception as error:  # The libraries' errors have no common root.
            _refuse(error, self.url, "listed")
        return [
            Object(f"{scheme}://{key}", self.source, stamp_of(facts), self.scratch)
            for key, facts in sorted((name.lstrip("/"), facts) for name, facts in found.items())
            if facts["type"] == "file" and _is_wanted(key, pattern, folder)
        ]


@dataclass(frozen=True)
class Object(Origin):
    """One object as it was listed."""

    listed: Stamp
    scratch: Path

    def stamp(self) -> Stamp:
        """Size, time and ETag as listed."""
        return self.listed

    @contextmanager
    def opened(self) -> Iterator[Path]:
        """A scratch copy.

        Raises:
            UnreadableFile: it is gone or forbidden, or the store does not answer.
        """
        self.scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
        copy = self.scratch / f"{xxhash.xxh3_128_hexdigest(self.address.encode())}.object"
        try:
            self._fetch(copy)
            yield copy
        finally:
            copy.unlink(missing_ok=True)

    def _fetch(self, copy: Path) -> None:
        scheme, _, key = self.address.partition("://")
        try:
            Context().run(_get, scheme, key, copy)
        except Exception as error:  # The libraries' errors have no common root.
            _refuse(error, self.address, "fetched")
        if (size := copy.stat().st_size) < self.listed.size:
            told = f"came as {size:,} of {self.listed.size:,} bytes: cut off, or replaced since it was listed"
            raise UnreadableFile(told, file=self.address)


def bucket(url: str, source: str | None, scratch: Path, key: str, file: Path | None) -> Bucket:
    """The bucket that a URL names; no store is asked yet.

    Raises:
        SettingsError: an unknown scheme, a package that is not installed, no bucket, or credentials in the URL.
    """
    scheme, _, path = url.partition("://")
    if scheme not in PACKAGES:
        known = ", ".join(f"{name}://" for name in PACKAGES)
        raise SettingsError(f"unknown scheme {scheme + '://'!r}; expected a path or one of {known}", file=file, key=key)
    name = path.partition("/")[0]
    if "@" in name:
        told = "credentials in a URL are refused; give them in the environment, as the store's own tools take them"
        raise SettingsError(told, file=file, key=key)
    if not name or _MAGIC.search(name):
        raise SettingsError(f"expected a bucket after {scheme}://, found {name!r}", file=file, key=key)
    if find_spec(PACKAGES[scheme]) is None:
        told = f"{scheme}:// needs the package {PACKAGES[scheme]}; install readback-continuity[{scheme}]"
        raise SettingsError(told, file=file, key=key)
    return Bucket(url, source, scratch)


# Both run in a context of their own: a library's thread keeps the one in which it is asked, as long as its connections
# live, and the context of a Dagster step holds the open warehouse.
def _find(scheme: str, folder: str) -> dict[str, dict[str, Any]]:
    files = _filesystem(scheme)
    files.invalidate_cache()
    found: dict[str, dict[str, Any]] = files.find(folder, detail=True)
    if not found and scheme in _SILENT and not files.exists(bucket := folder.partition("/")[0]):
        raise FileNotFoundError(bucket)
    return found


def _get(scheme: str, key: str, copy: Path) -> None:
    _filesystem(scheme).get_file(key, str(copy))


def _filesystem(scheme: str) -> Any:
    import fsspec

    # What goes wrong is told once and in a sentence; gcsfs would also print every try with its traceback.
    logging.getLogger(PACKAGES[scheme]).setLevel(logging.CRITICAL)
    return fsspec.filesystem(scheme, **_OPTIONS.get(scheme, {}))


def _is_wanted(key: str, pattern: str, folder: str) -> bool:
    from fsspec.utils import glob_translate

    if key.endswith("/") or any(part.startswith(".") for part in key.removeprefix(folder).split("/")):
        return False
    return folder == pattern or re.match(glob_translate(pattern), key) is not None


def stamp_of(facts: dict[str, Any]) -> Stamp:
    """What a listing of any of the libraries tells of one object."""
    etag = facts.get("ETag") or facts.get("etag")
    if etag is not None:
        return Stamp(facts["size"], etag=str(etag))
    told = next((facts[key] for key in _TIMES if facts.get(key) is not None), None)
    return Stamp(facts["size"], _nanoseconds(told))


def _nanoseconds(told: datetime | str | float | None) -> int | None:
    """A time as each library gives it, since 1970."""
    moment = datetime.fromisoformat(told) if isinstance(told, str) else told
    seconds = moment.timestamp() if isinstance(moment, datetime) else moment
    return int(seconds * 1_000_000) * 1000 if seconds is not None else None


def _refuse(error: Exception, address: str, attempted: str) -> NoReturn:
    """One sentence for whatever a store answered; trouble with this machine's own disk stays what it is."""
    if isinstance(error, OSError) and error.errno in _OF_THE_DISK:
        raise error
    told = " ".join(str(error).split())
    if isinstance(error, FileNotFoundError):
        told = f"is not there: {told}"
    elif isinstance(error, PermissionError):
        told = f"may not be {attempted} with the credentials of the environment: {told}"
    else:
        told = f"cannot be {attempted}: {told or type(error).__name__}"
    raise UnreadableFile(told, file=address) from None
