"""readback: continuity analytics for AI, from the logs that gateways and providers already write."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from readback.faces.desk import Desk

__all__ = ["open"]
__version__ = "0.1.0"


def open(project: str | Path) -> "Desk":
    """The newest snapshot of a project for a notebook: `readback.open("my-project").sql("from episodes")`.

    Raises:
        ProjectError: no project there. NotPublished: no run has finished yet.
    """
    from readback.faces.desk import Desk
    from readback.settings import open_project

    return Desk(open_project(Path(project)))
