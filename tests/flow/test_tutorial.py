"""Every command of the tutorial prints what the page shows."""

from pathlib import Path

import pytest
from printed_page import PAGES, renewed


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_page_shows_what_its_commands_print(page: Path, tmp_path: Path) -> None:
    told = page.read_text(encoding="utf-8")
    assert renewed(told, tmp_path) == told
