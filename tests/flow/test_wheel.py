"""The built wheel stands alone: in an empty environment it brings its SQL, pages and samples, and the demo runs."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from printed_page import README, with_excerpt

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = {"_models": "models", "_dashboards": "dashboards", "_samples": "data/samples"}

pytestmark = pytest.mark.slow


def run(*command: str | Path, cwd: Path) -> str:
    """Output of a command that has to succeed, without this environment's import paths and width."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COLUMNS"))}
    done = subprocess.run([*command], cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


def tree(folder: Path) -> set[str]:
    """Paths of the files under a folder, relative to it."""
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the wheel and the source distribution."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "-d", folder, cwd=ROOT)
    return folder


@pytest.fixture(scope="module")
def environment(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty environment with the wheel and what it asks for, at the locked versions; removed at the end."""
    folder = tmp_path_factory.mktemp("wheel")
    pins = folder / "pins.txt"
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pins.write_text("\n".join(re.findall(r"^(\S+==.*?) \\$", lock, re.MULTILINE)), encoding="utf-8")
    run(sys.executable, "-m", "venv", folder / "venv", cwd=folder)
    python = folder / "venv/bin/python"
    install = [shutil.which("uv") or "", "pip", "install", "--python", str(python)]
    if not install[0]:
        install = [str(python), "-m", "pip", "install"]
    run(*install, "--quiet", "--constraint", pins, next(built.glob("*.whl")), cwd=folder)
    yield folder / "venv"
    shutil.rmtree(folder)


@pytest.mark.parametrize(("inside", "in_repository"), SHIPPED.items())
def test_wheel_ships_every_file_of_the_folder(built: Path, inside: str, in_repository: str) -> None:
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        names = {name.removeprefix(f"readback/{inside}/") for name in wheel.namelist() if f"/{inside}/" in name}
    assert names == tree(ROOT / in_repository)


def test_wheel_ships_the_dagster_settings(built: Path) -> None:
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        assert wheel.read("readback/dagster.yaml") == (ROOT / "dagster.yaml").read_bytes()


def test_wheel_holds_only_the_package_and_its_metadata(built: Path) -> None:
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {re.sub(r"-\d.*\.dist-info", "", top) for top in tops} == {"readback", "readback_continuity"}


@pytest.mark.parametrize("in_repository", SHIPPED.values())
def test_source_distribution_can_build_the_wheel(built: Path, in_repository: str) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        names = {name.partition("/")[2].removeprefix(f"{in_repository}/") for name in archive.getnames()}
    assert tree(ROOT / in_repository) <= names


def test_installed_package_reads_its_own_copies(environment: Path, tmp_path: Path) -> None:
    program = "from readback import shipped as s; print(s.models(), s.dashboards(), s.samples(), sep='\\n')"
    folders = [Path(line) for line in run(environment / "bin/python", "-c", program, cwd=tmp_path).splitlines()]
    assert [folder.name for folder in folders] == list(SHIPPED)
    assert all(folder.is_relative_to(environment) and tree(folder) for folder in folders)


def test_every_module_imports_with_the_declared_dependencies(environment: Path, tmp_path: Path) -> None:
    program = (
        "import importlib, pkgutil, readback\n"
        "for module in pkgutil.walk_packages(readback.__path__, 'readback.'):\n"
        "    if not module.name.startswith('readback.integrate.'):  # these run in other software\n"
        "        print(importlib.import_module(module.name))"
    )
    assert "readback.store" in run(environment / "bin/python", "-c", program, cwd=tmp_path)


def test_demo_runs_from_the_wheel_and_prints_what_the_readme_shows(environment: Path, tmp_path: Path) -> None:
    told = run(environment / "bin/readback", "demo", cwd=tmp_path)
    page = README.read_text(encoding="utf-8")
    assert with_excerpt(page, told) == page
