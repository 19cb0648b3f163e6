"""Estimates, critical values and the public face of the package."""

import dataclasses
import math
import subprocess
import sys
from pathlib import Path

import pytest

from readback import stats
from readback.stats import Estimate, critical


def test_nan_and_infinite_numbers_become_none() -> None:
    assert Estimate.of(math.nan, -math.inf, math.inf, n=0) == Estimate(None, None, None, 0, None)


def test_estimate_cannot_be_changed() -> None:
    estimate = Estimate.of(0.5, 0.4, 0.6, n=10, effective_n=8)
    with pytest.raises(dataclasses.FrozenInstanceError):
        estimate.value = 0.0  # type: ignore[misc]


def test_student_with_infinite_degrees_is_normal() -> None:
    assert critical.student(0.95, math.inf) == pytest.approx(critical.normal(0.95))


def test_student_without_degrees_is_nan() -> None:
    assert math.isnan(critical.student(0.95, 0.0))


@pytest.mark.parametrize("level", [0.0, 1.0, 95.0, math.nan])
def test_level_outside_its_range_is_refused(level: float) -> None:
    with pytest.raises(ValueError, match="level must lie strictly between 0 and 1"):
        critical.normal(level)


def test_every_public_name_exists_and_is_documented() -> None:
    public = [getattr(stats, name) for name in stats.__all__]
    assert all(item.__doc__ for item in public)


def test_all_lists_exactly_what_is_imported() -> None:
    modules = {file.stem for file in Path(str(stats.__file__)).parent.glob("[a-z]*.py")}
    visible = {name for name in vars(stats) if not name.startswith("_")}
    assert visible - set(stats.__all__) <= modules


def test_import_loads_neither_scipy_nor_another_readback_module() -> None:
    script = (
        "import sys, readback.stats;"
        "print([m for m in sys.modules if m.split('.')[0] == 'scipy'"
        " or m.startswith('readback.') and not m.startswith('readback.stats')])"
    )
    folder = Path(stats.__file__).parents[2]
    run = subprocess.run([sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
