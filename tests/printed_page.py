"""Pages of the docs whose console blocks are run: what a page shows after a command is what the command prints.

A block holds commands after `$`, each followed by what it printed. Commands of `readback` run in this process with the
clock stopped, others in a shell, all in one folder. Output that ends in a line `…` was cut there, and is again. Renew
every page with `python tests/printed_page.py`.
"""

import re
import subprocess
from collections.abc import Iterator
from contextlib import chdir
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from readback.cli.transcript import printed, trimmed

AT = datetime(2026, 11, 1, 6, tzinfo=UTC)
PAGES = (Path(__file__).parents[1] / "docs" / "tutorial.md",)

_BLOCK = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^\$ (?P<typed>(?:.*<<'END'\n(?:.*\n)*?END|.*))\n(?P<shown>(?:(?!\$ ).*\n)*)", re.MULTILINE)
_EVERYTHING = 10_000


def renewed(page: str, folder: Path) -> str:
    """The page with everything that its commands print now, run in an empty folder."""
    with chdir(folder):
        return _BLOCK.sub(lambda block: "".join(_run(block[0])), page)


def _run(block: str) -> Iterator[str]:
    for command in _COMMAND.finditer(block):
        typed, before = command["typed"], command["shown"].splitlines()
        most = len(before) if before and before[-1] == "…" else _EVERYTHING
        shown = trimmed(_printed(typed), most)
        yield f"$ {typed}\n" + (f"{shown}\n" if shown else "")


def _printed(typed: str) -> str:
    if typed.startswith("readback "):
        return printed(typed, AT).shown
    done = subprocess.run(["bash", "-euc", typed], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


if __name__ == "__main__":
    for file in PAGES:
        with TemporaryDirectory() as scratch:
            file.write_text(renewed(file.read_text(encoding="utf-8"), Path(scratch)), encoding="utf-8")
