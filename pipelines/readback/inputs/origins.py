"""One log to be read: where it lies, what is known of it unread, and how its bytes come onto this machine.

A place holds any number of logs: a folder, a bucket, a table. Nothing here looks into a log.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from readback import store
from readback.errors import UnreadableFile


@dataclass(frozen=True)
class Stamp:
    """What tells, unread, that a log was written again. An ETag is of the content and outranks the time."""

    size: int
    modified_ns: int | None = None
    etag: str | None = None


@dataclass(frozen=True)
class Origin(ABC):
    """One log."""

    address: str
    """Path or URL as the ledger shows it, never with credentials."""
    source: str | None
    """Its format; recognized from the records where None."""

    @property
    def name(self) -> str:
        """The last part of the address."""
        return self.address.rpartition("/")[2]

    @abstractmethod
    def stamp(self) -> Stamp | None:
        """What is known of it unread; None where nothing is, so that it is always read."""

    @abstractmethod
    def opened(self) -> AbstractContextManager[Path]:
        """A local file with its bytes, there for the length of the context.

        Raises:
            UnreadableFile: it cannot be had.
        """

    def note(self, con: store.Connection) -> None:  # noqa: B027 - most have nothing to note.
        """Write down what must hold exactly when its rows are; called in their transaction."""


@dataclass(frozen=True)
class LocalFile(Origin):
    """A file of this machine."""

    def stamp(self) -> Stamp:
        """Size and time of its last change."""
        facts = Path(self.address).stat()
        return Stamp(facts.st_size, facts.st_mtime_ns)

    def opened(self) -> AbstractContextManager[Path]:
        """The file itself."""
        return nullcontext(Path(self.address))


@dataclass(frozen=True)
class Unreachable(Origin):
    """A place that did not answer: the ledger shows it as a refused file, and every other place is read."""

    reason: str

    def stamp(self) -> None:
        """Nothing is known."""

    def opened(self) -> AbstractContextManager[Path]:
        """Never opens.

        Raises:
            UnreadableFile: always, with the reason.
        """
        raise UnreadableFile(self.reason, file=self.address)


class Place(ABC):
    """Where logs lie."""

    @abstractmethod
    def logs(self, con: store.Connection, until: datetime) -> Iterator[Origin]:
        """Its logs as they are now; a place that does not answer gives one that is `Unreachable`.

        Rows of a table that are dated after `until` wait until their time has come.
        """

    @abstractmethod
    def facts(self, until: datetime) -> Iterator[str]:
        """Lines that are equal as long as there is nothing new to read."""


def facts_of(logs: Iterator[Origin]) -> Iterator[str]:
    """Address and stamp of each log."""
    for log in logs:
        yield f"{log.address}\0{log.stamp()}\n"


def reached(logs: Iterator[Origin]) -> Iterator[Origin]:
    """The logs, for one who waits for the answer.

    Raises:
        UnreadableFile: a place does not answer.
    """
    for log in logs:
        if isinstance(log, Unreachable):
            raise UnreadableFile(log.reason, file=log.address)
        yield log
