"""Questions in SQL that are worth asking: the ones that ship, and the ones that a project keeps in `queries/`.

A question is one SQL file. Its header asks it in words and gives each `$parameter` a value to begin with.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from readback import shipped
from readback.errors import QueryError
from readback.settings import Project
from readback.sql_header import read_sql

_SHIPPED = ("questions", "conformance")

SAVED = "queries"
"""Folder of a project for its own questions."""


@dataclass(frozen=True)
class Question:
    """One question: its name, its words, the SQL that answers it."""

    name: str
    ask: str
    parameters: Mapping[str, Any]
    sql: str


def shipped_questions() -> list[Question]:
    """The questions that come with readback, by name."""
    return sorted((each for folder in _SHIPPED for each in _questions(shipped.models() / folder)), key=lambda q: q.name)


def saved_questions(project: Project) -> list[Question]:
    """The questions that a project keeps, by name; none where it has no such folder."""
    return _questions(project.root / SAVED)


def question(project: Project, name: str) -> Question:
    """A question by name; a project's own goes before one that ships.

    Raises:
        QueryError: there is none.
    """
    found = {each.name: each for each in [*shipped_questions(), *saved_questions(project)]}
    if name not in found:
        raise QueryError(f"no question is called {name!r}; `readback sql --questions` lists them")
    return found[name]


def _questions(folder: Path) -> list[Question]:
    return [read_question(file) for file in sorted(folder.glob("*.sql"))]


def read_question(file: Path) -> Question:
    """The question in a file; one without a header asks what its name says.

    Raises:
        QueryError: there is no such file.
    """
    if not file.is_file():
        raise QueryError("no such file", file=file)
    parts = read_sql(file)
    ask = parts.facts.get("question", {}).get("ask", file.stem.replace("_", " "))
    return Question(file.stem, str(ask), parts.facts.get("parameters", {}), parts.body.strip())
