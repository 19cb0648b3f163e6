"""One small fleet for all tests of the simulator, and a naive recount of its logs."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import recount

from readback.simulate import Truth, simulate

END = datetime(2026, 11, 1, tzinfo=UTC)
REQUESTS = 9000
DAYS = 40.0
SEED = 11


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the fleet."""
    return tmp_path_factory.mktemp("fleet")


@pytest.fixture(scope="session")
def truth(project: Path) -> Truth:
    """Its truth, as returned."""
    return simulate(project, requests=REQUESTS, days=DAYS, seed=SEED, end=END)


@pytest.fixture(scope="session")
def seen(project: Path, truth: Truth) -> list[recount.Seen]:
    """Its requests, recounted from the raw lines."""
    return recount.requests(project)
