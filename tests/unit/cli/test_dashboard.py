"""What the dashboard's command imports ahead is what its pages import."""

import importlib

from readback import shipped
from readback.cli.dashboard import needed


def test_modules_of_every_page_are_imported_ahead_the_first_page_first() -> None:
    found = needed(shipped.dashboards())
    assert found.index("readback.faces.listings") < found.index("readback.faces.drifted")
    assert {"readback.faces.board", "readback.metrics.definitions", "readback.faces.formulas"} <= set(found)
    for name in found:
        importlib.import_module(name)
