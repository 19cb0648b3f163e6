"""Every example in a docstring gives what it prints."""

import doctest
import importlib
import pkgutil

import pytest

import readback

_LOADED_BY_OTHERS = ("readback.__main__", "readback.integrate.")
"""Runs at import, or is copied into a gateway and needs its packages."""

MODULES = [
    found.name
    for found in pkgutil.walk_packages(readback.__path__, "readback.")
    if not found.name.startswith(_LOADED_BY_OTHERS)
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_print_what_they_say(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_there_are_examples() -> None:
    finder = doctest.DocTestFinder()
    told = [test for name in MODULES for test in finder.find(importlib.import_module(name)) if test.examples]
    assert len(told) > 50
