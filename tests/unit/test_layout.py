"""The repository has the parts that people and scripts look for, under the names that the house allows."""

import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from readback import shipped

ROOT = Path(__file__).resolve().parents[2]
PROMISED = [
    ".ci/run",
    "CHANGELOG.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "dagster.yaml",
    "pyproject.toml",
    "requirements.lock",
]
BANNED = {"utils", "helpers", "common", "manager", "data", "info", "process", "handle", "v2", "new"}
MODULES = [
    path.relative_to(ROOT)
    for folder in ("pipelines", "models", "dashboards", "tests", "benchmarks")
    for path in sorted((ROOT / folder).rglob("*"))
    if path.suffix in {".py", ".sql"}
]


def project() -> dict[str, Any]:
    """The parsed pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def canonical(requirement: str) -> str:
    """Normalized name of a requirement, by PEP 503."""
    return re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", requirement, maxsplit=1)[0]).lower()


def test_no_script_hides_a_module_that_it_imports() -> None:
    """A script's own folder is searched first: one called statistics.py would stand in for the library's."""
    assert not {file.stem for file in (ROOT / "benchmarks").glob("*.py")} & sys.stdlib_module_names


@pytest.mark.parametrize("name", PROMISED)
def test_promised_file_is_there(name: str) -> None:
    assert (ROOT / name).stat().st_size > 0


@pytest.mark.parametrize("target", ["run", "test", "check", "dashboard", "bench"])
def test_make_knows_the_target(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_module_has_a_telling_name(path: Path) -> None:
    assert not BANNED & {part.lower() for part in path.with_suffix("").parts}


def test_lock_pins_every_declared_dependency() -> None:
    declared = project()["project"]["dependencies"] + project()["dependency-groups"]["dev"]
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pinned = set(re.findall(r"^([\w.-]+)==\S+.*\\\n +--hash=sha256:", lock, re.MULTILINE))
    assert {canonical(requirement) for requirement in declared} <= {canonical(name) for name in pinned}


def test_lock_names_no_registry() -> None:
    assert "://" not in (ROOT / "requirements.lock").read_text(encoding="utf-8")


def test_package_reads_the_sql_of_the_work_tree() -> None:
    assert [shipped.models(), shipped.dashboards(), shipped.samples()] == [
        ROOT / "models",
        ROOT / "dashboards",
        ROOT / "data" / "samples",
    ]


def test_dagster_sends_no_telemetry_and_runs_one_writer() -> None:
    instance = yaml.safe_load((ROOT / "dagster.yaml").read_text(encoding="utf-8"))
    assert instance["telemetry"] == {"enabled": False}
    assert instance["concurrency"]["runs"] == {"max_concurrent_runs": 1}
