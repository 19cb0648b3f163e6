"""A SQL file that describes itself: TOML in its leading comment up to the first blank one, remarks, then one query."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from readback.errors import SourceError


@dataclass(frozen=True)
class SqlFile:
    """The three parts of such a file."""

    facts: dict[str, Any]
    remarks: str
    body: str


def read_sql(file: Path) -> SqlFile:
    """The parts of a SQL file.

    Raises:
        SourceError: the header is not TOML.
    """
    lines = file.read_text(encoding="utf-8").splitlines()
    end = next((n for n, line in enumerate(lines) if not line.startswith("--")), len(lines))
    told = [line[2:].removeprefix(" ") for line in lines[:end]]
    blank = next((n for n, line in enumerate(told) if not line.strip()), len(told))
    try:
        facts = tomllib.loads("\n".join(told[:blank]))
    except tomllib.TOMLDecodeError as error:
        raise SourceError(f"header is not TOML: {error}", file=file) from None
    return SqlFile(facts, "\n".join(told[blank + 1 :]), "\n".join(lines[end:]))
