"""Pages of the docs whose console blocks are run: what a page shows after a command is what the command prints.

A block holds commands after `$`, each followed by what it printed. Commands of `readback` run in this process with the
clock stopped, others in a shell, all in one folder. Output that ends in a line `…` was cut there, and is again.
README shows an excerpt of what the demo prints, which a test runs anyway. Renew every page with
`python tests/printed_page.py`.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from readback.cli.transcript import printed, trimmed

AT = datetime(2026, 11, 1, 6, tzinfo=UTC)
PAGES = (Path(__file__).parents[1] / "docs" / "tutorial.md",)

README = Path(__file__).parents[1] / "README.md"

_DEMO = re.compile(r"(?<=^```text\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^\$ (?P<typed>(?:.*<<'END'\n(?:.*\n)*?END|.*))\n(?P<shown>(?:(?!\$ ).*\n)*)", re.MULTILINE)
_EVERYTHING = 10_000
_CUT = "…"


def renewed(page: str, folder: Path) -> str:
    """The page with everything that its commands print now, run in an empty folder."""
    with chdir(folder):
        return _BLOCK.sub(lambda block: "".join(_run(block[0])), page)


def with_excerpt(page: str, told: str) -> str:
    """The page whose first block of text shows what the demo told, as much of it as before."""
    return _DEMO.sub(lambda block: excerpt(told, block[0]), page, count=1)


def excerpt(told: str, shown: str) -> str:
    """Paragraphs of an output, each as long as it is shown; the paragraph `…` stands for those left out."""
    models, found = shown.strip().split("\n\n"), told.strip().split("\n\n")
    cut = models.index(_CUT)
    ending = len(found) - (len(models) - cut - 1)
    before = [_beginning(each, model) for each, model in zip(found[:cut], models[:cut], strict=True)]
    after = [_beginning(each, model) for each, model in zip(found[ending:], models[cut + 1 :], strict=True)]
    return "\n\n".join([*before, _CUT, *after]) + "\n"


def _beginning(paragraph: str, model: str) -> str:
    lines, last = model.splitlines(), model.splitlines()[-1]
    if last.strip() != _CUT:
        return trimmed(paragraph, _EVERYTHING)
    return trimmed("\n".join(paragraph.splitlines()[: len(lines) - 1]), _EVERYTHING) + f"\n{last}"


def _run(block: str) -> Iterator[str]:
    for command in _COMMAND.finditer(block):
        typed, before = command["typed"], command["shown"].splitlines()
        most = len(before) if before and before[-1] == _CUT else _EVERYTHING
        shown = trimmed(_printed(typed), most)
        yield f"$ {typed}\n" + (f"{shown}\n" if shown else "")


def _printed(typed: str) -> str:
    if typed.startswith("readback "):
        return printed(typed, AT).shown
    done = subprocess.run(["bash", "-euc", typed], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


if __name__ == "__main__":
    with TemporaryDirectory() as scratch:
        demo = subprocess.run([sys.executable, "-m", "readback", "demo"], cwd=scratch, capture_output=True, check=True)
        README.write_text(with_excerpt(README.read_text(encoding="utf-8"), demo.stdout.decode()), encoding="utf-8")
    for file in PAGES:
        with TemporaryDirectory() as scratch:
            file.write_text(renewed(file.read_text(encoding="utf-8"), Path(scratch)), encoding="utf-8")
