"""The pages hold together: each is listed by its purpose, each link leads somewhere, each command is one."""

import re
import subprocess
import sys
from pathlib import Path

import duckdb
import faces_project
import pytest
from command_line import parse

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
INDEX = DOCS / "README.md"
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
LISTED = [page for page in PAGES if page.parent == DOCS and page != INDEX]
_LINK = re.compile(r"\]\((?!\w+://)([^)\s#]*)(#[^)\s]*)?\)")
_TYPED = re.compile(r"^\$ (?:\.venv/bin/)?(readback [^\n#]*)", re.MULTILINE)


@pytest.mark.parametrize(
    "page", [each for each in PAGES if each.parent == DOCS and each != INDEX], ids=lambda p: p.name
)
def test_page_is_listed_in_the_index(page: Path) -> None:
    assert f"({page.name})" in INDEX.read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    told = page.read_text(encoding="utf-8")
    targets = [(page.parent / name if name else page, anchor[1:]) for name, anchor in _LINK.findall(told)]
    assert [target for target, _ in targets if not target.exists()] == []
    assert [each for target, each in targets if each and each not in _anchors(target)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_that_a_page_types_is_one(page: Path) -> None:
    for typed in _TYPED.findall(page.read_text(encoding="utf-8")):
        parse(typed)


def test_copy_for_older_tools_is_in_a_format_that_they_read(tmp_path: Path) -> None:
    (program,) = re.findall(r"```python\n(.*?)```", (DOCS / "bi-tools.md").read_text(encoding="utf-8"), re.DOTALL)
    project = faces_project.build(tmp_path / "project")
    subprocess.run([sys.executable, "-c", program], cwd=project.root, check=True)
    with duckdb.connect(project.root / "older.duckdb", read_only=True) as con:
        assert con.sql("select count(*) from metric_values").fetchall() > [(0,)]
        (tags,) = con.sql("select tags from duckdb_databases() where database_name = 'older'").fetchall()[0]
    assert tags["storage_version"].startswith("v1.2.0")


def test_every_picture_is_shown() -> None:
    shown = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert [each.name for each in (DOCS / "images").iterdir() if f"images/{each.name})" not in shown] == []


def _anchors(page: Path) -> set[str]:
    """What the heads of a page are called in an address, as GitHub makes it."""
    heads = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}
