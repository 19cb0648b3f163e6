"""What a terminal shows while one waits: a bar on standard error, gone when the work is done. A pipe sees none."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from readback.cli.shell import err

Tell = Callable[[str, int], None]
"""Takes what is being done, and by how many steps it goes on."""


@contextmanager
def progress(first: str, total: int | None = None) -> Iterator[Tell]:
    """A bar for the length of the work; it only moves to and fro where nobody knows how many steps there are."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    counted = [MofNCompleteColumn()] if total else []
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(), *counted)
    with Progress(*columns, TimeElapsedColumn(), console=err, transient=True, disable=not err.is_terminal) as shown:
        task = shown.add_task(f"{first} …", total=total)
        yield lambda step, steps: shown.update(task, description=f"{step} …", advance=steps)
