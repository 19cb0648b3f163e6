"""Where the files that ship with the package stand: beside it in a wheel, in the repository otherwise."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_REPOSITORY = _PACKAGE.parent.parent


def _folder(name: str, in_repository: str) -> Path:
    bundled = _PACKAGE / name
    return bundled if bundled.is_dir() else _REPOSITORY / in_repository


def models() -> Path:
    """Folder of the SQL models."""
    return _folder("_models", "models")


def dashboards() -> Path:
    """Folder of the Streamlit pages."""
    return _folder("_dashboards", "dashboards")


def samples() -> Path:
    """Folder of the bundled sample logs."""
    return _folder("_samples", "data/samples")


def starter() -> Path:
    """Folder of the settings and the policy that a new project begins with."""
    return _PACKAGE / "starter"
