"""Files of this machine: one, all below a folder, or what a glob matches."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from readback import store
from readback.inputs.origins import LocalFile, Origin, Place, facts_of


@dataclass(frozen=True)
class Folder(Place):
    """A file, a folder or a glob."""

    root: Path
    pattern: str
    source: str | None

    def logs(self, con: store.Connection, until: datetime) -> Iterator[Origin]:
        """Its files, sorted."""
        return self._files()

    def facts(self, until: datetime) -> Iterator[str]:
        """Path, size and time of each file."""
        return facts_of(self._files())

    def _files(self) -> Iterator[Origin]:
        return (LocalFile(str(file), self.source) for file in expand(self.root, self.pattern))


def expand(root: Path, pattern: str) -> list[Path]:
    """The files of a path: itself, all below it, or what a glob matches; sorted, what is hidden below it left out."""
    path = Path(pattern) if Path(pattern).is_absolute() else root / pattern
    if path.is_file():
        return [path]
    if path.is_dir():
        root, candidates = path, path.rglob("*")
    else:
        anchor = Path(path.anchor)
        candidates = anchor.glob(str(path.relative_to(anchor)))
    return sorted(file for file in candidates if file.is_file() and not _is_hidden(file.relative_to(path.anchor), root))


def _is_hidden(file: Path, root: Path) -> bool:
    anchored = root.relative_to(root.anchor)
    below = file.relative_to(anchored) if file.is_relative_to(anchored) else file
    return any(part.startswith(".") for part in below.parts)
