"""Every error that a user can cause: one sentence that names file, line and key, and what to do.

ReadbackError
├── ProjectError            no project here, or one that cannot be written
├── SettingsError           readback.toml says something that is not understood
├── PolicyError             policy.yaml breaks an error-level validation
├── SourceError             a connector's own file breaks its contract
├── UnreadableFile          an input file that cannot be opened or unpacked
├── QualityError            a blocking check failed: nothing was published
├── QueryError              ad hoc SQL that cannot run
├── NotPublished            nothing to read yet
└── ProjectBusy             another run is writing
"""

from pathlib import Path


class ReadbackError(Exception):
    """Root of the user's errors; carries where they are."""

    def __init__(
        self, message: str, *, file: Path | str | None = None, line: int | None = None, key: str | None = None
    ) -> None:
        """Keep the place apart from the sentence, so that faces may show either."""
        super().__init__(message)
        self.message = message
        self.file = file
        self.line = line
        self.key = key

    def __str__(self) -> str:
        """`file:line: key: sentence`, as far as they are known."""
        place = f"{self.file}" if self.file is not None else ""
        if place and self.line is not None:
            place += f":{self.line}"
        return ": ".join(part for part in (place, self.key or "", self.message) if part)


class ProjectError(ReadbackError):
    """No project here, or one that cannot be written."""


class SettingsError(ReadbackError):
    """`readback.toml` says something that is not understood."""


class PolicyError(ReadbackError):
    """`policy.yaml` breaks an error-level validation."""


class SourceError(ReadbackError):
    """A connector's own file breaks its contract."""


class UnreadableFile(ReadbackError):
    """An input file that cannot be opened or unpacked."""


class QualityError(ReadbackError):
    """A blocking check failed: nothing was published."""


class QueryError(ReadbackError):
    """Ad hoc SQL that cannot run."""


class NotPublished(ReadbackError):
    """Nothing to read yet."""


class ProjectBusy(ReadbackError):
    """Another run is writing."""
