"""What `make simulate-stats` promises, with fewer repetitions and a fixed seed."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

_SHARE = 0.15


@pytest.fixture(scope="module")
def simulation() -> ModuleType:
    script = Path(__file__).parents[3] / "benchmarks" / "promises.py"
    spec = importlib.util.spec_from_file_location("promises", script)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_every_promise_of_the_statistics_page_is_kept(simulation: ModuleType) -> None:
    broken = [finding.row() for finding in simulation.findings(seed=1, share=_SHARE) if not finding.is_kept]
    assert broken == []


def test_a_promise_that_is_not_kept_is_seen(simulation: ModuleType) -> None:
    assert not simulation.Finding("coverage", 0.93, 0.94, is_floor=True, repetitions=1).is_kept
    assert not simulation.Finding("bias", 0.02, 0.01, is_floor=False, repetitions=1).is_kept
