"""One published project for all tests of the faces, and a connection to a copy of it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import faces_project
import pytest
import streamlit as st

from readback import store
from readback.settings import Project, open_project


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The plausible project."""
    return faces_project.build(tmp_path_factory.mktemp("faces") / "project")


@pytest.fixture(scope="session", autouse=True)
def _close_snapshots() -> Iterator[None]:
    yield
    st.cache_resource.clear()


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The same project with an attack for the name of a workflow."""
    return faces_project.build(tmp_path_factory.mktemp("faces") / "hostile", hostile=True)


@pytest.fixture(scope="session")
def con(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[store.Connection]:
    """A reader of a copy: one process may configure one locked connection per file, and the pages hold theirs."""
    copy = tmp_path_factory.mktemp("faces") / "copy"
    shutil.copytree(project.root, copy, symlinks=True)
    with store.reader(open_project(Path(copy))) as reader:
        yield reader
