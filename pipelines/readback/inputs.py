"""Which files are to be read: what the inputs of readback.toml name, and what a path or a glob matches."""

from collections.abc import Iterable
from pathlib import Path

from readback.errors import SettingsError
from readback.settings import Project
from readback.sources import sources


def input_files(project: Project) -> list[tuple[Path, str | None]]:
    """Every file that the inputs of `readback.toml` name, with the source where one is given.

    Raises:
        SettingsError: an input that names an unknown source, or a path where nothing lies.
    """
    found: dict[Path, str | None] = {}
    for number, given in enumerate(project.settings.inputs):
        check_source(given.source, f"inputs.{number}.source", project.root / "readback.toml")
        for file in expand(project.root, given.path):
            found.setdefault(file, given.source)
    return list(found.items())


def expand(root: Path, pattern: str) -> list[Path]:
    """The files of a path: itself, all below it, or what a glob matches; sorted, hidden ones left out."""
    path = Path(pattern) if Path(pattern).is_absolute() else root / pattern
    if path.is_file():
        return [path]
    if path.is_dir():
        candidates: Iterable[Path] = path.rglob("*")
    else:
        anchor = Path(path.anchor)
        candidates = anchor.glob(str(path.relative_to(anchor)))
    return sorted(file for file in candidates if file.is_file() and not _is_hidden(file.relative_to(path.anchor), root))


def check_source(name: str | None, key: str, file: Path | None) -> None:
    """Refuse a source that no connector has.

    Raises:
        SettingsError: there is none of that name.
    """
    if name is not None and name not in sources():
        raise SettingsError(f"unknown source {name!r}; expected one of {', '.join(sources())}", file=file, key=key)


def _is_hidden(file: Path, root: Path) -> bool:
    anchored = root.relative_to(root.anchor)
    below = file.relative_to(anchored) if file.is_relative_to(anchored) else file
    return any(part.startswith(".") for part in below.parts)
