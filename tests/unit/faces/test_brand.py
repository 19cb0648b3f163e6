"""The look of reports: a wrong logo or colour is one sentence, and no brand makes a report unreadable."""

from collections.abc import Callable
from pathlib import Path

import pytest

from readback.errors import SettingsError
from readback.faces.brand import Look, look
from readback.settings import Project, open_project

_SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"><rect width="9" height="9"/></svg>'
_PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


@pytest.fixture
def project(tmp_path: Path) -> Callable[[str], Project]:
    def made(brand: str) -> Project:
        (tmp_path / "readback.toml").write_text(f"[brand]\n{brand}\n", encoding="utf-8")
        return open_project(tmp_path)

    return made


@pytest.mark.parametrize(
    ("content", "form"), [(_SVG, "svg"), (b'<?xml version="1.0"?>\n' + _SVG, "svg"), (_PNG, "png")]
)
def test_logo_is_known_by_its_content(
    project: Callable[[str], Project], tmp_path: Path, content: bytes, form: str
) -> None:
    (tmp_path / "logo").write_bytes(content)
    found = look(project('logo = "logo"\nname = "Northwind"'))
    assert (found.name, found.logo, found.logo_format) == ("Northwind", content, form)
    assert found.logo_address.startswith("data:image/")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"GIF89a", "brand.logo: logo is neither a PNG nor an SVG file; give one of these"),
        (b"<html></html>", "neither a PNG nor an SVG file"),
        (b'<!DOCTYPE svg [<!ENTITY a "b">]><svg>&a;</svg>', "neither a PNG nor an SVG file"),
        (b"<svg>", "neither a PNG nor an SVG file"),
        (b"\x89PNG\r\n\x1a\n" + bytes(1_000_001), "logo is larger than 1 MB"),
        (None, "cannot read logo: No such file or directory"),
    ],
)
def test_wrong_logo_is_one_sentence(
    project: Callable[[str], Project], tmp_path: Path, content: bytes | None, sentence: str
) -> None:
    if content is not None:
        (tmp_path / "logo").write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        look(project('logo = "logo"'))
    assert sentence in str(caught.value)
    assert "readback.toml" in str(caught.value)


def test_name_is_that_of_the_project_where_absent(project: Callable[[str], Project]) -> None:
    assert look(project('[project]\nname = "acme"')).name == "acme"


@pytest.mark.parametrize(("primary", "ink"), [("#0072b2", "#0072b2"), ("#ffee88", "#1b2430")])
def test_text_takes_the_brand_colour_only_where_it_can_be_read(primary: str, ink: str) -> None:
    assert Look(primary=primary).ink == ink
